//! Places for connections: a flood must not keep stations out.
//!
//! If all places are taken, a new connection gets the place of one that has no good frame yet: the oldest one of the address that has most of
//! these. A connection with a good frame is never closed for another one.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Number of an admitted connection.
pub type Place = u64;

/// The places, and who has them. `T` is what closes a connection.
#[derive(Debug)]
pub struct Admission<T> {
    places_max: usize,
    next: Place,
    taken: BTreeMap<Place, Taken<T>>,
    /// Places of connections without a good frame, by address.
    unproven: BTreeMap<IpAddr, Vec<Place>>,
}

#[derive(Debug)]
struct Taken<T> {
    address: IpAddr,
    closer: Option<T>,
}

/// What becomes of a new connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// It has a place.
    Admitted(Place),
    /// It has the place of another connection, which must be closed.
    Instead(Place, Option<T>),
    /// Every place is taken by a connection with a good frame.
    Refused,
}

impl<T> Admission<T> {
    /// Places for so many connections.
    #[must_use]
    pub const fn new(places_max: usize) -> Self {
        Self { places_max, next: 0, taken: BTreeMap::new(), unproven: BTreeMap::new() }
    }

    /// Number of connections that have a place.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether no connection has a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Decides about a new connection.
    pub fn admit(&mut self, address: IpAddr) -> Verdict<T> {
        if self.taken.len() < self.places_max {
            return Verdict::Admitted(self.give(address));
        }
        let Some(victim) = self.victim() else { return Verdict::Refused };
        let closer = self.leave(victim);
        Verdict::Instead(self.give(address), closer)
    }

    /// Names what closes an admitted connection.
    pub fn set_closer(&mut self, place: Place, closer: T) {
        if let Some(taken) = self.taken.get_mut(&place) {
            taken.closer = Some(closer);
        }
    }

    /// Notes a good frame: the connection keeps its place until it ends.
    pub fn prove(&mut self, place: Place) {
        if let Some(taken) = self.taken.get(&place) {
            forget(&mut self.unproven, taken.address, place);
        }
    }

    /// Frees a place, and returns what closes its connection.
    pub fn leave(&mut self, place: Place) -> Option<T> {
        let taken = self.taken.remove(&place)?;
        forget(&mut self.unproven, taken.address, place);
        taken.closer
    }

    fn give(&mut self, address: IpAddr) -> Place {
        let place = self.next;
        self.next += 1;
        self.taken.insert(place, Taken { address, closer: None });
        self.unproven.entry(address).or_default().push(place);
        place
    }

    fn victim(&self) -> Option<Place> {
        let most = self.unproven.values().map(Vec::len).max()?;
        self.unproven.values().filter(|places| places.len() == most).filter_map(|places| places.first()).min().copied()
    }
}

fn forget(unproven: &mut BTreeMap<IpAddr, Vec<Place>>, address: IpAddr, place: Place) {
    let Some(places) = unproven.get_mut(&address) else { return };
    places.retain(|own| *own != place);
    if places.is_empty() {
        unproven.remove(&address);
    }
}

/// Number of places that the process may have: its limit of open files, raised as far as the system allows, less what the store needs.
#[must_use]
pub fn places(wanted: usize, files_of_store: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let needed = (wanted + files_of_store) as u64;
    if limit.current.is_some_and(|current| current < needed) {
        let raised = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
        // If the system refuses, the old limit holds.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum });
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    wanted.min(files.saturating_sub(files_of_store).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn the_oldest_unproven_connection_of_the_busiest_address_makes_room() {
        let mut admission = Admission::new(4);
        let mut admit = |last| match admission.admit(address(last)) {
            Verdict::Admitted(place) => {
                admission.set_closer(place, place);
                (place, None)
            }
            Verdict::Instead(place, closed) => {
                admission.set_closer(place, place);
                (place, closed)
            }
            Verdict::Refused => (99, None),
        };
        assert_eq!([admit(1), admit(2), admit(2), admit(3)], [(0, None), (1, None), (2, None), (3, None)]);
        // Address 2 has two connections without a frame: its older one goes.
        assert_eq!(admit(4), (4, Some(1)));
        // All have one each: the oldest goes.
        assert_eq!(admit(4), (5, Some(0)));
        assert_eq!(admit(4), (6, Some(4)));
    }

    #[test]
    fn proven_connections_keep_their_places() {
        let mut admission: Admission<()> = Admission::new(2);
        assert_eq!(admission.admit(address(1)), Verdict::Admitted(0));
        assert_eq!(admission.admit(address(1)), Verdict::Admitted(1));
        admission.prove(0);
        assert_eq!(admission.admit(address(2)), Verdict::Instead(2, None));
        admission.prove(2);
        assert_eq!(admission.admit(address(2)), Verdict::Refused);
        assert_eq!(admission.len(), 2);
        admission.leave(0);
        assert_eq!(admission.admit(address(2)), Verdict::Admitted(3));
    }
}
