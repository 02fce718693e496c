//! Which Compose reads the files.

/// The two implementations of Compose whose reading of the same file differs: in what plain YAML
/// scalars mean, in what `${…}` may hold and in what a `.env` file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `docker compose`, written in Go: YAML 1.2 with the integers of YAML 1.1.
    #[default]
    V2,
    /// `docker-compose` 1.x, written in Python: YAML 1.1.
    V1,
}
