//! Where a value stands in the tree, as keys: `services.app.ports.0`.

use std::fmt;

/// A place in a tree of values, linked to the one above it so that a walk allocates nothing.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Self>,
    key: &'a str,
}

impl<'a> Path<'a> {
    /// The top of the tree.
    pub(crate) const ROOT: Path<'static> = Path { parent: None, key: "" };

    /// The place of `key` under this one; items of a list have the key `[]`.
    pub(crate) fn child(&'a self, key: &'a str) -> Self {
        Path { parent: Some(self), key }
    }

    /// Its last key.
    pub(crate) fn key(&self) -> &'a str {
        self.key
    }

    /// Whether the place fits a pattern such as `services.*.ports.[]`, where `*` is any key.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        let mut wanted = pattern.rsplit('.');
        let mut at = self;
        while let Some(parent) = at.parent {
            match wanted.next() {
                Some(part) if part == "*" || part == at.key => at = parent,
                _ => return false,
            }
        }
        wanted.next().is_none()
    }

    /// The entry of `table` whose pattern fits the place.
    pub(crate) fn find<T: Copy>(&self, table: &[(&str, T)]) -> Option<T> {
        table.iter().find(|(pattern, _)| self.matches(pattern)).map(|(_, rule)| *rule)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
            if parent.parent.is_some() && self.key != "[]" {
                write!(f, ".")?;
            }
        }
        write!(f, "{}", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_paths_only() {
        let (root, services) = (Path::ROOT, "services");
        let services = root.child(services);
        let app = services.child("a.b");
        let ports = app.child("ports");
        let item = ports.child("[]");
        assert!(ports.matches("services.*.ports"));
        assert!(item.matches("services.*.ports.[]"));
        assert!(!ports.matches("services.*"));
        assert!(!app.matches("services.*.ports"));
        assert_eq!(item.to_string(), "services.a.b.ports[]");
    }
}
