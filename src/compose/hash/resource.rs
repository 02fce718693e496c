//! The config hashes of networks (since 2.31) and volumes (since 2.32).

use super::digest::sha256;
use crate::compose::model::encode::{Style, Writer};
use crate::compose::model::{Network, Volume};

/// The hash Compose writes on a network it creates.
#[must_use]
pub fn network_hash(network: &Network) -> String {
    sha256(&Writer::text_of(network, Style::V2_40))
}

/// The hash Compose writes on a volume it creates.
#[must_use]
pub fn volume_hash(volume: &Volume) -> String {
    let mut volume = volume.clone();
    volume.driver.get_or_insert_with(|| "local".to_owned());
    sha256(&Writer::text_of(&volume, Style::V2_40))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_the_project_is_its_name_and_empty_addresses() {
        let network = Network { name: "p_default".into(), ..Network::default() };
        assert_eq!(network_hash(&network), sha256(r#"{"name":"p_default","ipam":{}}"#));
    }

    #[test]
    fn a_volume_has_the_local_driver_if_it_says_none() {
        let volume = Volume { name: "p_v".into(), ..Volume::default() };
        assert_eq!(volume_hash(&volume), sha256(r#"{"name":"p_v","driver":"local"}"#));
    }
}
