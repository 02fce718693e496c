//! Devices: mapped ones, requests by capability, and block devices with limits.

use std::collections::BTreeMap;

use super::decode::{Decode, mismatch};
use super::encode::{Encode, Writer};
use super::record::{readable, record};
use super::scalar::Bytes;
use crate::compose::ComposeError;
use crate::compose::document::{Node, Value};
use crate::compose::path::Path;

readable! {
    /// A device of the host in the container.
    pub struct Device {
        /// Path on the host, or a CDI name.
        pub source: String,
        /// Path in the container.
        pub target: Option<String>,
        /// Of `r`, `w` and `m`.
        pub permissions: Option<String>,
    }
}

impl Encode for Device {
    fn encode(&self, out: &mut Writer) {
        let target = self.target.as_ref().unwrap_or(&self.source);
        if !out.style.devices_as_objects {
            let permissions = self.permissions.as_deref().unwrap_or("rwm");
            out.string(&format!("{}:{target}:{permissions}", self.source));
            return;
        }
        out.open('{');
        out.field("source", &self.source, false);
        out.field("target", &self.target, false);
        out.field("permissions", &self.permissions, false);
        out.extensions(&self.extensions);
        out.close('}');
    }
}

record! {
    /// Devices by what they can do.
    pub struct DeviceRequest {
        /// Capabilities, all of them needed.
        pub capabilities: Vec<String>,
        /// Driver.
        pub driver: Option<String>,
        /// How many; -1 is all.
        pub count: DeviceCount,
        /// Which.
        pub device_ids: Vec<String>,
        /// Options of the driver.
        pub options: BTreeMap<String, String>,
    }
}

/// A number of devices; -1 is all, 0 is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeviceCount(pub i64);

impl Decode for DeviceCount {
    fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
        let count = match &node.value {
            Value::Int(value) => i64::try_from(*value).ok(),
            Value::Str(text) if text.eq_ignore_ascii_case("all") => Some(-1),
            Value::Str(text) => text.parse().ok(),
            _ => None,
        };
        count.map(Self).ok_or_else(|| mismatch(node, path, "`all` or a number"))
    }
}

impl Encode for DeviceCount {
    fn encode(&self, out: &mut Writer) {
        out.literal(self.0);
    }

    fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

record! {
    /// Limits on block devices.
    pub struct BlkioConfig {
        /// Share of input and output, 10 to 1000; 0 is not given.
        pub weight: u16,
        /// Shares by device.
        pub weight_device: Vec<WeightDevice>,
        /// Bytes read per second.
        pub device_read_bps: Vec<ThrottleDevice>,
        /// Reads per second.
        pub device_read_iops: Vec<ThrottleDevice>,
        /// Bytes written per second.
        pub device_write_bps: Vec<ThrottleDevice>,
        /// Writes per second.
        pub device_write_iops: Vec<ThrottleDevice>,
    }
}

/// Share of one block device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightDevice {
    /// Path on the host.
    pub path: String,
    /// Its share.
    pub weight: u16,
}

/// Limit of one block device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThrottleDevice {
    /// Path on the host.
    pub path: String,
    /// The limit per second.
    pub rate: Bytes,
}

/// Implements records whose JSON keys are the names of Go's fields.
macro_rules! capitalised {
    ($($name:ident: $($field:ident $key:literal),*;)*) => {$(
        impl Decode for $name {
            fn decode(node: &Node, path: &Path<'_>) -> Result<Self, ComposeError> {
                let fields = super::decode::Fields::of(node, path)?;
                Ok(Self { $($field: fields.get(stringify!($field))?,)* })
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Writer) {
                out.open('{');
                $(
                    let key = if out.style.as_yaml { stringify!($field) } else { $key };
                    out.field(key, &self.$field, true);
                )*
                out.close('}');
            }
        }
    )*};
}
capitalised! {
    WeightDevice: path "Path", weight "Weight";
    ThrottleDevice: path "Path", rate "Rate";
}
