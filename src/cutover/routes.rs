//! Which connection goes where: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::members::Members;
use super::spec::Place;
use crate::detour::Detour;
use crate::engine::api::ContainerId;
use crate::plan::steps::ReplacementId;

/// Which of a pair of containers is to be reached, under the addresses of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The old one: the new one is not ready.
    Old,
    /// The new one.
    New,
}

/// One of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The container that goes.
    Old,
    /// The one that comes.
    New,
}

/// An old and a new container, while one takes the place of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) old: ContainerId,
    /// Known once it is created.
    pub(super) new: Option<ContainerId>,
    pub(super) course: Course,
    /// The addresses of both by network, kept when one of them is gone.
    ends: BTreeMap<String, Ends>,
    /// Whether the new one is about to get its addresses.
    pub(super) is_starting: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ends {
    old: Vec<IpAddr>,
    new: Vec<IpAddr>,
}

impl Pair {
    /// An old container alone.
    pub(super) fn of(old: ContainerId) -> Self {
        let ends = BTreeMap::new();
        Self { old, new: None, course: Course::Old, ends, is_starting: false }
    }

    fn has(&self, id: &ContainerId) -> bool {
        self.old == *id || self.new.as_ref() == Some(id)
    }

    /// Takes in who is on a network now.
    fn note(&mut self, network: &str, members: &Members) {
        let old = members.get(&self.old);
        let new = self.new.as_ref().and_then(|new| members.get(new));
        if old.is_none() && new.is_none() {
            return;
        }
        let ends = self.ends.entry(network.to_owned()).or_default();
        if let Some(ips) = old {
            ends.old.clone_from(ips);
        }
        if let Some(ips) = new {
            ends.new.clone_from(ips);
        }
    }

    /// The detours of the pair: one address of a family to the other, network by network.
    fn detours(&self) -> impl Iterator<Item = (ContainerId, Detour)> {
        let ends = self.ends.values().flat_map(|ends| {
            let of_family =
                |old: &IpAddr| ends.new.iter().copied().find(|new| new.is_ipv4() == old.is_ipv4());
            ends.old.iter().filter_map(move |old| Some((*old, of_family(old)?)))
        });
        ends.filter_map(|(old, new)| match self.course {
            Course::Old => Some((self.new.clone()?, Detour { from: new, to: old })),
            Course::New => Some((self.old.clone(), Detour { from: old, to: new })),
        })
    }
}

/// Every pair of a run and the networks they are on.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub(super) pairs: BTreeMap<ReplacementId, Pair>,
    networks: BTreeMap<String, Members>,
    /// The addresses that are handed out next, by network.
    next: BTreeMap<String, Vec<IpAddr>>,
    /// Whether somebody on the host itself may connect.
    pub(super) has_host: bool,
}

impl Map {
    /// Takes in who is on a network now.
    pub(super) fn note(&mut self, network: &str, members: Members, next: Vec<IpAddr>) {
        self.pairs.values_mut().for_each(|pair| pair.note(network, &members));
        self.networks.insert(network.to_owned(), members);
        self.next.insert(network.to_owned(), next);
    }

    /// Whether anybody looks at this network.
    pub(super) fn knows(&self, network: &str) -> bool {
        self.networks.contains_key(network)
    }

    /// The networks that are looked at.
    pub(super) fn networks(&self) -> Vec<String> {
        self.networks.keys().cloned().collect()
    }

    /// Everybody who shares a network with a pair. Containers that are replaced themselves are
    /// clients of other services only; but who connects from outside shows in the old one alone.
    pub(super) fn places(&self) -> BTreeSet<Place> {
        let shared = self.networks.values().filter(|members| {
            self.pairs.values().any(|pair| members.keys().any(|member| pair.has(member)))
        });
        let is_needed = |id: &&ContainerId| {
            let own = self.pairs.iter().find(|(_, pair)| pair.has(id));
            own.is_none_or(|(own, pair)| {
                let has_others = self.pairs.keys().any(|other| other.service != own.service);
                has_others || (self.has_host && pair.old == **id)
            })
        };
        let members = shared.flat_map(BTreeMap::keys).filter(is_needed);
        let host = self.has_host.then_some(Place::Host);
        members.cloned().map(Place::Container).chain(host).collect()
    }

    /// The detours in force in a place: those of every pair that it is no part of. An address that
    /// the engine has given to somebody else leads there.
    pub(super) fn detours(&self, place: &Place) -> Vec<Detour> {
        let is_part_of_none = |pair: &&Pair| match place {
            Place::Container(id) => !pair.has(id),
            Place::Host => true,
        };
        let detours = self.pairs.values().filter(is_part_of_none).flat_map(Pair::detours);
        let free = detours.filter(|(owner, detour)| self.belongs(detour.from, owner));
        let known: BTreeMap<IpAddr, IpAddr> =
            free.map(|(_, detour)| (detour.from, detour.to)).collect();
        let mut all: BTreeMap<IpAddr, IpAddr> = self
            .pairs
            .values()
            .filter(is_part_of_none)
            .flat_map(|pair| self.guesses(pair))
            .collect();
        all.extend(known);
        all.into_iter().map(|(from, to)| Detour { from, to }).collect()
    }

    /// The address that a new container is about to get leads to the old one before anybody can
    /// have heard of it. Nobody has it yet; who else gets it has not begun to run when that is told.
    fn guesses(&self, pair: &Pair) -> Vec<(IpAddr, IpAddr)> {
        if !pair.is_starting {
            return Vec::new();
        }
        let networks = pair.ends.iter().filter(|(_, ends)| ends.new.is_empty());
        let guess = |(network, ends): (&String, &Ends)| {
            let next = self.next.get(network).cloned().unwrap_or_default();
            let of_family = |old: IpAddr| next.iter().find(|one| one.is_ipv4() == old.is_ipv4());
            let old = ends.old.iter().copied();
            old.filter_map(|old| Some((*of_family(old)?, old))).collect::<Vec<_>>()
        };
        networks.flat_map(guess).collect()
    }

    fn belongs(&self, address: IpAddr, owner: &ContainerId) -> bool {
        let ends = self.networks.values().flatten();
        ends.filter(|(_, ips)| ips.contains(&address)).all(|(id, _)| id == owner)
    }

    /// One of a pair, if it is there yet.
    pub(super) fn container(&self, of: ReplacementId, end: End) -> Option<ContainerId> {
        let pair = self.pairs.get(&of)?;
        match end {
            End::Old => Some(pair.old.clone()),
            End::New => pair.new.clone(),
        }
    }

    /// The one of a pair that is gone by now, or on its way, if both were there.
    pub(super) fn retired(&self, of: ReplacementId) -> Option<End> {
        let pair = self.pairs.get(&of)?;
        pair.new.as_ref()?;
        Some(match pair.course {
            Course::Old => End::New,
            Course::New => End::Old,
        })
    }

    /// Its addresses.
    pub(super) fn addresses(&self, of: ReplacementId, end: End) -> Vec<IpAddr> {
        let ends = self.pairs.get(&of).into_iter().flat_map(|pair| pair.ends.values());
        let ips = ends.flat_map(|ends| match end {
            End::Old => &ends.old,
            End::New => &ends.new,
        });
        ips.copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: ReplacementId = ReplacementId { service: 0, index: 0 };
    const API: ReplacementId = ReplacementId { service: 1, index: 0 };

    fn id(name: &str) -> ContainerId {
        ContainerId(name.into())
    }

    fn network(members: &[(&str, &[&str])]) -> Members {
        let ips = |ips: &[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        members.iter().map(|(name, all)| (id(name), ips(all))).collect()
    }

    fn map(members: &[(&str, &[&str])]) -> Map {
        let mut map = Map::default();
        map.pairs.insert(WEB, Pair { new: Some(id("new")), ..Pair::of(id("old")) });
        map.note("net", network(members), Vec::new());
        map
    }

    fn shown(map: &Map, place: &str) -> Vec<String> {
        let place = Place::Container(id(place));
        map.detours(&place).iter().map(ToString::to_string).collect()
    }

    const BOTH: [(&str, &[&str]); 3] =
        [("proxy", &["10.0.0.2"]), ("old", &["10.0.0.3"]), ("new", &["10.0.0.4"])];

    #[test]
    fn until_the_cutover_the_old_one_answers_for_the_new_one_and_then_the_other_way_round() {
        let mut map = map(&BOTH);
        assert_eq!(shown(&map, "proxy"), ["10.0.0.4 → 10.0.0.3"]);
        map.pairs.get_mut(&WEB).unwrap().course = Course::New;
        assert_eq!(shown(&map, "proxy"), ["10.0.0.3 → 10.0.0.4"]);
        assert!(shown(&map, "old").is_empty() && shown(&map, "new").is_empty());
    }

    #[test]
    fn an_address_stays_known_after_its_container_is_gone_until_somebody_else_has_it() {
        let mut map = map(&BOTH);
        map.pairs.get_mut(&WEB).unwrap().course = Course::New;
        map.note("net", network(&[BOTH[0], BOTH[2]]), Vec::new());
        assert_eq!(shown(&map, "proxy"), ["10.0.0.3 → 10.0.0.4"]);
        map.note("net", network(&[BOTH[0], BOTH[2], ("other", &["10.0.0.3"])]), Vec::new());
        assert!(shown(&map, "proxy").is_empty());
    }

    #[test]
    fn each_family_and_each_network_leads_to_its_own() {
        let mut map = map(&[("old", &["10.0.0.3", "fd00::3"]), ("new", &["10.0.0.4", "fd00::4"])]);
        map.note("back", network(&[("old", &["10.1.0.3"]), ("new", &["10.1.0.9"])]), Vec::new());
        map.note("front", network(&[("old", &["10.2.0.3"])]), Vec::new());
        assert_eq!(
            shown(&map, "proxy"),
            ["10.0.0.4 → 10.0.0.3", "10.1.0.9 → 10.1.0.3", "fd00::4 → fd00::3"]
        );
    }

    #[test]
    fn a_container_that_is_replaced_itself_is_a_client_of_the_others() {
        let mut map = map(&BOTH);
        let api = Pair { new: Some(id("api-new")), ..Pair::of(id("api-old")) };
        map.pairs.insert(API, api);
        let all = [&BOTH[..], &[("api-old", &["10.0.0.5"]), ("api-new", &["10.0.0.6"])]].concat();
        map.note("net", network(&all), Vec::new());
        assert_eq!(shown(&map, "old"), ["10.0.0.6 → 10.0.0.5"]);
        assert_eq!(shown(&map, "proxy"), ["10.0.0.4 → 10.0.0.3", "10.0.0.6 → 10.0.0.5"]);
        assert_eq!(map.places().len(), 5);
    }

    fn places(map: &Map) -> Vec<String> {
        map.places().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everybody_else_on_the_network_has_a_helper_and_a_pair_has_none() {
        let mut map = map(&BOTH);
        assert_eq!(places(&map), ["container `proxy`"]);
        map.pairs.insert(ReplacementId { index: 1, ..WEB }, Pair::of(id("second")));
        map.note("net", network(&[&BOTH[..], &[("second", &["10.0.0.5"])]].concat()), Vec::new());
        assert_eq!(places(&map), ["container `proxy`"], "replicas do not call each other");
    }

    #[test]
    fn who_connects_from_outside_is_seen_in_the_old_container() {
        let mut map = map(&BOTH);
        map.has_host = true;
        assert_eq!(places(&map), ["container `old`", "container `proxy`", "the host"]);
    }

    #[test]
    fn the_address_that_is_next_leads_to_the_old_one_while_the_new_one_starts() {
        let mut map = map(&[BOTH[0], BOTH[1]]);
        let next = || vec!["10.0.0.4".parse().unwrap()];
        map.note("net", network(&[BOTH[0], BOTH[1]]), next());
        assert!(shown(&map, "proxy").is_empty());
        map.pairs.get_mut(&WEB).unwrap().is_starting = true;
        assert_eq!(shown(&map, "proxy"), ["10.0.0.4 → 10.0.0.3"]);
        let other = ("other", &["10.0.0.4"][..]);
        map.note("net", network(&[BOTH[0], BOTH[1], other]), vec!["10.0.0.5".parse().unwrap()]);
        assert_eq!(shown(&map, "proxy"), ["10.0.0.5 → 10.0.0.3"]);
        let new = ("new", &["10.0.0.5"][..]);
        map.note("net", network(&[BOTH[0], BOTH[1], other, new]), Vec::new());
        assert_eq!(shown(&map, "proxy"), ["10.0.0.5 → 10.0.0.3"]);
    }

    #[test]
    fn networks_without_a_pair_concern_nobody() {
        let mut map = map(&BOTH);
        map.note("elsewhere", network(&[("stranger", &["10.9.0.2"])]), Vec::new());
        assert!(!map.places().contains(&Place::Container(id("stranger"))));
    }
}
