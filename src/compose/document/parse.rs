//! Events of the YAML parser to trees: aliases, merge keys, repeated keys and the limits on them.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::node::{Entry, Map, Node, Tag, Value};
use super::scalar;
use super::syntax;
use crate::compose::source::{Location, SourceFile};
use crate::compose::{ComposeError, Dialect};

/// What all aliases of one file may stand for together, in nodes; far above what people write, far
/// below what "billion laughs" needs.
const ALIAS_BUDGET: usize = 500_000;
/// Bytes of text that count as one more node.
const NODE_TEXT: usize = 64;
/// Levels of nesting, aliases expanded.
const DEPTH_LIMIT: usize = 256;

/// The documents of `file`, in order; an empty file has none, an empty document is null.
///
/// # Errors
/// The first place where the text is not YAML, repeats a key, has a key that is not text, merges
/// (`<<`) something that is not a mapping, or nests or repeats itself beyond all measure.
pub fn parse(file: &Arc<SourceFile>, dialect: Dialect) -> Result<Vec<Node>, ComposeError> {
    // Where Compose's own parser and the YAML specification differ, as Compose reads it.
    let options = granit_parser::options! {
        strict_indentation: false,
        block_scalar_eof_without_line_feed: true,
        emit_comments: false,
    };
    let mut reader = Reader {
        file,
        dialect,
        events: Parser::new_from_str_with_options(&file.text, options),
        anchors: HashMap::new(),
        budget: ALIAS_BUDGET,
    };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (event, span) => documents.push(reader.node(event, span, 0)?.node),
        }
    }
}

/// A finished node with what its aliases cost.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Nodes in the tree, long texts as several.
    size: usize,
    /// Levels of the tree.
    height: usize,
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    dialect: Dialect,
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Built>,
    budget: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), ComposeError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(self.file.text.len());
                Err(ComposeError::at(self.place(at, at), syntax::explain(error.kind())))
            }
            None => {
                let end = self.file.text.len();
                Err(ComposeError::at(
                    self.place(end, end),
                    "the file ends in the middle of a value",
                ))
            }
        }
    }

    /// The node that begins with `event`, `depth` levels under the document.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Built, ComposeError> {
        let location = self.location(&span);
        if depth >= DEPTH_LIMIT {
            return Err(too_deep(location));
        }
        let (anchor, tag, mut built) = match event {
            Event::Alias(id) => return self.alias(id, &location, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), location)?;
                (anchor, tag, Built { node, size: 1 + text.len() / NODE_TEXT, height: 1 })
            }
            Event::SequenceStart(_, anchor, tag) => (anchor, tag, self.sequence(location, depth)?),
            Event::MappingStart(_, anchor, tag) => (anchor, tag, self.mapping(location, depth)?),
            _ => return Err(ComposeError::at(location, "a value was expected here")),
        };
        built.node.tag = tag.and_then(|tag| match tag.original().as_str() {
            "!reset" => Some(Tag::Reset),
            "!override" => Some(Tag::Override),
            _ => None,
        });
        if anchor != 0 {
            let mut anchored = built.clone();
            forget_resets(&mut anchored.node);
            self.anchors.insert(anchor, anchored);
        }
        Ok(built)
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&granit_parser::Tag>,
        mut location: Location,
    ) -> Result<Node, ComposeError> {
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            location.end = location.start + location.text().trim_end().len();
        }
        let value = scalar::resolve(self.dialect, text, style != ScalarStyle::Plain, tag)
            .map_err(|message| ComposeError::at(location.clone(), message))?;
        Ok(Node::new(value, location))
    }

    fn alias(&mut self, id: usize, at: &Location, depth: usize) -> Result<Built, ComposeError> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(ComposeError::at(
                at.clone(),
                format!("alias `{}` stands inside its own definition", at.text()),
            ));
        };
        if depth + target.height > DEPTH_LIMIT {
            return Err(too_deep(at.clone()));
        }
        self.budget = self.budget.checked_sub(target.size).ok_or_else(|| {
            ComposeError::at(at.clone(), "the aliases of this file expand to too many values")
        })?;
        Ok(target.clone())
    }

    fn sequence(&mut self, start: Location, depth: usize) -> Result<Built, ComposeError> {
        let mut extent = Extent::new(start);
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => {
                    return Ok(extent.close(Value::Seq(items), &self.location(&span)));
                }
                (event, span) => {
                    let here = self.location(&span);
                    let item = self.node(event, span, depth + 1)?;
                    extent.cover(&here, &item);
                    items.push(item.node);
                }
            }
        }
    }

    fn mapping(&mut self, start: Location, depth: usize) -> Result<Built, ComposeError> {
        let mut extent = Extent::new(start);
        let mut map = Map::new();
        let mut merged: Option<(Location, Node)> = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                if let Some((_, node)) = merged {
                    merge(&mut map, node)?;
                }
                return Ok(extent.close(Value::Map(map), &self.location(&span)));
            }
            let key_location = self.location(&span);
            let is_merge = is_merge_key(&event);
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let here = self.location(&span);
            let value = self.node(event, span, depth + 1)?;
            extent.cover(&key_location, &key);
            extent.cover(&here, &value);
            if is_merge {
                if let Some((first, _)) = &merged {
                    return Err(repeated("<<", key_location, first));
                }
                merged = Some((key_location, value.node));
            } else {
                let entry = Entry { key: key_location, node: value.node };
                let name = key_text(&key.node)?;
                match self.dialect {
                    Dialect::V2 => insert(&mut map, name, entry)?,
                    // The last one counts.
                    Dialect::V1 => drop(map.insert(name, entry)),
                }
            }
        }
    }

    fn location(&self, span: &Span) -> Location {
        let range = span.byte_range().unwrap_or(0..0);
        self.place(range.start, range.end)
    }

    fn place(&self, start: usize, end: usize) -> Location {
        Location { file: Arc::clone(self.file), start, end }
    }
}

/// Adds up a collection while its children arrive.
struct Extent {
    location: Location,
    size: usize,
    height: usize,
}

impl Extent {
    fn new(location: Location) -> Self {
        Self { location, size: 1, height: 1 }
    }

    /// `here` is where the child was written, which for an alias is not where it is defined.
    fn cover(&mut self, here: &Location, child: &Built) {
        let is_alias = child.node.location.start < here.start;
        let end = if is_alias { here.end } else { child.node.location.end };
        self.location.end = self.location.end.max(end);
        self.size = self.size.saturating_add(child.size);
        self.height = self.height.max(child.height + 1);
    }

    fn close(mut self, value: Value, end: &Location) -> Built {
        // Only a closing bracket has a length; a block ends where its last child does.
        if end.end > end.start {
            self.location.end = end.end;
        }
        Built { node: Node::new(value, self.location), size: self.size, height: self.height }
    }
}

/// A plain `<<`, alone or as `!!merge <<`, which some tools write.
fn is_merge_key(key: &Event<'_>) -> bool {
    let Event::Scalar(text, ScalarStyle::Plain, _, tag) = key else { return false };
    let tag = tag.as_ref().map(|tag| tag.original());
    text == "<<" && matches!(tag.as_deref(), None | Some("!!merge"))
}

/// Compose takes what is tagged `!reset` away where it first meets it: aliases of a mapping that
/// holds it know nothing of it.
fn forget_resets(node: &mut Node) {
    let is_reset = |node: &Node| node.tag == Some(Tag::Reset);
    match &mut node.value {
        Value::Map(map) => {
            map.retain(|_, entry| !is_reset(&entry.node));
            map.values_mut().for_each(|entry| forget_resets(&mut entry.node));
        }
        Value::Seq(items) => {
            items.retain(|item| !is_reset(item));
            items.iter_mut().for_each(forget_resets);
        }
        _ => {}
    }
}

fn insert(map: &mut Map, key: String, entry: Entry) -> Result<(), ComposeError> {
    if let Some(first) = map.get(&key) {
        return Err(repeated(&key, entry.key, &first.key));
    }
    map.insert(key, entry);
    Ok(())
}

/// Gives `map` the keys of `source` that it does not have itself; of several sources the first
/// one that has a key wins.
fn merge(map: &mut Map, source: Node) -> Result<(), ComposeError> {
    let sources = match source.value {
        Value::Seq(items) => items,
        _ => vec![source],
    };
    for source in sources {
        let Value::Map(entries) = source.value else {
            return Err(ComposeError::at(
                source.location.clone(),
                format!("`<<` merges a mapping or a list of mappings, not {}", source.kind()),
            ));
        };
        for (key, entry) in entries {
            map.entry(key).or_insert(entry);
        }
    }
    Ok(())
}

fn key_text(key: &Node) -> Result<String, ComposeError> {
    key.as_str().map(str::to_owned).ok_or_else(|| {
        ComposeError::at(
            key.location.clone(),
            format!("a key must be a text, and `{}` is {}", first_line(key), key.kind()),
        )
        .with_help("put the key in quotes")
    })
}

fn first_line(node: &Node) -> &str {
    node.location.text().lines().next().unwrap_or_default()
}

fn repeated(key: &str, second: Location, first: &Location) -> ComposeError {
    ComposeError::at(second, format!("key `{key}` is already given at line {}", first.line()))
}

fn too_deep(location: Location) -> ComposeError {
    ComposeError::at(location, format!("values are nested more than {DEPTH_LIMIT} levels deep"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compose::document::fixture::{document, file};

    fn error(text: &str) -> String {
        let error = parse(&file(text), Dialect::V2).unwrap_err();
        format!("{} {error}", error.location.as_ref().unwrap())
    }

    fn integer(node: &Node, path: &[&str]) -> Option<i128> {
        let node = path.iter().try_fold(node, |node, key| node.get(key))?;
        if let Value::Int(number) = node.value { Some(number) } else { None }
    }

    #[test]
    fn every_document_of_a_file_counts() {
        let kinds = |text: &str| -> Vec<&str> {
            parse(&file(text), Dialect::V2).unwrap().iter().map(Node::kind).collect()
        };
        assert_eq!(kinds(""), [""; 0]);
        assert_eq!(kinds("# nothing\n"), [""; 0]);
        assert_eq!(kinds("a: 1\n...\n"), ["a mapping"]);
        assert_eq!(kinds("a: 1\n---\n- 1\n"), ["a mapping", "a list"]);
        assert_eq!(kinds("---\n---\na: 1\n"), ["null", "a mapping"]);
    }

    #[test]
    fn places_are_exact() {
        let text = "\u{feff}a: 'x y'\r\nb: &anchor !override [1, {c: d}]\r\ne:\r\n  f: 1\r\n  g: |\r\n    long\r\n\r\nh:\ti\n";
        let root = document(text);
        let at = |key: &str| root.get(key).unwrap().location.text();
        assert_eq!(at("a"), "'x y'");
        assert_eq!(at("b"), "[1, {c: d}]");
        assert_eq!(at("e"), "f: 1\r\n  g: |\r\n    long");
        assert_eq!(at("h"), "i");
        assert_eq!(root.get("e").unwrap().get("g").unwrap().location.text(), "long");
        assert_eq!(root.get("a").unwrap().location.to_string(), "compose.yaml:1:4");
        assert_eq!(root.as_map().unwrap()["h"].key.to_string(), "compose.yaml:8:1");
    }

    #[test]
    fn an_alias_stands_where_its_anchor_does() {
        let root = document("a: &a x:1\nb: [*a]\nc: *a\n");
        assert_eq!(root.get("c").unwrap().location.line(), 1);
        assert_eq!(root.get("b").unwrap().location.text(), "[*a]");
        assert_eq!(root.location.text(), "a: &a x:1\nb: [*a]\nc: *a");
    }

    #[test]
    fn merge_keys_give_what_is_missing() {
        let root = document(
            "base: &base {a: 1, b: 1}\nother: &other {<<: *base, b: 2, c: 2}\n\
             one: {b: 3, <<: *base}\nnested: {<<: *other}\nlist: {<<: [*base, *other], c: 4}\n\
             inline: {!!merge <<: {a: 5}}\nquoted: {'<<': 6}\n",
        );
        let expected = [
            ("one", "a", 1),
            ("one", "b", 3),
            ("nested", "a", 1),
            ("nested", "b", 2),
            ("list", "b", 1),
            ("list", "c", 4),
            ("inline", "a", 5),
            ("quoted", "<<", 6),
        ];
        for (map, key, value) in expected {
            assert_eq!(integer(&root, &[map, key]), Some(value), "{map}.{key}");
        }
        assert_eq!(root.get("nested").unwrap().get("b").unwrap().location.line(), 2);
    }

    #[test]
    fn reset_and_override_are_kept() {
        let root = document("a: !reset null\nb: !override {c: 1}\nd: !reset\ne: !mine 1\n");
        let tag = |key| root.get(key).unwrap().tag;
        assert_eq!(tag("a"), Some(Tag::Reset));
        assert_eq!(tag("b"), Some(Tag::Override));
        assert_eq!(tag("d"), Some(Tag::Reset));
        assert_eq!(tag("e"), None);
    }

    #[test]
    fn what_compose_refuses_is_refused_at_its_place() {
        let cases = [
            ("a: 1\nb: 2\n'a': 3\n", "compose.yaml:3:1 key `a` is already given at line 1"),
            (
                "x: &x {}\na:\n  <<: *x\n  <<: *x\n",
                "compose.yaml:4:3 key `<<` is already given at line 3",
            ),
            (
                "a:\n  <<: 5\n",
                "compose.yaml:2:7 `<<` merges a mapping or a list of mappings, not an integer",
            ),
            (
                "a:\n  <<: [5]\n",
                "compose.yaml:2:8 `<<` merges a mapping or a list of mappings, not an integer",
            ),
            ("a:\n  1: x\n", "compose.yaml:2:3 a key must be a text, and `1` is an integer"),
            ("a:\n  true: x\n", "compose.yaml:2:3 a key must be a text, and `true` is a boolean"),
            ("a:\n  ~: x\n", "compose.yaml:2:3 a key must be a text, and `~` is null"),
            ("a:\n  [b]: x\n", "compose.yaml:2:3 a key must be a text, and `[b]` is a list"),
            ("a: &a [*a]\n", "compose.yaml:1:8 alias `*a` stands inside its own definition"),
            ("a: !!int x\n", "compose.yaml:1:10 the value does not fit its tag `!!int`"),
        ];
        for (text, expected) in cases {
            assert_eq!(error(text), expected);
        }
    }

    #[test]
    fn broken_text_is_one_clear_error() {
        let cases = [
            ("a:\n\tb: c\n", "compose.yaml:2:2 a tab indents this line; YAML indents with spaces"),
            (
                "a: b: c\n",
                "compose.yaml:1:5 no `:` was expected here; put the text in quotes, or check the lines before",
            ),
            ("a: 'b\nc: d\n", "compose.yaml:1:4 this quote is never closed"),
            (
                "a: [b\nc: d\n",
                "compose.yaml:2:2 a `[` or `{` before this place is not closed, or a comma is missing",
            ),
            ("a: [b\n", "compose.yaml:1:4 this `[` is never closed"),
            ("a: *u\n", "compose.yaml:1:4 this alias names no anchor that stands before it"),
            ("a: @x\n", "compose.yaml:1:4 no value can begin with `@`; put it in quotes"),
            ("- a\nb: c\n", "compose.yaml:2:1 the indentation does not fit the lines before"),
            (
                "key\nb: c\n",
                "compose.yaml:2:2 no `:` was expected here; put the text in quotes, or check the lines before",
            ),
            (
                "a: \"\\q\"\n",
                "compose.yaml:1:4 this text has an escape that `\"` quotes do not know; use `'` quotes or write `\\\\`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(error(text), expected);
        }
    }

    #[test]
    fn a_block_of_text_ends_as_the_file_does() {
        for (text, value) in [
            ("a: |\n  b\n", "b\n"),
            ("a: |\n  b", "b"),
            ("a: >\n  b\n  c", "b c"),
            ("a: |+\n  b", "b"),
            ("a: |\n  b\n  ", "b\n"),
            ("a: |\n  b ", "b "),
            ("a: |-\n  b\n", "b"),
            ("a: |\n  b\nc: 1", "b\n"),
        ] {
            assert_eq!(document(text).get("a").unwrap().as_str(), Some(value), "{text:?}");
        }
    }

    #[test]
    fn quoted_text_may_be_indented_less_than_its_key() {
        let root = document("a:\n  b: \"x\n  y\n\tz\nw\" # c\n  c: 'd\n\ne'\n  f: g\n");
        let a = root.get("a").unwrap();
        let text = |key: &str| a.get(key).and_then(Node::as_str).unwrap();
        let place = |key: &str| a.get(key).unwrap().location.text();
        assert_eq!((text("b"), place("b")), ("x y z w", "\"x\n  y\n\tz\nw\""));
        assert_eq!((text("c"), place("c")), ("d\ne", "'d\n\ne'"));
        assert_eq!((text("f"), place("f")), ("g", "g"));

        let many = document(&"- k: \"a\nb\"\n".repeat(1000));
        assert_eq!(many.as_seq().map(<[Node]>::len), Some(1000));
    }

    #[test]
    fn bombs_are_refused() {
        let laugh =
            |n: usize| format!("a{}: &a{} [{}]\n", n + 1, n + 1, format!("*a{n},").repeat(10));
        let laughs = format!("a0: &a0 x\n{}", (0..20).map(laugh).collect::<String>());
        assert!(error(&laughs).ends_with("the aliases of this file expand to too many values"));

        let long =
            format!("a0: &a0 {}\n{}", "x".repeat(6400), (0..4).map(laugh).collect::<String>());
        assert!(error(&long).ends_with("the aliases of this file expand to too many values"));

        let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
        assert!(error(&deep).ends_with("values are nested too deeply"), "{}", error(&deep));

        let open = "[".repeat(200);
        let close = "]".repeat(200);
        let stacked = format!("a: &a {open}{close}\nb: {open}*a{close}\n");
        assert!(error(&stacked).ends_with("values are nested more than 256 levels deep"));
    }

    #[test]
    fn debug_output_shows_no_text() {
        assert!(!format!("{:?}", document("a: [s3cret]\n")).contains("s3cret"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_tree_or_one_error_in_the_file(
            text in "([-a1:{}\\[\\],&*!|>'\"%@`#?<~ \t\r\n\u{feff}é]|: |- |\n  |<<: ){0,60}",
        ) {
            for dialect in [Dialect::V2, Dialect::V1] {
                if let Err(error) = parse(&file(&text), dialect) {
                    let place = error.location.unwrap();
                    prop_assert!(text.get(place.start..place.end).is_some(), "{place}");
                }
            }
        }
    }
}
