//! Proxies that find containers by name.

use std::collections::BTreeSet;
use std::time::Duration;

/// How a proxy that finds containers by name learns of new addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// It does not ask for any of the names.
    Unconcerned,
    /// It asks again after so long at most.
    Again(Duration),
    /// It asks when it reads its configuration, and never again.
    Once,
}

impl Lookup {
    /// Whether it has to read its configuration again to learn of a container within `patience`.
    #[must_use]
    pub fn needs_reload(self, patience: Duration) -> bool {
        match self {
            Self::Unconcerned => false,
            Self::Again(after) => after > patience,
            Self::Once => true,
        }
    }
}

/// The names under which a container is found on its networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// These names.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Whether one of them is the host in `http://HOST:PORT/…`, `HOST:PORT` or `HOST`.
    #[must_use]
    pub fn are_meant(&self, text: &str) -> bool {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let end = rest.find([':', '/', '?', '$']).unwrap_or(rest.len());
        self.0.contains(&rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_meant_as_the_host_of_an_address_alone() {
        let names = Names::of(["web".to_owned()]);
        for text in
            ["web", "web:8080", "http://web", "http://web:8080/app", "http://web$request_uri"]
        {
            assert!(names.are_meant(text), "{text}");
        }
        for text in ["webhook:80", "http://other/web", "web.example", "$web"] {
            assert!(!names.are_meant(text), "{text}");
        }
    }

    #[test]
    fn whoever_asks_again_too_late_must_read_his_configuration() {
        let patience = Duration::from_secs(4);
        assert!(!Lookup::Unconcerned.needs_reload(patience));
        assert!(!Lookup::Again(Duration::from_secs(1)).needs_reload(patience));
        assert!(Lookup::Again(Duration::from_mins(10)).needs_reload(patience));
        assert!(Lookup::Once.needs_reload(patience));
    }
}
