//! Random projects, read by real Compose and by composeup: both must say the same of each.
//!
//! The projects are the same in every run. `COMPOSEUP_DIFFERENTIAL_CASES` asks for more of them.

mod compare;
mod forms;
mod labels;
mod stack;

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::compare::{difference, is_accepted};
use self::stack::Stack;

/// Projects in an ordinary run.
const CASES: u64 = 80;
/// Attempts to make a project that differs smaller.
const SHRINKS: usize = 200;

#[test]
fn compose_and_composeup_say_the_same_of_random_projects() {
    let asked = env::var("COMPOSEUP_DIFFERENTIAL_CASES");
    let cases = asked.map_or(CASES, |count| count.parse().expect("a number of cases"));
    let mut reports: Vec<String> = side_by_side(cases, report).into_iter().flatten().collect();
    reports.sort();
    assert!(reports.is_empty(), "{}\n{} of {cases} differ", reports.join("\n"), reports.len());
}

#[test]
fn compose_takes_most_of_the_random_projects() {
    let taken = (0..CASES / 2).filter(|case| is_accepted(&project(*case).current())).count();
    assert!(taken as u64 > CASES / 4, "only {taken} of {} are taken", CASES / 2);
}

/// What `look` finds of every case, in no order; as many at once as the machine has processors.
fn side_by_side<T: Send>(cases: u64, look: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(0);
    let found = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && case < cases
                {
                    let one = look(case);
                    found.lock().unwrap().push(one);
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// The project of `case`, which can be made smaller.
fn project(case: u64) -> impl ValueTree<Value = Stack> {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&case.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    Stack::any().new_tree(&mut runner).unwrap()
}

/// The smallest project like that of `case` of which the two differ, and what they say.
fn report(case: u64) -> Option<String> {
    let mut tree = project(case);
    let mut smallest = (tree.current(), difference(&tree.current())?);
    for _ in 0..SHRINKS {
        let stack = tree.current();
        let has_more = match difference(&stack) {
            Some(told) => {
                smallest = (stack, told);
                tree.simplify()
            }
            None => tree.complicate(),
        };
        if !has_more {
            break;
        }
    }
    let (stack, told) = smallest;
    Some(format!("--- case {case}: {:?}\n{}{told}", stack.arguments(), stack.shown()))
}
