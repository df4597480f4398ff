//! What the ledger knows of segments: which there must be, and which have given way to which. Files alone do not tell: one that lies
//! within the sequence numbers of another may have been away when that other was made.

use super::{Segment, generation, lsns};
use crate::base::checksum::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Segments by name, as the ledger's records tell of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lineage {
    /// Those that must be there, with the checksum of the file.
    live: BTreeMap<String, Digest>,
    /// Those that gave way, and to which one; to none where nothing was left.
    replaced: BTreeMap<String, Option<String>>,
    sealed_lsn: u64,
}

impl Lineage {
    /// A segment was sealed, or was found and is in use.
    pub(crate) fn seal(&mut self, name: String, sha256: Digest) {
        self.sealed_lsn = self.sealed_lsn.max(lsns(&name).map_or(0, |(_, last)| last));
        self.replaced.remove(&name);
        self.live.insert(name, sha256);
    }

    /// Segments gave way to another one, or to nothing.
    pub(crate) fn replace(&mut self, removed: Vec<String>, added: Option<(String, Digest)>) {
        for name in removed {
            self.live.remove(&name);
            self.replaced.insert(name, added.as_ref().map(|(name, _)| name.clone()));
        }
        if let Some((name, sha256)) = added {
            self.seal(name, sha256);
        }
    }

    /// The last frame that any segment was ever known to hold.
    pub(crate) const fn sealed_lsn(&self) -> u64 {
        self.sealed_lsn
    }

    pub(crate) fn is_live(&self, name: &str) -> bool {
        self.live.contains_key(name)
    }

    /// The checksum of a file that must be there.
    pub(crate) fn sha256(&self, name: &str) -> Option<&Digest> {
        self.live.get(name)
    }

    /// Those that must be there and are not.
    pub(crate) fn missing(&self, is_there: impl Fn(&str) -> bool) -> Vec<String> {
        self.live.keys().filter(|name| !is_there(name)).cloned().collect()
    }

    /// Whether the rows of a segment are in another one that is there, or were to go. One whose successor is missing is all that is
    /// left of its rows.
    fn is_superseded(&self, name: &str, there: &BTreeSet<String>) -> bool {
        let mut next = self.replaced.get(name);
        // Generations rise along the way; the bound only guards against a ledger that says otherwise.
        for _ in 0..=self.replaced.len() {
            match next {
                None => return false,
                Some(None) => return true,
                Some(Some(successor)) if there.contains(successor) => return true,
                Some(Some(successor)) => next = self.replaced.get(successor),
            }
        }
        false
    }

    /// Parts segments into those in use, in order of arrival, and those whose rows others hold.
    pub(in super::super) fn part(&self, segments: Vec<Arc<Segment>>) -> (Vec<Arc<Segment>>, Vec<Arc<Segment>>) {
        let there: BTreeSet<String> = segments.iter().map(|segment| segment.file_name()).collect();
        let is_gone = |segment: &Arc<Segment>| self.is_superseded(&segment.file_name(), &there);
        let (superseded, mut kept): (Vec<_>, Vec<_>) = segments.into_iter().partition(is_gone);
        sort_by_arrival(&mut kept);
        (kept, superseded)
    }

    /// The rewritten segments that were published and not recorded before a crash, and whose inputs are all there.
    pub(in super::super) fn unrecorded(&self, segments: &[Arc<Segment>]) -> Vec<Arc<Segment>> {
        let is_rewritten = |segment: &&Arc<Segment>| {
            let name = segment.file_name();
            generation(&name) > 0 && !self.is_live(&name) && self.inputs_cover(segment, segments)
        };
        segments.iter().filter(is_rewritten).cloned().collect()
    }

    /// Whether recorded segments of lower generations hold every sequence number of another.
    fn inputs_cover(&self, output: &Segment, segments: &[Arc<Segment>]) -> bool {
        let is_input = |segment: &&Arc<Segment>| {
            let name = segment.file_name();
            self.is_live(&name) && generation(&name) < generation(&output.file_name())
        };
        let span = |segment: &Segment| (segment.summary().first_lsn, segment.summary().last_lsn);
        let (first, last) = span(output);
        let mut inputs: Vec<(u64, u64)> = segments.iter().filter(is_input).map(|segment| span(segment)).collect();
        inputs.retain(|(from, to)| first <= *from && *to <= last);
        inputs.sort_unstable();
        let mut next = first;
        for (from, to) in inputs {
            if from > next {
                return false;
            }
            next = next.max(to.saturating_add(1));
        }
        next > last
    }
}

/// In order of arrival; a rewritten segment behind what it was made of.
pub(in super::super) fn sort_by_arrival(segments: &mut [Arc<Segment>]) {
    segments.sort_by_key(|segment| (segment.summary().last_lsn, generation(&segment.file_name())));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(first: u64, last: u64, generation: u64) -> String {
        match generation {
            0 => format!("{first:020}-{last:020}.seg"),
            generation => format!("{first:020}-{last:020}.{generation}.seg"),
        }
    }

    #[test]
    fn a_segment_goes_only_while_what_stands_for_it_is_there() {
        let digest = Digest::default();
        let mut lineage = Lineage::default();
        let (a, b, both, cut) = (name(1, 10, 0), name(11, 20, 0), name(1, 20, 1), name(1, 20, 2));
        [&a, &b].into_iter().for_each(|name| lineage.seal(name.clone(), digest));
        lineage.replace(vec![a.clone(), b.clone()], Some((both.clone(), digest)));
        lineage.replace(vec![both.clone()], Some((cut.clone(), digest)));
        assert_eq!((lineage.sealed_lsn(), lineage.missing(|_| false)), (20, vec![cut.clone()]));
        let there = |names: &[&String]| names.iter().map(|name| (*name).clone()).collect::<BTreeSet<String>>();
        assert!(lineage.is_superseded(&a, &there(&[&a, &cut])));
        assert!(lineage.is_superseded(&a, &there(&[&a, &both])), "the successor itself is there");
        assert!(!lineage.is_superseded(&a, &there(&[&a, &b])), "the last copy of its rows");
        assert!(!lineage.is_superseded(&cut, &there(&[&a, &cut])));
        assert!(!lineage.is_superseded(&name(5, 15, 0), &there(&[&cut])), "never an input");
        lineage.seal(a.clone(), digest);
        assert!(!lineage.is_superseded(&a, &there(&[&a, &cut])), "in use again");
        lineage.replace(vec![cut.clone()], None);
        assert!(lineage.is_superseded(&b, &there(&[&b])), "its rows were to go");
    }
}
