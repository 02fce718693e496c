//! A tree against the shapes.

use super::file::FILE;
use super::shape::{Extras, Key, Keys, Kinds, Shape};
use crate::compose::ComposeError;
use crate::compose::document::{Entry, Map, Node, Value, first_repeated};
use crate::compose::hash::Generation;
use crate::compose::model::decode::{mismatch, unknown_key};
use crate::compose::path::Path;

/// Checks every value of `root` as releases of `generation` do.
///
/// # Errors
/// The deepest value that does not fit: Compose names that one, too.
pub(in crate::compose::stages) fn check(
    root: &Node,
    generation: Generation,
) -> Result<(), ComposeError> {
    let mut checker = Checker { generation, worst: None };
    checker.visit(root, &FILE, &Path::ROOT, 0);
    checker.worst.map_or(Ok(()), |(_, error)| Err(error))
}

struct Checker {
    generation: Generation,
    /// The deepest error so far, with its depth.
    worst: Option<(usize, ComposeError)>,
}

impl Checker {
    fn fault(&mut self, depth: usize, error: impl FnOnce() -> ComposeError) {
        if self.worst.as_ref().is_none_or(|(worst, _)| depth > *worst) {
            self.worst = Some((depth, error()));
        }
    }

    fn visit(&mut self, node: &Node, shape: &Shape, path: &Path<'_>, depth: usize) {
        let shape = match shape {
            Shape::Either(forms) => match forms.iter().find(|form| self.is_of_kind(node, form)) {
                Some(form) => form,
                None => return self.fault(depth, || mismatch(node, path, &shape.wanted())),
            },
            shape if self.is_of_kind(node, shape) => shape,
            shape => return self.fault(depth, || mismatch(node, path, &shape.wanted())),
        };
        match (shape, &node.value) {
            (Shape::Either(_), _) => self.visit(node, shape, path, depth),
            (Shape::List(item) | Shape::Set(item), Value::Seq(items)) => {
                for node in items {
                    self.visit(node, item, &path.child("[]"), depth + 1);
                }
                if matches!(shape, Shape::Set(_)) {
                    self.differ(items, path, depth);
                }
            }
            (Shape::Map(keys, value), Value::Map(map)) => {
                self.map(map, *keys, value, path, depth);
            }
            (Shape::Record(keys, extras), Value::Map(map)) => {
                self.record(node, map, keys, *extras, path, depth);
            }
            _ => self.scalar(node, shape, path, depth),
        }
    }

    /// Whether `node` is of the kind `shape` wants, whatever stands in it.
    fn is_of_kind(&self, node: &Node, shape: &Shape) -> bool {
        match (shape, &node.value) {
            (Shape::List(_) | Shape::Set(_), Value::Seq(_))
            | (Shape::Map(..) | Shape::Record(..), Value::Map(_))
            | (Shape::Flag, Value::Bool(_) | Value::Str(_))
            | (
                Shape::Choice(_)
                | Shape::Text(_)
                | Shape::Whole(..)
                | Shape::Decimal
                | Shape::Rounded,
                Value::Str(_),
            ) => true,
            (Shape::Either(forms), _) => forms.iter().any(|form| self.is_of_kind(node, form)),
            (Shape::Scalar(kinds), _) => self.kind(&node.value).is_some_and(|kind| kinds.has(kind)),
            (Shape::Whole(..), value) => self.kind(value) == Some(Kinds::INT),
            (Shape::Decimal | Shape::Rounded, value) => {
                self.kind(value).is_some_and(|kind| Kinds::NUMBER.has(kind))
            }
            _ => false,
        }
    }

    /// The kind of a scalar. Since 2.37.2 a date is none; before it was text.
    fn kind(&self, value: &Value) -> Option<Kinds> {
        match value {
            Value::Null => Some(Kinds::NULL),
            Value::Bool(_) => Some(Kinds::BOOL),
            Value::Int(_) => Some(Kinds::INT),
            Value::Float(number) if number.fract() == 0.0 => Some(Kinds::INT),
            Value::Float(_) => Some(Kinds::FRACTION),
            Value::Str(_) => Some(Kinds::TEXT),
            Value::Time(_) if self.generation < Generation::V2_36 => Some(Kinds::TEXT),
            Value::Time(_) | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    fn scalar(&mut self, node: &Node, shape: &Shape, path: &Path<'_>, depth: usize) {
        let text = node.as_str();
        let fits = match shape {
            Shape::Flag => text.is_none_or(means_boolean),
            Shape::Choice(choices) => {
                if text.is_none_or(|text| choices.contains(&text)) {
                    return;
                }
                let message = || format!("`{path}` must be one of `{}`", choices.join("`, `"));
                return self.fault(depth, || ComposeError::at(node.location.clone(), message()));
            }
            Shape::Text(pattern) => text.is_none_or(|text| (pattern.fits)(text, self.generation)),
            Shape::Whole(low, high) => match &node.value {
                Value::Int(number) => (i128::from(*low)..=i128::from(*high)).contains(number),
                Value::Str(text) => {
                    text.parse().is_ok_and(|number: i64| (*low..=*high).contains(&number))
                }
                _ => true,
            },
            Shape::Decimal => text.is_none_or(|text| text.parse::<f64>().is_ok()),
            Shape::Rounded => text.is_none_or(|text| text.parse::<i64>().is_ok()),
            _ => true,
        };
        if !fits {
            self.fault(depth, || mismatch(node, path, &bounded(shape)));
        }
    }

    fn map(&mut self, map: &Map, keys: Keys, value: &Shape, path: &Path<'_>, depth: usize) {
        for (name, entry) in map {
            if keys.allow(name) {
                self.entry(entry, value, &path.child(name), depth + 1);
            } else if !keys.is_open() {
                self.fault(depth + 1, || {
                    let message = format!("`{name}` cannot be a name in `{path}`");
                    ComposeError::at(entry.key.clone(), message).with_help(keys.help())
                });
            }
        }
    }

    fn record(
        &mut self,
        node: &Node,
        map: &Map,
        keys: &[Key],
        extras: Extras,
        path: &Path<'_>,
        depth: usize,
    ) {
        let generation = self.generation;
        let known =
            || keys.iter().filter(move |key| key.since.is_none_or(|since| since <= generation));
        for (name, entry) in map {
            let is_extension =
                extras == Extras::Any || extras == Extras::Extensions && name.starts_with("x-");
            match known().find(|key| key.name == name) {
                Some(key) => self.entry(entry, key.shape, &path.child(name), depth + 1),
                None if is_extension => {}
                None => {
                    let names = known().map(|key| key.name);
                    self.fault(depth + 1, || unknown_key(entry, &path.child(name), names));
                }
            }
        }
        for key in keys.iter().filter(|key| key.required && !map.contains_key(key.name)) {
            let message = || format!("`{path}` has no `{}`", key.name);
            self.fault(depth, || ComposeError::at(node.location.clone(), message()));
        }
    }

    fn entry(&mut self, entry: &Entry, shape: &Shape, path: &Path<'_>, depth: usize) {
        if entry.node.is_null() && !self.is_of_kind(&entry.node, shape) {
            return self.fault(depth, || {
                ComposeError::at(entry.key.clone(), format!("`{path}` has no value"))
                    .with_help("give it a value, or remove the key")
            });
        }
        self.visit(&entry.node, shape, path, depth);
    }

    fn differ(&mut self, items: &[Node], path: &Path<'_>, depth: usize) {
        if let Some(item) = first_repeated(items) {
            self.fault(depth, || {
                let message = format!("`{path}` has the same item twice");
                ComposeError::at(item.location.clone(), message)
            });
        }
    }
}

impl Keys {
    fn allow(self, name: &str) -> bool {
        let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !name.is_empty()
            && match self {
                Self::Any => true,
                Self::Plain => !name.starts_with("x-"),
                Self::Names | Self::OpenNames => name.chars().all(sign),
                Self::OpenWords => name.chars().all(|c| c.is_ascii_lowercase()),
            }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Any => "give it a name",
            Self::Plain => "`x-` keys have no meaning here",
            _ => "use letters, digits, `.`, `_` and `-`",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::OpenNames | Self::OpenWords)
    }
}

/// Whether Compose casts the text to a boolean.
fn means_boolean(text: &str) -> bool {
    let words = ["true", "y", "yes", "on", "false", "n", "no", "off"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// What a number must be, its bounds included.
fn bounded(shape: &Shape) -> String {
    match shape {
        Shape::Whole(low, high) if *low != i64::MIN && *high != i64::MAX => {
            format!("an integer from {low} to {high}")
        }
        Shape::Text(pattern) => pattern.wanted.to_owned(),
        Shape::Whole(low, _) if *low != i64::MIN => format!("an integer from {low} up"),
        shape => shape.wanted(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture::document;

    /// The place and the message for a service `a`, which is `{image: a, …}`.
    fn error(rest: &str, generation: Generation) -> Option<String> {
        let root = document(&format!("services:\n  a: {{image: a, {rest}}}\n"));
        let error = check(&root, generation).err()?;
        let place = error.location.as_ref().map(ToString::to_string).unwrap_or_default();
        Some(format!("{} {error}", place.trim_start_matches("compose.yaml:2:")))
    }

    fn refused(rest: &str) -> String {
        error(rest, Generation::V2_36).unwrap_or_default()
    }

    #[test]
    fn every_form_that_fits_is_taken() {
        for rest in [
            "cpus: '0.5', init: 'Yes', scale: 2.0, expose: [80, '81'], pid: null, deploy: null",
            "command: null, entrypoint: x, healthcheck: {test: x, retries: 1.5}",
            "ulimits: {core: 1, a: {soft: '1', hard: 2}, X: [odd names are not looked at]}",
            "labels: [a=b], environment: {A: null, B: true, x-c: 1.5}, storage_opt: {size: 1}",
            "depends_on: {b: {condition: service_started, x-a: []}}, gpus: [{what: ever}]",
            "models: [m], use_api_socket: true, provider: {type: x, options: {a: [1, true]}}",
            "x-mine: {a: [2001-01-01]}",
        ] {
            assert_eq!(refused(rest), "", "{rest}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_at_its_place() {
        let cases = [
            ("imag: b", "17 `services.a.imag` is not a key Compose knows"),
            ("cpus: x", "23 `services.a.cpus` must be a number"),
            ("cap_add: A", "26 `services.a.cap_add` must be a list"),
            ("cap_add: [A, B, A]", "33 `services.a.cap_add` has the same item twice"),
            ("dns: 1", "22 `services.a.dns` must be a text or a list, not an integer"),
            ("labels: null", "17 `services.a.labels` has no value"),
            (
                "labels: {a: [1]}",
                "29 `services.a.labels.a` must be a text, a number or a boolean, not a list",
            ),
            (
                "labels: {a: 2001-01-01}",
                "29 `services.a.labels.a` must be a text, a number or a boolean, not a date",
            ),
            (
                "oom_score_adj: 2000",
                "32 `services.a.oom_score_adj` must be an integer from -1000 to 1000",
            ),
            ("cpu_count: '-1'", "28 `services.a.cpu_count` must be an integer from 0 up"),
            ("cgroup: x", "25 `services.a.cgroup` must be one of `host`, `private`"),
            ("volumes: [{target: /a}]", "27 `services.a.volumes[]` has no `type`"),
            (
                "container_name: a",
                "33 `services.a.container_name` must be a name of a container: letters, digits, `_`, `.` and `-`, at least two",
            ),
            (
                "blkio_config: {x-a: 1}",
                "32 `services.a.blkio_config.x-a` is not a key Compose knows",
            ),
            ("storage_opt: {x-a: 1}", "31 `x-a` cannot be a name in `services.a.storage_opt`"),
        ];
        for (rest, expected) in cases {
            assert_eq!(refused(rest), expected, "{rest}");
        }
    }

    #[test]
    fn of_several_errors_the_deepest_is_told() {
        let told = refused("nope: 1, healthcheck: {nope: 1}, also: 2");
        assert_eq!(told, "40 `services.a.healthcheck.nope` is not a key Compose knows");
    }

    #[test]
    fn what_a_generation_does_not_know_it_refuses() {
        let newer = "models: [m]";
        assert_eq!(
            error(newer, Generation::Debian226).as_deref(),
            Some("17 `services.a.models` is not a key Compose knows")
        );
        let date = "labels: {a: 2001-01-01}";
        assert_eq!(error(date, Generation::V2_35), None);
    }

    #[test]
    fn names_are_made_of_certain_signs() {
        let root = document("services: {a b: {image: a}}\n");
        let error = check(&root, Generation::V2_36).unwrap_err();
        assert_eq!(error.to_string(), "`a b` cannot be a name in `services`");
        let root = document("networks: {a b: {what: ever}}\nulimits: 1\n");
        let error = check(&root, Generation::V2_36).unwrap_err();
        assert_eq!(error.to_string(), "`ulimits` is not a key Compose knows");
    }
}
