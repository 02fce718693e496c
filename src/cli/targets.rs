//! The words of `upgrade`, `plan` and `scale`, resolved against the services of the project.

use std::collections::BTreeMap;

use crate::compose::reference::check_tag;
use crate::error::Error;
use crate::plan::PlanError;

/// More replicas than one engine runs.
const MANY: u32 = 1000;

/// One service that was asked for, and its new tag if one was given.
pub type Target = (String, Option<String>);

/// Reads `SERVICE TAG`, or any number of `SERVICE` and `SERVICE=TAG`. No word at all means every
/// service. Of exactly two plain words the second is a tag, unless it names a service: a word that
/// could be both is the service, and `SERVICE=TAG` says the other thing.
///
/// # Errors
///
/// [`Error::Usage`] for words that cannot be read or contradict each other, and
/// [`PlanError::UnknownService`] for a name the project does not have.
pub fn targets(project: &str, services: &[String], words: &[String]) -> Result<Vec<Target>, Error> {
    let is_service = |name: &String| services.contains(name);
    let targets = match words {
        [] => services.iter().map(|service| (service.clone(), None)).collect(),
        [service, tag] if !service.contains('=') && !tag.contains('=') && !is_service(tag) => {
            vec![(service.clone(), Some(self::tag(service, tag)?))]
        }
        words => words.iter().map(|word| target(word)).collect::<Result<Vec<_>, _>>()?,
    };
    for (at, (service, _)) in targets.iter().enumerate() {
        if !is_service(service) {
            return Err(unknown(project, services, service));
        }
        if targets[..at].iter().any(|(earlier, _)| earlier == service) {
            return Err(usage(format!("`{service}` is named twice")));
        }
    }
    Ok(targets)
}

/// What the words name, if they name services; a tag that stands alone is among them.
#[must_use]
pub fn names(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.split('=').next().unwrap_or(word).to_owned()).collect()
}

/// Reads any number of `SERVICE=NUMBER`.
///
/// # Errors
///
/// As [`targets`].
pub fn numbers(
    project: &str,
    services: &[String],
    words: &[String],
) -> Result<BTreeMap<String, u32>, Error> {
    let mut numbers = BTreeMap::new();
    for word in words {
        let (service, number) = number(word)?;
        if !services.contains(&service) {
            return Err(unknown(project, services, &service));
        }
        if numbers.insert(service.clone(), number).is_some() {
            return Err(usage(format!("`{service}` is named twice")));
        }
    }
    Ok(numbers)
}

fn number(word: &str) -> Result<(String, u32), Error> {
    let Some((service, number)) = word.split_once('=').filter(|(service, _)| !service.is_empty())
    else {
        return Err(usage(format!("`{word}` is not a service with a number, such as `web=3`")));
    };
    let number = number.parse().ok().filter(|number| *number <= MANY);
    let wrong = || usage(format!("`{word}`: a number of replicas is from 0 to {MANY}"));
    Ok((service.to_owned(), number.ok_or_else(wrong)?))
}

fn target(word: &str) -> Result<Target, Error> {
    match word.split_once('=') {
        None => Ok((written(word, word)?, None)),
        Some(("", _)) => Err(usage(format!("`{word}` names no service"))),
        Some((service, tag)) => Ok((service.to_owned(), Some(self::tag(service, tag)?))),
    }
}

/// A text that was really given.
fn written(service: &str, text: &str) -> Result<String, Error> {
    match (service, text) {
        ("", _) => Err(usage("the name of a service is empty".into())),
        (_, "") => Err(usage(format!("the tag for `{service}` is empty"))),
        _ => Ok(text.to_owned()),
    }
}

/// A tag an image can have.
fn tag(service: &str, text: &str) -> Result<String, Error> {
    let text = written(service, text)?;
    check_tag(&text).map_err(usage)?;
    Ok(text)
}

fn unknown(project: &str, services: &[String], service: &str) -> Error {
    Error::Plan(PlanError::UnknownService {
        project: project.to_owned(),
        service: service.to_owned(),
        known: services.to_vec(),
    })
}

fn usage(message: String) -> Error {
    Error::Usage { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> String {
        let owned =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = owned(&["web", "worker", "latest"]);
        match targets("shop", &known, &owned(words)) {
            Err(error) => format!("error: {error}"),
            Ok(targets) => {
                let shown = targets.iter().map(|(service, tag)| match tag {
                    Some(tag) => format!("{service}={tag}"),
                    None => service.clone(),
                });
                shown.collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn read_numbers(words: &[&str]) -> String {
        let owned =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        match numbers("shop", &owned(&["web", "worker"]), &owned(words)) {
            Err(error) => format!("error: {error}"),
            Ok(numbers) => format!("{numbers:?}"),
        }
    }

    #[test]
    fn a_number_of_replicas_follows_its_service() {
        assert_eq!(read_numbers(&["worker=2", "web=0"]), r#"{"web": 0, "worker": 2}"#);
        assert_eq!(
            read_numbers(&["web"]),
            "error: `web` is not a service with a number, such as `web=3`"
        );
        assert_eq!(
            read_numbers(&["=3"]),
            "error: `=3` is not a service with a number, such as `web=3`"
        );
        for wrong in ["web=", "web=many", "web=-1", "web=1001", "web=99999999999"] {
            let said = format!("error: `{wrong}`: a number of replicas is from 0 to 1000");
            assert_eq!(read_numbers(&[wrong]), said);
        }
        assert_eq!(read_numbers(&["web=1", "web=2"]), "error: `web` is named twice");
        assert_eq!(read_numbers(&["wbe=1"]), "error: project `shop` has no service `wbe`");
    }

    #[test]
    fn two_plain_words_are_a_service_and_its_tag() {
        assert_eq!(read(&["web", "1.9"]), "web=1.9");
    }

    #[test]
    fn two_plain_words_are_two_services_if_the_second_is_one() {
        assert_eq!(read(&["web", "worker"]), "web worker");
        assert_eq!(read(&["web", "latest"]), "web latest");
        assert_eq!(read(&["web=latest"]), "web=latest");
    }

    #[test]
    fn any_number_of_services_with_and_without_tags_may_follow_each_other() {
        assert_eq!(read(&["web=1.9", "worker=1.9"]), "web=1.9 worker=1.9");
        assert_eq!(read(&["web=1.9", "worker"]), "web=1.9 worker");
        assert_eq!(read(&["web"]), "web");
    }

    #[test]
    fn no_word_means_every_service() {
        assert_eq!(read(&[]), "web worker latest");
    }

    #[test]
    fn what_is_missing_or_said_twice_is_an_error() {
        assert_eq!(read(&["web="]), "error: the tag for `web` is empty");
        assert_eq!(read(&["web", ""]), "error: the tag for `web` is empty");
        assert_eq!(read(&["=1.9"]), "error: `=1.9` names no service");
        assert_eq!(read(&[""]), "error: the name of a service is empty");
        assert_eq!(read(&["web=1", "web=2"]), "error: `web` is named twice");
        assert_eq!(read(&["web", "1.9", "2"]), "error: project `shop` has no service `1.9`");
        assert_eq!(read(&["wbe", "1.9"]), "error: project `shop` has no service `wbe`");
    }
}
