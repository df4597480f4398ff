//! Integers in a compact form for checkpoints: columns of runs, in which what many rows have in common is written once.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most integers that one sequence yields: a length in a file is not trusted beyond it.
const VALUES_MAX: usize = 1 << 24;

/// A sequence of integers as runs: in each, every integer exceeds the one before it by the same step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Runs {
    /// Length and step of each run. The first integer exceeds zero by its step.
    runs: Vec<(u32, i64)>,
    #[serde(skip)]
    last: i64,
}

impl Runs {
    pub(crate) fn push(&mut self, value: i64) {
        let step = value.wrapping_sub(self.last);
        self.last = value;
        match self.runs.last_mut().filter(|(length, before)| *before == step && *length < u32::MAX) {
            Some((length, _)) => *length += 1,
            None => self.runs.push((1, step)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = i64> {
        let steps = self.runs.iter().flat_map(|(length, step)| std::iter::repeat_n(*step, *length as usize));
        let values = steps.scan(0_i64, |value, step| {
            *value = value.wrapping_add(step);
            Some(*value)
        });
        values.take(VALUES_MAX)
    }
}

impl FromIterator<i64> for Runs {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let mut runs = Self::default();
        values.into_iter().for_each(|value| runs.push(value));
        runs
    }
}

/// Rows of `N` integers, stored column by column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Columns<const N: usize>(Vec<Runs>);

impl<const N: usize> Default for Columns<N> {
    fn default() -> Self {
        Self(vec![Runs::default(); N])
    }
}

impl<const N: usize> Columns<N> {
    pub(crate) fn push(&mut self, row: [i64; N]) {
        self.0.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    /// The rows; as many as the shortest column has.
    pub(crate) fn rows(&self) -> impl Iterator<Item = [i64; N]> {
        let mut columns: Vec<_> = self.0.iter().map(Runs::iter).collect();
        std::iter::from_fn(move || {
            let mut row = [0; N];
            if columns.len() != N {
                return None;
            }
            for (value, column) in row.iter_mut().zip(&mut columns) {
                *value = column.next()?;
            }
            Some(row)
        })
    }
}

impl<const N: usize> FromIterator<[i64; N]> for Columns<N> {
    fn from_iter<I: IntoIterator<Item = [i64; N]>>(rows: I) -> Self {
        let mut columns = Self::default();
        rows.into_iter().for_each(|row| columns.push(row));
        columns
    }
}

/// Lists of rows of `N` integers, each under a pair of numbers. Equal lists are stored once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Lists<const N: usize> {
    /// The pair of numbers, and which of the distinct lists stands under it.
    places: Columns<3>,
    /// How many rows each distinct list has.
    lengths: Runs,
    rows: Columns<N>,
}

impl<const N: usize> Lists<N> {
    pub(crate) fn of(lists: impl Iterator<Item = ([i64; 2], Vec<[i64; N]>)>) -> Self {
        let mut stored = Self::default();
        let mut known: BTreeMap<Vec<[i64; N]>, i64> = BTreeMap::new();
        for ([one, other], list) in lists {
            let next = integer(known.len());
            let number = match known.get(&list) {
                Some(number) => *number,
                None => {
                    stored.lengths.push(integer(list.len()));
                    list.iter().for_each(|row| stored.rows.push(*row));
                    known.insert(list, next);
                    next
                }
            };
            stored.places.push([one, other, number]);
        }
        stored
    }

    /// The lists under their numbers, in the order in which they were given.
    pub(crate) fn lists(&self) -> Vec<([i64; 2], Vec<[i64; N]>)> {
        let mut rows = self.rows.rows();
        let take = |length: i64| rows.by_ref().take(usize::try_from(length).unwrap_or(0)).collect();
        let distinct: Vec<Vec<[i64; N]>> = self.lengths.iter().map(take).collect();
        let list = |number: i64| usize::try_from(number).ok().and_then(|number| distinct.get(number));
        let placed = |[one, other, number]: [i64; 3]| Some(([one, other], list(number)?.clone()));
        self.places.rows().filter_map(placed).collect()
    }
}

/// A count as an integer of a column.
pub(crate) fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A number of a column as an index or count; zero where it is none.
pub(crate) fn number(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Integers as checkpoints have them: many alike, some far apart, some extreme.
    fn any_values() -> impl Strategy<Value = Vec<i64>> {
        let value = prop_oneof![4 => 0_i64..3, 1 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
        let run = (value, -2_i64..3, 1_usize..20)
            .prop_map(|(first, step, length)| (0..length).map(move |at| first.wrapping_add(step * at as i64)));
        prop::collection::vec(run, 0..12).prop_map(|runs| runs.into_iter().flatten().collect())
    }

    proptest! {
        #[test]
        fn sequences_come_back(values in any_values()) {
            let runs: Runs = values.iter().copied().collect();
            prop_assert_eq!(runs.iter().collect::<Vec<_>>(), values);
        }

        #[test]
        fn rows_and_lists_come_back(values in any_values(), lengths in prop::collection::vec(0_usize..4, 0..20)) {
            let rows: Vec<[i64; 2]> = values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
            let columns: Columns<2> = rows.iter().copied().collect();
            prop_assert_eq!(columns.rows().collect::<Vec<_>>(), rows.clone());
            let mut left = rows.into_iter();
            let lists: Vec<([i64; 2], Vec<[i64; 2]>)> =
                (0..).zip(lengths).map(|(at, length)| ([at, -at], left.by_ref().take(length).collect())).collect();
            prop_assert_eq!(Lists::of(lists.iter().cloned()).lists(), lists);
        }
    }

    #[test]
    fn alike_rows_take_no_more_bytes_for_being_many() {
        let bytes = |rows: i64| {
            let columns: Columns<3> = (0..rows).map(|row| [row, 1_750_000_000_000, 7]).collect();
            bincode::serialize(&columns).unwrap().len()
        };
        assert_eq!(bytes(100_000), bytes(100));
        let lists = |count: i64| {
            let list: Vec<[i64; 2]> = (0..64).map(|at| [1_750_000_000_000 + at * at, at]).collect();
            bincode::serialize(&Lists::of((0..count).map(|at| ([at, 0], list.clone())))).unwrap().len()
        };
        assert_eq!(lists(10_000), lists(10));
    }

    #[test]
    fn a_length_that_a_file_claims_is_not_believed_beyond_the_bound() {
        let huge = Runs { runs: vec![(u32::MAX, 1)], last: 0 };
        assert_eq!(huge.iter().count(), VALUES_MAX);
        let torn: Columns<2> = Columns(vec![Runs::from_iter([1, 2])]);
        assert_eq!(torn.rows().count(), 0, "a column is missing");
    }
}
