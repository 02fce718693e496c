//! The TCP connections of a namespace, by `sock_diag(7)`: the messages, pure.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use netlink_bindings::consts::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST};
use netlink_bindings::inet_diag::{Msg, OpTcpDiagDump, ReqV2, Request, Sockid, TcpState};
use netlink_bindings::traits::NetlinkRequest;

use super::ends::Cookie;
use super::netlink::{AF_INET, AF_INET6, message};
use super::protocol::Connection;

/// Kinds of messages. Source: `linux/sock_diag.h`.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const SOCK_DESTROY: u16 = 21;
/// `IPPROTO_TCP`.
const TCP: u8 = 6;
/// Asks for `struct tcp_info`: bit of `INET_DIAG_INFO` (2), counted from 1.
const WITH_INFO: u8 = 1 << 1;
/// No particular socket: the cookie `INET_DIAG_NOCOOKIE`.
const NO_COOKIE: [u8; 8] = [0xff; 8];

/// Both families.
pub(super) const FAMILIES: [u8; 2] = [AF_INET, AF_INET6];

/// One socket of the list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    family: u8,
    state: u8,
    id: Sockid,
    unread: u32,
    unsent: u32,
    info: Info,
}

#[derive(Debug, Clone, Copy, Default)]
struct Info {
    segments_out: u32,
    segments_in: u32,
    sent_ago_ms: u32,
    received_ago_ms: u32,
}

/// The request for all sockets of a family that listen or may still carry something.
pub(super) fn list(family: u8, seq: u32) -> Vec<u8> {
    let states = [
        TcpState::Established,
        TcpState::SynSent,
        TcpState::SynRecv,
        TcpState::FinWait1,
        TcpState::CloseWait,
        TcpState::LastAck,
        TcpState::Closing,
        TcpState::Listen,
    ];
    let header = ReqV2 {
        family,
        protocol: TCP,
        ext: WITH_INFO,
        pad: 0,
        states: states.iter().fold(0, |all, state| all | 1 << (*state as u32)),
        sockid: Sockid { cookie: NO_COOKIE, ..Sockid::new() },
    };
    let request = Request::new().op_tcp_diag_dump(&header);
    message(SOCK_DIAG_BY_FAMILY, flags(NLM_F_REQUEST | NLM_F_DUMP), seq, request.payload())
}

impl Entry {
    /// What the kernel calls the socket.
    pub(super) fn cookie(&self) -> Cookie {
        self.id.cookie
    }
}

/// The request for one socket alone, as it is now.
pub(super) fn again(entry: &Entry, seq: u32) -> Vec<u8> {
    one(SOCK_DIAG_BY_FAMILY, entry, seq)
}

/// The request to close one socket, as if its process had broken it off.
pub(super) fn destroy(entry: &Entry, seq: u32) -> Vec<u8> {
    one(SOCK_DESTROY, entry, seq)
}

fn one(kind: u16, entry: &Entry, seq: u32) -> Vec<u8> {
    let header = ReqV2 {
        family: entry.family,
        protocol: TCP,
        ext: WITH_INFO,
        pad: 0,
        states: u32::MAX,
        sockid: entry.id.clone(),
    };
    message(kind, flags(NLM_F_REQUEST | NLM_F_ACK), seq, header.as_slice())
}

fn flags(flags: i32) -> u16 {
    u16::try_from(flags).unwrap_or(0)
}

/// One message of the answer to [`list`].
pub(super) fn entry(body: &[u8]) -> Option<Entry> {
    body.get(..Msg::len())?;
    let (message, attributes) = OpTcpDiagDump::decode_reply(body);
    let info = attributes.get_tcp_info().ok().map(|info| Info {
        segments_out: info.data_segs_out,
        segments_in: info.data_segs_in,
        sent_ago_ms: info.last_data_sent,
        received_ago_ms: info.last_data_recv,
    });
    Some(Entry {
        family: message.family,
        state: message.state,
        unread: message.rqueue,
        unsent: message.wqueue,
        info: info.unwrap_or_default(),
        id: message.sockid,
    })
}

/// The connections among these sockets, each with its socket.
pub(super) fn connections(entries: Vec<Entry>) -> Vec<(Entry, Connection)> {
    let is_listening = |entry: &Entry| entry.state == TcpState::Listen as u8;
    let ports: BTreeSet<u16> =
        entries.iter().filter(|entry| is_listening(entry)).map(|entry| entry.id.sport()).collect();
    let connections = entries.into_iter().filter(|entry| !is_listening(entry));
    connections
        .map(|entry| {
            let connection = connection(&entry, &ports);
            (entry, connection)
        })
        .collect()
}

fn connection(entry: &Entry, ports: &BTreeSet<u16>) -> Connection {
    let at = |address: &[u8; 16], port| SocketAddr::new(address_of(entry.family, address), port);
    Connection {
        local: at(&entry.id.src, entry.id.sport()),
        peer: at(&entry.id.dst, entry.id.dport()),
        reached: address_of(entry.family, &entry.id.dst),
        accepted: ports.contains(&entry.id.sport()),
        established: entry.state == TcpState::Established as u8,
        unread: entry.unread,
        unsent: entry.unsent,
        segments_out: entry.info.segments_out,
        segments_in: entry.info.segments_in,
        sent_ago_ms: entry.info.sent_ago_ms,
        received_ago_ms: entry.info.received_ago_ms,
    }
}

/// A socket of both families names IPv4 addresses in IPv6's way.
fn address_of(family: u8, bytes: &[u8; 16]) -> IpAddr {
    if family == AF_INET {
        let [a, b, c, d, ..] = *bytes;
        return Ipv4Addr::new(a, b, c, d).into();
    }
    IpAddr::V6(Ipv6Addr::from(*bytes)).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(state: TcpState, port: u16, peer_port: u16) -> Entry {
        let mut id = Sockid::new();
        id.set_sport(port);
        id.set_dport(peer_port);
        id.src[..4].copy_from_slice(&[172, 18, 0, 3]);
        Entry {
            family: AF_INET,
            state: state as u8,
            id,
            unread: 0,
            unsent: 0,
            info: Info::default(),
        }
    }

    #[test]
    fn a_connection_to_a_port_that_is_listened_on_was_accepted() {
        let found = connections(vec![
            socket(TcpState::Listen, 8080, 0),
            socket(TcpState::Established, 8080, 40000),
            socket(TcpState::CloseWait, 40001, 5432),
        ]);
        let kinds: Vec<_> = found
            .iter()
            .map(|(_, one)| (one.local.port(), one.accepted, one.established))
            .collect();
        assert_eq!(kinds, [(8080, true, true), (40001, false, false)]);
        assert_eq!(found[0].1.local.to_string(), "172.18.0.3:8080");
    }

    #[test]
    fn an_address_in_ipv6s_way_is_an_ipv4_address() {
        let mapped = "::ffff:172.18.0.3".parse::<Ipv6Addr>().unwrap().octets();
        assert_eq!(address_of(AF_INET6, &mapped).to_string(), "172.18.0.3");
        let real = "fd00::3".parse::<Ipv6Addr>().unwrap().octets();
        assert_eq!(address_of(AF_INET6, &real).to_string(), "fd00::3");
    }

    #[test]
    fn the_request_for_the_list_names_the_states_that_matter() {
        let request = list(AF_INET, 9);
        let hex: Vec<String> = request[..32].iter().map(|byte| format!("{byte:02x}")).collect();
        insta::assert_snapshot!(hex.join(" "), @"48 00 00 00 14 00 01 03 09 00 00 00 00 00 00 00 02 06 02 00 1e 0f 00 00 00 00 00 00 00 00 00 00");
    }

    #[test]
    fn a_message_that_is_cut_is_no_entry() {
        assert!(entry(&[0; 8]).is_none());
    }
}
