//! From "service S gets tag T" to the edits of files, proven by loading the project with them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use super::file_edit::{FileEdit, Replacement, apply};
use super::image::{TagEdit, edit_image};
use super::pieces::{Known, Origin};
use crate::compose::dotenv::{self, EnvFile, Format};
use crate::compose::model::encode::{Style, Writer};
use crate::compose::model::{Project, Service, Warning};
use crate::compose::source::Location;
use crate::compose::{ComposeError, LoadOptions};
use crate::text::did_you_mean;

/// A project whose services have other tags.
#[derive(Debug, Clone)]
pub struct Retagged {
    /// What to write to get there.
    pub edits: Vec<FileEdit>,
    /// The project as it loads with the edits.
    pub project: Project,
    /// What people should know: pins that are gone.
    pub warnings: Vec<Warning>,
}

/// Gives each service its tag and `load`s the project again with the edited texts. A service that
/// is named without a tag gets none, but may change if it uses something that is edited.
///
/// # Errors
/// An unknown service, one without an image, a tag that is none or cannot be changed in one
/// place, and an edit that would change more than the images of the services that are named: then
/// at the line in question.
pub fn set_tags(
    options: &LoadOptions,
    project: &Project,
    services: &[(String, Option<String>)],
    load: &dyn Fn(&LoadOptions) -> Result<Project, ComposeError>,
) -> Result<Retagged, ComposeError> {
    let variables = Variables::new(options, project);
    let mut named = BTreeSet::new();
    let mut wanted = BTreeMap::new();
    for (name, tag) in services {
        let service = find(project, name)?;
        if !named.insert(name.as_str()) {
            return Err(ComposeError::new(format!("service `{name}` is named twice")));
        }
        if let Some(tag) = tag {
            let image = image_of(service)?;
            let edit = edit_image(image, options.generation.dialect(), tag, &|name| {
                variables.get(name, image)
            })?;
            wanted.insert(name.as_str(), edit);
        }
    }
    let replacements: Vec<Replacement> =
        wanted.values().filter_map(|edit| edit.replacement.clone()).collect();
    let mut edits = apply(&replacements)?;
    name_services(&mut edits, &wanted);
    let mut options = options.clone();
    for edit in &edits {
        options.overlay.insert(edit.path.clone(), edit.after.clone());
    }
    let reloaded = load(&options)?;
    check_services(project, &reloaded, &wanted, &named)?;
    check_rest(project, &reloaded, &replacements)?;
    Ok(Retagged { edits, project: reloaded, warnings: dropped_pins(project, &wanted) })
}

/// Notes with each change the services it is for.
fn name_services(edits: &mut [FileEdit], wanted: &BTreeMap<&str, TagEdit>) {
    for (service, edit) in wanted {
        let Some(made) = &edit.replacement else { continue };
        let file = edits.iter_mut().filter(|edit| edit.path == made.at.file.path);
        let changes = file.flat_map(|edit| &mut edit.changes);
        for change in changes.filter(|change| change.start == made.scalar.start) {
            change.services.push((*service).to_owned());
        }
    }
}

fn find<'a>(project: &'a Project, name: &str) -> Result<&'a Service, ComposeError> {
    project.services.get(name).ok_or_else(|| {
        let error = ComposeError::new(format!("there is no service `{name}` in the project"));
        match did_you_mean(name, project.services.keys().map(String::as_str)) {
            Some(similar) => error.with_help(format!("did you mean `{similar}`?")),
            None => error,
        }
    })
}

fn image_of(service: &Service) -> Result<&Location, ComposeError> {
    service.image_location.as_ref().ok_or_else(|| {
        let name = &service.name;
        ComposeError::new(format!("service `{name}` has no `image` whose tag could be changed"))
    })
}

/// The variables of interpolation, with the place of those that a file sets.
struct Variables<'a> {
    options: &'a LoadOptions,
    project: &'a Project,
    files: Vec<EnvFile>,
}

impl<'a> Variables<'a> {
    fn new(options: &'a LoadOptions, project: &'a Project) -> Self {
        let is_read = |path: &Path| {
            if project.env_files.is_empty() {
                path.file_name() == Some(OsStr::new(".env"))
            } else {
                project.env_files.iter().any(|file| file == path)
            }
        };
        let lookup = |name: &str| options.env.get(name).cloned();
        let read = project.files.iter().filter(|file| is_read(&file.path));
        let files =
            read.filter_map(|file| dotenv::parse(file, Format::Compose, &lookup).ok()).collect();
        Self { options, project, files }
    }

    /// A variable as the file of this image sees it.
    fn get(&self, name: &str, image: &Location) -> Option<Known> {
        if let Some(value) = self.options.env.get(name) {
            return Some(Known { value: value.clone(), origin: Origin::Process });
        }
        let value = self.project.environment.get(name);
        let mut assignments = self.files.iter().rev().filter_map(|file| file.get(name));
        let winner = assignments.find(|one| match value {
            // Which file wins depends on how they were found; the value tells.
            Some(_) => one.value.as_ref() == value,
            // An included file has variables of its own, in the `.env` beside it.
            None => one.location.file.path.parent() == image.file.path.parent(),
        })?;
        Some(Known { value: winner.value.clone()?, origin: Origin::File(winner.location.clone()) })
    }
}

/// Every service that gets a tag has its new image, and none changes that is not named.
fn check_services(
    before: &Project,
    after: &Project,
    wanted: &BTreeMap<&str, TagEdit>,
    named: &BTreeSet<&str>,
) -> Result<(), ComposeError> {
    let new: BTreeMap<&String, &Service> = all_services(after).collect();
    for (name, service) in all_services(before) {
        let now = new.get(name);
        if let Some(edit) = wanted.get(name.as_str()) {
            let image = now.and_then(|now| now.image.as_deref()).unwrap_or_default();
            if image != edit.image {
                let message = format!("with the new tag here the image would be `{image}`");
                let help = format!("change the line by hand so that it becomes `{}`", edit.image);
                return Err(at(edit.replacement.as_ref(), message).with_help(help));
            }
        } else if !named.contains(name.as_str())
            && now.is_none_or(|now| content(now) != content(service))
        {
            return Err(touched(name, service, wanted));
        }
    }
    Ok(())
}

fn all_services(project: &Project) -> impl Iterator<Item = (&String, &Service)> {
    project.services.iter().chain(&project.disabled_services)
}

/// A service without its places, which shift with every edit.
fn content(service: &Service) -> String {
    Writer::text_of(service, Style::V2_40)
}

fn touched(name: &str, service: &Service, wanted: &BTreeMap<&str, TagEdit>) -> ComposeError {
    let shared = wanted.iter().find(|(_, edit)| {
        let scalar = edit.replacement.as_ref().map(|one| &one.scalar);
        scalar.is_some() && scalar == service.image_location.as_ref()
    });
    let changed = || wanted.iter().find(|(_, edit)| edit.replacement.is_some());
    let Some((named, edit)) = shared.or_else(changed) else {
        return ComposeError::new(format!("service `{name}` changed while it was read"));
    };
    let message = format!("the tag of `{named}` stands here, and service `{name}` uses it too");
    at(edit.replacement.as_ref(), message)
        .with_help(format!("name `{name}`, too, or give it a tag of its own in the file"))
}

/// Nothing outside the services changes.
fn check_rest(
    before: &Project,
    after: &Project,
    replacements: &[Replacement],
) -> Result<(), ComposeError> {
    let same = before.name == after.name
        && before.networks == after.networks
        && before.volumes == after.volumes
        && before.secrets == after.secrets
        && before.configs == after.configs;
    if same {
        return Ok(());
    }
    let message = "the tag stands here, and the project's name, networks, volumes, secrets or \
                   configs use it too";
    Err(at(replacements.first(), message).with_help("give them a variable of their own"))
}

fn at(replacement: Option<&Replacement>, message: impl Into<String>) -> ComposeError {
    match replacement {
        Some(replacement) => ComposeError::at(replacement.at.clone(), message),
        None => ComposeError::new(message),
    }
}

fn dropped_pins(project: &Project, wanted: &BTreeMap<&str, TagEdit>) -> Vec<Warning> {
    let pins = wanted.iter().filter_map(|(name, edit)| {
        let digest = edit.dropped_digest.as_ref()?;
        let message = format!(
            "the image of `{name}` is no longer pinned to `{digest}`, which does not fit the new tag"
        );
        let location = project.services.get(*name)?.image_location.clone();
        Some(Warning { message, location })
    });
    pins.collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::compose::load::load;

    /// A project of these files under `/project`; the shell has the variable `SHELL_TAG`.
    fn options(files: &[(&str, &str)]) -> LoadOptions {
        let overlay = files
            .iter()
            .map(|(name, text)| (PathBuf::from("/project").join(name), (*text).to_owned()));
        LoadOptions {
            cwd: "/project".into(),
            overlay: overlay.collect(),
            env: [("SHELL_TAG".to_owned(), "1".to_owned())].into(),
            ..LoadOptions::default()
        }
    }

    fn retag_files(
        files: &[(&str, &str)],
        tags: &[(&str, &str)],
    ) -> Result<Retagged, ComposeError> {
        let options = options(files);
        let project = load(&options).unwrap();
        let tag = |tag: &str| (tag != "-").then(|| tag.to_owned());
        let services: Vec<(String, Option<String>)> =
            tags.iter().map(|(name, text)| ((*name).to_owned(), tag(text))).collect();
        set_tags(&options, &project, &services, &load)
    }

    /// The tag `-` names a service without one.
    fn retag(compose: &str, env: &str, tags: &[(&str, &str)]) -> Result<Retagged, ComposeError> {
        retag_files(&[("compose.yaml", compose), (".env", env)], tags)
    }

    const SHARED: &str = "x-i: &i ghost:3.36\nservices:\n  a: {image: *i}\n  b: {image: *i}\n";
    const VARIABLE: &str = "services:\n  a: {image: 'ghost:$TAG'}\n  b: {image: 'proxy:$TAG'}\n";

    #[test]
    fn services_get_their_tags_in_all_files_at_once() {
        let compose = "services:\n  a: {image: 'ghost:$TAG'}\n  b: {image: proxy@sha256:12}\n";
        let done = retag(compose, "TAG=1\n", &[("b", "2"), ("a", "3")]).unwrap();
        let after: Vec<(&str, &str)> =
            done.edits.iter().map(|edit| (&*edit.shown, &*edit.after)).collect();
        let compose = compose.replace("proxy@sha256:12", "proxy:2");
        assert_eq!(after, [(".env", "TAG=3\n"), ("compose.yaml", &*compose)]);
        assert_eq!(done.project.services["a"].image.as_deref(), Some("ghost:3"));
        assert_eq!(
            done.warnings[0].message,
            "the image of `b` is no longer pinned to `sha256:12`, which does not fit the new tag"
        );
    }

    #[test]
    fn services_that_share_a_tag_change_only_together() {
        let done = retag(SHARED, "", &[("a", "3.37"), ("b", "3.37")]).unwrap();
        assert_eq!(done.edits[0].after, SHARED.replace("3.36", "3.37"));
        assert_eq!(done.edits[0].changes.len(), 1);
        let done = retag(VARIABLE, "TAG=1\n", &[("a", "2"), ("b", "2")]).unwrap();
        assert_eq!(done.edits[0].after, "TAG=2\n");
    }

    #[test]
    fn a_service_that_is_named_without_a_tag_may_change_too() {
        let user = "services:\n  a: {image: 'ghost:$TAG'}\n  b: {image: 'x:1', user: $TAG}\n";
        let done = retag(user, "TAG=1\n", &[("a", "2"), ("b", "-")]).unwrap();
        assert_eq!(done.project.services["b"].user.as_deref(), Some("2"));
        assert!(retag(user, "TAG=1\n", &[("b", "-")]).unwrap().edits.is_empty());
    }

    /// The one file that changes, and its text, when `service` gets the tag 3.
    fn edited(files: &[(&str, &str)], service: &str) -> (String, String) {
        let mut edits = retag_files(files, &[(service, "3")]).unwrap().edits;
        assert_eq!(edits.len(), 1);
        let edit = edits.remove(0);
        (edit.shown, edit.after)
    }

    #[test]
    fn the_tag_is_changed_in_the_file_that_wins() {
        let expected = |shown: &str, after: &str| (shown.to_owned(), after.to_owned());
        let base = "services:\n  a: {image: 'ghost:1', init: true}\n";

        let over = "services:\n  a: {image: 'ghost:2'}\n";
        let files = [("compose.yaml", base), ("compose.override.yaml", over)];
        let after = over.replace('2', "3");
        assert_eq!(edited(&files, "a"), expected("compose.override.yaml", &after));

        let extends = "services:\n  a: {extends: {file: base.yaml, service: a}}\n";
        let files = [("compose.yaml", extends), ("base.yaml", base)];
        assert_eq!(edited(&files, "a"), expected("base.yaml", &base.replace('1', "3")));

        let parent = "include: [child/compose.yaml]\nservices: {}\n";
        let child = "services:\n  c: {image: 'child:${TAG:-1}'}\n";
        let files = [("compose.yaml", parent), ("child/compose.yaml", child)];
        let after = child.replace('1', "3");
        assert_eq!(edited(&files, "c"), expected("child/compose.yaml", &after));
        let files = [files[0], files[1], ("child/.env", "TAG=2")];
        assert_eq!(edited(&files, "c"), expected("child/.env", "TAG=3"));
    }

    fn refused(compose: &str, env: &str, tags: &[(&str, &str)]) -> String {
        let error = retag(compose, env, tags).unwrap_err();
        let place = error.location.as_ref().map(|place| format!("{place} "));
        format!("{}{error}", place.unwrap_or_default())
    }

    #[test]
    fn what_would_change_more_is_refused_at_the_line_of_the_tag() {
        let shared = "the tag of `a` stands here, and service `b` uses it too";
        let one = [("a", "2")];
        assert_eq!(refused(SHARED, "", &one), format!("compose.yaml:1:15 {shared}"));
        assert_eq!(refused(VARIABLE, "TAG=1\n", &one), format!(".env:1:5 {shared}"));
        let user = "services:\n  a: {image: 'ghost:$TAG'}\n  b: {image: 'x:1', user: $TAG}\n";
        assert_eq!(refused(user, "TAG=1\n", &one), format!(".env:1:5 {shared}"));
        let name = "name: p$TAG\nservices:\n  a: {image: 'ghost:$TAG'}\n";
        assert_eq!(
            refused(name, "TAG=1\n", &one),
            ".env:1:5 the tag stands here, and the project's name, networks, volumes, secrets or \
             configs use it too"
        );
        assert_eq!(
            refused(SHARED, "", &[("a", "3"), ("b", "4")]),
            "compose.yaml:1:9 two different tags are wanted for this text"
        );
    }

    #[test]
    fn a_wish_that_cannot_be_met_says_why() {
        let compose = "services:\n  a: {image: 'ghost:1'}\n  b: {build: .}\n";
        let cases = [
            (("aa", "2"), "there is no service `aa` in the project"),
            (("b", "2"), "service `b` has no `image` whose tag could be changed"),
            (("a", ""), "the tag is empty"),
        ];
        for (tag, expected) in cases {
            assert_eq!(refused(compose, "", &[tag]), expected);
        }
        assert_eq!(refused(compose, "", &[("a", "2"), ("a", "2")]), "service `a` is named twice");
        assert_eq!(
            refused("services:\n  a: {image: 'x:$SHELL_TAG'}\n", "SHELL_TAG=0\n", &[("a", "2")]),
            "compose.yaml:2:14 the tag comes from the variable `SHELL_TAG` of this shell, which \
             wins over every file"
        );
    }
}
