//! What a file wishes under `x-composeup`, on a real engine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use composeup::engine::Engine as _;
use composeup::engine::api::Exec;
use composeup::labels;
use rustix::process::Signal;

use crate::support::command::Done;
use crate::support::compose::Compose;
use crate::support::running::Running;
use crate::support::stack::Stack;
use crate::support::state::State;

/// The fixture without its healthcheck and with these wishes, a line each.
fn wished(wishes: &str) -> Stack {
    let lines: Vec<String> = wishes.lines().map(|line| format!("      {line}\n")).collect();
    let wishes = format!("    x-composeup:\n{}", lines.concat());
    Stack::up_with("webapp", Compose::V2_40, |text| {
        let (head, rest) = text.split_once("    healthcheck:\n").unwrap();
        let (_, tail) = rest.split_once("    labels:\n").unwrap();
        format!("{head}{wishes}    labels:\n{tail}")
    })
}

/// Whoever asked a new container is gone; those that lead requests may stay for a while.
fn assert_nobody_asks_any_more(stack: &Stack, done: &Done) {
    let (_, run) = done.stdout.split_once(r#""run":""#).unwrap();
    let run = format!("{}={}", labels::RUN, run.split('"').next().unwrap());
    let left = stack.engine.run(async |docker| {
        let all = docker.containers(&[run, labels::HELPER.to_owned()]).await.unwrap();
        all.iter().filter(|one| one.name().ends_with("-ready")).count()
    });
    assert_eq!(left, 0, "{done}");
}

/// Wishes whose `switch` succeeds only if the new container answers by then.
fn asking(wishes: &str) -> Stack {
    let url = "http://$$COMPOSEUP_NEW_ADDRESS:8080/health";
    let ask = format!("busybox wget -q -O - {url} >../answer");
    wished(&format!("{wishes}\nswitch: [sh, -c, '{ask}']"))
}

fn answer(stack: &Stack) -> String {
    fs::read_to_string(stack.folder().join("../answer")).unwrap_or_default()
}

#[test]
fn a_url_that_is_answered_late_is_waited_for_and_the_healthcheck_is_not_needed() {
    // Its port is closed for its first seconds.
    let stack = asking("ready: {url: 'http://:8080/health', status: 200, body: ok, successes: 3}");
    let done = stack.upgrade(&["web", "1.1", "--json", "--monitor", "0s"]);
    assert_eq!((done.code, answer(&stack).as_str()), (0, "ok\n"), "{done}");
    let after = State::of(&stack);
    stack.compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
    assert_nobody_asks_any_more(&stack, &done);
}

#[test]
fn a_url_that_never_has_the_answer_takes_the_new_one_back_and_says_what_it_answered() {
    let stack = wished("ready: http://:8080/health");
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "never-healthy", "--timeout", "6s", "--json"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stdout.contains("`http://:8080/health` answers with 404"), "{done}");
    State::of(&stack).assert_is(&before, &done);
    assert_nobody_asks_any_more(&stack, &done);
}

#[test]
fn a_container_that_dies_while_it_is_asked_is_noticed_at_once() {
    let stack = wished("ready: http://:8080/health");
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "dies-later", "--timeout", "5m"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("it ended with exit code 4"), "{done}");
    State::of(&stack).assert_is(&before, &done);
}

#[test]
fn a_port_is_ready_once_it_is_open_and_the_flag_wins_over_the_file() {
    let stack = asking("ready: http://:8080/no-such-page");
    let done = stack.upgrade(&["web", "1.1", "--monitor", "0s", "--ready", "tcp://:8080"]);
    assert_eq!((done.code, answer(&stack).as_str()), (0, "ok\n"), "{done}");
}

#[test]
fn a_container_that_does_not_stay_well_for_the_time_it_has_to_settle_gets_no_requests() {
    // It serves and dies a second later.
    let stack = wished("ready: tcp://:8080\nsettle: 30s");
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "dies-later", "--json", "--detour", "auto"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stdout.contains("it ended with exit code 4"), "{done}");
    assert!(!done.stdout.contains(r#""step":"cutover""#), "{done}");
    State::of(&stack).assert_is(&before, &done);
}

/// The fixture with a command that writes down what it was told, and fails where it says so.
fn switched(script: &str) -> Stack {
    let stack = wished("ready: tcp://:8080\nswitch: ['./switch', 'an argument; $$HOME']");
    let path = stack.folder().join("switch");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    stack
}

const NOTE: &str = "echo \"$1 $COMPOSEUP_SERVICE $COMPOSEUP_OLD_NAME $COMPOSEUP_OLD_ADDRESS \
                    $COMPOSEUP_NEW_NAME $COMPOSEUP_NEW_ADDRESS\" >>../told";

fn told(stack: &Stack) -> Vec<String> {
    let text = fs::read_to_string(stack.folder().join("../told")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn address(stack: &Stack) -> String {
    let seen = stack.container("web", 1);
    let network = &seen.networks()[&format!("{}_default", stack.project)];
    network["IPAddress"].as_str().unwrap().to_owned()
}

#[test]
fn the_command_is_told_both_containers_and_in_the_end_the_final_name() {
    let stack = switched(NOTE);
    let old = (stack.container("web", 1), address(&stack));
    let done = stack.upgrade(&["web", "1.1", "--monitor", "0s"]);
    assert_eq!(done.code, 0, "{done}");
    let (name, new) = (old.0.name(), address(&stack));
    let temporary = format!("{}_{name}", old.0.id().short());
    let first = format!("an argument; $HOME web {name} {} {temporary} {new}", old.1);
    let second = format!("an argument; $HOME web {temporary} {new} {name} {new}");
    assert_eq!(told(&stack), [first, second], "{done}");
}

#[test]
fn a_command_that_fails_is_run_the_other_way_round_and_takes_everything_back() {
    let stack = switched(&format!("{NOTE}\necho 'nginx: unknown upstream' >&2; exit 3"));
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "1.1"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("`./switch` exited with 3: nginx: unknown upstream"), "{done}");
    State::of(&stack).assert_is(&before, &done);
    let names = told(&stack);
    assert_eq!(names.len(), 2, "{names:?}");
    let words: Vec<Vec<&str>> =
        names.iter().map(|line| line.split(' ').skip(4).collect()).collect();
    assert_eq!([&words[0][..2], &words[0][2..]], [&words[1][2..], &words[1][..2]]);
}

#[test]
fn a_version_that_fails_after_the_switch_gives_the_proxy_back() {
    let stack = switched(NOTE);
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "dies-later", "--monitor", "1m"]);
    assert_eq!(done.code, 10, "{done}");
    State::of(&stack).assert_is(&before, &done);
    let names = told(&stack);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[1].contains(&format!(" {} ", stack.container("web", 1).name())), "{names:?}");
}

#[test]
fn what_is_run_before_the_stop_runs_in_the_old_one_once_it_is_drained() {
    let stack =
        wished("ready: tcp://:8080\npre_stop: [sh, -c, 'echo leaving >/var/cache/webapp/left']");
    let done = stack.upgrade(&["web", "1.1", "--json", "--monitor", "0s"]);
    assert_eq!(done.code, 0, "{done}");
    let at = |step: &str| {
        let text = format!(r#""step":"{step}""#);
        done.stdout.find(&text).unwrap_or_else(|| panic!("no {step} in {done}"))
    };
    assert!(at("cutover") < at("drain") && at("drain") < at("pre_stop"), "{done}");
    assert!(at("pre_stop") < at("stop"), "{done}");
    // The volume went from the old container to the new one.
    let id = stack.container("web", 1).id();
    let cat = Exec::of(["/bin/busybox", "cat", "/var/cache/webapp/left"]);
    let end =
        stack.engine.run(async |docker| docker.exec(&id, &cat, Duration::from_secs(20)).await);
    assert_eq!(end.unwrap().output, "leaving\n");
}

#[test]
fn wishes_change_no_hash_and_no_container() {
    let plain = wished("settle: 1s");
    plain.edit("      settle: 1s\n", "      settle: 2s\n      ready: tcp://:8080\n");
    let before = State::of(&plain);
    plain.compose.up(&plain.folder());
    State::of(&plain).assert_is(&before, "Compose made something of the wishes");
    let done = plain.upgrade(&["web"]);
    assert_eq!(done.code, 0, "{done}");
    State::of(&plain).assert_is(&before, &done);
}

#[test]
fn a_healthcheck_has_to_pass_all_the_same() {
    let stack = Stack::up_with("webapp", Compose::V2_40, |text| {
        text.replace(
            "    healthcheck:",
            "    x-composeup: {ready: 'tcp://:8080'}\n    healthcheck:",
        )
    });
    let before = State::of(&stack);
    let done = stack.upgrade(&["web", "never-healthy", "--timeout", "8s"]);
    assert_eq!(done.code, 10, "{done}");
    assert!(done.stderr.contains("its healthcheck exited with 1"), "{done}");
    State::of(&stack).assert_is(&before, &done);
}

#[test]
fn whoever_is_killed_while_the_proxy_is_switched_is_taken_back_by_abort() {
    let stack =
        switched(&format!("{NOTE}\nuntil [ -e ../go ] || ! [ -e ../told ]; do sleep 0.1; done"));
    let before = State::of(&stack);
    let mut running = Running::start(&stack, &["web", "1.1", "--json"]);
    running.wait_for_step("switch");
    while told(&stack).is_empty() {
        std::thread::yield_now();
    }
    running.send(Signal::KILL);
    fs::write(stack.folder().join("../go"), "").unwrap();
    let done = Done::of(&mut stack.composeup(&["abort", "--lock-wait", "1m"]));
    State::of(&stack).assert_is(&before, &done);
    let names = told(&stack);
    assert_eq!(names.len(), 2, "{names:?} {done}");
    assert!(names[1].contains(&format!(" {} ", stack.container("web", 1).name())), "{names:?}");
}

#[test]
fn compose_1_29_hashes_the_wishes_and_so_does_composeup() {
    let stack = Stack::up_with("webapp", Compose::V1, |text| {
        text.replace("    expose:", "    x-composeup: {settle: 1s}\n    expose:")
    });
    let before = State::of(&stack);
    let done = stack.upgrade(&["web"]);
    assert_eq!(done.code, 0, "{done}");
    State::of(&stack).assert_is(&before, &done);
    stack.edit("{settle: 1s}", "{settle: 2s}");
    let done = stack.upgrade(&["web", "--monitor", "0s"]);
    assert_eq!(done.code, 0, "{done}");
    let after = State::of(&stack);
    stack.compose.up(&stack.folder());
    State::of(&stack).assert_is(&after, "the next `up -d` changed something");
}

#[test]
fn a_proxy_that_is_named_is_told_to_reload_once_the_old_container_has_stopped() {
    let stack = wished("proxy: [web, nobody]\nreload: [sh, -c, 'echo reloaded >>/told']");
    let done = stack.upgrade(&["web", "1.1", "--json", "--monitor", "0s", "--ready-after", "1ms"]);
    assert_eq!(done.code, 0, "{done}");
    let id = stack.container("web", 1).id();
    let look = Exec::of(["sh", "-c", "while read line; do echo $line; done </told"]);
    let told =
        stack.engine.run(async |docker| docker.exec(&id, &look, Duration::from_secs(10)).await);
    assert_eq!(told.unwrap().output, "reloaded\n", "{done}");
    assert!(done.stdout.contains(r#""proxy":"proxy `web`""#), "{done}");
    let nobody = "proxy `nobody` was not reloaded: no container or service of that name runs";
    assert!(done.stdout.contains(nobody), "{done}");
}
