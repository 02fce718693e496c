//! The proxies among those who talk to a container: what they know of it, and what they have to be
//! told.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::fleet::{Fleet, LINGER};
use super::routes::End;
use super::spec::Place;
use crate::detour::{Answer, Command, Fetch};
use crate::engine::Engine;
use crate::engine::api::{ContainerId, Exec, Inspection};
use crate::plan::steps::ReplacementId;
use crate::proxy::{Configuration, Kind, Names};

/// How often a proxy is asked; none of them tells by itself.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How long a command in a proxy may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Traefik takes in changes this often. Source: `providers.providersThrottleDuration`.
const TRAEFIK_THROTTLE: Duration = Duration::from_secs(2);
/// Where Caddy's admin API and Traefik's API listen, unless somebody moved them.
const CADDY_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2019);
const TRAEFIK_API: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// One proxy, as it was when it was met.
#[derive(Debug, Clone)]
struct Proxy {
    id: ContainerId,
    name: String,
    kind: Kind,
    container: Inspection,
    /// What it said then, if it says anything.
    configuration: Option<Configuration>,
}

impl Proxy {
    fn title(&self) -> String {
        format!("{} in container `{}`", self.kind, self.name)
    }

    /// The program that it runs, where that is nginx itself.
    fn nginx(&self) -> &str {
        let path = self.container.0["Path"].as_str().unwrap_or_default();
        if path.ends_with("/nginx") { path } else { "nginx" }
    }

    /// The files that `HAProxy` was started with.
    fn files(&self) -> Vec<&str> {
        let arguments = self.container.0["Args"].as_array().into_iter().flatten();
        let words: Vec<&str> = arguments.filter_map(Value::as_str).collect();
        words.windows(2).filter(|pair| pair[0] == "-f").map(|pair| pair[1]).collect()
    }
}

/// The proxies of a run.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    /// Every container that was looked at, and what proxy it is.
    met: RefCell<BTreeMap<ContainerId, Option<Proxy>>>,
    /// Which proxies showed the old container of a pair.
    showing: RefCell<BTreeMap<ReplacementId, BTreeSet<ContainerId>>>,
    /// Those that have to read their configuration again once a container is gone.
    forgetful: RefCell<BTreeSet<ContainerId>>,
    /// Whether an old container has stopped.
    has_lost: Cell<bool>,
}

/// What became of a proxy at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It has read its configuration again.
    Reloaded(String),
    /// It could not be told: why, as a lower-case fragment.
    Failed(String),
}

impl<E: Engine> Fleet<'_, E> {
    /// Finds the proxies beside an old container, and how they know of it.
    ///
    /// # Errors
    ///
    /// If one looks names up only once and would refuse to read its configuration again, since it
    /// would lose the service: why, as a lower-case fragment.
    pub async fn meet(&self, of: ReplacementId) -> Result<(), String> {
        let Some(old) = self.either(of).await else { return Ok(()) };
        let places = self.map.borrow().places();
        for place in places {
            let Place::Container(id) = place else { continue };
            if !self.proxies.met.borrow().contains_key(&id) {
                let proxy = self.identify(&id).await?;
                self.proxies.met.borrow_mut().insert(id.clone(), proxy);
            }
            if let Some(Some(proxy)) = self.proxies.met.borrow().get(&id) {
                self.note(of, &old, proxy);
            }
        }
        Ok(())
    }

    /// The old container, else the new one.
    async fn either(&self, of: ReplacementId) -> Option<Inspection> {
        for end in [End::Old, End::New] {
            let id = self.map.borrow().container(of, end);
            if let Some(id) = id
                && let Ok(Some(seen)) = self.engine.container(&id.0).await
            {
                return Some(seen);
            }
        }
        None
    }

    fn note(&self, of: ReplacementId, old: &Inspection, proxy: &Proxy) {
        let configuration = proxy.configuration.as_ref();
        let is_hidden = proxy.kind == Kind::Traefik && configuration.is_none();
        let is_listed = configuration.and_then(|one| self.lists(one, of, End::Old));
        if (is_hidden && is_for_traefik(old)) || is_listed == Some(true) {
            let mut showing = self.proxies.showing.borrow_mut();
            showing.entry(of).or_default().insert(proxy.id.clone());
        }
        let lookup = configuration.map(|one| one.lookup(&names_of(old)));
        if lookup.is_some_and(|lookup| lookup.needs_reload(LINGER / 2)) {
            self.proxies.forgetful.borrow_mut().insert(proxy.id.clone());
        }
    }

    /// Waits until every proxy that showed the old container shows the new one.
    ///
    /// # Errors
    ///
    /// Which one does not within `deadline`, as a lower-case fragment.
    pub async fn await_shown(
        &self,
        of: ReplacementId,
        deadline: Duration,
        said: &RefCell<String>,
    ) -> Result<(), String> {
        for proxy in self.concerned(of) {
            let title = proxy.title();
            *said.borrow_mut() = format!("{title} does not list it yet");
            if !self.comes_to_show(&proxy, of, End::New, true, deadline).await {
                return Err(format!("{title} does not send requests to it"));
            }
        }
        Ok(())
    }

    /// An old container stopped: whoever looks names up only once has to look again.
    pub fn note_loss(&self) {
        self.note_stop();
        self.proxies.has_lost.set(true);
    }

    /// Whether an old container has stopped.
    pub fn has_lost(&self) -> bool {
        self.proxies.has_lost.get()
    }

    /// Makes the proxies forget the containers that are gone, as far as they do not do it by
    /// themselves.
    pub async fn refresh(&self) -> Vec<Refreshed> {
        if !self.has_lost() {
            return Vec::new();
        }
        let mut ends = Vec::new();
        let forgetful = self.known(&self.proxies.forgetful.borrow());
        for proxy in forgetful {
            ends.push(match self.reload(&proxy).await {
                Ok(()) => Refreshed::Reloaded(proxy.title()),
                Err(why) => Refreshed::Failed(format!(
                    "{} was not reloaded ({why}); until it is it looks for containers that are gone",
                    proxy.title()
                )),
            });
        }
        ends.extend(self.await_forgotten().await);
        ends
    }

    /// Waits for proxies that show addresses to drop those that are gone.
    async fn await_forgotten(&self) -> Vec<Refreshed> {
        let showing = self.proxies.showing.borrow().clone();
        let mut ends = Vec::new();
        for (of, end) in
            showing.keys().filter_map(|of| Some((*of, self.map.borrow().retired(*of)?)))
        {
            for proxy in self.concerned(of) {
                if !self.comes_to_show(&proxy, of, end, false, LINGER).await {
                    let why = format!("{} still lists a container that is gone", proxy.title());
                    ends.push(Refreshed::Failed(why));
                }
            }
        }
        ends
    }

    /// Waits until a proxy shows one of a pair, or shows it no more; one that does not tell is not
    /// waited for. Whether that came within `deadline`.
    async fn comes_to_show(
        &self,
        proxy: &Proxy,
        of: ReplacementId,
        end: End,
        wanted: bool,
        deadline: Duration,
    ) -> bool {
        let comes = async {
            while self.shows(proxy, of, end).await == Some(!wanted) {
                sleep(ASK_EVERY).await;
            }
        };
        timeout(deadline, comes).await.is_ok()
    }

    /// The proxies that showed the old container.
    fn concerned(&self, of: ReplacementId) -> Vec<Proxy> {
        self.proxies.showing.borrow().get(&of).map(|ids| self.known(ids)).unwrap_or_default()
    }

    fn known(&self, ids: &BTreeSet<ContainerId>) -> Vec<Proxy> {
        let met = self.proxies.met.borrow();
        ids.iter().filter_map(|id| met.get(id)?.clone()).collect()
    }

    async fn identify(&self, id: &ContainerId) -> Result<Option<Proxy>, String> {
        // Who cannot be looked at is gone.
        let Ok(Some(container)) = self.engine.container(&id.0).await else { return Ok(None) };
        let Some(kind) = Kind::of(&container) else { return Ok(None) };
        let (id, name) = (id.clone(), container.name());
        let mut proxy = Proxy { id, name, kind, container, configuration: None };
        proxy.configuration = self.read(&proxy).await?;
        Ok(Some(proxy))
    }

    /// What a proxy says of itself now.
    ///
    /// # Errors
    ///
    /// If nginx refuses its own configuration.
    async fn read(&self, proxy: &Proxy) -> Result<Option<Configuration>, String> {
        Ok(match proxy.kind {
            Kind::Nginx | Kind::NginxProxy => self.nginx(proxy).await?.map(Configuration::Nginx),
            Kind::Haproxy => self.haproxy(proxy).await.map(Configuration::Haproxy),
            Kind::Caddy | Kind::CaddyDockerProxy => {
                self.api(proxy, CADDY_ADMIN, "/config/").await.map(Configuration::Caddy)
            }
            Kind::Traefik => {
                let services = self.api(proxy, TRAEFIK_API, "/api/http/services").await;
                services.map(Configuration::Traefik)
            }
        })
    }

    /// Whether a proxy shows an address of one of a pair; none if it does not tell.
    async fn shows(&self, proxy: &Proxy, of: ReplacementId, end: End) -> Option<bool> {
        let configuration = self.read(proxy).await.ok().flatten();
        if configuration.is_none() && proxy.kind == Kind::Traefik {
            return self.traefik_would_show(of, end).await;
        }
        self.lists(&configuration?, of, end)
    }

    /// Whether a configuration names an address of one of a pair; none if it names none at all.
    fn lists(&self, configuration: &Configuration, of: ReplacementId, end: End) -> Option<bool> {
        let listed = configuration.addresses()?;
        let addresses = self.map.borrow().addresses(of, end);
        Some(addresses.iter().any(|address| listed.contains(address)))
    }

    /// Traefik without its API: it sends requests to containers that the engine calls healthy, some
    /// time after the engine does.
    async fn traefik_would_show(&self, of: ReplacementId, end: End) -> Option<bool> {
        let id = self.map.borrow().container(of, end)?;
        let seen = self.engine.container(&id.0).await.ok()?;
        let is_taken = seen.is_some_and(|seen| {
            let state = seen.state();
            state.running && state.health.is_none_or(|health| health.status == "healthy")
        });
        if is_taken && end == End::New {
            sleep(TRAEFIK_THROTTLE).await;
        }
        Some(is_taken)
    }

    /// The configuration that nginx would load now.
    ///
    /// # Errors
    ///
    /// What nginx does not like about it.
    async fn nginx(&self, proxy: &Proxy) -> Result<Option<String>, String> {
        let dump = Exec::of([proxy.nginx(), "-T"]);
        let Ok(end) = self.engine.exec(&proxy.id, &dump, PATIENCE).await else { return Ok(None) };
        match end.exit_code {
            0 => Ok(Some(end.output)),
            // No such program.
            126 | 127 => Ok(None),
            _ => Err(format!(
                "{} refuses its own configuration, so that it could not be reloaded: {}",
                proxy.title(),
                end.output.trim_end().lines().last().unwrap_or_default()
            )),
        }
    }

    async fn haproxy(&self, proxy: &Proxy) -> Option<String> {
        let cat = Exec::of(["cat"].into_iter().chain(proxy.files()));
        let end = self.engine.exec(&proxy.id, &cat, PATIENCE).await.ok()?;
        (end.exit_code == 0).then_some(end.output)
    }

    /// What a proxy answers on its own loopback.
    async fn api(&self, proxy: &Proxy, at: SocketAddr, path: &str) -> Option<Value> {
        match self.ask(proxy, Fetch::get(at, path)).await? {
            Answer::Fetched { status: 200, body } => serde_json::from_str(&body).ok(),
            _ => None,
        }
    }

    /// Makes a request on a proxy's own loopback, where Caddy's API wants to be called by that name.
    async fn ask(&self, proxy: &Proxy, request: Fetch) -> Option<Answer> {
        let host = format!("localhost:{}", request.at.port());
        let place = Place::Container(proxy.id.clone());
        self.crew.ask_one(&place, Command::Fetch(Fetch { host, ..request })).await
    }

    /// Makes a proxy read its configuration again.
    async fn reload(&self, proxy: &Proxy) -> Result<(), String> {
        match proxy.kind {
            Kind::Nginx | Kind::NginxProxy => {
                self.nginx(proxy).await?;
                self.run(proxy, &[proxy.nginx(), "-s", "reload"]).await
            }
            // The master process is the first; it starts new workers on this signal.
            Kind::Haproxy => self.run(proxy, &["sh", "-c", "kill -USR2 1"]).await,
            Kind::Caddy | Kind::CaddyDockerProxy => self.reload_caddy(proxy).await,
            Kind::Traefik => Ok(()),
        }
    }

    async fn run(&self, proxy: &Proxy, words: &[&str]) -> Result<(), String> {
        let command = Exec::of(words.iter().copied());
        match self.engine.exec(&proxy.id, &command, PATIENCE).await {
            Ok(end) if end.exit_code == 0 => Ok(()),
            Ok(end) => Err(end.output.trim_end().lines().last().unwrap_or("it failed").to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The configuration as it is, loaded anew.
    async fn reload_caddy(&self, proxy: &Proxy) -> Result<(), String> {
        let unseen = || "its admin API does not answer".to_owned();
        let configuration = self.api(proxy, CADDY_ADMIN, "/config/").await.ok_or_else(unseen)?;
        let load = Fetch {
            method: "POST".into(),
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                // Else Caddy keeps a configuration that is the same.
                ("Cache-Control".into(), "must-revalidate".into()),
            ],
            body: configuration.to_string(),
            ..Fetch::get(CADDY_ADMIN, "/load")
        };
        match self.ask(proxy, load).await {
            Some(Answer::Fetched { status: 200, .. }) => Ok(()),
            Some(Answer::Fetched { body, .. }) => Err(body.trim_end().to_owned()),
            _ => Err(unseen()),
        }
    }
}

/// Whether Traefik is told of a container. Source: Traefik's Docker provider.
fn is_for_traefik(container: &Inspection) -> bool {
    container.labels().keys().any(|key| key.starts_with("traefik."))
}

/// Under what names a container is found on its networks.
fn names_of(container: &Inspection) -> Names {
    let networks = container.networks();
    let aliases = networks.values().flat_map(|network| {
        let all = ["Aliases", "DNSNames"].into_iter().filter_map(|key| network[key].as_array());
        all.flatten().filter_map(Value::as_str).map(str::to_owned)
    });
    Names::of(aliases.chain([container.name()]))
}
