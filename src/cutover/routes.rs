//! Which connection goes where: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::members::Members;
use super::spec::Place;
use crate::detour::Detour;
use crate::engine::api::ContainerId;
use crate::plan::steps::ReplacementId;

/// Which of a pair of containers is to be reached, under the addresses of both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Course {
    /// The old one: the new one is not ready.
    #[default]
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

/// Who answers for one of a pair that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// A container that runs on.
    Container(ContainerId),
    /// Whichever one of another pair is to be reached.
    Pair(ReplacementId),
}

/// An old and a new container, while one takes the place of the other; or one of them alone, that
/// comes or goes beside others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// The container that goes.
    pub(super) old: Option<ContainerId>,
    /// The one that comes, once it is created.
    pub(super) new: Option<ContainerId>,
    /// Who answers for the one that there will never be.
    pub(super) other: Option<Other>,
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

impl Ends {
    fn of(&self, end: End) -> &[IpAddr] {
        match end {
            End::Old => &self.old,
            End::New => &self.new,
        }
    }
}

impl Pair {
    /// Before the new one is created.
    #[must_use]
    pub fn of(old: Option<ContainerId>, other: Option<Other>) -> Self {
        Self { old, other, ..Self::default() }
    }

    fn has(&self, id: &ContainerId) -> bool {
        self.old.as_ref() == Some(id) || self.new.as_ref() == Some(id)
    }

    /// Whether it is one of the pair, or answers for one.
    fn serves(&self, id: &ContainerId) -> bool {
        self.has(id) || matches!(&self.other, Some(Other::Container(other)) if other == id)
    }

    pub(super) fn container(&self, end: End) -> Option<&ContainerId> {
        match end {
            End::Old => self.old.as_ref(),
            End::New => self.new.as_ref(),
        }
    }

    /// The end that is to be reached.
    fn reached(&self) -> End {
        match self.course {
            Course::Old => End::Old,
            Course::New => End::New,
        }
    }

    /// The end that is not to be reached.
    fn shunned(&self) -> End {
        match self.course {
            Course::Old => End::New,
            Course::New => End::Old,
        }
    }

    /// Takes in who is on a network now.
    fn note(&mut self, network: &str, members: &Members) {
        let old = self.old.as_ref().and_then(|old| members.get(old));
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
}

/// The first address of each one's family.
fn matched(from: &[IpAddr], to: &[IpAddr]) -> Vec<(IpAddr, IpAddr)> {
    let of_family = |from: &IpAddr| to.iter().find(|to| to.is_ipv4() == from.is_ipv4());
    from.iter().filter_map(|from| Some((*from, *of_family(from)?))).collect()
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

    /// Whether a container is the new one of a pair.
    pub(super) fn is_new(&self, id: &ContainerId) -> bool {
        self.pairs.values().any(|pair| pair.new.as_ref() == Some(id))
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
            self.pairs.values().any(|pair| members.keys().any(|member| pair.serves(member)))
        });
        let is_needed = |id: &&ContainerId| {
            let own = self.pairs.iter().find(|(_, pair)| pair.serves(id));
            own.is_none_or(|(own, pair)| {
                let has_others = self.pairs.keys().any(|other| other.service != own.service);
                has_others || (self.has_host && pair.old.as_ref() == Some(*id))
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
        let pairs: Vec<&Pair> = self.pairs.values().filter(is_part_of_none).collect();
        let led = pairs.iter().flat_map(|pair| self.led(pair));
        let known = led.filter(|(owner, from, _)| self.belongs(*from, owner));
        let mut all: BTreeMap<IpAddr, IpAddr> =
            pairs.iter().flat_map(|pair| self.guesses(pair)).collect();
        all.extend(known.map(|(_, from, to)| (from, to)));
        all.into_iter().map(|(from, to)| Detour { from, to }).collect()
    }

    /// One address of a family to the other, network by network: whose it is, and where it leads.
    fn led(&self, pair: &Pair) -> Vec<(ContainerId, IpAddr, IpAddr)> {
        let Some(shunned) = pair.container(pair.shunned()) else { return Vec::new() };
        let ends = pair.ends.iter().flat_map(|(network, ends)| {
            matched(ends.of(pair.shunned()), &self.target(pair, network))
        });
        ends.map(|(from, to)| (shunned.clone(), from, to)).collect()
    }

    /// The addresses of who is to be reached in a network.
    fn target(&self, pair: &Pair, network: &str) -> Vec<IpAddr> {
        let own = || pair.ends.get(network).map(|ends| ends.of(pair.reached()).to_vec());
        match &pair.other {
            None => own().unwrap_or_default(),
            Some(Other::Container(id)) => {
                let members = self.networks.get(network);
                members.and_then(|members| members.get(id)).cloned().unwrap_or_default()
            }
            Some(Other::Pair(of)) => {
                let other = self.pairs.get(of).filter(|other| other.other.is_none());
                other.map(|other| self.target(other, network)).unwrap_or_default()
            }
        }
    }

    /// The address that a new container is about to get leads to the old one before anybody can
    /// have heard of it. Nobody has it yet; who else gets it has not begun to run when that is told.
    fn guesses(&self, pair: &Pair) -> Vec<(IpAddr, IpAddr)> {
        if !pair.is_starting {
            return Vec::new();
        }
        let is_unknown =
            |network: &&String| pair.ends.get(*network).is_none_or(|ends| ends.new.is_empty());
        let networks = self.networks.keys().filter(is_unknown);
        let guess = |network: &String| {
            let next = self.next.get(network).map(Vec::as_slice).unwrap_or_default();
            let led = matched(&self.target(pair, network), next);
            led.into_iter().map(|(to, from)| (from, to)).collect::<Vec<_>>()
        };
        networks.flat_map(guess).collect()
    }

    fn belongs(&self, address: IpAddr, owner: &ContainerId) -> bool {
        let ends = self.networks.values().flatten();
        ends.filter(|(_, ips)| ips.contains(&address)).all(|(id, _)| id == owner)
    }

    /// One of a pair, if it is there yet.
    pub(super) fn container(&self, of: ReplacementId, end: End) -> Option<ContainerId> {
        self.pairs.get(&of)?.container(end).cloned()
    }

    /// The end of a pair that is gone by now, or on its way.
    pub(super) fn retired(&self, of: ReplacementId) -> Option<End> {
        self.pairs.get(&of).map(Pair::shunned)
    }

    /// The containers whose networks matter to a pair.
    pub(super) fn anchors(&self, of: ReplacementId) -> Vec<ContainerId> {
        let Some(pair) = self.pairs.get(&of) else { return Vec::new() };
        let other = match &pair.other {
            Some(Other::Container(id)) => Some(id.clone()),
            Some(Other::Pair(of)) => self.container(*of, End::Old),
            None => None,
        };
        pair.old.clone().into_iter().chain(other).collect()
    }

    /// Its addresses.
    pub(super) fn addresses(&self, of: ReplacementId, end: End) -> Vec<IpAddr> {
        let ends = self.pairs.get(&of).into_iter().flat_map(|pair| pair.ends.values());
        ends.flat_map(|ends| ends.of(end)).copied().collect()
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

    fn pair(old: &str, new: Option<&str>) -> Pair {
        Pair { old: Some(id(old)), new: new.map(id), ..Pair::default() }
    }

    fn map(members: &[(&str, &[&str])]) -> Map {
        let mut map = Map::default();
        map.pairs.insert(WEB, pair("old", Some("new")));
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
        map.pairs.insert(API, pair("api-old", Some("api-new")));
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
        map.pairs.insert(ReplacementId { index: 1, ..WEB }, pair("second", None));
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
    fn one_that_stays_answers_for_one_that_comes_and_for_one_that_went() {
        let mut map = map(&[]);
        let stays = Some(Other::Container(id("old")));
        map.pairs.insert(WEB, Pair { new: Some(id("new")), other: stays, ..Pair::default() });
        map.note("net", network(&BOTH), Vec::new());
        assert_eq!(shown(&map, "proxy"), ["10.0.0.4 → 10.0.0.3"]);
        assert_eq!(places(&map), ["container `proxy`"]);
        map.pairs.get_mut(&WEB).unwrap().course = Course::New;
        assert!(shown(&map, "proxy").is_empty(), "both are reached");
        let stays = Some(Other::Container(id("new")));
        map.pairs.insert(WEB, Pair { old: Some(id("old")), other: stays, ..Pair::default() });
        map.note("net", network(&BOTH), Vec::new());
        assert!(shown(&map, "proxy").is_empty());
        map.pairs.get_mut(&WEB).unwrap().course = Course::New;
        assert_eq!(shown(&map, "proxy"), ["10.0.0.3 → 10.0.0.4"]);
    }

    #[test]
    fn a_pair_answers_for_another_one_with_whichever_serves() {
        let mut map = map(&BOTH);
        let second = ReplacementId { index: 1, ..WEB };
        let added = Pair { other: Some(Other::Pair(WEB)), is_starting: true, ..Pair::default() };
        map.pairs.insert(second, added);
        map.note("net", network(&BOTH), vec!["10.0.0.5".parse().unwrap()]);
        assert!(shown(&map, "proxy").contains(&"10.0.0.5 → 10.0.0.3".to_owned()));
        map.pairs.get_mut(&WEB).unwrap().course = Course::New;
        assert!(shown(&map, "proxy").contains(&"10.0.0.5 → 10.0.0.4".to_owned()));
    }

    #[test]
    fn networks_without_a_pair_concern_nobody() {
        let mut map = map(&BOTH);
        map.note("elsewhere", network(&[("stranger", &["10.9.0.2"])]), Vec::new());
        assert!(!map.places().contains(&Place::Container(id("stranger"))));
    }
}
