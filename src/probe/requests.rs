//! What became of the requests to one URL, for the summary, the journal and programs.

use serde::{Deserialize, Serialize};

/// The requests to one URL. All times are whole milliseconds; those of day count from the beginning
/// of the rollout, as in its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// The URL, without its query.
    pub url: String,
    /// All of them.
    #[serde(flatten)]
    pub all: Figures,
    /// The longest time without a good answer.
    pub longest_gap_ms: u64,
    /// Those that ended before the first step.
    pub before: Figures,
    /// Those that ended between the first step and the end of the last one.
    pub during: Figures,
    /// Those that ended later.
    pub after: Figures,
    /// Who answered, in the order of the first answers.
    pub served_by: Vec<Served>,
    /// The first ones that failed.
    pub failures: Vec<FailedRequest>,
}

/// How many requests there were, how many failed, and how long good answers took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many were sent.
    pub sent: usize,
    /// How many had no good answer.
    pub failed: usize,
    /// Half of the good answers took no longer.
    pub p50_ms: u64,
    /// 99 of 100 good answers took no longer.
    pub p99_ms: u64,
    /// No good answer took longer.
    pub max_ms: u64,
}

/// What one server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// What its answers say of it in `X-Served-By`, `X-Version` or `Server`, else its address.
    pub by: String,
    /// Good answers.
    pub answers: usize,
    /// When the first request that it answered was sent.
    pub first_ms: u64,
    /// When the last one was sent.
    pub last_ms: u64,
}

/// A request without a good answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRequest {
    /// When it was sent.
    pub at_ms: u64,
    /// How long it took to fail.
    pub took_ms: u64,
    /// Why: a lower-case fragment.
    pub reason: String,
}
