//! The forms a value can have, and how they are named in messages.

use crate::compose::hash::Generation;

/// What may stand at one place of a compose file.
pub(super) enum Shape {
    /// A scalar of one of these kinds.
    Scalar(Kinds),
    /// A boolean, or a text that means one.
    Flag,
    /// An integer between two bounds, or the text of one.
    Whole(i64, i64),
    /// A number, or the text of one.
    Decimal,
    /// A number, or the text of an integer.
    Rounded,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A text in which Compose finds what it looks for.
    Text(&'static Pattern),
    /// A list whose items may repeat.
    List(&'static Shape),
    /// A list whose items differ.
    Set(&'static Shape),
    /// A mapping with keys of the user's choice.
    Map(Keys, &'static Shape),
    /// A mapping with keys of the specification.
    Record(&'static [Key], Extras),
    /// One of these forms, which a value's kind tells apart.
    Either(&'static [Shape]),
}

/// Kinds of scalars, as a set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOL: Self = Self(2);
    /// A whole number.
    pub(super) const INT: Self = Self(4);
    /// A number that is not whole.
    pub(super) const FRACTION: Self = Self(8);
    /// Any number.
    pub(super) const NUMBER: Self = Self(8 | 4);
    pub(super) const TEXT: Self = Self(16);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What Compose looks for in a text.
pub(super) struct Pattern {
    /// Whether it is there for releases of that generation.
    pub(super) fits: fn(&str, Generation) -> bool,
    /// What the text must be: "a name of a container".
    pub(super) wanted: &'static str,
}

/// Which keys a mapping of the user's may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Any text but an empty one.
    Any,
    /// As `Any`, without `x-` keys: Compose cannot read them there.
    Plain,
    /// Letters, digits, `.`, `_` and `-`.
    Names,
    /// As `Names`; what stands under other keys is not looked at.
    OpenNames,
    /// Lower-case letters; what stands under other keys is not looked at.
    OpenWords,
}

/// What a record may have besides its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extras {
    /// Nothing.
    None,
    /// `x-` keys.
    Extensions,
    /// Anything.
    Any,
}

/// A key of the specification.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) required: bool,
    /// The first generation that knows it, if it is not in all of them.
    pub(super) since: Option<Generation>,
}

impl Key {
    /// A record without it is refused.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Releases before `generation` do not know it.
    pub(super) const fn since(self, generation: Generation) -> Self {
        Self { since: Some(generation), ..self }
    }
}

/// A key that may be left out.
pub(super) const fn key(name: &'static str, shape: &'static Shape) -> Key {
    Key { name, shape, required: false, since: None }
}

/// A record with `x-` keys.
pub(super) const fn record(keys: &'static [Key]) -> Shape {
    Shape::Record(keys, Extras::Extensions)
}

pub(super) const NULL: Shape = Shape::Scalar(Kinds::NULL);
pub(super) const BOOL: Shape = Shape::Scalar(Kinds::BOOL);
pub(super) const TEXT: Shape = Shape::Scalar(Kinds::TEXT);
pub(super) const BOOL_OR_TEXT: Shape = Shape::Scalar(Kinds::BOOL.or(Kinds::TEXT));
pub(super) const INT: Shape = Shape::Scalar(Kinds::INT);
pub(super) const INT_OR_TEXT: Shape = Shape::Scalar(Kinds::INT.or(Kinds::TEXT));
pub(super) const NUMBER: Shape = Shape::Scalar(Kinds::NUMBER);
pub(super) const NUMBER_OR_TEXT: Shape = Shape::Scalar(Kinds::NUMBER.or(Kinds::TEXT));
pub(super) const WHOLE: Shape = Shape::Whole(i64::MIN, i64::MAX);
const SCALAR: Shape = Shape::Scalar(Kinds::NULL.or(Kinds::BOOL).or(Kinds::NUMBER).or(Kinds::TEXT));
/// A list of texts that may repeat.
pub(super) const LIST: Shape = Shape::List(&TEXT);
/// A list of texts that differ.
pub(super) const SET: Shape = Shape::Set(&TEXT);
pub(super) const TEXT_OR_SET: Shape = Shape::Either(&[TEXT, SET]);
pub(super) const TEXT_OR_LIST: Shape = Shape::Either(&[TEXT, LIST]);
/// Labels, variables and the like: a mapping, or a list of `key=value`.
pub(super) const PAIRS: Shape = Shape::Either(&[Shape::Map(Keys::Any, &SCALAR), SET]);
/// Options of a driver.
pub(super) const OPTIONS: Shape = Shape::Map(Keys::Any, &NUMBER_OR_TEXT);
/// A command line or its words.
pub(super) const COMMAND: Shape = Shape::Either(&[NULL, TEXT, LIST]);

impl Shape {
    /// The forms as messages name them, each once: "a text or a list".
    pub(super) fn wanted(&self) -> String {
        let mut names = Vec::new();
        self.collect_names(&mut names);
        names.dedup();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }

    fn collect_names(&self, names: &mut Vec<&'static str>) {
        match self {
            Self::Scalar(kinds) => names.extend(kinds.names()),
            Self::Flag => names.push("`true` or `false`"),
            Self::Whole(..) => names.push("an integer"),
            Self::Decimal | Self::Rounded => names.push("a number"),
            Self::Choice(_) | Self::Text(_) => names.push("a text"),
            Self::List(_) | Self::Set(_) => names.push("a list"),
            Self::Map(..) | Self::Record(..) => names.push("a mapping"),
            Self::Either(shapes) => shapes.iter().for_each(|shape| shape.collect_names(names)),
        }
    }
}

impl Kinds {
    /// Nobody writes null on purpose, so it is not named.
    fn names(self) -> impl Iterator<Item = &'static str> {
        let number = if self.has(Self::NUMBER) { "a number" } else { "an integer" };
        let all = [(Self::TEXT, "a text"), (Self::INT, number), (Self::BOOL, "a boolean")];
        all.into_iter().filter(move |(kind, _)| self.has(*kind)).map(|(_, name)| name)
    }
}
