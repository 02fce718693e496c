//! Variables: the templates that use them, and the files that set them.

#![no_main]

use composeup::compose::Dialect;
use composeup::compose::dotenv::{EnvFile, Format, parse};
use composeup::compose::template::{self, substitute};
use composeup_fuzz::{check_error, check_place, file, lookup};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in [Dialect::V2, Dialect::V1] {
        resolve(text, dialect);
    }
    let file = file(text);
    for format in [Format::Compose, Format::Raw] {
        match parse(&file, format, &lookup) {
            Err(error) => check_error(&error),
            Ok(variables) => check(&variables),
        }
    }
});

fn resolve(text: &str, dialect: Dialect) {
    match template::parse(text, dialect) {
        Err(error) => assert!(text[error.at..].starts_with('$')),
        Ok(parts) => {
            let whole: String = parts.iter().map(|part| &text[part.range()]).collect();
            assert_eq!(whole, text);
        }
    }
    let mut unset = Vec::new();
    match substitute(text, dialect, &lookup, &mut |name, at| unset.push((name.to_owned(), at))) {
        Err(error) => assert!(text[error.at..].starts_with('$') && !error.message.is_empty()),
        Ok(resolved) if !text.contains('$') => assert_eq!(resolved, text),
        Ok(resolved) => {
            let escaped = resolved.replace('$', "$$");
            let again = substitute(&escaped, dialect, &lookup, &mut |_, _| unreachable!());
            assert_eq!(again, Ok(resolved));
        }
    }
    for (name, at) in unset {
        assert!(text[at..].starts_with('$') && text.contains(&name));
    }
}

fn check(variables: &EnvFile) {
    variables.unset.values().for_each(check_place);
    for one in &variables.assignments {
        check_place(&one.location);
        let is_plain = one.name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        if let (true, Some(value)) = (is_plain, &one.value) {
            let printed = file(&format!("{}=\"{}\"\n", one.name, escape(value)));
            let again = parse(&printed, Format::Compose, &|_| None);
            let again = again.unwrap_or_else(|error| panic!("{error}: {}", printed.text));
            assert_eq!(again.get(&one.name).and_then(|one| one.value.as_ref()), Some(value));
        }
    }
}

/// The text as it is written between double quotes.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$")
}
