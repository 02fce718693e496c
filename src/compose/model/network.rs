//! `networks`: those of the project, and a service's place in them.

use std::collections::BTreeMap;

use super::encode::{Encode, Writer};
use super::record::{readable, record};

record! {
    /// A network of the project.
    pub struct Network {
        /// Name on the engine.
        pub name: String,
        /// Driver; the engine's default if not given.
        pub driver: Option<String>,
        /// Options of the driver.
        pub driver_opts: BTreeMap<String, String>,
        /// Addresses.
        pub ipam: Ipam,
        /// Not made by the project.
        pub external: bool,
        /// Without a way out.
        pub internal: bool,
        /// Other containers may join it.
        pub attachable: bool,
        /// Labels.
        pub labels: BTreeMap<String, String>,
        /// IPv4 addresses; the engine's default if not given.
        pub enable_ipv4: Option<bool>,
        /// IPv6 addresses; the engine's default if not given.
        pub enable_ipv6: Option<bool>,
    }
}

record! {
    /// Addresses of a network.
    pub struct Ipam {
        /// Driver of addresses.
        pub driver: Option<String>,
        /// Pools of addresses.
        pub config: Vec<IpamPool>,
    }
}

record! {
    /// A pool of addresses.
    pub struct IpamPool {
        /// The subnet.
        pub subnet: Option<String>,
        /// Its gateway.
        pub gateway: Option<String>,
        /// The part of it containers get addresses of.
        pub ip_range: Option<String>,
        /// Addresses the driver uses itself.
        pub aux_addresses: BTreeMap<String, String>,
    }
}

readable! {
    /// A service's place in one network.
    pub struct ServiceNetwork {
        /// Further names of the service there.
        pub aliases: Vec<String>,
        /// Options for the driver.
        pub driver_opts: BTreeMap<String, String>,
        /// Which network is the way out: the highest.
        pub gw_priority: i64,
        /// Name of the interface in the container.
        pub interface_name: Option<String>,
        /// A fixed address.
        pub ipv4_address: Option<String>,
        /// A fixed address.
        pub ipv6_address: Option<String>,
        /// Link-local addresses.
        pub link_local_ips: Vec<String>,
        /// A fixed hardware address.
        pub mac_address: Option<String>,
        /// Which network is connected first: the highest.
        pub priority: i64,
    }
}

impl Encode for ServiceNetwork {
    fn encode(&self, out: &mut Writer) {
        out.open('{');
        if !out.style.sorted_endpoints {
            out.field("priority", &self.priority, false);
            out.field("gw_priority", &self.gw_priority, false);
        }
        out.field("aliases", &self.aliases, false);
        if out.style.sorted_endpoints {
            out.field("driver_opts", &self.driver_opts, false);
            out.field("gw_priority", &self.gw_priority, false);
            out.field("interface_name", &self.interface_name, false);
        }
        out.field("ipv4_address", &self.ipv4_address, false);
        out.field("ipv6_address", &self.ipv6_address, false);
        out.field("link_local_ips", &self.link_local_ips, false);
        out.field("mac_address", &self.mac_address, false);
        if out.style.sorted_endpoints {
            out.field("priority", &self.priority, false);
        } else {
            out.field("driver_opts", &self.driver_opts, false);
        }
        out.extensions(&self.extensions);
        out.close('}');
    }
}
