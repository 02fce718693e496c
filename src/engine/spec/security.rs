//! `security_opt`.

use serde_json::{Value, json};

use super::object::Object;
use super::{SpecError, SpecInput};

/// Sets `SecurityOpt`, and the paths that `systempaths=unconfined` uncovers.
pub(super) fn set(host: &mut Object, input: &SpecInput) -> Result<(), SpecError> {
    let (unconfined, options): (Vec<&String>, Vec<&String>) =
        input.service.security_opt.iter().partition(|option| *option == "systempaths=unconfined");
    if !unconfined.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::super::fixture::Given;
    use super::*;
    use crate::compose::model::Service;

    fn given(option: &str) -> Given {
        Given::new(Service { security_opt: vec![option.to_owned()], ..Service::default() })
    }

    #[test]
    fn options_are_sent_as_they_stand() {
        for option in
            ["no-new-privileges", "no-new-privileges:true", "label=disable", "seccomp=unconfined"]
        {
            assert_eq!(given(option).sends("/HostConfig/SecurityOpt"), json!([option]));
        }
    }

    #[test]
    fn a_seccomp_profile_is_sent_without_space() {
        let sent = given("seccomp=profile.json").sends("/HostConfig/SecurityOpt");
        assert_eq!(sent, json!([r#"seccomp={"a":[1,2]}"#]));
    }

    #[test]
    fn a_seccomp_profile_that_cannot_be_read_is_named() {
        for file in ["broken.json", "missing.json"] {
            let expected =
                format!("the seccomp profile `/srv/shop/{file}` of service `web` cannot be read");
            assert_eq!(given(&format!("seccomp:{file}")).error(), expected);
        }
    }

    #[test]
    fn unconfined_system_paths_are_empty_lists() {
        let given = given("systempaths=unconfined");
        assert_eq!(given.sends("/HostConfig/MaskedPaths"), json!([]));
        assert_eq!(given.sends("/HostConfig/ReadonlyPaths"), json!([]));
        assert_eq!(given.sends("/HostConfig/SecurityOpt"), Value::Null);
    }

    #[test]
    fn an_option_without_a_value_is_refused() {
        assert!(given("nonsense").error().starts_with("`services.web.security_opt` is invalid"));
    }
}
