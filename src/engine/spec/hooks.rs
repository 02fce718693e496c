//! `post_start` and `pre_stop`: commands that Compose runs in a container.

use super::release::{Change, Release};
use crate::compose::model::{Hook, Service};
use crate::engine::api::Exec;

/// The commands to run in each new container once it is started, in order; none under a release
/// that does not know them.
#[must_use]
pub fn post_start(service: &Service, release: Release) -> Vec<Exec> {
    commands(&service.post_start, release)
}

/// The commands to run in a container that is stopped for good, in order. Compose does not run them
/// in one that it replaces.
#[must_use]
pub fn pre_stop(service: &Service, release: Release) -> Vec<Exec> {
    commands(&service.pre_stop, release)
}

fn commands(hooks: &[Hook], release: Release) -> Vec<Exec> {
    let known = hooks.iter().filter(|_| release.has(Change::Hooks));
    known.map(exec).collect()
}

fn exec(hook: &Hook) -> Exec {
    let variables = hook.environment.iter().map(|(key, value)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    });
    Exec {
        command: hook.command.clone().unwrap_or_default(),
        user: hook.user.clone(),
        privileged: hook.privileged,
        working_dir: hook.working_dir.clone(),
        env: variables.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::model::Environment;

    #[test]
    fn a_hook_is_a_command_with_all_it_asks_for_where_the_release_knows_hooks() {
        let values = [("A".to_owned(), Some("1".to_owned())), ("B".to_owned(), None)];
        let hook = Hook {
            command: Some(vec!["warm".into(), "up".into()]),
            user: Some("root".into()),
            privileged: true,
            working_dir: Some("/app".into()),
            environment: Environment(values.into()),
            ..Hook::default()
        };
        let service = Service { post_start: vec![hook], ..Service::default() };
        let expected = Exec {
            command: vec!["warm".into(), "up".into()],
            user: Some("root".into()),
            privileged: true,
            working_dir: Some("/app".into()),
            env: vec!["A=1".into(), "B".into()],
        };
        assert_eq!(post_start(&service, Release(2, 40, 3)), [expected]);
        assert_eq!(post_start(&service, Release(2, 26, 1)), []);
        assert_eq!(pre_stop(&service, Release(2, 40, 3)), []);
    }
}
