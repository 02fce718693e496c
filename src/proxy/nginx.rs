//! nginx's configuration, as `nginx -T` prints it. Source: nginx's documentation of
//! `ngx_http_core_module` (`resolver`), `ngx_http_upstream_module` (`server`) and
//! `ngx_http_proxy_module` (`proxy_pass`).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::names::{Lookup, Names};

/// How long Docker's own name server lets an address be remembered, where `resolver` has no `valid`.
const TIME_TO_LIVE: Duration = Duration::from_mins(10);
/// What takes an address to pass requests to.
const PASSES: [&str; 6] =
    ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass", "memcached_pass"];

/// One directive: its words.
type Directive = Vec<String>;

/// The addresses that requests are passed to, but for those marked `down`.
#[must_use]
pub(super) fn addresses(configuration: &str) -> BTreeSet<IpAddr> {
    let all = directives(configuration);
    let servers = all.iter().filter(|words| words[0] == "server" && words.len() > 1);
    let used = servers.filter(|words| !words.iter().any(|word| word == "down"));
    let passed = all.iter().filter(|words| is_pass(words));
    used.chain(passed).filter_map(|words| address(words.get(1)?)).collect()
}

/// How nginx looks up these names.
#[must_use]
pub(super) fn lookup(configuration: &str, names: &Names) -> Lookup {
    let all = directives(configuration);
    let again = Lookup::Again(shortest_memory(&all));
    let mut found = Lookup::Unconcerned;
    for words in &all {
        let asks = match words[0].as_str() {
            "server" if words.iter().skip(1).any(|word| word == "resolve") => again,
            "server" => Lookup::Once,
            // A variable is looked up with each request, as long as the answer is remembered.
            "set" | "map" | "default" => again,
            _ if is_pass(words) => Lookup::Once,
            _ => continue,
        };
        if words.iter().skip(1).any(|word| names.are_meant(word)) {
            found = found.max(asks);
        }
    }
    found
}

fn is_pass(words: &Directive) -> bool {
    PASSES.contains(&words[0].as_str())
}

/// The longest time that one of the resolvers remembers an address.
fn shortest_memory(all: &[Directive]) -> Duration {
    let resolvers = all.iter().filter(|words| words[0] == "resolver");
    let valid = |words: &Directive| {
        let text = words.iter().find_map(|word| word.strip_prefix("valid="))?;
        duration(text)
    };
    resolvers.map(|words| valid(words).unwrap_or(TIME_TO_LIVE)).max().unwrap_or(TIME_TO_LIVE)
}

/// `10s`, `1m30s`, `500ms`; seconds without a unit.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
        let number: u32 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|sign: char| sign.is_ascii_digit()).unwrap_or(rest.len());
        let one = match &rest[..unit] {
            "ms" => Duration::from_millis(1),
            "" | "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            "d" => Duration::from_hours(24),
            _ => return None,
        };
        total += one * number;
        rest = &rest[unit..];
    }
    Some(total)
}

fn address(text: &str) -> Option<IpAddr> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => rest.split([':', '/']).next()?,
    };
    host.parse().ok()
}

/// The directives, at whatever depth. A block's own words are one, too.
fn directives(configuration: &str) -> Vec<Directive> {
    let mut all = Vec::new();
    let mut words = Directive::new();
    let mut signs = configuration.chars().peekable();
    let mut end = |words: &mut Directive| {
        if !words.is_empty() {
            all.push(std::mem::take(words));
        }
    };
    while let Some(sign) = signs.next() {
        match sign {
            '#' => while signs.next_if(|sign| *sign != '\n').is_some() {},
            ';' | '{' | '}' => end(&mut words),
            _ if sign.is_whitespace() => {}
            '"' | '\'' => words.push(quoted(&mut signs, sign)),
            _ => {
                let mut word = String::from(sign);
                while let Some(sign) = signs.next_if(|sign| !is_end_of_word(*sign)) {
                    word.push(sign);
                    // `${name}` is no block.
                    if word.ends_with('$') && signs.next_if_eq(&'{').is_some() {
                        word.push('{');
                        while let Some(sign) = signs.next_if(|sign| *sign != '}') {
                            word.push(sign);
                        }
                        word.extend(signs.next());
                    }
                }
                words.push(word);
            }
        }
    }
    end(&mut words);
    all
}

fn is_end_of_word(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, ';' | '{' | '}')
}

fn quoted(signs: &mut impl Iterator<Item = char>, quote: char) -> String {
    let mut word = String::new();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => word.extend(signs.next()),
            _ if sign == quote => break,
            _ => word.push(sign),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_up(configuration: &str) -> Lookup {
        lookup(configuration, &Names::of(["web".to_owned(), "shop-web-1".to_owned()]))
    }

    #[test]
    fn a_name_in_an_upstream_or_in_proxy_pass_is_looked_up_once() {
        assert_eq!(looked_up("upstream app { server web:8080 max_fails=1; }"), Lookup::Once);
        assert_eq!(
            looked_up("http { server { location / { proxy_pass http://web:8080/; } } }"),
            Lookup::Once
        );
        assert_eq!(looked_up("location ~ \\.php$ { fastcgi_pass shop-web-1:9000; }"), Lookup::Once);
    }

    #[test]
    fn a_name_in_a_variable_is_looked_up_as_often_as_the_resolver_forgets() {
        let with = |resolver: &str| {
            looked_up(&format!(
                "{resolver} server {{ set $up \"http://web:8080\"; proxy_pass $up; }}"
            ))
        };
        let second = Duration::from_secs(1);
        assert_eq!(with("resolver 127.0.0.11 valid=1s ipv6=off;"), Lookup::Again(second));
        assert_eq!(with("resolver 127.0.0.11 valid=1m30s;"), Lookup::Again(second * 90));
        assert_eq!(with("resolver 127.0.0.11;"), Lookup::Again(TIME_TO_LIVE));
        let resolve =
            "resolver 127.0.0.11 valid=5; upstream a { zone a 64k; server web:80 resolve; }";
        assert_eq!(looked_up(resolve), Lookup::Again(second * 5));
    }

    #[test]
    fn other_names_and_comments_concern_nobody() {
        let other = "# proxy_pass http://web:8080;\nserver { listen 80; server_name web; \
                     proxy_pass http://other; }";
        assert_eq!(looked_up(other), Lookup::Unconcerned);
        assert_eq!(looked_up("proxy_pass http://${web}:80;"), Lookup::Unconcerned);
    }

    #[test]
    fn the_addresses_of_servers_are_listed_unless_they_are_down() {
        let text = "upstream a {\n  # Container: shop-web-1\n  server 172.18.0.3:8080;\n  \
                    server 172.18.0.4:8080 down;\n  server [fd00::3]:80;\n}\n\
                    location / { proxy_pass http://172.18.0.9:80/; }";
        let listed: Vec<String> = addresses(text).iter().map(ToString::to_string).collect();
        assert_eq!(listed, ["172.18.0.3", "172.18.0.9", "fd00::3"]);
    }
}
