//! What Compose and composeup say about one project.

use std::path::Path;
use std::process::Command;

use super::stack::Stack;
use crate::support::command::composeup;
use crate::support::compose::Compose;

/// A question: the words for Compose, and those composeup needs besides.
struct Question {
    compose: Compose,
    words: &'static [&'static str],
    besides: &'static [&'static str],
}

const QUESTIONS: [Question; 4] = [
    Question { compose: Compose::V2_40, words: &["--format", "json"], besides: &[] },
    Question { compose: Compose::V2_40, words: &[], besides: &[] },
    Question {
        compose: Compose::V2_40,
        words: &["--hash", "*"],
        besides: &["--generation", "2.40"],
    },
    Question {
        compose: Compose::V2_26,
        words: &["--hash", "*"],
        besides: &["--generation", "2.26.1-4"],
    },
];

/// Whether Compose 2.40 takes the project at all.
pub(super) fn is_accepted(stack: &Stack) -> bool {
    let folder = tempfile::tempdir().unwrap();
    stack.write(folder.path());
    answer(Compose::V2_40.command(folder.path()), folder.path(), stack, &[&["--quiet"]]).is_ok()
}

/// The first question the two answer differently, with both answers.
pub(super) fn difference(stack: &Stack) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    stack.write(folder.path());
    QUESTIONS.iter().find_map(|question| {
        let theirs = answer(
            question.compose.command(folder.path()),
            folder.path(),
            stack,
            &[question.words],
        );
        let ours = answer(composeup(), folder.path(), stack, &[question.words, question.besides]);
        let same = match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) => theirs == ours,
            // Bad input has an exit code of its own.
            (Err(_), Err((code, _))) => *code == 3,
            _ => false,
        };
        let words = question.words.join(" ");
        (!same).then(|| {
            format!(
                "config {words} of {:?}:\n{}composeup:\n{}",
                question.compose,
                shown(&theirs, &ours),
                shown(&ours, &theirs)
            )
        })
    })
}

/// What is printed, in the order of its lines where that is random; or the exit code and the
/// error.
type Answer = Result<Vec<String>, (i32, String)>;

fn answer(mut command: Command, folder: &Path, stack: &Stack, words: &[&[&str]]) -> Answer {
    command.current_dir(folder).args(stack.arguments()).arg("config").args(words.concat());
    command.env("HOME", "/home/user").env_remove("PWD");
    let output = command.output().unwrap();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err((output.status.code().unwrap_or(-1), error));
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    if words[0].first() == Some(&"--hash") {
        lines.sort();
    }
    Ok(lines)
}

/// The lines of `answer` that `other` does not have, or the error.
fn shown(answer: &Answer, other: &Answer) -> String {
    let lines = match (answer, other) {
        (Ok(lines), Ok(other)) => {
            lines.iter().filter(|line| !other.contains(line)).cloned().collect()
        }
        (Ok(_), Err(_)) => vec!["takes it".to_owned()],
        (Err((code, error)), _) => vec![format!("exit code {code}: {}", error.trim())],
    };
    lines.iter().map(|line| format!("  {line}\n")).collect::<Vec<_>>().concat()
}
