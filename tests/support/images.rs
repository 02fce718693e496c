//! The images of the fixtures: a static busybox and one small script, under the names the files
//! use. What a version does is in its environment.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composeup::engine::Engine as _;
use sha2::{Digest as _, Sha256};

use super::engine::RealEngine;

/// Marks the images these tests made, with a digest of what they are made of.
pub(crate) const MADE_OF: &str = "composeup.test.made-of";

/// What runs in every container. `/health` is there while the app is well.
const APP: &str = r#"#!/bin/sh
# app sh ...: runs the command; app anything else: serves.
[ "$1" = sh ] && exec "$@"
echo "version $VERSION is starting"
[ -z "$CRASHES" ] || { echo 'fatal: cannot open the database' >&2; exit 3; }
if [ -n "$STARTS_ONCE" ]; then
  echo started >>/state/starts
  [ "$(wc -l </state/starts)" = 1 ] || { echo 'fatal: there is one already' >&2; exit 5; }
fi
[ -z "$IGNORES_TERM" ] || trap '' TERM
[ -n "$IGNORES_TERM" ] || trap 'echo bye; exit 0' TERM
sleep "${BOOT_SECONDS:-0}" & wait $!
mkdir -p /www && echo "$VERSION" >/www/index.html
[ -n "$NEVER_HEALTHY" ] || echo ok >/www/health
httpd -p "${PORT:-8080}" -h /www
echo "version $VERSION is serving"
if [ -n "$HEALTHY_SECONDS" ]; then sleep "$HEALTHY_SECONDS" & wait $!; rm /www/health; fi
if [ -n "$LIVES_SECONDS" ]; then sleep "$LIVES_SECONDS" & wait $!; echo 'fatal: gave up' >&2; exit 4; fi
while :; do sleep 3600 & wait $!; done
"#;

/// Every image: its name, and its environment and volumes as Dockerfile instructions.
const IMAGES: &[(&str, &[&str])] = &[
    ("ghost:3.36", &["ENV VERSION=3.36", "VOLUME /var/lib/ghost/content"]),
    ("ghost:3.37.1", &["ENV VERSION=3.37.1", "VOLUME /var/lib/ghost/content"]),
    ("ghost:crashes", &["ENV VERSION=3.99 CRASHES=1", "VOLUME /var/lib/ghost/content"]),
    ("localhost:1/ghost:3.36", &["ENV VERSION=3.36", "VOLUME /var/lib/ghost/content"]),
    ("wordpress:5.7", &["ENV VERSION=5.7", "VOLUME /var/www/html"]),
    ("wordpress:5.8", &["ENV VERSION=5.8", "VOLUME /var/www/html"]),
    ("mysql:5.7", &["ENV VERSION=5.7", "VOLUME /var/lib/mysql"]),
    ("rocketchat/rocket.chat:3.17.0", &["ENV VERSION=3.17.0"]),
    ("rocketchat/rocket.chat:3.18.1", &["ENV VERSION=3.18.1"]),
    ("mongo:4.0", &["ENV VERSION=4.0", "VOLUME /data/db /data/configdb"]),
    ("nextcloud:24.0.1-apache", &["ENV VERSION=24.0.1", "VOLUME /var/www/html"]),
    ("nextcloud:24.0.2-apache", &["ENV VERSION=24.0.2", "VOLUME /var/www/html"]),
    ("mariadb:10.5", &["ENV VERSION=10.5", "VOLUME /var/lib/mysql"]),
    ("redis:alpine", &["ENV VERSION=7", "VOLUME /data"]),
    ("example/webapp:1.0", &["ENV VERSION=1.0", "VOLUME /var/cache/webapp"]),
    ("example/webapp:1.1", &["ENV VERSION=1.1", "VOLUME /var/cache/webapp"]),
    ("example/webapp:never-healthy", &["ENV VERSION=1.2 NEVER_HEALTHY=1"]),
    ("example/webapp:dies-later", &["ENV VERSION=1.3 NEVER_HEALTHY=1 LIVES_SECONDS=1"]),
    ("example/api:1.0", &["ENV VERSION=1.0"]),
    ("example/api:1.1", &["ENV VERSION=1.1"]),
    ("example/api:never-healthy", &["ENV VERSION=1.2 NEVER_HEALTHY=1"]),
    ("example/api:crashes", &["ENV VERSION=1.5 CRASHES=1"]),
    ("example/api:dies-later", &["ENV VERSION=1.6 LIVES_SECONDS=5"]),
    ("example/api:gets-ill", &["ENV VERSION=1.7 HEALTHY_SECONDS=2"]),
    ("example/api:elsewhere", &["ENV VERSION=1.8 PORT=9090"]),
    ("example/api:starts-once", &["ENV VERSION=1.4 STARTS_ONCE=1"]),
    ("example/api:ignores-term", &["ENV VERSION=1.3 NEVER_HEALTHY=1 IGNORES_TERM=1"]),
];

/// Makes every image that is not there yet, once per run of the tests.
pub(crate) fn ensure(engine: &RealEngine) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let root = root_file_system();
        for (reference, changes) in IMAGES {
            let made_of = digest(&root);
            let all = [&["ENTRYPOINT [\"app\"]", "CMD [\"serve\"]"], *changes].concat();
            ensure_one(engine, reference, &all, &made_of, || root.clone());
        }
    });
}

/// Makes one image out of a root file system, unless it is there already with the same Dockerfile
/// instructions and the same `stamp`, which tells what the root file system is made of.
pub(crate) fn ensure_one(
    engine: &RealEngine,
    reference: &str,
    changes: &[&str],
    stamp: &str,
    root: impl FnOnce() -> Vec<u8>,
) {
    let made_of = digest((stamp.to_owned() + &changes.join("\n")).as_bytes());
    let present = engine.run(async |docker| docker.image(reference).await.unwrap());
    if let Some(image) = &present {
        let label = image.0.pointer("/Config/Labels").and_then(|labels| labels.get(MADE_OF));
        let label = label.unwrap_or_else(|| {
            panic!("this engine has an image `{reference}` that the tests would overwrite")
        });
        if label.as_str() == Some(&made_of) {
            return;
        }
    }
    let label = format!("LABEL {MADE_OF}={made_of}");
    let all = [changes, &[&label]].concat();
    engine.run(async |docker| docker.import_image(root(), reference, &all).await.unwrap());
    if let Some(id) = present.as_ref().and_then(|image| image.0["Id"].as_str()) {
        // The one before has no name any more; where something still runs on it, it stays.
        let _ = engine.run(async |docker| docker.remove_image(id).await);
    }
}

fn digest(content: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content))
}

/// `/bin` with busybox, links to it and the app.
fn root_file_system() -> Vec<u8> {
    let busybox = std::fs::read("/bin/busybox")
        .unwrap_or_else(|e| panic!("this test needs busybox-static at `/bin/busybox`: {e}"));
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, path, content).unwrap();
    };
    add("bin/busybox", &busybox);
    add("bin/app", APP.as_bytes());
    for applet in ["sh", "sleep", "httpd", "wget", "mkdir", "rm", "seq", "wc"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox").unwrap();
    }
    tar.into_inner().unwrap()
}
