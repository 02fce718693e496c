//! Any text is a YAML tree or one error in the file; a tree that is printed reads as itself.

#![no_main]

use composeup::compose::Dialect;
use composeup::compose::document::{Entry, Map, Node, Tag, Value, parse};
use composeup_fuzz::{check_error, check_place, file, quoted};
use libfuzzer_sys::fuzz_target;

/// Trees beyond this are not printed: aliases make big ones of small texts.
const PRINTED_NODES: usize = 5_000;

fuzz_target!(|text: &str| {
    let file = file(text);
    for dialect in [Dialect::V2, Dialect::V1] {
        match parse(&file, dialect) {
            Ok(documents) => documents.iter().for_each(|document| check(document, dialect)),
            Err(error) => check_error(&error),
        }
    }
});

fn check(document: &Node, dialect: Dialect) {
    if walk(document) > PRINTED_NODES {
        return;
    }
    let mut text = String::new();
    print(document, &mut text);
    let again = parse(&file(&text), dialect).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(again.len(), 1, "{text}");
    assert!(is_same(document, &again[0]), "{text}");
}

/// Checks every place and counts the values.
fn walk(node: &Node) -> usize {
    check_place(&node.location);
    match &node.value {
        Value::Seq(items) => 1 + items.iter().map(walk).sum::<usize>(),
        Value::Map(map) => {
            let entry = |entry: &Entry| {
                check_place(&entry.key);
                walk(&entry.node)
            };
            1 + map.values().map(entry).sum::<usize>()
        }
        _ => 1,
    }
}

fn print(node: &Node, out: &mut String) {
    out.push_str(match node.tag {
        None => "",
        Some(Tag::Reset) => "!reset ",
        Some(Tag::Override) => "!override ",
    });
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.push_str(&float(*value)),
        Value::Time(text) => out.push_str(text),
        Value::Str(text) => out.push_str(&quoted(text)),
        Value::Seq(items) => {
            out.push('[');
            for item in items {
                print(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(map) => print_map(map, out),
    }
}

fn print_map(map: &Map, out: &mut String) {
    out.push('{');
    for (key, entry) in map {
        out.push_str(&format!("? {} : ", quoted(key)));
        print(&entry.node, out);
        out.push(',');
    }
    out.push('}');
}

fn float(value: f64) -> String {
    match value {
        value if value.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        // Both dialects know an exponent with a point and a sign.
        value => match format!("{value:.17e}").split_once('e') {
            Some((mantissa, power)) if power.starts_with('-') => format!("{mantissa}e{power}"),
            Some((mantissa, power)) => format!("{mantissa}e+{power}"),
            None => unreachable!("{value}"),
        },
    }
}

fn is_same(a: &Node, b: &Node) -> bool {
    a.tag == b.tag
        && match (&a.value, &b.value) {
            (Value::Float(a), Value::Float(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Value::Seq(a), Value::Seq(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((a_key, a), (b_key, b))| a_key == b_key && is_same(&a.node, &b.node))
            }
            (a, b) => a == b,
        }
}
