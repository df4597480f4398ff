//! Columns in memory in a quarter of their room: whole numbers of 16 bits, with a base and decimals a column.
//!
//! Not a format: nothing of it is ever written. It is as quick to make and to undo as copying, because memory that is read once is waited
//! for longer than its numbers take to be made of others.

use super::scale::{Scale, Split, is_exactly};
use crate::base::processor::with_best;
use std::ops::Range;

/// Columns of doubles, all of one length. Those that are not decimals close to one another stay as they are.
#[derive(Debug, Clone)]
pub struct ShortColumns {
    rows: usize,
    columns: Vec<Short>,
    /// As long as there are rows for each column that has them.
    offsets: Vec<u16>,
    doubles: Vec<f64>,
}

/// Where the values of a column are.
#[derive(Debug, Clone, Copy)]
enum Short {
    /// From here on, above a base.
    Offsets { at: usize, base: i32, split: Split },
    /// From here on, as they are.
    Doubles { at: usize },
}

impl ShortColumns {
    /// The first `rows` values of each column; columns begin `stride` values apart.
    #[must_use]
    pub fn new(values: &[f64], stride: usize, rows: usize) -> Self {
        let count = values.len() / stride.max(1);
        let mut short = Self {
            rows,
            columns: Vec::with_capacity(count),
            offsets: Vec::with_capacity(count * rows),
            doubles: Vec::new(),
        };
        let mut integers = vec![0; rows];
        let mut decimals = 0;
        for column in values.chunks_exact(stride.max(1)) {
            let column = column.get(..rows).unwrap_or(column);
            // Neighbours have as many decimals as a rule.
            let found = std::iter::once(decimals)
                .chain(0..=Split::DECIMALS_MAX)
                .find_map(|decimals| Some((decimals, short.shorten(column, decimals, &mut integers)?)));
            if let Some((found, place)) = found {
                decimals = found;
                short.columns.push(place);
            } else {
                short.columns.push(Short::Doubles { at: short.doubles.len() });
                short.doubles.extend_from_slice(column);
            }
        }
        short
    }

    /// Adds the offsets of a column; `None` where it has values that so many decimals or 16 bits do not give back to the bit.
    fn shorten(&mut self, column: &[f64], decimals: u8, integers: &mut [i32]) -> Option<Short> {
        let (split, power) = Split::new(decimals).zip(Scale::power(decimals))?;
        let probe = column.first()?;
        if !is_exactly(&[*probe], split, power, &mut [0]) {
            return None;
        }
        let integers = integers.get_mut(..column.len())?;
        let is_exact = with_best(
            #[inline(always)]
            || is_exactly(column, split, power, integers),
        );
        if !is_exact {
            return None;
        }
        let (least, greatest) =
            integers.iter().fold((i32::MAX, i32::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
        greatest.checked_sub(least).and_then(|span| u16::try_from(span).ok())?;
        let at = self.offsets.len();
        self.offsets.extend(integers.iter().map(|value| low_half(value.wrapping_sub(least))));
        Some(Short::Offsets { at, base: least, split })
    }

    /// How many columns there are.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Writes the values of some rows of a column. Of rows that it does not have nothing is written.
    pub fn write(&self, column: usize, rows: Range<usize>, out: &mut [f64]) {
        match self.columns.get(column) {
            Some(Short::Offsets { at, base, split }) => {
                let offsets = self.offsets.get(*at..at + self.rows).and_then(|of_column| of_column.get(rows));
                let (offsets, base, split) = (offsets.unwrap_or_default(), *base, *split);
                with_best(
                    #[inline(always)]
                    || {
                        for (place, offset) in out.iter_mut().zip(offsets) {
                            *place = split.value(base.wrapping_add(i32::from(*offset)));
                        }
                    },
                );
            }
            Some(Short::Doubles { at }) => {
                let doubles = self.doubles.get(*at..at + self.rows).and_then(|of_column| of_column.get(rows));
                out.iter_mut().zip(doubles.unwrap_or_default()).for_each(|(place, value)| *place = *value);
            }
            None => {}
        }
    }

    /// One value; `None` where there is none.
    #[must_use]
    pub fn value(&self, column: usize, row: usize) -> Option<f64> {
        if row >= self.rows {
            return None;
        }
        match self.columns.get(column)? {
            Short::Offsets { at, base, split } => {
                self.offsets.get(at + row).map(|offset| split.value(base.wrapping_add(i32::from(*offset))))
            }
            Short::Doubles { at } => self.doubles.get(at + row).copied(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 65,535 as checked just before"
)]
const fn low_half(value: i32) -> u16 {
    value as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decimals near one another, decimals far apart, and anything else that is a number.
    fn any_column(rows: usize) -> impl Strategy<Value = Vec<f64>> {
        let near = (-1_000_000_i32..1_000_000, 0_i32..8).prop_flat_map(move |(base, places)| {
            let value = (0_i32..65_600).prop_map(move |offset| f64::from(base + offset) / 10_f64.powi(places));
            prop::collection::vec(value, rows)
        });
        let far =
            prop::collection::vec(prop_oneof![Just(i32::MIN), Just(i32::MAX), any::<i32>()].prop_map(f64::from), rows);
        let narrow = prop::collection::vec((0_i32..300).prop_map(|value| f64::from(value) / 100.0), rows);
        let other = prop::collection::vec(
            prop_oneof![3 => (0_i32..99).prop_map(f64::from), 1 => any::<f64>(), 1 => Just(-0.0), 1 => Just(f64::NAN)],
            rows,
        );
        prop_oneof![2 => near, 1 => far, 2 => narrow, 2 => other]
    }

    fn any_columns() -> impl Strategy<Value = (usize, Vec<Vec<f64>>)> {
        (0_usize..300).prop_flat_map(|rows| (Just(rows), prop::collection::vec(any_column(rows), 0..6)))
    }

    proptest! {
        #[test]
        fn columns_come_back_to_the_bit((rows, columns) in any_columns(), room in 0_usize..9, from in 0_usize..300) {
            let stride = rows + room;
            let values: Vec<f64> = columns
                .iter()
                .flat_map(|column| column.iter().copied().chain(std::iter::repeat_n(0.5, room)))
                .collect();
            let short = ShortColumns::new(&values, stride, rows);
            prop_assume!(stride > 0);
            prop_assert_eq!(short.columns(), columns.len());
            let from = from.min(rows);
            for (index, column) in columns.iter().enumerate() {
                let mut back = vec![7.0; rows - from];
                short.write(index, from..rows, &mut back);
                let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&back), bits(&column[from..]));
                for (row, value) in column.iter().enumerate() {
                    prop_assert_eq!(short.value(index, row).map(f64::to_bits), Some(value.to_bits()));
                }
                prop_assert_eq!(short.value(index, rows), None);
            }
        }
    }

    #[test]
    fn readings_take_a_quarter_and_strange_columns_what_they_took() {
        let readings: Vec<f64> = (0..248).map(|row| f64::from(1_800 + row * 37 % 640) / 100.0).collect();
        let strange: Vec<f64> = (0..248).map(|row| f64::from(row).sqrt()).collect();
        let wide: Vec<f64> = (0..248).map(|row| f64::from(row) * 1_000.0).collect();
        let short = ShortColumns::new(&[readings, strange, wide].concat(), 248, 248);
        assert_eq!((short.offsets.len(), short.doubles.len()), (248, 2 * 248));
    }
}
