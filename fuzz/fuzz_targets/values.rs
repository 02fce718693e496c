//! Texts with a grammar of their own: sizes, durations, ports, mounts and image references. What
//! is read is printed in one way only, and an image reference falls into its parts.

#![no_main]

use composeup::compose::load;
use composeup::compose::reference::{Reference, check_tag};
use composeup_fuzz::{check_error, check_printed, options, quoted};
use libfuzzer_sys::fuzz_target;

/// Where a text is put into a project, by the first letter of the input; `@` stands for it.
const PLACES: [(char, &str); 16] = [
    ('b', "blkio_config: {device_read_bps: [{path: /dev/x, rate: @}]}"),
    ('c', "cpus: @"),
    ('d', "devices: [@]"),
    ('e', "extra_hosts: [@]"),
    ('g', "stop_grace_period: @"),
    ('h', "healthcheck: {test: x, interval: @}"),
    ('i', "image: @"),
    ('l', "links: [@]"),
    ('m', "mem_limit: @"),
    ('o', "command: @"),
    ('p', "ports: [@]"),
    ('r', "restart: @"),
    ('t', "tmpfs: @"),
    ('u', "ulimits: {nofile: @}"),
    ('v', "volumes: [@]"),
    ('x', "expose: [@]"),
];

fuzz_target!(|text: &str| {
    split(text);
    let mut chars = text.chars();
    let Some(letter) = chars.next() else { return };
    let Some((_, place)) = PLACES.iter().find(|(one, _)| *one == letter) else { return };
    let value = quoted(&chars.as_str().replace('$', "$$"));
    let service = place.replace('@', &value);
    let image = if letter == 'i' { "" } else { "    image: a\n" };
    let options = options(&format!(
        "volumes: {{data: {{}}}}\nservices:\n  l: {{image: l}}\n  a:\n{image}    {service}\n"
    ));
    match load(&options) {
        Err(error) => check_error(&error),
        Ok(project) => check_printed(&options, &project),
    }
});

fn split(text: &str) {
    let reference = Reference::split(text);
    let tag = reference.tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = reference.digest.map(|digest| format!("@{digest}")).unwrap_or_default();
    assert_eq!(format!("{}{tag}{digest}", reference.name), text);
    assert!(text.get(reference.version()).is_some());
    if check_tag(text).is_ok() {
        let image = format!("registry:5000/name:{text}@sha256:0");
        assert_eq!(Reference::split(&image).tag, Some(text));
    }
}
