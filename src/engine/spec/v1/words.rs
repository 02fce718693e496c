//! A command line to words, as Python's `shlex` splits it.

/// The words of `line`; nothing if a quote is not closed or a backslash ends the line. Quotes and
/// backslashes keep words together, everything else is text.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => loop {
                match chars.next()? {
                    '\'' => break word.get_or_insert_default().push_str(""),
                    c => word.get_or_insert_default().push(c),
                }
            },
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Up to the closing quote; a backslash is only for the quote and for itself.
fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python 3.11 answers; words stand between `|`.
    const CASES: &[(&str, &str)] = &[
        ("a  b\tc", "|a|b|c|"),
        ("", "||"),
        ("'a b' \"c d\"", "|a b|c d|"),
        ("a'b'c", "|abc|"),
        ("''", "||"),
        (r#""a\"b" 'c\d' e\ f"#, r#"|a"b|c\d|e f|"#),
        (r#""a\$b""#, r"|a\$b|"),
        ("a; b & `c` # d $(e)", "|a;|b|&|`c`|#|d|$(e)|"),
        ("'a", "-"),
        ("a\\", "-"),
    ];

    #[test]
    fn lines_are_split_as_python_splits_them() {
        for (line, expected) in CASES {
            let words =
                split(line).map_or("-".to_owned(), |words| format!("|{}|", words.join("|")));
            assert_eq!(words, *expected, "{line}");
        }
        assert_eq!(split("''").map(|words| words.len()), Some(1));
        assert_eq!(split("").map(|words| words.len()), Some(0));
    }
}
