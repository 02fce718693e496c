//! Which process it is, and whether it still runs.

use std::fs;
use std::future::pending;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, getpid, test_kill_process};
#[cfg(target_os = "linux")]
use rustix::process::{PidfdFlags, pidfd_open};
use rustix::system::uname;
#[cfg(target_os = "linux")]
use tokio::io::{Interest, unix::AsyncFd};
use tokio::time::sleep;

/// How often a process is looked after whose end nobody tells: kernels before 5.3 do not.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A process, so that it can be told from every other one on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Name of the machine.
    pub host: String,
    /// Boot of the machine and pid namespace; empty where the system does not tell.
    pub kernel: String,
    /// Process id.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot; empty where the system does not tell.
    pub born: String,
}

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Alive,
    /// It is gone, and that is certain.
    Dead,
    /// Nobody can tell from here: it is on another machine, or in another pid namespace.
    Unknown,
}

/// What a look at a process id on this machine shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    /// No process has it.
    Nothing,
    /// A process that was started then.
    Born(String),
    /// A process that shows nothing of itself.
    Hidden,
}

impl Process {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        Self::at(getpid())
    }

    /// The one on this machine that has this process id now.
    #[must_use]
    pub(super) fn at(pid: Pid) -> Self {
        let born = match look(pid) {
            Seen::Born(born) => born,
            Seen::Nothing | Seen::Hidden => String::new(),
        };
        Self {
            host: uname().nodename().to_string_lossy().into_owned(),
            kernel: kernel().unwrap_or_default(),
            pid: pid.as_raw_nonzero().get().unsigned_abs(),
            born,
        }
    }

    /// Whether it still runs, as far as can be told from here.
    #[must_use]
    pub fn fate(&self) -> Fate {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        self.judged_from(&Self::this(), pid.map_or(Seen::Hidden, look))
    }

    /// Ends once the process is gone; never if that cannot be told from here.
    pub(super) async fn gone(&self) {
        if self.fate() == Fate::Unknown {
            return pending().await;
        }
        let ends = EndOf::process(self.pid);
        // Whatever is told from now on is of this very process, or it was gone before.
        while self.fate() == Fate::Alive {
            ends.next().await;
        }
    }

    /// Its fate, from a process that sees this under its id.
    fn judged_from(&self, here: &Self, seen: Seen) -> Fate {
        if self.kernel.is_empty() || self.kernel != here.kernel || self.host != here.host {
            return Fate::Unknown;
        }
        match seen {
            Seen::Nothing => Fate::Dead,
            Seen::Born(born) if born == self.born => Fate::Alive,
            Seen::Born(_) if !self.born.is_empty() => Fate::Dead,
            Seen::Born(_) | Seen::Hidden => Fate::Unknown,
        }
    }
}

/// What tells of the end of a process on this machine.
enum EndOf {
    /// The kernel.
    #[cfg(target_os = "linux")]
    Told(AsyncFd<OwnedFd>),
    /// Nobody: it is looked after now and then.
    Untold,
}

impl EndOf {
    #[cfg(target_os = "linux")]
    #[expect(deprecated, reason = "the new form is `unsafe`; an `OwnedFd` is what it asks for")]
    fn process(pid: u32) -> Self {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let told = pid.and_then(|pid| {
            let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
            AsyncFd::with_interest(process, Interest::READABLE).ok()
        });
        told.map_or(Self::Untold, Self::Told)
    }

    #[cfg(not(target_os = "linux"))]
    fn process(_pid: u32) -> Self {
        Self::Untold
    }

    /// Ends when there is a reason to look whether it is gone.
    async fn next(&self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Told(process) if process.readable().await.is_ok() => {}
            _ => sleep(LOOK_EVERY).await,
        }
    }
}

/// `BOOT/NAMESPACE`, where the system has them.
fn kernel() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.to_str()?))
}

/// A process may be hidden from us in `/proc`, so only the kernel's own word says that it is gone.
fn look(pid: Pid) -> Seen {
    if test_kill_process(pid) == Err(Errno::SRCH) {
        return Seen::Nothing;
    }
    match fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())) {
        Ok(stat) => parse(&stat).unwrap_or(Seen::Hidden),
        Err(_) => Seen::Hidden,
    }
}

/// `PID (NAME) STATE …`, where the name may hold anything and the start time is the 22nd field. A
/// zombie has ended.
fn parse(stat: &str) -> Option<Seen> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return Some(Seen::Nothing);
    }
    fields.nth(18).map(|born| Seen::Born(born.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use futures_util::FutureExt as _;

    use super::*;

    fn process(kernel: &str, born: &str) -> Process {
        Process { host: "web1".into(), kernel: kernel.into(), pid: 42, born: born.into() }
    }

    #[test]
    fn only_what_this_kernel_says_proves_that_a_process_is_gone() {
        let (here, one) = (process("boot/1", "9"), process("boot/1", "7"));
        assert_eq!(one.judged_from(&here, Seen::Nothing), Fate::Dead);
        assert_eq!(one.judged_from(&here, Seen::Born("7".into())), Fate::Alive);
        assert_eq!(one.judged_from(&here, Seen::Born("8".into())), Fate::Dead, "the id went on");
        assert_eq!(one.judged_from(&here, Seen::Hidden), Fate::Unknown);
        let of_another_boot = process("before/1", "7");
        assert_eq!(of_another_boot.judged_from(&here, Seen::Nothing), Fate::Unknown);
        let elsewhere = Process { host: "web2".into(), ..one.clone() };
        assert_eq!(elsewhere.judged_from(&here, Seen::Nothing), Fate::Unknown);
        let without_proc = process("", "");
        assert_eq!(without_proc.judged_from(&without_proc, Seen::Nothing), Fate::Unknown);
        let unborn = process("boot/1", "");
        assert_eq!(unborn.judged_from(&here, Seen::Born("8".into())), Fate::Unknown);
    }

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let stat = "7 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        assert_eq!(parse(stat), Some(Seen::Born("4711".into())));
        assert_eq!(parse(&stat.replace(" S ", " Z ")), Some(Seen::Nothing));
        assert_eq!(parse("7 (cut off) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_alive_until_it_has_ended() {
        assert_eq!(Process::this().fate(), Fate::Alive);
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let other = Process::at(Pid::from_child(&child));
        assert_eq!(other.fate(), Fate::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(other.fate(), Fate::Dead);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_end_of_a_process_is_told() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let other = Process::at(Pid::from_child(&child));
        let gone = other.gone();
        tokio::pin!(gone);
        assert!(gone.as_mut().now_or_never().is_none());
        child.kill().unwrap();
        gone.await;
        child.wait().unwrap();
        other.gone().await;
        let unknown = Process { host: "elsewhere".into(), ..other.clone() };
        assert!(unknown.gone().now_or_never().is_none());
    }
}
