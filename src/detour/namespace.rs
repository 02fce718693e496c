//! The network namespace that this process is in.

use std::ffi::CString;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use netlink_bindings::nftables::ChainedFinal;
use netlink_bindings::traits::NetlinkChained as _;
use rustix::io::Errno;

use super::diag::{self, Entry, FAMILIES};
use super::ends::Ends;
use super::neighbours::Neighbours;
use super::netlink::Socket;
use super::protocol::{Connection, Detour, Refusal};
use super::ruleset::{Family, drop_table, replace};
use super::tracking;

/// What can be done to a network namespace.
pub trait Namespace {
    /// Puts these detours in place of all earlier ones, at once for each family.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; the earlier ones are in force then.
    fn set(&mut self, detours: &[Detour]) -> Result<(), Refusal>;

    /// The TCP connections there are.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    fn connections(&mut self) -> Result<Vec<Connection>, Refusal>;

    /// Closes the connections to these addresses, past all detours, that carry no request, and says
    /// how many.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    fn close(&mut self, to: &[IpAddr], quiet: Duration) -> Result<usize, Refusal>;

    /// Drops the detours whose address somebody has answered for since the last call, and asks for
    /// all others again.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    fn yield_claimed(&mut self) -> Result<(), Refusal>;
}

/// The kernel's own, by netlink. Its rules go when it is dropped, or with its process.
#[derive(Debug)]
pub struct Kernel {
    table: CString,
    rules: Socket,
    sockets: Socket,
    /// Opened when it is needed first.
    neighbours: Option<Neighbours>,
    detours: Vec<Detour>,
    ends: Ends,
    /// Whether the kernel drops the tables with the socket.
    owns: bool,
    /// Families whose table is there.
    present: Vec<Family>,
}

impl Kernel {
    /// The namespace of this process; rules go into a table of this name.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn open(table: &str) -> Result<Self, Refusal> {
        let table = CString::new(table).map_err(|error| Refusal::Other(error.to_string()))?;
        let rules = Socket::netfilter().map_err(|error| refusal(&error))?;
        let sockets = Socket::sock_diag().map_err(|error| refusal(&error))?;
        Ok(Self {
            table,
            rules,
            sockets,
            neighbours: None,
            detours: Vec::new(),
            ends: Ends::default(),
            owns: true,
            present: Vec::new(),
        })
    }

    fn set_family(&mut self, family: Family, detours: &[Detour]) -> Result<(), Refusal> {
        match self.try_family(family, detours) {
            // A kernel before 5.12 owns no tables.
            Err(error) if self.owns && is_unknown(&error) => {
                self.owns = false;
                self.try_family(family, detours)
            }
            end => end,
        }
        .map_err(|error| refusal(&error))?;
        self.present.push(family);
        Ok(())
    }

    fn try_family(&mut self, family: Family, detours: &[Detour]) -> io::Result<()> {
        let count = replace(&self.table, family, detours, self.owns, 0).chain_len();
        let first = self.rules.reserve(u32::try_from(count).unwrap_or(u32::MAX));
        self.transact(&replace(&self.table, family, detours, self.owns, first), first)
    }

    fn drop_family(&mut self, family: Family) -> Result<(), Refusal> {
        let first = self.rules.reserve(3);
        let dropped = self.transact(&drop_table(&self.table, family, first), first);
        match dropped {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            end => end.map_err(|error| refusal(&error))?,
        }
        self.present.retain(|one| *one != family);
        Ok(())
    }

    /// The first and the last message only frame the batch, and older kernels do not answer them.
    fn transact(&self, batch: &ChainedFinal, first: u32) -> io::Result<()> {
        self.rules.send(batch.payload())?;
        let last = first + u32::try_from(batch.chain_len()).unwrap_or(2) - 2;
        self.rules.await_ack(first, last)
    }

    fn look(&mut self) -> io::Result<Vec<(Entry, Connection)>> {
        let mut entries = Vec::new();
        for family in FAMILIES {
            let seq = self.sockets.reserve(1);
            self.sockets.send(&diag::list(family, seq))?;
            self.sockets.await_list(seq, |body| entries.extend(diag::entry(body)))?;
        }
        let mut found = diag::connections(entries);
        let opened = found.iter().filter(|(_, one)| !one.accepted);
        let opened = opened.map(|(entry, one)| (entry.cookie(), one.local, one.peer));
        // Where nothing is tracked, the detours tell.
        let answerer =
            |local, shown| tracking::answerer(&mut self.rules, local, shown).ok().flatten();
        self.ends.note(opened, answerer);
        for (entry, connection) in &mut found {
            connection.reached = self.ends.reached(entry.cookie(), connection.peer.ip());
        }
        Ok(found)
    }

    fn claimed(&mut self) -> io::Result<Vec<Detour>> {
        let neighbours = match &mut self.neighbours {
            Some(neighbours) => neighbours,
            none => none.insert(Neighbours::open()?),
        };
        let mut claimed = Vec::new();
        for detour in &self.detours {
            if neighbours.has_answered(detour.from)? {
                claimed.push(*detour);
            } else {
                neighbours.ask(detour.from)?;
            }
        }
        Ok(claimed)
    }

    /// Closes a socket of which this holds at the very last moment: since the look at all of them
    /// its program may have begun to use it.
    fn destroy_if(
        &mut self,
        entry: &Entry,
        holds: impl Fn(&Connection) -> bool,
    ) -> io::Result<bool> {
        match self.try_destroy_if(entry, holds) {
            // It ended by itself meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            end => end,
        }
    }

    fn try_destroy_if(
        &mut self,
        entry: &Entry,
        holds: impl Fn(&Connection) -> bool,
    ) -> io::Result<bool> {
        let seq = self.sockets.reserve(2);
        let (again, destroy) = (diag::again(entry, seq), diag::destroy(entry, seq + 1));
        let mut now = Vec::new();
        self.sockets.send(&again)?;
        self.sockets.await_list(seq, |body| now.extend(diag::entry(body)))?;
        if !diag::connections(now).iter().any(|(_, one)| holds(one)) {
            return Ok(false);
        }
        self.sockets.send(&destroy)?;
        self.sockets.await_ack(seq + 1, seq + 1)?;
        Ok(true)
    }
}

impl Namespace for Kernel {
    fn set(&mut self, detours: &[Detour]) -> Result<(), Refusal> {
        for family in Family::ALL {
            let mine = family.of(detours);
            if !mine.is_empty() || (detours.is_empty() && family == Family::V4) {
                self.set_family(family, &mine)?;
            } else if self.present.contains(&family) {
                self.drop_family(family)?;
            }
        }
        // What was opened so far was led by the earlier ones.
        self.look().map_err(|error| refusal(&error))?;
        self.ends.change(detours);
        self.detours = detours.to_vec();
        Ok(())
    }

    fn connections(&mut self) -> Result<Vec<Connection>, Refusal> {
        Ok(self
            .look()
            .map_err(|error| refusal(&error))?
            .into_iter()
            .map(|(_, connection)| connection)
            .collect())
    }

    fn close(&mut self, to: &[IpAddr], quiet: Duration) -> Result<usize, Refusal> {
        let carries_nothing =
            |one: &Connection| one.established && (one.is_at_rest(quiet) || one.is_unused());
        let mut closed = 0;
        for (entry, connection) in self.look().map_err(|error| refusal(&error))? {
            if to.contains(&connection.reached) && carries_nothing(&connection) {
                let end = self.destroy_if(&entry, carries_nothing);
                closed += usize::from(end.map_err(|error| refusal(&error))?);
            }
        }
        Ok(closed)
    }

    fn yield_claimed(&mut self) -> Result<(), Refusal> {
        let claimed = self.claimed().map_err(|error| refusal(&error))?;
        if claimed.is_empty() {
            return Ok(());
        }
        let left: Vec<Detour> =
            self.detours.iter().filter(|one| !claimed.contains(one)).copied().collect();
        self.set(&left)
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        for family in Family::ALL {
            // The kernel does it, where it owns the table.
            let _ = self.drop_family(family);
        }
    }
}

fn is_unknown(error: &io::Error) -> bool {
    let number = Errno::from_io_error(error);
    matches!(number, Some(Errno::OPNOTSUPP | Errno::INVAL))
}

fn refusal(error: &io::Error) -> Refusal {
    match Errno::from_io_error(error) {
        Some(Errno::PERM | Errno::ACCESS) => Refusal::NotPermitted,
        Some(
            Errno::OPNOTSUPP
            | Errno::INVAL
            | Errno::NOENT
            | Errno::PROTONOSUPPORT
            | Errno::AFNOSUPPORT,
        ) => Refusal::NotSupported,
        _ => Refusal::Other(error.to_string()),
    }
}
