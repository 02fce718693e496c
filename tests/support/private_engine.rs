//! A second Docker Engine in namespaces of its own, which may be stopped and started at will: it has
//! neither the main engine's containers nor its networks.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

/// Where libnetwork keeps something whatever the data folder is.
const ENTER: &str = r#"set -e
ip link set lo up
mkdir -p "$1/libnetwork" /var/lib/docker
mount --bind "$1/libnetwork" /var/lib/docker
echo '{}' >"$1/config.json"
exec dockerd --config-file "$1/config.json" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" \
  --host "unix://$1/sock" --storage-driver vfs >>"$1/log" 2>&1"#;

/// It; it ends with this.
pub(crate) struct PrivateEngine {
    folder: TempDir,
    daemon: Child,
}

impl PrivateEngine {
    /// Starts one, as root.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let daemon = start(folder.path());
        Self { folder, daemon }
    }

    /// Its address, as for `DOCKER_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// Stops it, and its containers with it, and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.daemon = start(self.folder.path());
    }

    fn stop(&mut self) {
        kill_process(Pid::from_child(&self.daemon), Signal::TERM).unwrap();
        self.daemon.wait().unwrap();
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(clippy::disallowed_methods, reason = "nobody tells when an engine begins to answer")]
fn start(folder: &Path) -> Child {
    assert!(getuid().is_root(), "this test starts an engine of its own, which takes root");
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]);
    let mut daemon = command.arg(folder).stdin(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if UnixStream::connect(folder.join("sock")).is_ok() {
            return daemon;
        }
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(daemon.try_wait().unwrap().is_none(), "dockerd ended: {}", log());
        sleep(Duration::from_millis(50));
    }
    panic!("dockerd does not answer");
}
