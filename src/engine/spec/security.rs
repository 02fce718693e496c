//! `security_opt`.

use serde_json::{Value, json};

use super::object::Object;
use super::{SpecError, SpecInput};

/// Sets `SecurityOpt`, and the paths that `systempaths=unconfined` uncovers.
pub(super) fn set(host: &mut Object, input: &SpecInput) -> Result<(), SpecError> {
    let (unconfined, options): (Vec<&String>, Vec<&String>) =
        input.service.security_opt.iter().partition(|option| *option == "systempaths=unconfined");
    if !unconfined.is_empty() && !input.is_v1() {
        // Empty lists, which are not the same as none: nothing is masked.
        host.put("MaskedPaths", Some(json!([])));
        host.put("ReadonlyPaths", Some(json!([])));
    }
    let options = options.into_iter().map(|text| option(input, text));
    host.set("SecurityOpt", options.collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

/// One option, with a seccomp profile in place of the name of its file.
fn option(input: &SpecInput, text: &str) -> Result<String, SpecError> {
    let Some((name, value)) = text.split_once('=').or_else(|| text.split_once(':')) else {
        return if text == "no-new-privileges" {
            Ok(text.to_owned())
        } else {
            Err(input.invalid("security_opt", "an option needs a value, as in `label=disable`"))
        };
    };
    if name != "seccomp" || matches!(value, "unconfined" | "builtin") {
        return Ok(text.to_owned());
    }
    Ok(format!("seccomp={}", profile(input, value)?))
}

/// A seccomp profile without the space between its tokens.
fn profile(input: &SpecInput, file: &str) -> Result<String, SpecError> {
    let path = input.project.working_dir.join(file);
    let read = (input.read_file)(&path);
    let json = read.and_then(|bytes| Ok(serde_json::from_slice::<Value>(&bytes)?));
    let service = input.service.name.clone();
    json.map(|json| json.to_string()).map_err(|source| SpecError::Profile { service, path, source })
}
