//! Any files are a project or one error in them; a project that is printed loads as itself, every
//! generation hashes it, and a new tag changes the bytes of the tag alone.

#![no_main]

use composeup::compose::edit::{FileEdit, set_tags};
use composeup::compose::hash::{Generation, Shared, label_hash, v1};
use composeup::compose::model::Project;
use composeup::compose::resolved::{images, resolved_yaml};
use composeup::compose::{LoadOptions, load};
use composeup_fuzz::{check_error, check_place, check_printed, options};
use libfuzzer_sys::fuzz_target;

const TAG: &str = "9.9-new";

fuzz_target!(|text: &str| {
    let options = options(text);
    load_v1(&options);
    match load(&options) {
        Err(error) => check_error(&error),
        Ok(project) => {
            project.warnings.iter().filter_map(|one| one.location.as_ref()).for_each(check_place);
            hash(&project);
            check_printed(&options, &project);
            assert!(resolved_yaml(&project).is_ok());
            assert_eq!(images(&project).len(), project.services.len());
            project.services.keys().for_each(|service| retag(&options, &project, service));
        }
    }
});

fn load_v1(options: &LoadOptions) {
    match v1::load(options) {
        Err(error) => check_error(&error),
        Ok(project) => {
            let facts = v1::Facts::default();
            for service in ["a", "b", "app", "web"] {
                if let Some(hash) = project.hash(service, Some("image:2"), &facts) {
                    assert_eq!(hash.len(), 64);
                }
            }
        }
    }
}

fn hash(project: &Project) {
    for service in project.services.values() {
        for generation in Generation::ALL {
            let hash = label_hash(project, service, generation, &Shared::new());
            assert_eq!(hash.len(), 64);
        }
    }
}

fn retag(options: &LoadOptions, project: &Project, service: &str) {
    let wanted = [(service.to_owned(), Some(TAG.to_owned()))];
    match set_tags(options, project, &wanted, &load) {
        Err(error) => check_error(&error),
        Ok(retagged) => {
            let image = retagged.project.services[service].image.as_deref().unwrap_or_default();
            assert!(image.ends_with(&format!(":{TAG}")), "{image}");
            retagged.edits.iter().for_each(check_edit);
        }
    }
}

/// Outside the lines that are told nothing changes.
fn check_edit(edit: &FileEdit) {
    let [change] = edit.changes.as_slice() else { panic!("one tag, several changes") };
    let line_start = edit.before.split_inclusive('\n').take(change.line - 1).map(str::len).sum();
    let (before, after) = (&edit.before[line_start..], &edit.after[line_start..]);
    assert_eq!(edit.before[..line_start], edit.after[..line_start]);
    let at = (0..=before.len()).find(|at| {
        let both = |text: &str, scalar: &str| {
            text.get(*at..).and_then(|rest| rest.strip_prefix(scalar)).map(str::to_owned)
        };
        let rest = both(before, &change.from);
        rest.is_some() && rest == both(after, &change.to) && before[..*at] == after[..*at]
    });
    assert!(at.is_some(), "{} -> {}", change.from, change.to);
}
