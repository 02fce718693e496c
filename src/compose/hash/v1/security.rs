//! `security_opt` as v1 has it: `[value, file]`, with a seccomp profile in place of its file.

use super::files::Scope;
use super::value::Py;
use crate::compose::ComposeError;
use crate::compose::disk::absolute;

/// One option in its last form.
///
/// # Errors
/// An option without a value, or a profile that cannot be read.
pub(super) fn option(scope: &Scope<'_>, option: &Py) -> Result<Py, ComposeError> {
    let Py::Str(text) = option else { return Ok(option.clone()) };
    let (name, value) = match text.split_once('=') {
        Some((name, rest)) => (name, rest.split('=').next().unwrap_or(rest)),
        None if text == "no-new-privileges" => (text.as_str(), ""),
        None => {
            let refuse = || {
                ComposeError::new(format!("security option `{text}` has no value"))
                    .with_help("write `name=value`, as in `label=disable`")
            };
            let (name, rest) = text.split_once(':').ok_or_else(refuse)?;
            (name, rest.split(':').next().unwrap_or(rest))
        }
    };
    if name != "seccomp" || value == "unconfined" {
        return Ok(Py::List(vec![option.clone(), Py::None]));
    }
    let profile = profile(scope, value)?;
    Ok(Py::List(vec![Py::Str(format!("seccomp={profile}")), Py::str(value)]))
}

/// The profile as Python prints it; the path is one from the working directory.
fn profile(scope: &Scope<'_>, file: &str) -> Result<String, ComposeError> {
    let bare = file.strip_prefix('"').and_then(|file| file.strip_suffix('"')).unwrap_or(file);
    let source = scope.disk.read(&absolute(scope.cwd, bare))?;
    let json: serde_json::Value = serde_json::from_str(&source.text)
        .map_err(|error| ComposeError::new(format!("`{bare}` is no seccomp profile: {error}")))?;
    Ok(Py::of_json(&json).spaced_json())
}
