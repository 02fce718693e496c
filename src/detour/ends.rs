//! Which container a connection really leads to: pure.
//!
//! A socket shows the address that its program asked for, whatever a detour made of it, be it one of
//! an earlier run. The kernel knows, as long as it tracks the connection; else the detours under
//! which each socket was opened tell.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::protocol::Detour;

/// What the kernel calls a socket, as long as it lives; no two have the same.
pub(super) type Cookie = [u8; 8];

/// The real far ends of all connections of a namespace.
#[derive(Debug, Default)]
pub(super) struct Ends {
    detours: BTreeMap<IpAddr, IpAddr>,
    reached: BTreeMap<Cookie, IpAddr>,
}

impl Ends {
    /// Takes in all sockets there are with their near ends and the far ends they show. One that was
    /// not there at the last look leads to its `answerer`, if there is one, else to where the
    /// detours in force send it.
    pub(super) fn note(
        &mut self,
        sockets: impl IntoIterator<Item = (Cookie, SocketAddr, SocketAddr)>,
        mut answerer: impl FnMut(SocketAddr, SocketAddr) -> Option<IpAddr>,
    ) {
        let known = std::mem::take(&mut self.reached);
        for (cookie, local, shown) in sockets {
            let led = || self.detours.get(&shown.ip()).copied().unwrap_or(shown.ip());
            let reached = known.get(&cookie).copied();
            let reached = reached.or_else(|| answerer(local, shown)).unwrap_or_else(led);
            self.reached.insert(cookie, reached);
        }
    }

    /// Who answers a connection that shows an address.
    pub(super) fn reached(&self, cookie: Cookie, shown: IpAddr) -> IpAddr {
        self.reached.get(&cookie).copied().unwrap_or(shown)
    }

    /// These detours are in force from now on.
    pub(super) fn change(&mut self, detours: &[Detour]) {
        self.detours = detours.iter().map(|one| (one.from, one.to)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Cookie = [1; 8];
    const SECOND: Cookie = [2; 8];

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    /// A socket that shows the address of `last`.
    fn socket(cookie: Cookie, last: u8) -> (Cookie, SocketAddr, SocketAddr) {
        (cookie, SocketAddr::new(ip(2), 40000), SocketAddr::new(ip(last), 80))
    }

    fn untracked(_: SocketAddr, _: SocketAddr) -> Option<IpAddr> {
        None
    }

    #[test]
    fn a_connection_leads_to_where_the_detours_of_its_beginning_sent_it() {
        let mut ends = Ends::default();
        ends.change(&[Detour { from: ip(4), to: ip(3) }]);
        ends.note([socket(FIRST, 4)], untracked);
        ends.change(&[Detour { from: ip(3), to: ip(4) }]);
        ends.note([socket(FIRST, 4), socket(SECOND, 3)], untracked);
        assert_eq!(ends.reached(FIRST, ip(4)), ip(3), "opened before the cutover");
        assert_eq!(ends.reached(SECOND, ip(3)), ip(4), "opened after it");
    }

    #[test]
    fn what_the_kernel_knows_counts_more_than_the_detours_and_is_asked_once() {
        let mut ends = Ends::default();
        ends.note([socket(FIRST, 4)], |_, _| Some(ip(7)));
        ends.note([socket(FIRST, 4)], |_, _| panic!("it is known"));
        assert_eq!(ends.reached(FIRST, ip(4)), ip(7));
    }

    #[test]
    fn without_a_detour_it_leads_where_it_shows() {
        let mut ends = Ends::default();
        ends.note([socket(FIRST, 3)], untracked);
        assert_eq!(ends.reached(FIRST, ip(3)), ip(3));
    }

    #[test]
    fn a_connection_that_is_gone_is_forgotten() {
        let mut ends = Ends::default();
        ends.note([socket(FIRST, 3)], untracked);
        ends.note([], untracked);
        assert!(ends.reached.is_empty());
    }
}
