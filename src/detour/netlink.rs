//! A netlink socket: sends messages to the kernel and reads what it answers.

use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use netlink_bindings::builtin::Nlmsghdr;
use netlink_bindings::consts::NLM_F_REQUEST;
use netlink_bindings::traits::{NetlinkRequest, Protocol as Kind};
use rustix::net::{self, AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Kinds of messages that every protocol has. Source: netlink(7).
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Address families, which netfilter's protocols share. Source: `socket(2)`, `linux/netfilter.h`.
pub(super) const AF_INET: u8 = 2;
pub(super) const AF_INET6: u8 = 10;
/// The kernel's datagrams are smaller.
const DATAGRAM: usize = 64 * 1024;

/// A socket of one protocol of netlink, bound to the network namespace it was opened in.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    next_seq: u32,
}

impl Socket {
    /// A socket that changes rules.
    #[cfg(target_os = "linux")]
    pub(super) fn netfilter() -> io::Result<Self> {
        Self::open(Some(net::netlink::NETFILTER))
    }

    /// A socket that looks at sockets.
    #[cfg(target_os = "linux")]
    pub(super) fn sock_diag() -> io::Result<Self> {
        Self::open(Some(net::netlink::SOCK_DIAG))
    }

    /// A socket that looks at routes and neighbours.
    #[cfg(target_os = "linux")]
    pub(super) fn route() -> io::Result<Self> {
        // Its number is zero.
        Self::open(None)
    }

    /// Only Linux has it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn route() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Only Linux has it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn netfilter() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Only Linux has it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn sock_diag() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(target_os = "linux")]
    fn open(protocol: Option<Protocol>) -> io::Result<Self> {
        let kind = (AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC);
        let fd = net::socket_with(kind.0, kind.1, kind.2, protocol)?;
        Ok(Self { fd, next_seq: 1 })
    }

    /// A number for each of `count` messages, the first of which is returned.
    pub(super) fn reserve(&mut self, count: u32) -> u32 {
        let first = self.next_seq;
        self.next_seq = self.next_seq.wrapping_add(count);
        first
    }

    /// Sends messages as they are.
    pub(super) fn send(&self, messages: &[u8]) -> io::Result<()> {
        net::send(&self.fd, messages, SendFlags::empty())?;
        Ok(())
    }

    /// Reads until the message `last` is acknowledged.
    ///
    /// # Errors
    ///
    /// The first error that the kernel reports for a message from `first` on.
    pub(super) fn await_ack(&self, first: u32, last: u32) -> io::Result<()> {
        self.read(|header, body| {
            let is_ours = (first..=last).contains(&header.seq);
            if header.r#type != ERROR || !is_ours {
                return Ok(Step::On);
            }
            error_in(body)?;
            Ok(if header.seq == last { Step::End } else { Step::On })
        })
    }

    /// Reads the answer to a request for a list.
    pub(super) fn await_list(&self, seq: u32, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        self.read(|header, body| match header.r#type {
            _ if header.seq != seq => Ok(Step::On),
            DONE => Ok(Step::End),
            ERROR => error_in(body).map(|()| Step::End),
            _ => {
                each(body);
                Ok(Step::On)
            }
        })
    }

    fn read(&self, mut each: impl FnMut(&Nlmsghdr, &[u8]) -> io::Result<Step>) -> io::Result<()> {
        let mut buffer = vec![0; DATAGRAM];
        loop {
            let (len, _) = net::recv(&self.fd, &mut buffer[..], RecvFlags::empty())?;
            for (header, body) in messages(&buffer[..len]) {
                if let Step::End = each(&header, body)? {
                    return Ok(());
                }
            }
        }
    }
}

enum Step {
    On,
    End,
}

/// The messages of one datagram.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = (Nlmsghdr, &[u8])> {
    std::iter::from_fn(move || {
        let (head, _) = rest.split_at_checked(Nlmsghdr::len())?;
        let header = Nlmsghdr::new_from_slice(head)?;
        let len = usize::try_from(header.len).ok()?;
        let body = rest.get(Nlmsghdr::len()..len)?;
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((header, body))
    })
}

/// An error number of 0 is an acknowledgement. Source: `struct nlmsgerr`.
fn error_in(body: &[u8]) -> io::Result<()> {
    let number = body.first_chunk::<4>().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
    if number == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(-number)) }
}

/// The family of an address.
pub(super) fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

/// A message of its own, of a kind that no library knows.
pub(super) fn message(kind: u16, flags: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(Nlmsghdr::len() + body.len()).unwrap_or(u32::MAX);
    let header = Nlmsghdr { len, r#type: kind, flags, seq, pid: 0 };
    [header.as_slice(), body].concat()
}

/// A request as the library makes it, with more flags, as one message.
pub(super) fn framed(request: &impl NetlinkRequest, flags: i32, seq: u32) -> Vec<u8> {
    let kind = match request.protocol() {
        Kind::Raw { request_type, .. } => request_type,
        Kind::Generic(_) => 0,
    };
    let flags = u16::try_from(NLM_F_REQUEST | flags).unwrap_or(0);
    message(kind, flags, seq, request.payload())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_taken_apart_and_one_that_is_cut_is_left() {
        let mut datagram = message(20, 0, 7, b"abcde");
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        datagram.extend(message(DONE, 0, 7, b"wxyz"));
        let found = |datagram: &[u8]| -> Vec<(u16, Vec<u8>)> {
            messages(datagram).map(|(header, body)| (header.r#type, body.to_vec())).collect()
        };
        let whole = found(&datagram);
        assert_eq!(whole, [(20, b"abcde".to_vec()), (DONE, b"wxyz".to_vec())]);
        assert_eq!(found(&datagram[..datagram.len() - 1]), [(20, b"abcde".to_vec())]);
        assert!(found(b"").is_empty());
    }

    #[test]
    fn an_error_number_of_zero_is_an_acknowledgement() {
        assert!(error_in(&0_i32.to_ne_bytes()).is_ok());
        let refused = error_in(&(-1_i32).to_ne_bytes()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }
}
