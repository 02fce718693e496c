//! What happens around a rollout and is not its fault: the engine is restarted, the socket is cut,
//! the disk is full, somebody presses Ctrl-C at any step. It ends all old or all new.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, getuid};

use crate::support::command::Done;
use crate::support::private_engine::PrivateEngine;
use crate::support::replicas::Replicas;
use crate::support::running::Running;
use crate::support::tap::Tap;

const QUICK: [&str; 4] = ["--monitor", "1ms", "--json", "--lock-wait=0s"];

/// The version that an upgrade must have left, by its exit code.
fn left<'a>(done: &Done, old: &'a str, new: &'a str) -> &'a str {
    match done.code {
        0 => new,
        5 | 10 | 130 => old,
        _ => panic!("{done}"),
    }
}

/// The service and its other tag.
fn upgrade(of: &Replicas) -> [&'static str; 2] {
    ["api", of.other_tag()]
}

#[test]
fn ctrl_c_at_each_step_ends_all_old_or_all_new() {
    let of = Replicas::up(1);
    let mut outcomes = Vec::new();
    for nth in 1.. {
        let [service, new] = upgrade(&of);
        let old = of.running_tag();
        let mut running = Running::start(&of.stack, &[&[service, new], &QUICK[..]].concat());
        let is_reached = running.reaches_step(nth);
        if is_reached {
            running.send(Signal::INT);
        }
        let done = running.finish();
        of.assert_settled(left(&done, old, new), &format!("step {nth}: {done}"));
        if !is_reached {
            break;
        }
        outcomes.push(done.code);
    }
    // Create, start, wait, stop, watch and commit at least; then remove and rename.
    assert!(outcomes.iter().filter(|code| **code == 130).count() >= 6, "{outcomes:?}");
    assert!(outcomes.iter().filter(|code| **code == 0).count() >= 2, "{outcomes:?}");
}

/// At the create of the second replica, at the stop of the first, and at a removal.
#[test]
fn an_engine_that_is_away_for_ten_seconds_is_waited_for() {
    let of = Replicas::up(3);
    for nth in [2, 5, 8, 14] {
        let [service, new] = upgrade(&of);
        let tap = Tap::cutting(nth, Duration::from_secs(10));
        let mut command = of.stack.composeup(&["upgrade", "--yes", service, new]);
        command.args(QUICK).env("DOCKER_HOST", tap.host());
        command.args(["--detour", "off"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        assert!(tap.wait(|| child.try_wait().unwrap().is_some()), "there is a call {nth}");
        let done: Done = child.wait_with_output().unwrap().into();
        assert_eq!(done.code, 0, "call {nth}: {done}");
        of.assert_settled(new, &format!("call {nth}: {done}"));
    }
}

/// The disk has room for more and more: until the run comes to its end, it ends where it began.
#[test]
fn a_full_disk_of_the_journals_ends_all_old_or_all_new() {
    const PAGE: usize = 4096;
    const IN_SMALL_ROOM: &str = r#"mkdir -p "$COMPOSEUP_STATE_DIR" &&
        mount -t tmpfs -o "size=$ROOM" tmpfs "$COMPOSEUP_STATE_DIR" && exec "$@""#;
    let of = Replicas::up(3);
    let mut codes = Vec::new();
    for pages in 1.. {
        let [service, new] = upgrade(&of);
        let old = of.running_tag();
        let upgrade = of.stack.composeup(&["upgrade", "--yes", service, new, "--detour", "off"]);
        let mut command = Command::new("unshare");
        let is_root = getuid().is_root();
        command.args((!is_root).then_some("--map-root-user"));
        command.args(["--mount", "sh", "-c", IN_SMALL_ROOM, "sh"]).arg(upgrade.get_program());
        command.args(upgrade.get_args()).args(QUICK).current_dir(of.stack.folder());
        command.env("COMPOSEUP_STATE_DIR", of.stack.state_dir());
        command.env("ROOM", (pages * PAGE).to_string());
        let done = Done::of(&mut command);
        let is_told = done.to_string().contains("no storage space");
        of.assert_settled(left(&done, old, new), &format!("{pages} pages: {done}"));
        codes.push(done.code);
        if !is_told {
            assert_eq!(done.code, 0, "{done}");
            break;
        }
    }
    assert!(codes.contains(&5) && codes.contains(&10), "{codes:?}");
}

#[test]
fn an_engine_that_is_restarted_ends_all_old_or_all_new() {
    let mut engine = PrivateEngine::start();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--ignored", "--nocapture"]);
    command.arg("stacks::surviving::upgrades_on_an_engine_that_restarts_when_told");
    command.env("DOCKER_HOST", engine.host()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut upgrades = command.spawn().unwrap();
    let mut restarts = 0;
    for line in BufReader::new(upgrades.stdout.take().unwrap()).lines() {
        if line.unwrap().ends_with(RESTART) {
            engine.restart();
            restarts += 1;
        }
    }
    assert!(upgrades.wait().unwrap().success());
    assert_eq!(restarts, STEPS.len());
}

/// What asks for a restart.
const RESTART: &str = "restart the engine";
/// At which steps.
const STEPS: [&str; 5] = ["create", "await_ready", "stop", "monitor", "remove"];

#[test]
#[ignore = "part of the test before it, in a process with an engine of its own"]
fn upgrades_on_an_engine_that_restarts_when_told() {
    let of = Replicas::up(3);
    for step in STEPS {
        let [service, new] = upgrade(&of);
        let old = of.running_tag();
        let arguments = [&[service, new, "--detour", "off"], &QUICK[..]].concat();
        let mut running = Running::start(&of.stack, &arguments);
        running.wait_for_step(step);
        println!("{RESTART}");
        let done = running.finish();
        of.assert_settled(left(&done, old, new), &format!("{step}: {done}"));
    }
}
