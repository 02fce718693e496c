//! The whole measurement: every proxy, both kinds of app and every way, under load; downloads that
//! outlast an upgrade; and how long an upgrade takes when nobody asks anything.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, Instant};

use composeup::engine::Engine as _;
use composeup::engine::api::ContainerSpec;
use serde_json::json;

use super::images;
use super::load::{Load, download};
use super::proxy::Proxy;
use super::roles::{END, WARM_UP};
use super::site::{App, Site};
use super::tally::Tally;
use super::ways::Way;
use crate::support::engine::RealEngine;

/// Requests in a second.
const RATE: u32 = 200;
/// The seconds without an upgrade, to compare with.
const BASELINE: Duration = Duration::from_secs(20);
/// How long requests go on before, between and after upgrades.
const BETWEEN: Duration = Duration::from_secs(2);
/// What a proxy still remembers after the last one shows within that.
const AFTER: Duration = Duration::from_secs(5);
/// How long the download takes that an upgrade has to wait for.
const DOWNLOAD: Duration = Duration::from_secs(20);

#[test]
#[ignore = "a long measurement, not a test: `scripts/lab` starts it"]
fn matrix() {
    let proxies = chosen();
    let mut table = Table::open();
    table.line("| proxy | app on SIGTERM | way | failed / sent | p50 | p99 | max | longest gap | upgrade |");
    table.line("|---|---|---|---|---|---|---|---|---|");
    for &proxy in &proxies {
        for end in ["finishes", "dies"] {
            measure_under_load(&mut table, proxy, end);
        }
    }
    table.line("\n| proxy | way | downloads of 20 s that came whole |\n|---|---|---|");
    for &proxy in &proxies {
        for way in [Way::Composeup, Way::DockerRollout, Way::ComposeUp] {
            let (whole, of) = measure_downloads(proxy, way);
            table.line(&format!("| {} | {} | {whole} of {of} |", proxy.name(), way.name()));
        }
    }
    table.line("\n| healthcheck every | way | upgrade | of docker-rollout's | of the floor |\n|---|---|---|---|---|");
    for check_every in [1, 30] {
        measure_time(&mut table, Duration::from_secs(check_every));
    }
}

/// The proxies named in `LAB_PROXIES`, else all of them.
fn chosen() -> Vec<Proxy> {
    let words = std::env::var("LAB_PROXIES").unwrap_or_default();
    let words: Vec<&str> = words.split_whitespace().collect();
    let known = Proxy::ALL.map(Proxy::name);
    for word in &words {
        assert!(known.contains(word), "no proxy `{word}`: there are {}", known.join(", "));
    }
    Proxy::ALL.into_iter().filter(|one| words.is_empty() || words.contains(&one.name())).collect()
}

fn upgrades() -> u32 {
    std::env::var("UPGRADES").map_or(2, |number| number.parse().expect("UPGRADES is a number"))
}

/// Where the result goes, line by line as it comes.
struct Table(std::fs::File);

impl Table {
    fn open() -> Self {
        let path = std::env::var("LAB_TABLE").expect("LAB_TABLE names a file");
        Self(OpenOptions::new().create(true).append(true).open(path).unwrap())
    }

    fn line(&mut self, line: &str) {
        writeln!(self.0, "{line}").unwrap();
    }
}

fn measure_under_load(table: &mut Table, proxy: Proxy, end: &'static str) {
    let app = App::slow_to_start(end);
    let mut row = |way: &str, tally: &Tally, took: Option<Duration>| {
        let took = took.map_or(String::new(), |took| format!("{:.2} s", took.as_secs_f64()));
        table.line(&format!("| {} | {end} | {way} | {} | {took} |", proxy.name(), figures(tally)));
        if tally.failed() > 0 {
            eprint!("{} {end} {way}: {tally}", proxy.name());
        }
    };
    for way in [Way::Composeup, Way::DockerRollout, Way::ComposeUp] {
        let mut site = Site::up(proxy, app);
        if way == Way::Composeup {
            let load = Load::start(site.address, RATE);
            load.go_on(BASELINE);
            row("no upgrade", &load.finish(), None);
        }
        let load = Load::start(site.address, RATE);
        let mut all = Vec::new();
        for _ in 0..upgrades() {
            load.go_on(BETWEEN);
            all.push(way.upgrade(&mut site));
        }
        let took: Duration = all.iter().map(|done| done.took).sum();
        load.go_on(AFTER);
        let tally = load.finish();
        row(way.name(), &tally, Some(took / upgrades()));
        if tally.failed() > 0 {
            for done in &all {
                eprintln!("{done}");
            }
            eprintln!("{}", site.proxy_log());
        }
    }
}

fn figures(tally: &Tally) -> String {
    let mut text = format!("{} / {}", tally.failed(), tally.sent());
    let times = [0.5, 0.99, 1.0].map(|share| tally.percentile(share));
    for time in times.into_iter().chain([tally.longest_gap()]) {
        write!(text, " | {} ms", time.as_millis()).unwrap();
    }
    text
}

fn measure_downloads(proxy: Proxy, way: Way) -> (usize, usize) {
    let mut site =
        Site::up(proxy, App { warm_up: Duration::ZERO, ..App::slow_to_start("finishes") });
    let downloads = download(site.address, 5, DOWNLOAD);
    way.upgrade(&mut site);
    let tally = downloads.join().unwrap();
    (tally.sent() - tally.failed(), tally.sent())
}

fn measure_time(table: &mut Table, check_every: Duration) {
    let app = App { end: "finishes", warm_up: Duration::ZERO, check_every };
    let floor = floor();
    let ways = [Way::Composeup, Way::Unwatched, Way::DockerRollout, Way::ComposeUp];
    let took = ways.map(|way| {
        let mut site = Site::up(Proxy::NginxVariable, app);
        let all: Duration = (0..upgrades()).map(|_| way.upgrade(&mut site).took).sum();
        (way, all / upgrades())
    });
    let rollout = took.iter().find(|(way, _)| *way == Way::DockerRollout);
    let rollout = rollout.unwrap().1.as_secs_f64();
    let floor = floor.as_secs_f64();
    let every = check_every.as_secs();
    for (way, took) in took {
        let took = took.as_secs_f64();
        let (of_rollout, of_floor) = (took / rollout, took / floor);
        let name = way.name();
        table.line(&format!(
            "| {every} s | {name} | {took:.2} s | {of_rollout:.2} | {of_floor:.1} |"
        ));
    }
    let of_rollout = floor / rollout;
    table.line(&format!(
        "| {every} s | floor: create, start, stop, remove | {floor:.2} s | {of_rollout:.2} | 1 |"
    ));
}

/// What the engine needs to create and start a container and to stop and remove another one.
fn floor() -> Duration {
    let engine = RealEngine::connect();
    images::ensure(&engine);
    let body = json!({
        "Image": format!("{}:{}", images::APP, images::TAGS[0]),
        "Env": [format!("{END}=finishes"), format!("{WARM_UP}=0")],
    });
    let spec = |number: u32| {
        let name = format!("cu{}-floor-{number}", std::process::id());
        let (connect, files) = (Vec::new(), Vec::new());
        ContainerSpec { name, platform: None, body: body.clone(), connect, files }
    };
    engine.run(async |docker| {
        let mut old = docker.create(&spec(0)).await.unwrap();
        docker.start(&old).await.unwrap();
        // So that it has its handler of SIGTERM.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut took = Duration::ZERO;
        for number in 1..=upgrades() {
            let start = Instant::now();
            let new = docker.create(&spec(number)).await.unwrap();
            docker.start(&new).await.unwrap();
            docker.stop(&old, None).await.unwrap();
            docker.remove(&old).await.unwrap();
            took += start.elapsed();
            tokio::time::sleep(Duration::from_secs(1)).await;
            old = new;
        }
        docker.remove(&old).await.unwrap();
        took / upgrades()
    })
}
