//! `volumes`: the short form as `[external, internal, mode]`, the long one as a mapping.

use super::value::{Dict, Py};
use crate::compose::ComposeError;
use crate::compose::stages::clean_path;

/// A mount or device taken apart.
pub(super) struct Parts<'a> {
    /// What is mounted.
    pub(super) source: &'a str,
    /// The path in the container.
    pub(super) target: &'a str,
    /// What follows it.
    pub(super) mode: Option<&'a str>,
}

/// Takes `source:target[:mode]` apart; nothing if there is only a target. A letter and a colon at
/// the beginning are a drive of Windows.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let has_drive =
        text.as_bytes().get(1) == Some(&b':') && !text.starts_with(['.', '\\', '/', '~']);
    let from = if has_drive { 2 } else { 0 };
    let colon = from + text.get(from..)?.find(':')?;
    let (source, rest) = (&text[..colon], &text[colon + 1..]);
    let (target, mode) = match rest.rsplit_once(':') {
        Some((target, mode)) => (target, Some(mode).filter(|mode| !mode.is_empty())),
        None => (rest, None),
    };
    Some(Parts { source, target, mode })
}

/// Python's `os.path.normpath`: two slashes at the beginning stay two.
pub(super) fn normal(path: &str) -> String {
    let clean = clean_path(path);
    if path.starts_with("//") && !path.starts_with("///") { format!("/{clean}") } else { clean }
}

/// A mount in its last form.
///
/// # Errors
/// A short form of too many parts, or a source for memory.
pub(super) fn finished(mount: Py) -> Result<Py, ComposeError> {
    match mount {
        Py::Dict(long) => finished_long(long),
        short => finished_short(&short.text()),
    }
}

fn finished_short(text: &str) -> Result<Py, ComposeError> {
    let parts: Vec<&str> = text.split(':').collect();
    let (external, internal, mode) = match parts[..] {
        [internal] => (Py::None, internal, "rw"),
        [external, internal] => (Py::Str(normal(external)), internal, "rw"),
        [external, internal, mode] => (Py::Str(normal(external)), internal, mode),
        _ => {
            let message = format!("volume `{text}` has too many parts");
            return Err(ComposeError::new(message).with_help("write `source:target[:mode]`"));
        }
    };
    Ok(Py::List(vec![external, Py::Str(normal(internal)), Py::str(mode)]))
}

fn finished_long(long: Dict) -> Result<Py, ComposeError> {
    let kind = long.get("type").map(Py::text).unwrap_or_default();
    let has_source = long.get("source").is_some_and(|source| !source.is_empty());
    if kind == "tmpfs" && has_source {
        return Err(ComposeError::new("a volume of type `tmpfs` can have no `source`"));
    }
    let kept = ["type", "source", "target", "read_only", "consistency", kind.as_str()];
    let fields =
        long.into_iter().filter(|(key, value)| kept.contains(&key.as_str()) && !value.is_empty());
    let fields = fields.map(|(key, value)| match (key.as_str(), &value) {
        ("source", Py::Str(path)) => (key, Py::Str(normal(path))),
        _ => (key, value),
    });
    Ok(Py::Dict(fields.collect()))
}

/// The path in the container of a mount in its last form.
pub(super) fn internal(mount: &Py) -> &Py {
    match mount {
        Py::List(parts) => parts.get(1).unwrap_or(&Py::None),
        Py::Dict(long) => long.get("target").unwrap_or(&Py::None),
        _ => &Py::None,
    }
}

/// The name of the volume a mount in its last form means, if it means a named one.
pub(super) fn volume_name(mount: &Py) -> Option<&str> {
    match mount {
        Py::List(parts) => {
            let external = parts.first()?.as_str()?;
            (!external.starts_with(['.', '/', '~'])).then_some(external)
        }
        Py::Dict(long) => {
            let is_volume = long.get("type").and_then(Py::as_str) == Some("volume");
            long.get("source").and_then(Py::as_str).filter(|_| is_volume)
        }
        _ => None,
    }
}

/// The mount with another name of its volume.
pub(super) fn with_volume_name(mut mount: Py, name: String) -> Py {
    match &mut mount {
        Py::List(parts) => {
            if let Some(external) = parts.first_mut() {
                *external = Py::Str(name);
            }
        }
        Py::Dict(long) => {
            long.insert("source".to_owned(), Py::Str(name));
        }
        _ => {}
    }
    mount
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_mounts_are_taken_apart_as_v1_does() {
        let parts = |text| split(text).map(|parts| (parts.source, parts.target, parts.mode));
        assert_eq!(parts("/x"), None);
        assert_eq!(parts("./a:/x"), Some(("./a", "/x", None)));
        assert_eq!(parts("db:/x:ro"), Some(("db", "/x", Some("ro"))));
        assert_eq!(parts("data:/x:"), Some(("data", "/x", None)));
        assert_eq!(parts("c:/x"), None);
        assert_eq!(parts("c:/x:/y"), Some(("c:/x", "/y", None)));
    }
}
