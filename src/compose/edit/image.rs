//! From the wish for a tag to the bytes that have to change.

use std::ops::Range;

use super::file_edit::{Replacement, Syntax};
use super::pieces::{Known, Piece, Resolved, Resolver, Source};
use crate::compose::document::{self, Node, Value};
use crate::compose::reference::{Reference, check_tag};
use crate::compose::source::Location;
use crate::compose::{ComposeError, Dialect};

/// What gives an image another tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagEdit {
    /// The change; nothing if the image has the tag already.
    pub replacement: Option<Replacement>,
    /// The image afterwards.
    pub image: String,
    /// The digest that pinned the image and does not fit the new tag: `sha256:…`.
    pub dropped_digest: Option<String>,
}

/// Finds the bytes that give the `image` at this place its tag, and what to write there. They
/// stand in the scalar itself, in a default of a variable, or in the `.env` file that sets it.
///
/// # Errors
/// A tag that is none, or that cannot be had by changing one value of one file: then at the line
/// that is to be changed by hand.
pub fn edit_image(
    image: &Location,
    dialect: Dialect,
    tag: &str,
    variables: &dyn Fn(&str) -> Option<Known>,
) -> Result<TagEdit, ComposeError> {
    check_tag(tag).map_err(ComposeError::new)?;
    let text = scalar_text(image, dialect)?;
    let resolved = Resolver { dialect, variables }
        .resolve(&text, image)
        .map_err(|error| ComposeError::at(image.inner(&text, error.at), error.message))?;
    if resolved.text.starts_with("sha256:") {
        let why = "the image is named by its id, which has no tags";
        return Err(
            ComposeError::at(image.clone(), why).with_help("name the image by its name and tag")
        );
    }
    let reference = Reference::split(&resolved.text);
    let wanted = format!("{}:{tag}", reference.name);
    if reference.tag == Some(tag) {
        return Ok(TagEdit { replacement: None, image: resolved.text, dropped_digest: None });
    }
    let version = match reference.tag {
        Some(_) => Version { range: reference.version(), text: tag.to_owned() },
        None => Version { range: reference.version(), text: format!(":{tag}") },
    };
    let (piece, part, text) = version.fit(&resolved, image, &wanted)?;
    let replacement = replace(piece, part, text, image, dialect, &wanted)?;
    let dropped_digest = reference.digest.map(str::to_owned);
    Ok(TagEdit { replacement: Some(replacement), image: wanted, dropped_digest })
}

/// The value of the scalar at `place`, before interpolation.
fn scalar_text(place: &Location, dialect: Dialect) -> Result<String, ComposeError> {
    fn find<'a>(node: &'a Node, place: &Location) -> Option<&'a str> {
        match &node.value {
            Value::Str(text) if node.location == *place => Some(text),
            Value::Seq(items) => items.iter().find_map(|item| find(item, place)),
            Value::Map(map) => map.values().find_map(|entry| find(&entry.node, place)),
            _ => None,
        }
    }
    let documents = document::parse(&place.file, dialect)?;
    let text = documents.iter().find_map(|document| find(document, place));
    text.map(str::to_owned)
        .ok_or_else(|| ComposeError::at(place.clone(), "an image must be a text"))
}

/// The bytes of a resolved image that are to change, and what they are to become.
struct Version {
    range: Range<usize>,
    text: String,
}

impl Version {
    /// The one piece that can give the new version while all others stay, the bytes of the
    /// resolved image to replace in it, and their new text.
    fn fit<'r>(
        &self,
        resolved: &'r Resolved,
        image: &Location,
        wanted: &str,
    ) -> Result<(&'r Piece, Range<usize>, String), ComposeError> {
        let mut fitting = resolved.pieces.iter().filter_map(|piece| {
            let part = self.part_in(&piece.range)?;
            let before = &resolved.text[self.range.start..part.start];
            let after = &resolved.text[part.end..self.range.end];
            let text = self.text.strip_prefix(before)?.strip_suffix(after)?;
            Some((piece, part, text.to_owned()))
        });
        // Nothing is replaced where there is no tag yet: the last piece that ends there takes it.
        let fit = if self.range.is_empty() { fitting.next_back() } else { fitting.next() };
        let ambiguous = !self.range.is_empty() && fitting.next().is_some();
        fit.filter(|_| !ambiguous)
            .ok_or_else(|| by_hand(image, wanted, "the tag is put together from several parts"))
    }

    /// The part of the version that the piece gives.
    fn part_in(&self, piece: &Range<usize>) -> Option<Range<usize>> {
        let part = self.range.start.max(piece.start)..self.range.end.min(piece.end);
        (part.start < part.end || self.range.is_empty() && part.start == part.end).then_some(part)
    }
}

fn replace(
    piece: &Piece,
    part: Range<usize>,
    text: String,
    image: &Location,
    dialect: Dialect,
    wanted: &str,
) -> Result<Replacement, ComposeError> {
    match &piece.source {
        Source::File(place, scalar) => {
            let mut at = place.clone();
            at.start += part.start - piece.range.start;
            at.end -= piece.range.end - part.end;
            let in_compose_file = scalar == image;
            let syntax = if in_compose_file { Syntax::Yaml(dialect) } else { Syntax::EnvFile };
            Ok(Replacement { at, text, scalar: scalar.clone(), syntax })
        }
        Source::Encoded(scalar) => {
            Err(by_hand(scalar, wanted, "the value is written with escapes or over several lines"))
        }
        Source::Process(name) => {
            let message = format!(
                "the tag comes from the variable `{name}` of this shell, which wins over every file"
            );
            Err(ComposeError::at(image.clone(), message)
                .with_help(format!("run `unset {name}`, or set it to `{text}` and name no tag")))
        }
        Source::Unset(name) => {
            let message =
                format!("the tag comes from the variable `{name}`, which no `.env` file sets");
            Err(ComposeError::at(image.clone(), message)
                .with_help(format!("write `{name}={text}` into the `.env` file")))
        }
    }
}

fn by_hand(place: &Location, wanted: &str, why: &str) -> ComposeError {
    ComposeError::at(place.clone(), format!("the tag cannot be changed here: {why}"))
        .with_help(format!("change this line by hand so that the image becomes `{wanted}`"))
}

#[cfg(test)]
mod tests {
    use crate::compose::edit::fixture::Files;

    /// Compose files with `ghost:3.36`, its tag marked by `«»`.
    const NASTY: &[&str] = &[
        "services:\n  a:\n    image: ghost:«3.36»\n",
        "services:\n  a:\n    image: ghost:«3.36»",
        "services:\n  a:\n    image: ghost:«3.36» # ghost:3.36\n",
        "services:\n  a:\n    image: 'ghost:«3.36»' # c\n",
        "services:\n  a:\n    image: \"ghost:«3.36»\"\n",
        "services:\n  a:\n    image:\tghost:«3.36»\t\n",
        "services:\n  a:\n    image:   ghost:«3.36»   \n    ports: []\n",
        "services:\r\n  a:\r\n    image: ghost:«3.36»\r\n    init: true\r\n",
        "\u{feff}services:\n  a:\n    image: ghost:«3.36»\n",
        "# ü ghost:3.36\nservices:\n  ü: {image: ü}\n  a:\n    image: ghost:«3.36»\n",
        "services: {a: {image: ghost:«3.36», ports: [1]}}\n",
        "services: {a: {image: ghost:«3.36»}}",
        "{\"services\": {\"a\": {\"image\": \"ghost:«3.36»\"}}}\n",
        "services:\n  a:\n    image:\n      ghost:«3.36»\n    init: true\n",
        "services:\n  a:\n    image: >-\n      ghost:«3.36»\n    init: true\n",
        "services:\n  a:\n    image: |-\n      ghost:«3.36»\n",
        "services:\n  a:\n    ? image\n    : ghost:«3.36»\n",
        "services:\n  a:\n    image: !!str ghost:«3.36»\n",
        "services:\n  a:\n    image: &image ghost:«3.36»\n  b:\n    image: *image\n",
        "x-image: &image ghost:«3.36»\nservices:\n  a:\n    image: *image\n",
        "x-a: &a {image: ghost:«3.36»}\nservices:\n  a:\n    <<: *a\n    init: true\n",
        "x-a: &a\n  image: 'ghost:«3.36»'\nx-b: &b {<<: *a}\nservices:\n  a: {<<: [*b]}\n",
        "services: {a: {image: old:1}}\n---\nservices:\n  a:\n    image: ghost:«3.36»\n",
        "%YAML 1.2\n---\nservices:\n  a:\n    image: ghost:«3.36»\n...\n",
        "services:\n  a:\n    image: ghost:${TAG:-«3.36»}\n",
        "services:\n  a:\n    image: \"ghost:${TAG-«3.36»}\"\n",
        "services:\n  a:\n    image: ${A:-${B:-ghost:«3.36»}}\n",
        "services:\n  a:\n    image: ghost:3.${TAG:-«36»}\n",
        "services:\n  a:\n    image: ${MAJOR:-ghost:3}«.36»\n",
    ];

    #[test]
    fn only_the_tag_changes_in_files_of_every_style() {
        for marked in NASTY {
            let files = Files::new(&marked.replace(['«', '»'], ""), "");
            let (head, rest) = marked.split_once('«').unwrap();
            let (old, tail) = rest.split_once('»').unwrap();
            let new = old.replace("36", "37.1");
            let (compose, _, image) = files.after("3.37.1");
            assert_eq!(compose, format!("{head}{new}{tail}"));
            assert_eq!(image, "ghost:3.37.1");
        }
    }

    /// The image, the `.env` file, and both afterwards.
    const CASES: &[(&str, &str, &str, &str)] = &[
        ("ghost", "", "ghost:3.37", ""),
        ("localhost:5000/ghost", "", "localhost:5000/ghost:3.37", ""),
        ("localhost:5000/ghost:3.36", "", "localhost:5000/ghost:3.37", ""),
        ("ghost:3.36@sha256:12", "", "ghost:3.37", ""),
        ("ghost@sha256:12", "", "ghost:3.37", ""),
        ("ghost:$TAG", "TAG=3.36 # c\n", "ghost:$TAG", "TAG=3.37 # c\n"),
        (
            "ghost:${TAG}",
            "A=1\r\nexport TAG='3.36'\r\n",
            "ghost:${TAG}",
            "A=1\r\nexport TAG='3.37'\r\n",
        ),
        ("ghost:${TAG:-3.35}", "TAG: \"3.36\"", "ghost:${TAG:-3.35}", "TAG: \"3.37\""),
        ("ghost:${TAG:-3.36}", "TAG=\n", "ghost:${TAG:-3.37}", "TAG=\n"),
        ("ghost:${TAG-3.36}", "TAG=\nB=1", "ghost:${TAG-3.36}", "TAG=3.37\nB=1"),
        ("$IMAGE", "IMAGE=r:1/ghost:3.36\n", "$IMAGE", "IMAGE=r:1/ghost:3.37\n"),
        ("$IMAGE", "IMAGE=ghost\n", "$IMAGE", "IMAGE=ghost:3.37\n"),
        ("$REG/ghost:3.36", "REG=r:1\n", "$REG/ghost:3.37", "REG=r:1\n"),
        ("ghost:${TAG}-alpine", "TAG=3.36\n", "ghost:${TAG}-alpine", "TAG=3.37\n"),
        ("ghost:3.${MINOR}", "MINOR=36\n", "ghost:3.${MINOR}", "MINOR=37\n"),
        ("ghost:${TAG:+3.36}", "TAG=x\n", "ghost:${TAG:+3.37}", "TAG=x\n"),
        ("ghost:${TAG:-}", "", "ghost:${TAG:-3.37}", ""),
    ];

    #[test]
    fn the_tag_is_changed_where_it_comes_from() {
        for (image, env, new_image, new_env) in CASES {
            let compose = |image: &str| format!("services: {{a: {{image: '{image}'}}}}\n");
            let files = Files::new(&compose(image), env);
            let alpine = image.ends_with("-alpine");
            let tag = if alpine { "3.37-alpine" } else { "3.37" };
            let (compose_after, env_after, resolved) = files.after(tag);
            assert_eq!((compose_after, env_after), (compose(new_image), (*new_env).to_owned()));
            assert!(resolved.ends_with(&format!("ghost:{tag}")), "{resolved}");
        }
    }

    #[test]
    fn a_digest_that_is_dropped_is_told() {
        let files = Files::new("services: {a: {image: 'ghost:3@sha256:12'}}\n", "");
        assert_eq!(files.edit("4").unwrap().dropped_digest.as_deref(), Some("sha256:12"));
    }

    #[test]
    fn an_image_named_by_its_id_has_no_tag_to_change() {
        let files = Files::new("services: {a: {image: 'sha256:12ab'}}\n", "");
        assert!(files.edit("4").unwrap_err().to_string().contains("named by its id"));
    }

    #[test]
    fn the_tag_that_is_there_already_changes_nothing() {
        let files = Files::new("services: {a: {image: 'ghost:3@sha256:12'}}\n", "");
        let edit = files.edit("3").unwrap();
        assert_eq!((edit.replacement, edit.image.as_str()), (None, "ghost:3@sha256:12"));
    }

    #[test]
    fn what_no_single_change_can_do_is_refused_at_its_line() {
        let parts = "the tag cannot be changed here: the tag is put together from several parts";
        let coded = "the tag cannot be changed here: the value is written with escapes or over several lines";
        let cases = [
            ("ghost:${MAJOR}.36", "MAJOR=3\n", "compose.yaml:3:10", parts),
            ("ghost:${MAJOR}.${MINOR}", "MAJOR=3\nMINOR=36\n", "compose.yaml:3:10", parts),
            ("\"ghost:3\\x2e36\"", "", "compose.yaml:3:10", coded),
            ("ghost:$TAG", "TAG=\"3\\0056\"\n", ".env:1:5", coded),
            ("ghost:$TAG", "X=3.36\nTAG=$X\n", ".env:2:5", coded),
            (
                "ghost:$SHELL_TAG",
                "",
                "compose.yaml:3:10",
                "the tag comes from the variable `SHELL_TAG` of this shell, which wins over every file",
            ),
            (
                "ghost:$TAG",
                "",
                "compose.yaml:3:10",
                "the tag comes from the variable `TAG`, which no `.env` file sets",
            ),
        ];
        for (image, env, place, message) in cases {
            let files = Files::new(&format!("services:\n a:\n  image: {image}\n"), env);
            let error = files.edit("4.0").unwrap_err();
            assert_eq!(error.location.as_ref().unwrap().to_string(), place, "{image}");
            assert_eq!(error.to_string(), message, "{image}");
            assert_eq!(error.help.len(), 1);
        }
    }
}
