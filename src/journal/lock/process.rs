//! Which process it is, and whether it still runs.

use std::fs;

use rustix::io::Errno;
use rustix::process::{Pid, getpid, test_kill_process};
use rustix::system::uname;

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
        let pid = getpid();
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
        let this = Process::this();
        assert_eq!(this.fate(), Fate::Alive);
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let Seen::Born(born) = look(Pid::from_child(&child)) else { panic!("it runs") };
        let other = Process { pid: child.id(), born, ..this };
        assert_eq!(other.fate(), Fate::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(other.fate(), Fate::Dead);
    }
}
