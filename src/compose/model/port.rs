//! `ports`.

use super::record::record;

record! {
    /// One published port.
    pub struct Port {
        /// A name for people.
        pub name: Option<String>,
        /// `ingress` or `host`.
        pub mode: Option<String>,
        /// Address of the host it is bound to; all if not given.
        pub host_ip: Option<String>,
        /// Port of the container.
        pub target: u32,
        /// Port of the host, or a range of which the engine takes a free one; any free one if not
        /// given.
        pub published: Option<String>,
        /// `tcp` or `udp`.
        pub protocol: String,
        /// What is spoken over it, for tools.
        pub app_protocol: Option<String>,
    }
}
