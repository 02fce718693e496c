//! The images of the lab, out of this program and the proxies in `target/proxies`.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use composeup::own_image::RootFileSystem;

use super::roles::{VERSION, arguments};
use crate::support::engine::RealEngine;
use crate::support::images::ensure_one;

/// The app's image, without its tag.
pub(super) const APP: &str = "composeup-lab/app";
/// The tags it has.
pub(super) const TAGS: [&str; 2] = ["1", "2"];

/// nginx looks up its user there.
const USERS: [(&str, &str); 2] =
    [("etc/passwd", "root:x:0:0:root:/:/bin/sh\n"), ("etc/group", "root:x:0:\n")];

/// Makes every image that is not there yet, once per run of the tests.
pub(super) fn ensure(engine: &RealEngine) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        for tag in TAGS {
            let of =
                Contents { is_role: true, files: vec![("bin/busybox", "/bin/busybox".into())] };
            let env = format!("ENV {VERSION}={tag}");
            let app = serde_json::Value::from(arguments("app").to_vec());
            of.ensure(engine, &format!("{APP}:{tag}"), &[&env, &format!("CMD {app}")]);
        }
        let tree = |name: &'static str| ("", proxies().join(name));
        let binary = |path: &'static str, name: &str| (path, proxies().join(name));
        let all = [
            ("nginx", false, tree("nginx")),
            ("nginx-proxy", true, tree("nginx")),
            ("haproxy", false, tree("haproxy")),
            ("caddy", false, binary("bin/caddy", "caddy")),
            ("caddy-docker-proxy", true, binary("bin/caddy", "caddy")),
            ("traefik", false, binary("bin/traefik", "traefik")),
        ];
        for (name, is_role, file) in all {
            Contents { is_role, files: vec![file] }.ensure(
                engine,
                &format!("composeup-lab/{name}:latest"),
                &["ENV XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp"],
            );
        }
    });
}

fn proxies() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/proxies");
    assert!(
        folder.join("caddy").exists(),
        "this test needs real proxies: run `scripts/proxies target/proxies`"
    );
    folder
}

/// What goes into an image.
struct Contents {
    /// Whether this program is in it, as the entrypoint.
    is_role: bool,
    /// Files and folders by their path in the image.
    files: Vec<(&'static str, PathBuf)>,
}

impl Contents {
    fn ensure(&self, engine: &RealEngine, reference: &str, changes: &[&str]) {
        static PROGRAM: OnceLock<RootFileSystem> = OnceLock::new();
        let program = self
            .is_role
            .then(|| PROGRAM.get_or_init(|| RootFileSystem::of_this_process().unwrap()));
        let entrypoint = program.map(|program| program.instruction("ENTRYPOINT", &[]));
        let mut all = changes.to_vec();
        all.extend(entrypoint.as_deref());
        ensure_one(engine, reference, &all, &self.stamp(), || self.pack(program));
    }

    /// Tells whether anything was changed: what is large is not read for that.
    fn stamp(&self) -> String {
        let mut stamp = String::new();
        let own = self.is_role.then(|| ("", std::env::current_exe().unwrap()));
        for (_, path) in own.iter().chain(&self.files) {
            let seen = fs::metadata(path).unwrap();
            writeln!(stamp, "{} {} {}", path.display(), seen.len(), seen.mtime()).unwrap();
        }
        stamp
    }

    fn pack(&self, program: Option<&RootFileSystem>) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        tar.follow_symlinks(false);
        for (path, file) in &self.files {
            if file.is_dir() {
                tar.append_dir_all(path, file).unwrap();
            } else {
                tar.append_path_with_name(file, path).unwrap();
            }
        }
        // Its libraries go where a link to `/usr/lib` may be by now.
        if let Some(program) = program {
            for entry in tar::Archive::new(&*program.tar).entries().unwrap() {
                let mut entry = entry.unwrap();
                let (mut header, path) =
                    (entry.header().clone(), entry.path().unwrap().into_owned());
                tar.append_data(&mut header, path, &mut entry).unwrap();
            }
        }
        for (path, text) in USERS {
            add(&mut tar, path, tar::EntryType::Regular, text.as_bytes());
        }
        for folder in ["tmp", "etc/nginx/conf.d"] {
            add(&mut tar, folder, tar::EntryType::Directory, b"");
        }
        tar.into_inner().unwrap()
    }
}

fn add(tar: &mut tar::Builder<Vec<u8>>, path: &str, kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, path, content).unwrap();
}
