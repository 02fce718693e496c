//! The phrases that several renderers share.

use crate::plan::step_ref::StepRef;

/// `ghost 3.36 → 3.37.1` where only the tag changes, else both references in full.
#[must_use]
pub fn image_change(from: &str, to: &str) -> String {
    let (from_name, from_tag) = split_tag(from);
    let (to_name, to_tag) = split_tag(to);
    match (from_tag, to_tag) {
        _ if from == to => join(to_name, to_tag),
        (Some(from_tag), Some(to_tag)) if from_name == to_name => {
            format!("{to_name} {from_tag} → {to_tag}")
        }
        _ => format!("{} → {}", join(from_name, from_tag), join(to_name, to_tag)),
    }
}

/// `ghost:3.36` as `ghost 3.36`.
#[must_use]
pub fn image(reference: &str) -> String {
    let (name, tag) = split_tag(reference);
    join(name, tag)
}

fn join(name: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| name.to_owned(), |tag| format!("{name} {tag}"))
}

/// Name and tag, where the reference has a tag and no digest; a port is no tag.
fn split_tag(reference: &str) -> (&str, Option<&str>) {
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && !name.contains('@') && !name.is_empty() => {
            (name, Some(tag))
        }
        _ => (reference, None),
    }
}

/// `web 2/3`; just `web` if it has one replica; empty for a step of no service.
#[must_use]
pub fn subject(step: &StepRef) -> String {
    let service = step.service.as_deref().unwrap_or_default();
    match (step.replica, step.of) {
        (Some(replica), Some(of)) if of > 1 => format!("{service} {replica}/{of}"),
        _ => service.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_is_repeated_when_only_the_tag_changes() {
        let cases = [
            ("ghost:3.36", "ghost:3.37.1", "ghost 3.36 → 3.37.1"),
            ("ghost:3.36", "ghost:3.36", "ghost 3.36"),
            (
                "localhost:5000/ghost",
                "localhost:5000/ghost:2",
                "localhost:5000/ghost → localhost:5000/ghost 2",
            ),
            ("a:1", "b:1", "a 1 → b 1"),
            ("a@sha256:12", "a:2", "a@sha256:12 → a 2"),
        ];
        for (from, to, text) in cases {
            assert_eq!(image_change(from, to), text);
        }
    }
}
