//! Image references: `registry:5000/path/name:tag@sha256:…`.

use std::ops::Range;

/// The parts of an image reference, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Everything before the tag and the digest: registry and repository as written.
    pub name: &'a str,
    /// What follows the `:` behind the name.
    pub tag: Option<&'a str>,
    /// What follows the `@`, algorithm included.
    pub digest: Option<&'a str>,
}

/// Longest tag a registry takes.
const MAX_TAG: usize = 128;

impl<'a> Reference<'a> {
    /// Takes `text` apart without judging its parts.
    #[must_use]
    pub fn split(text: &'a str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let path = rest.rfind('/').map_or(0, |slash| slash + 1);
        match rest[path..].find(':') {
            Some(colon) => {
                let (name, tag) = rest.split_at(path + colon);
                Self { name, tag: Some(&tag[1..]), digest }
            }
            None => Self { name: rest, tag: None, digest },
        }
    }

    /// The bytes that say which version it is: tag and digest, or the end of a reference without
    /// either. The `:` before a tag is not among them.
    #[must_use]
    pub fn version(&self) -> Range<usize> {
        let start = self.name.len() + usize::from(self.tag.is_some());
        let tag = self.tag.map_or(0, str::len);
        let digest = self.digest.map_or(0, |digest| digest.len() + 1);
        start..start + tag + digest
    }
}

/// Whether `tag` can be a tag.
///
/// # Errors
/// A message for people who typed it.
pub fn check_tag(tag: &str) -> Result<(), String> {
    if tag.is_empty() {
        return Err("the tag is empty".to_owned());
    }
    if tag.contains(['/', ':', '@']) {
        return Err(format!("`{tag}` is not a tag; give the tag alone, without the image's name"));
    }
    if tag.len() > MAX_TAG {
        return Err(format!("the tag has {} characters; {MAX_TAG} are allowed", tag.len()));
    }
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if let Some(wrong) = tag.chars().find(|c| !is_word(*c) && !matches!(c, '.' | '-')) {
        let shown = match wrong {
            ' ' => "a space".to_owned(),
            wrong if wrong.is_control() => "a control character".to_owned(),
            wrong => format!("`{wrong}`"),
        };
        return Err(format!("`{}` is not a tag: it contains {shown}", tag.escape_debug()));
    }
    if !tag.starts_with(is_word) {
        return Err(format!("`{tag}` is not a tag: it begins with a period or a dash"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_fall_into_name_tag_and_digest() {
        let cases = [
            ("ghost", ("ghost", None, None)),
            ("ghost:3.36", ("ghost", Some("3.36"), None)),
            ("ghost:", ("ghost", Some(""), None)),
            ("localhost:5000/ghost", ("localhost:5000/ghost", None, None)),
            ("localhost:5000/ghost:3", ("localhost:5000/ghost", Some("3"), None)),
            ("a/b/c@sha256:12", ("a/b/c", None, Some("sha256:12"))),
            ("a:1/b:2@sha256:12", ("a:1/b", Some("2"), Some("sha256:12"))),
        ];
        for (text, (name, tag, digest)) in cases {
            let reference = Reference::split(text);
            assert_eq!(reference, Reference { name, tag, digest }, "{text}");
            let version = &text[reference.version()];
            let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
            assert_eq!(version, format!("{}{digest}", tag.unwrap_or_default()), "{text}");
        }
    }

    #[test]
    fn a_tag_is_a_tag_or_says_why_not() {
        for tag in ["3.37.1", "latest", "_x", "V1.2-alpine_3", "0"] {
            assert_eq!(check_tag(tag), Ok(()));
        }
        let long = "x".repeat(129);
        let cases = [
            ("", "the tag is empty"),
            ("ghost:3", "`ghost:3` is not a tag; give the tag alone, without the image's name"),
            (
                "3@sha256:1",
                "`3@sha256:1` is not a tag; give the tag alone, without the image's name",
            ),
            ("a/b", "`a/b` is not a tag; give the tag alone, without the image's name"),
            ("3 7", "`3 7` is not a tag: it contains a space"),
            ("3\n", "`3\\n` is not a tag: it contains a control character"),
            ("3.é", "`3.é` is not a tag: it contains `é`"),
            ("$X", "`$X` is not a tag: it contains `$`"),
            (".3", "`.3` is not a tag: it begins with a period or a dash"),
            ("-3", "`-3` is not a tag: it begins with a period or a dash"),
            (&long, "the tag has 129 characters; 128 are allowed"),
        ];
        for (tag, message) in cases {
            assert_eq!(check_tag(tag).unwrap_err(), message);
        }
    }
}
