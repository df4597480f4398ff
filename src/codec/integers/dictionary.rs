//! Values replaced by their ranks among the distinct ones: wind directions in steps, counts times a factor, states.

use super::mode::{CONSTANT, Effort, FRAME};
use super::units::{Origin, Units, encode_wide, low_word};
use crate::base::bytes::{put_varint, put_zigzag};
use crate::base::limits::DICTIONARY_ENTRIES_MAX;

/// Values that are looked at before a dictionary is tried in a hurry, and how many of them may be distinct.
const SAMPLED: usize = 48;
const SAMPLED_DISTINCT_MAX: usize = 24;

/// The distinct values of a block in rising order, and each value's place among them.
pub(super) struct Ranked {
    entries: Vec<i64>,
    ranks: Vec<i32>,
}

impl Ranked {
    /// `None` where there are too many distinct values.
    pub(super) fn new(values: &[i64], effort: Effort) -> Option<Self> {
        if effort == Effort::Fast && values.len() > SAMPLED {
            let stride = values.len() / SAMPLED;
            let sample = distinct(values.iter().step_by(stride).copied().collect());
            if sample.len() > SAMPLED_DISTINCT_MAX {
                return None;
            }
        }
        let entries = distinct(values.to_vec());
        if entries.len() > DICTIONARY_ENTRIES_MAX {
            return None;
        }
        let rank_of = |value: &i64| entries.binary_search(value).ok().and_then(|rank| i32::try_from(rank).ok());
        let ranks = values.iter().map(rank_of).collect::<Option<Vec<i32>>>()?;
        Some(Self { entries, ranks })
    }

    pub(super) fn ranks(&self) -> &[i32] {
        &self.ranks
    }

    /// About what the entries take.
    pub(super) fn bits(&self) -> usize {
        let mut bytes = Vec::new();
        self.encode(Effort::Fast, &mut bytes);
        (bytes.len() + 1) * 8
    }

    pub(super) fn encode(&self, effort: Effort, out: &mut Vec<u8>) {
        let steps: Vec<i64> =
            self.entries.iter().zip(self.entries.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a)).collect();
        put_varint(out, self.entries.len() as u64);
        put_zigzag(out, self.entries.first().copied().unwrap_or_default());
        encode_steps(&steps, effort, out);
    }
}

/// Steps between entries are integers like others, without a dictionary of their own: distinct steps of distinct entries gain nothing.
fn encode_steps(steps: &[i64], effort: Effort, out: &mut Vec<u8>) {
    let is_narrow = steps.iter().all(|step| i32::try_from(*step).is_ok());
    match steps.split_first() {
        None => {}
        Some((first, rest)) if is_narrow && rest.iter().any(|step| step != first) => {
            let units = Units::best(&steps.iter().map(|step| low_word(*step)).collect::<Vec<_>>(), effort);
            match units.kind {
                FRAME => out.push(FRAME),
                kind => Origin { value: *first, is_known: false }.put(kind, out),
            }
            units.put(out);
        }
        Some((first, rest)) if is_narrow || rest.iter().all(|step| step == first) => {
            Origin { value: *first, is_known: false }.put(CONSTANT, out);
        }
        Some((first, _)) => encode_wide(steps, Origin { value: *first, is_known: false }, out),
    }
}

fn distinct(mut values: Vec<i64>) -> Vec<i64> {
    values.sort_unstable();
    values.dedup();
    values
}
