//! What the fuzz targets share: projects that exist only in memory, and what must hold of places.

use std::path::Path;
use std::sync::Arc;

use composeup::compose::model::{DeviceCount, Project, Service};
use composeup::compose::resolved::resolved_json;
use composeup::compose::source::{Location, SourceFile};
use composeup::compose::{ComposeError, LoadOptions, load};

/// The folder of every project here; there is none of this name on disk.
pub const FOLDER: &str = "/nowhere/project";

/// A line that begins with this begins a further file, whose name follows.
const NEXT_FILE: &str = "%% ";

/// A file `compose.yaml` that holds `text`.
pub fn file(text: &str) -> Arc<SourceFile> {
    let path = Path::new(FOLDER).join("compose.yaml");
    Arc::new(SourceFile { path, shown: "compose.yaml".to_owned(), text: text.to_owned() })
}

/// What loads the files of `text`: a `compose.yaml`, and what follows lines such as `%% .env`.
pub fn options(text: &str) -> LoadOptions {
    let mut options = LoadOptions {
        cwd: FOLDER.into(),
        env: [("HOME", "/home/user"), ("SET", "value"), ("EMPTY", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..LoadOptions::default()
    };
    let mut path = Path::new(FOLDER).join("compose.yaml");
    let mut file = String::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix(NEXT_FILE) {
            let next = Path::new(FOLDER).join(name.trim());
            options.overlay.insert(path, std::mem::take(&mut file));
            path = next;
        } else {
            file.push_str(line);
        }
    }
    options.overlay.insert(path, file);
    options
}

/// The variables that [`options`] sets.
pub fn lookup(name: &str) -> Option<String> {
    match name {
        "SET" => Some("value".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// The place lies in its file and cuts no character.
pub fn check_place(place: &Location) {
    let text = &place.file.text;
    assert!(text.get(place.start..place.end).is_some(), "{}..{}", place.start, place.end);
    assert!(place.line() > 0 && place.column() > 0);
}

/// The error says something, at a place in a file if it names one.
pub fn check_error(error: &ComposeError) {
    assert!(!error.message.is_empty());
    if let Some(place) = &error.location {
        check_place(place);
    }
}

/// What is printed of a project is JSON, and loads as what was printed if it loads. Compose prints
/// things that it does not read: a `memswap_limit` of `"-1"`, characters that YAML wants escaped,
/// a comma in the address of a host, and keys that begin with `x-` or have a `$`, which it doubles;
/// and it leaves a count of no devices out, which is then read as all of them.
pub fn check_printed(options: &LoadOptions, project: &Project) {
    let json = resolved_json(project);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    let overlay = [(options.cwd.join("compose.yaml"), json.clone())].into();
    if let Ok(again) = load(&LoadOptions { overlay, ..options.clone() })
        && !project.services.values().any(asks_for_no_device)
        && !project.services.values().any(has_comma_in_a_host)
        && !json
            .lines()
            .filter_map(|line| line.split_once("\": "))
            .any(|(key, _)| key.contains('$') || key.trim_start().starts_with("\"x-"))
    {
        assert_eq!(resolved_json(&again), json);
    }
}

fn asks_for_no_device(service: &Service) -> bool {
    let resources =
        service.deploy.iter().filter_map(|deploy| deploy.resources.reservations.as_ref());
    let devices = resources.flat_map(|reservations| &reservations.devices);
    devices.chain(&service.gpus).any(|request| request.count == DeviceCount(0))
}

fn has_comma_in_a_host(service: &Service) -> bool {
    let of_build = service.build.iter().flat_map(|build| &build.extra_hosts);
    service.extra_hosts.iter().chain(of_build).any(|host| host.contains(','))
}

/// The text as a YAML scalar that means it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out + "\""
}
