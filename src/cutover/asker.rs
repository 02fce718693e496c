//! Asks a new container whether it is ready, from inside its own network namespace: no name, no
//! route and no detour stands between.

use std::cell::RefCell;
use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::fleet::Fleet;
use super::members::own_address;
use super::spec::{Place, asking_helper};
use super::talk::Helper;
use crate::detour::{Answer, Command, Fetch};
use crate::engine::api::{ContainerId, Inspection};
use crate::engine::{Engine, EngineError};
use crate::plan::question::Question;
use crate::plan::steps::Asked;

/// How long to wait after an answer before asking again.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How often a helper is started: a busy machine may let one fall silent.
const TRIES: usize = 3;

impl<E: Engine> Fleet<'_, E> {
    /// Waits until a running container has answered as wanted so many times in a row. `said` always
    /// holds what it waits for. Never ends once the container does not run any more.
    ///
    /// # Errors
    ///
    /// Why nobody can ask it, as a lower-case fragment.
    pub async fn until_answered(
        &self,
        id: &ContainerId,
        asked: &Asked,
        said: &RefCell<String>,
    ) -> Result<(), String> {
        let image = self.crew.image().await?;
        let mut reason = String::new();
        for _ in 0..TRIES {
            let Some(seen) = look(self.engine, id).await? else { return pending().await };
            let spec = asking_helper(self.crew.run(), image, &place(&seen));
            match Helper::start_untried(self.engine, &spec).await {
                Ok(helper) => {
                    let command = command(&asked.question, address(&seen));
                    if answers(&helper, &command, asked, said).await {
                        return Ok(());
                    }
                    reason = "its helper does not answer".into();
                }
                Err(error) => reason = error,
            }
        }
        match look(self.engine, id).await? {
            Some(_) => Err(format!("nobody can ask it: {reason}")),
            None => pending().await,
        }
    }
}

/// The container, if it runs.
async fn look(engine: &impl Engine, id: &ContainerId) -> Result<Option<Inspection>, String> {
    let seen = engine.container(&id.0).await.map_err(|error: EngineError| error.to_string())?;
    Ok(seen.filter(|seen| seen.state().running))
}

/// Asks until the answers count; says whether they did, or the helper is gone.
async fn answers(
    helper: &Helper,
    command: &Command,
    asked: &Asked,
    said: &RefCell<String>,
) -> bool {
    let mut in_a_row = 0;
    while let Some(answer) = helper.ask(command.clone()).answer().await {
        match judge(&asked.question, &answer) {
            Ok(()) => in_a_row += 1,
            Err(why) => {
                in_a_row = 0;
                *said.borrow_mut() = format!("`{}` {why}", asked.question.url());
            }
        }
        if in_a_row >= asked.successes {
            return true;
        }
        sleep(ASK_EVERY).await;
    }
    false
}

/// Whether an answer counts; else why not.
fn judge(question: &Question, answer: &Answer) -> Result<(), String> {
    match (question, answer) {
        (Question::Http(http), Answer::Fetched { status, body }) => http.judge(*status, body),
        (Question::Tcp(_), Answer::Done) => Ok(()),
        (_, Answer::Unanswered(why)) => Err(format!("is not answered: {why}")),
        (_, Answer::Refused(why)) => Err(format!("cannot be asked: {why}")),
        _ => Err("has an answer to something else".into()),
    }
}

fn command(question: &Question, at: IpAddr) -> Command {
    match question {
        Question::Tcp(port) => Command::Connect(SocketAddr::new(at, *port)),
        Question::Http(http) => {
            let request = Fetch::get(SocketAddr::new(at, http.port), &http.path);
            let host = http.host.clone().unwrap_or_else(|| request.host.clone());
            Command::Fetch(Fetch { host, ..request })
        }
    }
}

/// Whoever is in the host's network has no namespace that could be entered.
fn place(container: &Inspection) -> Place {
    let mode = container.0.pointer("/HostConfig/NetworkMode").and_then(Value::as_str);
    if mode == Some("host") { Place::Host } else { Place::Container(container.id()) }
}

/// The address at which it is asked: its own, as proxies use it; of one that has no network of its
/// own the loopback's.
fn address(container: &Inspection) -> IpAddr {
    own_address(container).unwrap_or(Ipv4Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tokio::time::timeout;

    use super::*;
    use crate::engine::api::{ContainerSpec, Link};
    use crate::engine::fake::{Fake, answering};
    use crate::labels;

    /// An engine with one running container.
    async fn engine() -> (Fake, ContainerId) {
        let fake = Fake::new();
        fake.add_image("app:1", json!({}));
        let (connect, files) = (Vec::new(), Vec::new());
        let body = json!({ "Image": "app:1" });
        let spec = ContainerSpec { name: "new".into(), platform: None, body, connect, files };
        let id = fake.create(&spec).await.unwrap();
        fake.start(&id).await.unwrap();
        (fake, id)
    }

    /// A helper that finds these statuses one after the other, and then falls silent.
    fn finding(statuses: &Arc<Mutex<VecDeque<u16>>>) -> Link {
        let statuses = Arc::clone(statuses);
        answering(move |_| {
            let status = statuses.lock().unwrap().pop_front()?;
            let answer = Answer::Fetched { status, body: String::new() };
            Some(serde_json::to_string(&answer).unwrap())
        })
    }

    fn asked(successes: u32) -> Asked {
        Asked { question: http("http://:80/up"), successes }
    }

    #[tokio::test]
    async fn so_many_answers_in_a_row_count_and_a_bad_one_begins_anew() {
        let (fake, id) = engine().await;
        let statuses = Arc::new(Mutex::new(VecDeque::from([503, 200, 503, 200, 200, 404])));
        let scripted = Arc::clone(&statuses);
        fake.script_links(move |_| finding(&scripted));
        let said = RefCell::default();
        Fleet::new(&fake, "r1").until_answered(&id, &asked(2), &said).await.unwrap();
        assert_eq!(*statuses.lock().unwrap(), [404]);
        assert_eq!(*said.borrow(), "`http://:80/up` answers with 503");
    }

    #[tokio::test]
    async fn where_nobody_can_ask_it_is_an_error_and_nobody_is_left() {
        let (fake, id) = engine().await;
        let fleet = Fleet::new(&fake, "r1");
        let end = fleet.until_answered(&id, &asked(1), &RefCell::default()).await;
        assert!(end.as_ref().unwrap_err().starts_with("nobody can ask it: "), "{end:?}");
        let is_helper = |one: &&crate::engine::fake::Container| one.label(labels::HELPER).is_some();
        assert_eq!(fake.look(|world| world.containers().iter().filter(is_helper).count()), 0);
    }

    #[tokio::test]
    async fn one_that_has_ended_is_the_business_of_who_watches_it() {
        let (fake, id) = engine().await;
        fake.stop(&id, None).await.unwrap();
        let said = RefCell::default();
        let asked = asked(1);
        let fleet = Fleet::new(&fake, "r1");
        let waiting = fleet.until_answered(&id, &asked, &said);
        assert!(timeout(Duration::from_secs(1), waiting).await.is_err());
    }

    fn http(text: &str) -> Question {
        text.parse().unwrap()
    }

    #[test]
    fn the_containers_own_address_is_asked_under_the_name_that_is_wished() {
        let at = IpAddr::from([172, 18, 0, 4]);
        let Command::Fetch(request) = command(&http("http://:80/up"), at) else { panic!() };
        assert_eq!((request.host.as_str(), request.path.as_str()), ("172.18.0.4:80", "/up"));
        let Question::Http(mut named) = http("http://:80/up") else { panic!() };
        named.host = Some("shop.example".into());
        let Command::Fetch(request) = command(&Question::Http(named), at) else { panic!() };
        assert_eq!((request.host.as_str(), request.at.port()), ("shop.example", 80));
        let connect = command(&Question::Tcp(5432), at);
        assert_eq!(connect, Command::Connect("172.18.0.4:5432".parse().unwrap()));
    }

    #[test]
    fn only_the_answer_that_is_wanted_counts() {
        let (url, tcp) = (http("http://:80/"), Question::Tcp(1));
        let fetched = |status| Answer::Fetched { status, body: String::new() };
        assert_eq!(judge(&url, &fetched(200)), Ok(()));
        assert_eq!(judge(&url, &fetched(503)), Err("answers with 503".into()));
        assert_eq!(judge(&tcp, &Answer::Done), Ok(()));
        let refused = Answer::Unanswered("connection refused".into());
        assert!(judge(&tcp, &refused).unwrap_err().ends_with("connection refused"));
        assert!(judge(&url, &Answer::Done).is_err());
    }

    #[test]
    fn one_without_a_network_of_its_own_is_asked_at_the_loopback() {
        let of = |networks: Value, mode: &str| {
            Inspection(json!({
                "Id": "0123456789abcdef",
                "HostConfig": { "NetworkMode": mode },
                "NetworkSettings": { "Networks": networks },
            }))
        };
        let own = of(json!({ "a": { "IPAddress": "" }, "b": { "IPAddress": "10.0.0.3" } }), "a");
        assert_eq!(address(&own), IpAddr::from([10, 0, 0, 3]));
        assert!(matches!(place(&own), Place::Container(_)));
        let six = of(json!({ "a": { "IPAddress": "", "GlobalIPv6Address": "fd00::3" } }), "a");
        assert_eq!(address(&six), "fd00::3".parse::<IpAddr>().unwrap());
        let host = of(json!({ "host": { "IPAddress": "" } }), "host");
        assert_eq!(address(&host), IpAddr::from(Ipv4Addr::LOCALHOST));
        assert_eq!(place(&host), Place::Host);
    }
}
