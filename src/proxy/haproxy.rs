//! `HAProxy`'s configuration. Source: its configuration manual, sections 4.2 (`server`,
//! `server-template`, `default-server`) and 5.3 (`resolvers`).

use std::time::Duration;

use super::names::{Lookup, Names};

/// How often names are looked up, unless `timeout resolve` says otherwise.
const RESOLVE: Duration = Duration::from_secs(1);

/// How `HAProxy` looks up these names.
#[must_use]
pub(super) fn lookup(configuration: &str, names: &Names) -> Lookup {
    let mut found = Lookup::Unconcerned;
    let mut by_default = false;
    let again = Lookup::Again(hold(configuration));
    for line in configuration.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = match words.first() {
            Some(&("defaults" | "backend" | "listen" | "frontend")) => {
                by_default &= words[0] != "defaults";
                continue;
            }
            Some(&"default-server") => {
                by_default |= words.contains(&"resolvers");
                continue;
            }
            Some(&"server") => words.get(2),
            Some(&"server-template") => words.get(3),
            _ => None,
        };
        if at.is_some_and(|at| names.are_meant(at)) {
            let asks =
                if by_default || words.contains(&"resolvers") { again } else { Lookup::Once };
            found = found.max(asks);
        }
    }
    found
}

/// How long an address is kept that is no longer named, at most.
fn hold(configuration: &str) -> Duration {
    let lines = configuration.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let (mut resolve, mut obsolete) = (RESOLVE, Duration::ZERO);
    for words in lines {
        match words[..] {
            ["timeout", "resolve", time, ..] => resolve = duration(time).unwrap_or(RESOLVE),
            ["hold", "obsolete", time, ..] => obsolete = duration(time).unwrap_or_default(),
            _ => {}
        }
    }
    resolve + obsolete
}

/// `10s`, `500` (milliseconds). Source: configuration manual, section 2.5.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    Some(match &text[digits..] {
        "us" => Duration::from_micros(number),
        "" | "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number * 60),
        "h" => Duration::from_secs(number * 3600),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_up(configuration: &str) -> Lookup {
        lookup(configuration, &Names::of(["web".to_owned()]))
    }

    #[test]
    fn without_resolvers_a_name_is_looked_up_once() {
        assert_eq!(looked_up("backend app\n  server web1 web:8080 check"), Lookup::Once);
        assert_eq!(looked_up("backend app\n  server o other:8080 # web"), Lookup::Unconcerned);
    }

    #[test]
    fn with_resolvers_it_is_looked_up_again() {
        let template = "backend app\n  server-template web 1-4 web:8080 check resolvers docker";
        assert_eq!(looked_up(template), Lookup::Again(RESOLVE));
        let held = format!("resolvers docker\n  hold obsolete 30s\n{template}");
        assert_eq!(looked_up(&held), Lookup::Again(Duration::from_secs(31)));
        let default = "defaults\n  default-server resolvers docker\nbackend a\n  server a web:80";
        assert_eq!(looked_up(default), Lookup::Again(RESOLVE));
    }
}
