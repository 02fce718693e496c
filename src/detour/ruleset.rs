//! Detours as the messages that `nf_tables` takes: pure, byte for byte.
//!
//! In the words of nft(8), for each family that has detours:
//!
//! ```text
//! table ip composeup-RUN { flags owner
//!     chain detour { type nat hook output priority -110
//!         ip daddr FROM tcp flags & (fin|syn|rst|ack) == syn dnat to TO
//!         ip daddr FROM meta l4proto udp dnat to TO } }
//! ```
//!
//! A nat chain sees the first packet of a connection alone, so whatever is established stays where
//! it is. Where nobody tracked connections before this table came, the kernel would take the next
//! packet of an old one for a first one: hence the look at the flags.

use std::ffi::CString;
use std::net::IpAddr;

use netlink_bindings::nftables::{
    Chained, ChainedFinal, CmpOps, MetaKeys, Nfgenmsg, PayloadBase, PushExprListAttrs, TableFlags,
};
use netlink_bindings::traits::Pusher;

use super::protocol::Detour;

/// Name of the one chain.
const CHAIN: &std::ffi::CStr = c"detour";
/// Before Docker's own rules (-100), so that none of them is passed first.
const PRIORITY: i32 = -110;
/// Hook of packets that this namespace sends. Source: `enum nf_inet_hooks`.
const HOOK_OUTPUT: u32 = 3;
/// `NF_NAT` towards the destination. Source: `enum nft_nat_types`.
const NAT_TO_DESTINATION: u32 = 1;
/// The first 16-byte register, and the one that is a verdict's neighbour. Source: `enum nft_registers`.
const REGISTER: u32 = 1;
/// Protocol numbers.
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Where a TCP header has its flags, and which of them tell a first packet.
const FLAGS_OFFSET: u32 = 13;
const FIN_SYN_RST_ACK: u8 = 0x17;
const SYN: u8 = 0x02;
/// The list of rules belongs to the whole batch, of the `nf_tables` subsystem.
const SUBSYSTEM: u16 = 10;

/// Address family of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The detours of this family.
    pub(super) fn of(self, detours: &[Detour]) -> Vec<Detour> {
        let is_mine = |ip: IpAddr| ip.is_ipv4() == (self == Self::V4);
        detours.iter().copied().filter(|one| is_mine(one.from) && is_mine(one.to)).collect()
    }

    /// `NFPROTO_IPV4`, `NFPROTO_IPV6`.
    fn number(self) -> u8 {
        match self {
            Self::V4 => 2,
            Self::V6 => 10,
        }
    }

    /// Where an IP header has the destination's address.
    fn destination_offset(self) -> u32 {
        match self {
            Self::V4 => 16,
            Self::V6 => 24,
        }
    }

    fn header(self) -> Nfgenmsg {
        Nfgenmsg { nfgen_family: self.number(), ..Nfgenmsg::new() }
    }
}

/// The whole table with these detours, in place of what it had: one transaction.
///
/// With `owned` the kernel drops the table when the socket that made it closes (Linux 5.12).
pub(super) fn replace(
    table: &CString,
    family: Family,
    detours: &[Detour],
    owned: bool,
    first_seq: u32,
) -> ChainedFinal<'static> {
    let mut batch = begin(first_seq);
    let flags = if owned { TableFlags::Owner as u32 } else { 0 };
    batch
        .request()
        .set_create()
        .op_newtable_do(&family.header())
        .encode()
        .push_name(table)
        .push_flags(flags);
    batch
        .request()
        .set_create()
        .op_newchain_do(&family.header())
        .encode()
        .push_table(table)
        .push_name(CHAIN)
        .nested_hook()
        .push_num(HOOK_OUTPUT)
        .push_priority(PRIORITY)
        .end_nested()
        .push_type(c"nat");
    batch.request().op_delrule_do(&family.header()).encode().push_table(table).push_chain(CHAIN);
    for detour in detours {
        for protocol in [TCP, UDP] {
            let mut request =
                batch.request().set_create().set_append().op_newrule_do(&family.header());
            let rule = request.encode().push_table(table).push_chain(CHAIN);
            push_rule(rule.nested_expressions(), family, *detour, protocol);
        }
    }
    end(batch)
}

/// The table and all that is in it gone.
pub(super) fn drop_table(table: &CString, family: Family, first_seq: u32) -> ChainedFinal<'static> {
    let mut batch = begin(first_seq);
    batch.request().op_deltable_do(&family.header()).encode().push_name(table);
    end(batch)
}

fn begin(first_seq: u32) -> Chained<'static> {
    let mut batch = Chained::new(first_seq);
    batch.request().op_batch_begin_do(&of_subsystem());
    batch
}

fn end(mut batch: Chained<'static>) -> ChainedFinal<'static> {
    batch.request().op_batch_end_do(&of_subsystem());
    batch.finalize()
}

fn of_subsystem() -> Nfgenmsg {
    let mut header = Nfgenmsg::new();
    header.set_res_id(SUBSYSTEM);
    header
}

fn push_rule<P: Pusher>(
    rule: PushExprListAttrs<P>,
    family: Family,
    detour: Detour,
    protocol: u8,
) -> P {
    let rule = rule
        .nested_elem()
        .nested_data_meta()
        .push_key(MetaKeys::L4Proto as u32)
        .push_dreg(REGISTER)
        .end_nested()
        .end_nested();
    let rule = push_equal(rule, &[protocol]);
    let (from, to) = (bytes(detour.from), bytes(detour.to));
    let rule = push_load(
        rule,
        PayloadBase::NetworkHeader,
        family.destination_offset(),
        u32::try_from(from.len()).unwrap_or(0),
    );
    let mut rule = push_equal(rule, &from);
    if protocol == TCP {
        rule = push_load(rule, PayloadBase::TransportHeader, FLAGS_OFFSET, 1);
        rule = push_and(rule, FIN_SYN_RST_ACK);
        rule = push_equal(rule, &[SYN]);
    }
    rule.nested_elem()
        .nested_data_immediate()
        .push_dreg(REGISTER)
        .nested_data()
        .push_value(&to)
        .end_nested()
        .end_nested()
        .end_nested()
        .nested_elem()
        .nested_data_nat()
        .push_type(NAT_TO_DESTINATION)
        .push_family(family.number().into())
        .push_reg_addr_min(REGISTER)
        .end_nested()
        .end_nested()
        .end_nested()
}

fn push_load<P: Pusher>(
    rule: PushExprListAttrs<P>,
    base: PayloadBase,
    offset: u32,
    len: u32,
) -> PushExprListAttrs<P> {
    rule.nested_elem()
        .nested_data_payload()
        .push_dreg(REGISTER)
        .push_base(base as u32)
        .push_offset(offset)
        .push_len(len)
        .end_nested()
        .end_nested()
}

fn push_equal<P: Pusher>(rule: PushExprListAttrs<P>, value: &[u8]) -> PushExprListAttrs<P> {
    rule.nested_elem()
        .nested_data_cmp()
        .push_sreg(REGISTER)
        .push_op(CmpOps::Eq as u32)
        .nested_data()
        .push_value(value)
        .end_nested()
        .end_nested()
        .end_nested()
}

fn push_and<P: Pusher>(rule: PushExprListAttrs<P>, mask: u8) -> PushExprListAttrs<P> {
    rule.nested_elem()
        .nested_data_bitwise()
        .push_sreg(REGISTER)
        .push_dreg(REGISTER)
        .push_len(1)
        .nested_mask()
        .push_value(&[mask])
        .end_nested()
        .nested_xor()
        .push_value(&[0])
        .end_nested()
        .end_nested()
        .end_nested()
}

fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen bytes a line.
    fn hex(batch: &ChainedFinal) -> String {
        let lines = batch.buf().chunks(16);
        lines.map(|line| crate::text::hex(line) + "\n").collect()
    }

    fn detour(from: &str, to: &str) -> Detour {
        Detour { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn the_batch_is_the_same_byte_for_byte() {
        let detours = [detour("172.18.0.3", "172.18.0.4")];
        insta::assert_snapshot!(hex(&replace(
            &c"composeup-x".into(),
            Family::V4,
            &detours,
            true,
            1
        )));
        insta::assert_snapshot!(hex(&drop_table(&c"composeup-x".into(), Family::V6, 1)));
    }

    #[test]
    fn each_family_has_its_own_detours() {
        let all = [detour("10.0.0.1", "10.0.0.2"), detour("fd00::1", "fd00::2")];
        assert_eq!(Family::V4.of(&all), all[..1]);
        assert_eq!(Family::V6.of(&all), all[1..]);
        assert!(Family::V6.of(&[detour("10.0.0.1", "fd00::2")]).is_empty());
    }
}
