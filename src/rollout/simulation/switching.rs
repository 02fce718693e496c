//! The user's command that points a proxy, with faults around it.

use std::time::Duration;

use super::faults::assert_death_is_survived;
use super::scene::Scene;
use crate::engine::fake::{Behaviour, Fault, How};
use crate::journal::outcome::Outcome;
use crate::plan::steps::{ReplacementId, Switch};
use crate::plan::{Plan, sample};

/// Services of so many replicas, all of them switched.
pub(super) fn switched(mut plan: Plan) -> Plan {
    for service in &mut plan.services {
        let (command, dir) = (vec!["./switch".into()], "/srv/shop".into());
        service.switch = Some(Switch { command, dir });
    }
    plan
}

#[tokio::test(start_paused = true)]
async fn the_proxy_is_switched_once_and_once_more_to_the_final_name() {
    for (replicas, runs) in [(&[1][..], 2), (&[3], 6), (&[2, 1], 6)] {
        let mut scene = Scene::with(switched(sample::plan(replicas))).await;
        let report = scene.run().await;
        assert_eq!((report.outcome, report.warnings), (Outcome::Completed, Vec::new()));
        scene.assert_all_new();
        assert_eq!(scene.signpost.runs(), runs);
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_fails_takes_everything_back_until_the_commit_and_is_said_after_it() {
    for nth in 1..=4 {
        for after in [false, true] {
            let mut scene = Scene::with(switched(sample::plan(&[2]))).await;
            scene.signpost.fail(nth, after);
            let report = scene.run().await;
            if nth <= 2 {
                assert_eq!(report.outcome, Outcome::RolledBack, "{nth} {after}");
                scene.assert_all_old();
            } else {
                assert_eq!(report.outcome, Outcome::Completed);
                assert!(report.warnings[0].contains("could not be told the name"), "{report:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_after_the_switch_gives_the_proxy_back() {
    let mut scene = Scene::with(switched(sample::plan(&[3]))).await;
    let second = ReplacementId { service: 0, index: 1 };
    scene.script(second, Behaviour::ServesThenExits(Duration::from_secs(4)));
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::RolledBack, "{report:#?} {:#?}", scene.events);
    scene.assert_all_old();
}

#[tokio::test(start_paused = true)]
async fn a_way_back_on_which_the_command_fails_once_is_tried_again() {
    let mut scene = Scene::with(switched(sample::plan(&[2]))).await;
    scene.script(ReplacementId { service: 0, index: 1 }, Behaviour::NeverServes);
    scene.signpost.fail(2, false);
    assert_eq!(scene.run().await.outcome, Outcome::RolledBack);
    scene.assert_all_old();
}

/// The process dies after every record.
#[tokio::test(start_paused = true)]
async fn death_around_the_switch_is_finished_by_resume_and_taken_back_by_abort() {
    assert_death_is_survived(|| switched(sample::plan(&[2, 1]))).await;
}

/// Every call that changes the engine fails once.
#[tokio::test(start_paused = true)]
async fn one_fault_of_the_engine_leaves_the_proxy_at_who_serves() {
    for nth in 1..=20 {
        for after in [false, true] {
            let mut scene = Scene::with(switched(sample::plan(&[2]))).await;
            let fault = Fault::write(How::Refused).nth(nth);
            scene.fake.fail(if after { fault.after_effect() } else { fault });
            match scene.run().await.outcome {
                Outcome::RolledBack => scene.assert_all_old(),
                Outcome::Completed => assert!(scene.is_written()),
                other => panic!("{nth} {after}: {other:?}"),
            }
        }
    }
}
