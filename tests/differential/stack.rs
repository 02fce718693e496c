//! A random project: which keys in which forms, in how many files.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::forms::{GOOD, Key, ODD, SCALARS};

/// One key of a service in one of its forms.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    form: &'static str,
    scalar: &'static str,
    tag: Tag,
}

/// What a later file says of an earlier one's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    None,
    Reset,
    Override,
}

type Fields = Vec<Field>;

/// A project in several files.
#[derive(Debug, Clone)]
pub(super) struct Stack {
    /// What the services merge by `<<`.
    common: Fields,
    /// `a`, `b` and `c` of the first file; `b` has the anchor, `c` extends.
    first: [Fields; 3],
    /// A second document of the first file.
    document: Option<Fields>,
    /// `a` and `b` of a second file.
    second: Option<[Fields; 2]>,
    /// The service in another file that `c` extends; without one it extends `a`.
    extended: Option<Fields>,
    /// The service of an included file.
    included: Option<Fields>,
    /// `--profile p1`.
    has_profile: bool,
}

impl Stack {
    /// Any project of which Compose takes most.
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let file =
            (fields(0..4), [fields(0..7), fields(0..5), fields(0..4)], option::of(fields(0..4)));
        let more = (
            option::of([tagged(0..6), tagged(0..4)]),
            option::of(fields(0..4)),
            option::weighted(0.3, fields(0..4)),
            any::<bool>(),
            option::weighted(0.25, field(ODD)),
        );
        (file, more).prop_map(|((common, first, document), more)| {
            let (second, extended, included, has_profile, odd) = more;
            let mut stack =
                Self { common, first, document, second, extended, included, has_profile };
            stack.first[0].extend(odd);
            stack
        })
    }

    /// Writes its files into `folder`.
    pub(super) fn write(&self, folder: &Path) {
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        for (name, text) in SURROUNDINGS {
            write(name, text);
        }
        write("compose.yaml", &self.first_file());
        if let Some([a, b]) = &self.second {
            write(
                "second.yaml",
                &format!("services:\n{}{}", service("a", "", a), service("b", "", b)),
            );
        }
        if let Some(fields) = &self.extended {
            write("other.yaml", &format!("services:\n{}", service("base", "image: other", fields)));
        }
        if let Some(fields) = &self.included {
            fs::create_dir_all(folder.join("inside")).unwrap();
            let declared = DECLARED.replace("NAME", "inside");
            let text = format!("services:\n{}{OTHERS}{declared}", service("i", "image: i", fields));
            write("inside/compose.yaml", &text);
        }
    }

    fn first_file(&self) -> String {
        let mut text = String::new();
        if self.included.is_some() {
            text.push_str("include: [inside/compose.yaml]\n");
        }
        let common = fields_text(&self.common, "  ");
        let common = if common.is_empty() { " {}\n".to_owned() } else { format!("\n{common}") };
        let _infallible = writeln!(text, "x-common: &common{common}services:");
        let [a, b, c] = &self.first;
        let extends = match self.extended {
            Some(_) => "extends: {file: other.yaml, service: base}",
            None => "image: c\n    extends: a",
        };
        text += &service("a", "image: '${SET}/a:1'", a);
        text += &service("b", "image: b\n    <<: *common", b);
        text += &service("c", extends, c);
        // An include declares the rest.
        if self.included.is_none() {
            text += OTHERS;
            text += &DECLARED.replace("NAME", "first");
        }
        if let Some(fields) = &self.document {
            let _infallible = write!(text, "---\nservices:\n{}", service("a", "", fields));
        }
        text
    }

    /// The arguments before the command.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = Vec::new();
        if self.second.is_some() {
            arguments.extend(["-f", "compose.yaml", "-f", "second.yaml"]);
        }
        if self.has_profile {
            arguments.extend(["--profile", "p1"]);
        }
        arguments
    }

    /// Its files as one text, to be shown.
    pub(super) fn shown(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let names = ["compose.yaml", "second.yaml", "other.yaml", "inside/compose.yaml"];
        let read =
            |name: &&'static str| Some((*name, fs::read_to_string(folder.path().join(name)).ok()?));
        let files = names
            .iter()
            .filter_map(read)
            .filter(|(name, _)| *name != "second.yaml" || self.second.is_some());
        files.map(|(name, text)| format!("# {name}\n{text}")).collect::<Vec<_>>().concat()
    }
}

/// Files that are there whatever the project is.
const SURROUNDINGS: [(&str, &str); 6] = [
    (".env", "SET=set value\nEMPTY=\nNUMBER=8\nFLAG=true\n"),
    ("one.env", "ONE=1\nSHARED=one\nQ=\"${SET} x\"\nBARE\n"),
    ("two.env", "export TWO='2'\nSHARED=two # c\nREF=${SHARED}-${ONE:-none}\n"),
    ("raw.env", "RAW='a $b'\n"),
    ("l.labels", "from.file=1\na.b=file\n"),
    ("secret.txt", "s\n"),
];

const OTHERS: &str = "  s1: {image: s1}\n  s2: {build: .}\n";

/// What services refer to.
const DECLARED: &str = "
networks: {n1: {driver: bridge, labels: [of=NAME]}, n2: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {v1: , v2: {name: own, driver_opts: {type: nfs, o: 1}}}
secrets: {sec: {file: ./secret.txt}, env: {environment: SET}}
configs: {conf: {external: true, name: other}, inline: {content: 'a $${b} ${SET}'}}
";

fn service(name: &str, head: &str, fields: &Fields) -> String {
    let body = fields_text(fields, "    ");
    match (head.is_empty(), body.is_empty()) {
        (true, true) => format!("  {name}: {{}}\n"),
        (true, false) => format!("  {name}:\n{body}"),
        (false, _) => format!("  {name}:\n    {head}\n{body}"),
    }
}

/// A line for each key; the first one of a name counts.
fn fields_text(fields: &Fields, indent: &str) -> String {
    let mut seen = Vec::new();
    let mut text = String::new();
    for field in fields {
        if seen.contains(&field.name) || field.name == "image" && indent.len() == 4 {
            continue;
        }
        seen.push(field.name);
        let value = match field.tag {
            Tag::None => field.value(),
            Tag::Reset => "!reset null".to_owned(),
            Tag::Override => format!("!override {}", field.value()),
        };
        let _infallible = writeln!(text, "{indent}{}: {value}", field.name);
    }
    text
}

impl Field {
    fn value(&self) -> String {
        // Braces of a template would end in the table's own.
        let form = self.form.replace("{{raw}}", "[{path: raw.env, format: raw}]");
        if form.contains("'@'") || form.contains("@x") || form.contains("@y") {
            let word: String = self.scalar.chars().filter(|c| c.is_alphanumeric()).collect();
            return form.replace('@', &word);
        }
        form.replace('@', self.scalar)
    }
}

fn fields(count: std::ops::Range<usize>) -> impl Strategy<Value = Fields> {
    vec(field(GOOD), count)
}

fn tagged(count: std::ops::Range<usize>) -> impl Strategy<Value = Fields> {
    let tag = prop_oneof![8 => Just(Tag::None), 1 => Just(Tag::Reset), 1 => Just(Tag::Override)];
    vec((field(GOOD), tag).prop_map(|(field, tag)| Field { tag, ..field }), count)
}

fn field(keys: &'static [Key]) -> impl Strategy<Value = Field> {
    let key = (0..keys.len()).prop_flat_map(move |key| (Just(key), 0..keys[key].1.len()));
    (key, 0..SCALARS.len()).prop_map(move |((key, form), scalar)| Field {
        name: keys[key].0,
        form: keys[key].1[form],
        scalar: SCALARS[scalar],
        tag: Tag::None,
    })
}
