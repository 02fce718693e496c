//! `x-composeup`: what the file says of a service for composeup alone. Compose itself neither reads
//! nor hashes it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::question::{HttpQuestion, Question, Statuses};
use crate::compose::ComposeError;
use crate::compose::model::{Project, Service, parse_duration};
use crate::text::did_you_mean;

/// The key of a service.
pub const KEY: &str = "x-composeup";

/// What is wished for one service; what is not given is as the flags and the defaults say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// How long requests at an old container are waited for.
    pub drain_timeout: Option<Duration>,
    /// What a new container is asked before it counts as ready.
    pub ready: Option<Question>,
    /// How often in a row it must answer.
    pub successes: Option<u32>,
    /// How long a ready container must run on before requests are led to it.
    pub settle: Option<Duration>,
    /// What is run in an old container before it stops.
    pub pre_stop: Vec<String>,
    /// Containers or services that route requests to it.
    pub proxies: Vec<String>,
    /// What makes the proxy read its configuration again, run in its container.
    pub reload: Vec<String>,
    /// What is run on the host to point a proxy at the new container.
    pub switch: Vec<String>,
}

/// What the file wishes for every service that wishes something.
///
/// # Errors
///
/// The first key nobody knows and the first value that does not fit, at its place.
pub fn wishes(project: &Project) -> Result<BTreeMap<String, Wishes>, ComposeError> {
    let given = project.services.iter().filter_map(|(name, service)| {
        let value = service.extensions.0.get(KEY).filter(|value| !value.is_null())?;
        Some(read(&Place { service, path: KEY.into() }, value).map(|wishes| (name.clone(), wishes)))
    });
    given.collect()
}

/// Every key of the mapping.
pub const KEYS: [&str; 8] =
    ["drain_timeout", "pre_stop", "proxy", "ready", "reload", "settle", "successes", "switch"];
/// Those of a `ready` in long form.
const READY_KEYS: [&str; 5] = ["body", "host", "status", "successes", "url"];

fn read(place: &Place, value: &Value) -> Result<Wishes, ComposeError> {
    let map = place.mapping(value, &KEYS)?;
    let mut wishes = Wishes {
        drain_timeout: place.get(map, "drain_timeout", duration)?,
        successes: place.get(map, "successes", successes)?,
        settle: place.get(map, "settle", duration)?,
        pre_stop: place.get(map, "pre_stop", command)?.unwrap_or_default(),
        proxies: place.get(map, "proxy", names)?.unwrap_or_default(),
        reload: place.get(map, "reload", command)?.unwrap_or_default(),
        switch: place.get(map, "switch", command)?.unwrap_or_default(),
        ready: None,
    };
    if let Some((question, successes)) = place.get(map, "ready", ready)? {
        wishes.ready = Some(question);
        wishes.successes = successes.or(wishes.successes);
    }
    Ok(wishes)
}

/// Where a value stands: what its error points at.
struct Place<'a> {
    service: &'a Service,
    path: String,
}

impl Place<'_> {
    fn child(&self, key: impl std::fmt::Display) -> Self {
        Self { service: self.service, path: format!("{}.{key}", self.path) }
    }

    /// An error here: "`x-composeup.settle` of `web` " and what is wrong.
    fn error(&self, wrong: &str, help: impl Into<String>) -> ComposeError {
        let message = format!("`{}` of `{}` {wrong}", self.path, self.service.name);
        let location = self.service.location_of(&self.path);
        ComposeError { message, location, help: vec![help.into()] }
    }

    /// A mapping that has no other keys than these.
    fn mapping<'v>(
        &self,
        value: &'v Value,
        known: &[&str],
    ) -> Result<&'v Map<String, Value>, ComposeError> {
        let keys = || format!("its keys are {}", quoted(known));
        let map = value.as_object().ok_or_else(|| self.error("is no mapping", keys()))?;
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(map),
            Some(key) => {
                let help = match did_you_mean(key, known.iter().copied()) {
                    Some(similar) => format!("did you mean `{similar}`?"),
                    None => keys(),
                };
                Err(self.child(key).error("is not a key composeup knows", help))
            }
        }
    }

    fn get<T>(
        &self,
        map: &Map<String, Value>,
        key: &str,
        read: fn(&Self, &Value) -> Result<T, ComposeError>,
    ) -> Result<Option<T>, ComposeError> {
        let place = self.child(key);
        match map.get(key) {
            None => Ok(None),
            Some(Value::Null) => {
                Err(place.error("has no value", "give it a value, or remove the key"))
            }
            Some(value) => read(&place, value).map(Some),
        }
    }
}

fn duration(place: &Place, value: &Value) -> Result<Duration, ComposeError> {
    let duration = value.as_str().and_then(parse_duration);
    duration.ok_or_else(|| {
        place.error("is no duration", "a duration looks like `10s`, `1m30s` or `500ms`")
    })
}

/// The most successes in a row that can be asked for.
const MOST: u32 = 1000;

fn successes(place: &Place, value: &Value) -> Result<u32, ComposeError> {
    let number = text(value).and_then(|text| text.parse().ok());
    number.filter(|number| (1..=MOST).contains(number)).ok_or_else(|| {
        place.error("is no number of answers in a row", format!("give a number from 1 to {MOST}"))
    })
}

fn command(place: &Place, value: &Value) -> Result<Vec<String>, ComposeError> {
    let words = value.as_array().map(|words| words.iter().map(text).collect::<Option<Vec<_>>>());
    match words.flatten() {
        Some(words) if words.first().is_some_and(|program| !program.is_empty()) => Ok(words),
        _ => Err(place.error(
            "is no command",
            "write it as a list of words, such as `[\"nginx\", \"-s\", \"reload\"]`; no shell reads it",
        )),
    }
}

fn names(place: &Place, value: &Value) -> Result<Vec<String>, ComposeError> {
    let names = match value {
        Value::Array(names) => names.iter().map(text).collect::<Option<Vec<_>>>(),
        one => text(one).map(|name| vec![name]),
    };
    let is_full =
        |names: &Vec<String>| !names.is_empty() && names.iter().all(|one| !one.is_empty());
    names.filter(is_full).ok_or_else(|| {
        place.error("is no name", "give the name of a service or container, or a list of them")
    })
}

fn ready(place: &Place, value: &Value) -> Result<(Question, Option<u32>), ComposeError> {
    let Value::Object(_) = value else { return Ok((question(place, value)?, None)) };
    let map = place.mapping(value, &READY_KEYS)?;
    let Some(asked) = place.get(map, "url", question)? else {
        return Err(place.error("has no `url`", "give it one, such as `url: http://:8080/healthz`"));
    };
    let host = place.get(map, "host", header)?;
    let status = place.get(map, "status", statuses)?;
    let body = place.get(map, "body", some_text)?;
    let question = match asked {
        Question::Http(http) => Question::Http(HttpQuestion {
            host,
            status: status.unwrap_or(http.status.clone()),
            body,
            ..http
        }),
        Question::Tcp(_) if host.is_some() || status.is_some() || body.is_some() => {
            return Err(place.error(
                "asks a TCP port for more than a connection",
                "`host`, `status` and `body` need an `http://` URL",
            ));
        }
        tcp @ Question::Tcp(_) => tcp,
    };
    Ok((question, place.get(map, "successes", successes)?))
}

fn question(place: &Place, value: &Value) -> Result<Question, ComposeError> {
    let url = text(value).unwrap_or_default();
    url.parse().map_err(|why: String| {
        let (wrong, help) = why.split_once("; ").unwrap_or((&why, ""));
        place.error(&format!("cannot be asked: {wrong}"), help)
    })
}

fn statuses(place: &Place, value: &Value) -> Result<Vec<Statuses>, ComposeError> {
    let all = match value {
        Value::Array(all) => all.iter().map(text).collect::<Option<Vec<_>>>(),
        one => text(one).map(|one| vec![one]),
    };
    let parsed = all.and_then(|all| all.iter().map(|one| one.parse().ok()).collect());
    parsed.filter(|all: &Vec<Statuses>| !all.is_empty()).ok_or_else(|| {
        place.error("is no HTTP status", "a status looks like `200`, `2xx` or `200-299`, or a list")
    })
}

fn header(place: &Place, value: &Value) -> Result<String, ComposeError> {
    let is_header = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    text(value).filter(is_header).ok_or_else(|| {
        place.error("is no name of a host", "give what a browser would send, such as `example.com`")
    })
}

fn some_text(place: &Place, value: &Value) -> Result<String, ComposeError> {
    text(value)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| place.error("is no text", "give the text that the answer must contain"))
}

/// A text, or a number as the text it is.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    crate::text::list(&quoted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    /// A service with these lines under `x-composeup`.
    fn file(lines: &str) -> String {
        let lines: Vec<String> = lines.lines().map(|line| format!("      {line}")).collect();
        format!("services:\n  web:\n    image: web:1\n    x-composeup:\n{}\n", lines.join("\n"))
    }

    fn read_lines(lines: &str) -> Result<Wishes, ComposeError> {
        let found = wishes(&sample::project(&file(lines)))?;
        Ok(found.get("web").cloned().unwrap_or_default())
    }

    #[test]
    fn every_key_is_understood() {
        let wishes = read_lines(
            "drain_timeout: 1m\n\
             ready: {url: 'http://:80/up', status: [204, 3xx], host: shop.example, body: fine, successes: 3}\n\
             settle: 500ms\n\
             pre_stop: [leave, '5']\n\
             proxy: edge\n\
             reload: [nginx, -s, reload]\n\
             switch: [./switch, 1]\n",
        );
        let http = HttpQuestion {
            port: 80,
            path: "/up".into(),
            host: Some("shop.example".into()),
            status: vec![Statuses(204, 204), Statuses(300, 399)],
            body: Some("fine".into()),
        };
        let expected = Wishes {
            drain_timeout: Some(Duration::from_mins(1)),
            ready: Some(Question::Http(http)),
            successes: Some(3),
            settle: Some(Duration::from_millis(500)),
            pre_stop: vec!["leave".into(), "5".into()],
            proxies: vec!["edge".into()],
            reload: vec!["nginx".into(), "-s".into(), "reload".into()],
            switch: vec!["./switch".into(), "1".into()],
        };
        assert_eq!(wishes.unwrap(), expected);
    }

    #[test]
    fn short_forms_and_nothing_at_all_are_understood() {
        let wishes = read_lines("ready: tcp://:5432\nsuccesses: '2'\nproxy: [a, b]\n").unwrap();
        assert_eq!((wishes.ready, wishes.successes), (Some(Question::Tcp(5432)), Some(2)));
        assert_eq!(wishes.proxies, ["a", "b"]);
        assert_eq!(read_lines("").unwrap(), Wishes::default());
    }

    #[test]
    fn what_does_not_fit_is_said_at_its_place_with_the_way_out() {
        let wrong = [
            "setle: 1s",
            "webhook: 1",
            "settle: soon",
            "settle: 5",
            "drain_timeout:",
            "ready: 8080",
            "ready: http://web:8080/",
            "ready: https://:8443/",
            "ready: {path: /up}",
            "ready: {status: 200}",
            "ready: {url: 'http://:80/', status: fine}",
            "ready: {url: 'http://:80/', host: 'a b'}",
            "ready: {url: 'http://:80/', body: {}}",
            "ready: {url: 'tcp://:80', body: ok}",
            "successes: 0",
            "pre_stop: leave now",
            "pre_stop: []",
            "switch: [[a]]",
            "proxy: {}",
            "proxy: []",
            "- settle",
        ];
        let said = wrong.map(|lines| {
            let error = read_lines(lines).unwrap_err();
            let place = error.location.as_ref().unwrap();
            format!("{lines}\n  {place}: {error}\n  {}", error.hints().join("; "))
        });
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn a_service_of_an_inactive_profile_wishes_nothing() {
        let text = file("setle: 1s").replace("    image", "    profiles: [extra]\n    image");
        assert!(wishes(&sample::project(&text)).unwrap().is_empty());
    }
}
