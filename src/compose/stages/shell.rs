//! A command line to words, as Compose splits `command` and `entrypoint`.

/// The words of `line`; nothing if a quote or bracket is not closed. As in a shell, quotes and
/// backslashes keep words together and the line ends at the first of `;&|<>`; nothing is expanded.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Words::default();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if words.quote != Some('\'') => words.push(match chars.next()? {
                't' => '\t',
                'n' => '\n',
                escaped => escaped,
            }),
            ' ' | '\t' | '\r' | '\n' if words.quote.is_none() => words.end(),
            '"' | '\'' if words.quote == Some(c) => words.close(),
            '"' | '\'' if words.quote.is_none() => words.quote = Some(c),
            '`' if words.quote == Some('`') => words.close_with(c),
            '`' if words.quote.is_none() => words.open_with(c),
            ')' if words.quote == Some('(') => words.close_with(c),
            '(' if words.quote.is_none() => {
                if !words.current.ends_with('$') {
                    return None;
                }
                words.open_with(c);
            }
            ')' if words.quote.is_none() => return None,
            ';' | '&' | '|' | '<' | '>' if words.quote.is_none() => {
                words.end_at(c);
                break;
            }
            _ => words.push(c),
        }
    }
    words.end();
    words.quote.is_none().then_some(words.done)
}

/// Words that grow; `quote` is the sign that opened a part in which nothing ends a word.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    current: String,
    is_open: bool,
    quote: Option<char>,
}

impl Words {
    fn push(&mut self, c: char) {
        self.current.push(c);
        self.is_open = true;
    }

    fn open_with(&mut self, c: char) {
        self.quote = Some(c);
        self.push(c);
    }

    fn close_with(&mut self, c: char) {
        self.quote = None;
        self.push(c);
    }

    fn close(&mut self) {
        self.quote = None;
        self.is_open = true;
    }

    fn end(&mut self) {
        if self.quote.is_none() && std::mem::take(&mut self.is_open) {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    /// The number before a `>` belongs to it.
    fn end_at(&mut self, c: char) {
        if c == '>' && self.current.starts_with(|first: char| first.is_ascii_digit()) {
            self.is_open = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_compose_does() {
        let cases: [(&str, Option<&[&str]>); 13] = [
            ("", Some(&[])),
            (" a  b\tc\n", Some(&["a", "b", "c"])),
            ("sh -c 'a b; c'", Some(&["sh", "-c", "a b; c"])),
            ("a \"b 'c'\" ''", Some(&["a", "b 'c'", ""])),
            (r"a\ b \n 'x\y'", Some(&["a b", "\n", r"x\y"])),
            ("a=\"b c\"d", Some(&["a=b cd"])),
            ("echo $(date -u) x", Some(&["echo", "$(date -u)", "x"])),
            ("echo `a b`", Some(&["echo", "`a b`"])),
            ("a; b", Some(&["a"])),
            ("a 2>b", Some(&["a"])),
            ("a 'b", None),
            ("a (b)", None),
            ("a \\", None),
        ];
        for (line, words) in cases {
            let expected = words.map(|words| words.iter().map(|&word| word.into()).collect());
            assert_eq!(split(line), expected, "{line}");
        }
    }
}
