//! Where a connection really goes, by the kernel's connection tracking: `nfnetlink_conntrack`.

use std::io;
use std::net::{IpAddr, SocketAddr};

use netlink_bindings::conntrack::{IterableTupleIpAttrs, Nfgenmsg, OpGetDo, Request};
use netlink_bindings::consts::NLM_F_ACK;
use netlink_bindings::traits::NetlinkRequest;

use super::netlink::{Socket, family, framed};

/// `IPPROTO_TCP`.
const TCP: u8 = 6;

/// Who answers the TCP connection that shows these ends; none if it is not tracked.
///
/// # Errors
///
/// If the kernel tells of no connections here.
pub(super) fn answerer(
    socket: &mut Socket,
    local: SocketAddr,
    shown: SocketAddr,
) -> io::Result<Option<IpAddr>> {
    let seq = socket.reserve(1);
    socket.send(&framed(&question(local, shown), NLM_F_ACK, seq))?;
    let mut found = None;
    match socket.await_list(seq, |body| found = answer(body)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        end => end.map(|()| found),
    }
}

fn question(local: SocketAddr, shown: SocketAddr) -> OpGetDo<'static> {
    let nfgen_family = family(shown.ip());
    let mut request = Request::new().op_get_do(&Nfgenmsg { nfgen_family, ..Nfgenmsg::new() });
    let ends = request.encode().nested_tuple_orig().nested_tuple_ip();
    let ends = match (local.ip(), shown.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ends.push_ip_v4_src(from).push_ip_v4_dst(to),
        (IpAddr::V6(from), IpAddr::V6(to)) => ends.push_ip_v6_src(from).push_ip_v6_dst(to),
        // No connection has ends of two families; the kernel finds none.
        _ => ends,
    };
    ends.end_nested()
        .nested_tuple_proto()
        .push_proto_num(TCP)
        .push_proto_src_port(local.port())
        .push_proto_dst_port(shown.port())
        .end_nested()
        .end_nested();
    request
}

/// Answers come from whoever is the source of the other direction.
fn answer(body: &[u8]) -> Option<IpAddr> {
    let (_, attributes) = OpGetDo::decode_reply(body);
    let source = |ends: IterableTupleIpAttrs| {
        let v4 = ends.get_ip_v4_src().map(IpAddr::from);
        v4.or_else(|_| ends.get_ip_v6_src().map(IpAddr::from)).ok()
    };
    source(attributes.get_tuple_reply().ok()?.get_tuple_ip().ok()?)
}
