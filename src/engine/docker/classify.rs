//! Every way a call can fail, as the [`EngineError`] that says what the caller can do.

use std::time::Duration;

use bollard::errors::Error;
use serde::Deserialize;

use crate::engine::EngineError;

/// An error of bollard or of our transport.
pub(super) fn classify(error: Error, call: &str) -> EngineError {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            refusal(status_code, &message, call)
        }
        Error::DockerStreamError { error } => refusal(0, &error, call),
        Error::HyperResponseError { err } => broken(&err, call),
        Error::IOError { err } => match err.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(unreachable) => EngineError::clone(unreachable),
            None => EngineError::Dropped { call: call.to_owned() },
        },
        other => nonsense(call, &other),
    }
}

/// An answer whose status says no.
pub(super) fn refusal(status: u16, message: &str, call: &str) -> EngineError {
    let call = call.to_owned();
    let message = match message.trim() {
        "" => format!("HTTP status {status}"),
        words => words.to_owned(),
    };
    match status {
        404 => EngineError::NotFound { call, message },
        409 => EngineError::Conflict { call, message },
        _ => EngineError::Refused { call, status, message },
    }
}

/// The words in the body of a refusal: `{"message": …}`, or the body itself.
pub(super) fn words(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Answer {
        message: String,
    }
    match serde_json::from_slice::<Answer>(body) {
        Ok(answer) => answer.message,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

/// A connection that broke after it was made.
pub(super) fn broken(error: &hyper::Error, call: &str) -> EngineError {
    if error.is_parse() {
        return nonsense(call, error);
    }
    EngineError::Dropped { call: call.to_owned() }
}

/// No complete answer by the deadline.
pub(super) fn timed_out(call: &str, after: Duration) -> EngineError {
    EngineError::Timeout { call: call.to_owned(), after }
}

/// An answer that is not what the engine API promises.
pub(super) fn nonsense(call: &str, what: &dyn std::fmt::Display) -> EngineError {
    EngineError::Protocol { call: call.to_owned(), message: what.to_string() }
}

/// Turns "the object does not exist" into `None`.
pub(super) fn found<T>(end: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match end {
        Ok(value) => Ok(Some(value)),
        Err(EngineError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
