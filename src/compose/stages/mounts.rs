//! The short form of `volumes`: `[source:]target[:options]`.

use crate::compose::ComposeError;
use crate::compose::document::{Map, Node, Value};
use crate::compose::path::Path;
use crate::compose::source::Location;

use super::tree::{self, entry};

const PROPAGATIONS: [&str; 6] = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/// A mount in its short form, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ShortMount {
    source: Option<String>,
    pub(super) target: String,
    read_only: bool,
    nocopy: bool,
    propagation: Option<String>,
    selinux: Option<String>,
    /// Whether it has options of a volume even if it says nothing of them.
    has_options: bool,
}

/// Takes the short form apart.
///
/// # Errors
/// It is no text, is empty, or has empty or too many parts.
pub(super) fn parse(node: &Node, path: &Path<'_>) -> Result<ShortMount, ComposeError> {
    let spec = tree::expect_text(node, path)?;
    let invalid = |why: &str| {
        ComposeError::at(node.location.clone(), format!("`{path}` is no volume: {why}")).with_help(
            "write `SOURCE:TARGET[:OPTIONS]`, or the long form with `type`, `source` and `target`",
        )
    };
    if spec.is_empty() {
        return Err(invalid("it is empty"));
    }
    // Compose takes a text this short as it is.
    if spec.len() <= 2 {
        return Ok(ShortMount { target: spec.to_owned(), ..ShortMount::default() });
    }
    let parts = split(spec);
    if parts.iter().any(String::is_empty) {
        return Err(invalid("a part between colons is empty"));
    }
    let mut mount = ShortMount { has_options: true, ..ShortMount::default() };
    match parts.as_slice() {
        [target] => mount.target.clone_from(target),
        [source, target] => (mount.source, mount.target) = (Some(source.clone()), target.clone()),
        [source, target, options] => {
            (mount.source, mount.target) = (Some(source.clone()), target.clone());
            options.split(',').for_each(|option| mount.set(option));
        }
        _ => return Err(invalid("it has too many colons")),
    }
    Ok(mount)
}

/// The parts between colons; that of a drive letter (`C:\data`) is none.
fn split(spec: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in spec.chars() {
        let Some(part) = parts.last_mut() else { continue };
        let is_drive = part.len() == 1 && part.chars().all(char::is_alphabetic);
        if c == ':' && !is_drive {
            parts.push(String::new());
        } else {
            part.push(c);
        }
    }
    parts
}

impl ShortMount {
    /// Compose ignores options it does not know.
    fn set(&mut self, option: &str) {
        match option {
            "ro" => self.read_only = true,
            "rw" => self.read_only = false,
            "nocopy" => self.nocopy = true,
            "z" | "Z" => self.selinux = Some(option.to_owned()),
            _ if PROPAGATIONS.contains(&option) => self.propagation = Some(option.to_owned()),
            _ => {}
        }
    }

    fn is_bind(&self) -> bool {
        let Some(source) = &self.source else { return false };
        let mut chars = source.chars();
        let drive =
            matches!((chars.next(), chars.next()), (Some(c), Some(':')) if c.is_alphabetic());
        source.starts_with(['.', '/', '~']) || source.starts_with(r"\\") || drive
    }

    /// The long form of it, at `location`.
    pub(super) fn into_long(self, location: &Location) -> Node {
        let text = |text: &str| Value::Str(text.to_owned());
        let is_bind = self.is_bind();
        let kind = if is_bind { "bind" } else { "volume" };
        let mut fields = vec![("type", text(kind)), ("target", text(&clean(&self.target)))];
        fields.extend(self.source.as_deref().map(|source| ("source", text(source))));
        fields.extend(self.read_only.then_some(("read_only", Value::Bool(true))));
        let bind = self.bind_options(is_bind);
        fields.extend(bind.map(|options| ("bind", map(options, location))));
        if self.nocopy || !is_bind && self.has_options {
            let nocopy = self.nocopy.then_some(("nocopy", Value::Bool(true)));
            fields.push(("volume", map(nocopy.into_iter().collect(), location)));
        }
        Node::new(map(fields, location), location.clone())
    }

    fn bind_options(&self, is_bind: bool) -> Option<Vec<(&'static str, Value)>> {
        let mut options = Vec::new();
        options.extend(self.selinux.clone().map(|value| ("selinux", Value::Str(value))));
        options.extend(self.propagation.clone().map(|value| ("propagation", Value::Str(value))));
        options.extend(is_bind.then_some(("create_host_path", Value::Bool(true))));
        (!options.is_empty()).then_some(options)
    }
}

fn map(fields: Vec<(&str, Value)>, location: &Location) -> Value {
    let entries = fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), entry(Node::new(value, location.clone()))));
    Value::Map(entries.collect::<Map>())
}

/// A slash path without `.`, `..`, double and trailing slashes, as Go's `path.Clean`.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, joined) => format!("/{joined}"),
        (false, joined) if joined.is_empty() => ".".to_owned(),
        (false, joined) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture::document;

    fn long(text: &str) -> String {
        let node = document(text);
        match parse(&node, &Path::ROOT.child("v")) {
            Ok(mount) => shown(&mount.into_long(&node.location)),
            Err(error) => error.to_string(),
        }
    }

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Map(map) => {
                let fields: Vec<String> = map
                    .iter()
                    .map(|(key, entry)| format!("{key}={}", shown(&entry.node)))
                    .collect();
                format!("{{{}}}", fields.join(" "))
            }
            Value::Bool(value) => value.to_string(),
            _ => node.as_str().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn short_forms_have_long_ones() {
        let cases = [
            ("/a/", "{type=volume target=/a volume={}}"),
            ("/a", "{type=volume target=/a}"),
            ("data:/x/../a", "{type=volume target=/a source=data volume={}}"),
            (
                "./d:/a:ro",
                "{type=bind target=/a source=./d read_only=true bind={create_host_path=true}}",
            ),
            (
                "/d:/a:z,rslave",
                "{type=bind target=/a source=/d bind={selinux=z propagation=rslave create_host_path=true}}",
            ),
            ("data:/a:nocopy,what", "{type=volume target=/a source=data volume={nocopy=true}}"),
            (r"'C:\d:/a'", r"{type=bind target=/a source=C:\d bind={create_host_path=true}}"),
            ("'aa::b'", "`v` is no volume: a part between colons is empty"),
            ("aa:/b:ro:d", "`v` is no volume: it has too many colons"),
        ];
        for (text, expected) in cases {
            assert_eq!(long(text), expected, "{text}");
        }
    }
}
