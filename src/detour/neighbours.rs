//! Whether somebody has an address, by asking on the wire: `rtnetlink(7)`, neighbour entries.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use netlink_bindings::consts::{NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE};
use netlink_bindings::rt_neigh::{self, Ndmsg, NtfFlags, NudState, OpGetneighDump};
use netlink_bindings::rt_route::{self, OpGetrouteDo, Rtmsg};
use netlink_bindings::traits::NetlinkRequest;

use super::netlink::{Socket, family, framed};

/// The neighbours of a namespace.
#[derive(Debug)]
pub(super) struct Neighbours {
    socket: Socket,
    /// Whom we have asked for: before, an entry may be of somebody who is gone.
    asked: BTreeSet<IpAddr>,
}

impl Neighbours {
    /// Those of this process' namespace.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { socket: Socket::route()?, asked: BTreeSet::new() })
    }

    /// Forgets who had an address and asks anew; the answer comes soon, if one comes.
    pub(super) fn ask(&mut self, address: IpAddr) -> io::Result<()> {
        let Some(interface) = self.interface(address)? else { return Ok(()) };
        let entry = Ndmsg {
            ndm_family: family(address),
            ndm_ifindex: i32::try_from(interface).unwrap_or(0),
            ndm_flags: NtfFlags::Use as u8,
            ..Ndmsg::new()
        };
        let mut forget = rt_neigh::Request::new().op_delneigh_do(&entry);
        forget.encode().push_dst(address);
        match self.act(&forget, 0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            end => end?,
        }
        let mut ask = rt_neigh::Request::new().op_newneigh_do(&entry);
        ask.encode().push_dst(address);
        self.act(&ask, NLM_F_CREATE | NLM_F_REPLACE)?;
        self.asked.insert(address);
        Ok(())
    }

    /// Whether somebody has answered for an address since it was asked for.
    pub(super) fn has_answered(&mut self, address: IpAddr) -> io::Result<bool> {
        if !self.asked.contains(&address) {
            return Ok(false);
        }
        let seq = self.socket.reserve(1);
        let header = Ndmsg { ndm_family: family(address), ..Ndmsg::new() };
        let list = rt_neigh::Request::new().op_getneigh_dump(&header);
        self.socket.send(&framed(&list, NLM_F_DUMP, seq))?;
        let mut found = false;
        self.socket.await_list(seq, |body| {
            let (entry, attributes) = OpGetneighDump::decode_reply(body);
            let is_there = entry.ndm_state & NudState::Reachable as u16 != 0;
            found |= is_there && attributes.get_dst().is_ok_and(|one| one == address);
        })?;
        Ok(found)
    }

    /// The interface behind which an address would be.
    fn interface(&mut self, address: IpAddr) -> io::Result<Option<u32>> {
        let seq = self.socket.reserve(1);
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let header = Rtmsg { rtm_family: family(address), rtm_dst_len: bits, ..Rtmsg::new() };
        let mut route = rt_route::Request::new().op_getroute_do(&header);
        route.encode().push_dst(address);
        self.socket.send(&framed(&route, NLM_F_ACK, seq))?;
        let mut found = None;
        self.socket
            .await_list(seq, |body| found = OpGetrouteDo::decode_reply(body).1.get_oif().ok())?;
        Ok(found)
    }

    fn act(&mut self, request: &impl NetlinkRequest, flags: i32) -> io::Result<()> {
        let seq = self.socket.reserve(1);
        self.socket.send(&framed(request, flags | NLM_F_ACK, seq))?;
        self.socket.await_ack(seq, seq)
    }
}
