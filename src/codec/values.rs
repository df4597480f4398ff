//! The present values of one block: integers with a scale, adjustments and exceptions, or the doubles themselves.

use super::CodecError;
use super::integers::{self, Begins, Effort, Lanes, Sink, write_values};
use super::scale::{Scale, Scaled, Split};
use crate::base::bytes::{ByteReader, put_varint};
use crate::base::limits::{ROWS_PER_BLOCK, VALUES_PER_GROUP};

/// Bits of a block's code that hold its scale: up to 12 the number of decimals.
const SCALE_BITS: u8 = 0x0F;
const FACTOR: u8 = 13;
const RAW: u8 = 14;
const EXCEPTIONS: u8 = 0x10;
const ADJUSTMENTS: u8 = 0x20;
/// The block's statistics are in doubles.
pub(super) const DOUBLE_STATS: u8 = 0x40;
const KNOWN_BITS: u8 = 0x7F;

/// The code of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(pub(super) u8);

impl Code {
    /// Doubles as they are.
    pub(super) const DOUBLES: Self = Self(RAW);

    pub(super) fn new(scaled: Option<&Scaled>) -> Self {
        let Some(scaled) = scaled else { return Self::DOUBLES };
        let scale = match scaled.scale {
            Scale::Decimals(decimals) => decimals,
            Scale::Factor(_) => FACTOR,
        };
        let exceptions = if scaled.exceptions.is_empty() { 0 } else { EXCEPTIONS };
        let adjustments = if scaled.adjustments.is_empty() { 0 } else { ADJUSTMENTS };
        Self(scale | exceptions | adjustments)
    }

    pub(super) const fn with_double_stats(self) -> Self {
        Self(self.0 | DOUBLE_STATS)
    }

    pub(super) const fn has_double_stats(self) -> bool {
        self.0 & DOUBLE_STATS != 0
    }

    pub(super) fn decode(byte: u8, offset: usize) -> Result<Self, CodecError> {
        let scale = byte & SCALE_BITS;
        let is_known =
            byte & !KNOWN_BITS == 0 && scale <= RAW && (scale < RAW || byte & (EXCEPTIONS | ADJUSTMENTS) == 0);
        let double_stats_needed = scale > 9 || byte & (EXCEPTIONS | ADJUSTMENTS) != 0;
        if is_known && (byte & DOUBLE_STATS != 0 || !double_stats_needed) {
            Ok(Self(byte))
        } else {
            Err(CodecError::Unknown {
                field: "block code",
                offset,
                found: u64::from(byte),
                known: "the codes of FORMAT.md",
            })
        }
    }

    /// The decimals of a block that is nothing but decimals.
    pub(super) const fn decimals(self) -> Option<u8> {
        let scale = self.0 & SCALE_BITS;
        if scale < FACTOR && self.0 & (EXCEPTIONS | ADJUSTMENTS) == 0 { Some(scale) } else { None }
    }
}

/// Appends what the code says of the values.
pub(super) fn encode(
    values: &[f64],
    scaled: Option<&Scaled>,
    known_first: Option<i64>,
    effort: Effort,
    out: &mut Vec<u8>,
) {
    let Some(scaled) = scaled else {
        values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
        return;
    };
    if let Scale::Factor(factor) = scaled.scale {
        out.extend_from_slice(&factor.to_le_bytes());
    }
    if !scaled.exceptions.is_empty() {
        put_varint(out, scaled.exceptions.len() as u64);
        for (row, value) in &scaled.exceptions {
            put_varint(out, *row as u64);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
    integers::encode(&scaled.integers, known_first, effort, out);
    if !scaled.adjustments.is_empty() {
        integers::encode(&scaled.adjustments, None, effort, out);
    }
}

/// Reads the values of a block; as many as `out` is long, at most 1,024.
pub(super) fn decode(bytes: &[u8], code: Code, known_first: Option<i64>, out: &mut [f64]) -> Result<(), CodecError> {
    let mut reader = ByteReader::new(bytes);
    let scale = match code.0 & SCALE_BITS {
        RAW => {
            for value in out.iter_mut() {
                *value = reader.f64()?;
            }
            return super::error::at_end(&reader);
        }
        FACTOR => Scale::Factor(reader.f64()?),
        decimals => Scale::Decimals(decimals),
    };
    let exceptions = if code.0 & EXCEPTIONS == 0 { Vec::new() } else { decode_exceptions(&mut reader, out.len())? };
    let count = out.len();
    let mut doubles = Doubles { left: &mut *out, conversion: Conversion::new(scale) };
    integers::decode(&mut reader, count, known_first, &mut doubles)?;
    if code.0 & ADJUSTMENTS != 0 {
        integers::decode(&mut reader, count, None, &mut Adjust { left: &mut *out })?;
    }
    for (row, value) in exceptions {
        if let Some(place) = out.get_mut(row) {
            *place = value;
        }
    }
    super::error::at_end(&reader)
}

fn decode_exceptions(reader: &mut ByteReader<'_>, count: usize) -> Result<Vec<(usize, f64)>, CodecError> {
    let listed = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    if listed > count.min(ROWS_PER_BLOCK) {
        return Err(CodecError::Count { what: "exceptions", expected: count, found: listed });
    }
    let mut exceptions = Vec::with_capacity(listed);
    for _ in 0..listed {
        let offset = reader.offset();
        let row = reader.varint()?;
        let place = usize::try_from(row).ok().filter(|row| *row < count);
        let known = "rows of the block";
        let place = place.ok_or(CodecError::Unknown { field: "exception row", offset, found: row, known })?;
        exceptions.push((place, reader.f64()?));
    }
    Ok(exceptions)
}

/// The quickest way from integer to double that gives the right bits.
#[derive(Clone, Copy)]
enum Conversion {
    Whole,
    /// In two parts where 32 bits hold the integer, and by division where not.
    Split(Split, f64),
    Divide(f64),
    Factor(f64),
}

impl Conversion {
    fn new(scale: Scale) -> Self {
        match scale {
            Scale::Decimals(0) => Self::Whole,
            Scale::Decimals(decimals) => {
                let power = Scale::power(decimals).unwrap_or(1.0);
                Split::new(decimals).map_or(Self::Divide(power), |split| Self::Split(split, power))
            }
            Scale::Factor(factor) => Self::Factor(factor),
        }
    }

    fn value(self, integer: i64) -> f64 {
        match self {
            Self::Whole => integer as f64,
            Self::Split(split, power) => match i32::try_from(integer) {
                Ok(narrow) => split.value(narrow),
                Err(_) => integer as f64 / power,
            },
            Self::Divide(power) => integer as f64 / power,
            Self::Factor(factor) => integer as f64 * factor,
        }
    }

    /// The doubles of 128 integers.
    #[inline(always)]
    fn write(self, lanes: &Lanes, begins: Begins, out: &mut [f64]) {
        match self {
            Self::Whole => write_values(lanes, begins, out, |word| f64::from(word.cast_signed())),
            Self::Split(split, _) => write_values(lanes, begins, out, |word| split.value(word.cast_signed())),
            Self::Divide(power) => write_values(lanes, begins, out, |word| f64::from(word.cast_signed()) / power),
            Self::Factor(factor) => write_values(lanes, begins, out, |word| f64::from(word.cast_signed()) * factor),
        }
    }
}

/// Writes integers as doubles.
struct Doubles<'a> {
    left: &'a mut [f64],
    conversion: Conversion,
}

/// The next places of a slice that is being filled.
fn next<'a>(left: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let size = count.min(left.len());
    left.split_off_mut(..size).unwrap_or_default()
}

impl Sink for Doubles<'_> {
    #[inline(always)]
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let wanted = next(&mut self.left, count);
        if wanted.len() == VALUES_PER_GROUP {
            self.conversion.write(lanes, begins, wanted);
            return;
        }
        let mut group = [0.0; VALUES_PER_GROUP];
        self.conversion.write(lanes, begins, &mut group);
        wanted.iter_mut().zip(group).for_each(|(place, value)| *place = value);
    }

    fn run(&mut self, values: &[i64]) {
        let places = next(&mut self.left, values.len()).iter_mut().zip(values);
        places.for_each(|(place, value)| *place = self.conversion.value(*value));
    }
}

/// Adds units of the last place to doubles.
struct Adjust<'a> {
    left: &'a mut [f64],
}

impl Sink for Adjust<'_> {
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let mut over = [0_i64; VALUES_PER_GROUP];
        write_values(lanes, begins, &mut over, |word| i64::from(word.cast_signed()));
        self.run(over.get(..count).unwrap_or_default());
    }

    fn run(&mut self, over: &[i64]) {
        for (place, over) in next(&mut self.left, over.len()).iter_mut().zip(over) {
            *place = f64::from_bits(place.to_bits().wrapping_add(over.cast_unsigned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scale::scale;
    use super::*;
    use proptest::prelude::*;

    fn assert_comes_back(values: &[f64]) -> usize {
        let scaled = scale(values, None);
        let mut sizes = Vec::new();
        for effort in [Effort::Fast, Effort::Thorough] {
            let mut out = Vec::new();
            encode(values, scaled.as_ref(), None, effort, &mut out);
            let mut back = vec![f64::NAN; values.len()];
            decode(&out, Code::new(scaled.as_ref()), None, &mut back).unwrap();
            let bits = |column: &[f64]| column.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&back), bits(values));
            sizes.push(out.len());
        }
        sizes[0]
    }

    proptest! {
        #[test]
        fn any_doubles_come_back_to_the_bit(values in prop::collection::vec(any::<f64>(), 0..300)) {
            assert_comes_back(&values);
        }

        #[test]
        fn decimals_with_strangers_come_back_to_the_bit(
            units in prop::collection::vec(prop_oneof![-100_000_i64..100_000, -(1_i64 << 50)..(1_i64 << 50)], 1..1024), places in 0_i32..9,
            strangers in prop::collection::vec(any::<f64>(), 0..5)
        ) {
            let mut values: Vec<f64> = units.iter().map(|u| *u as f64 / 10_f64.powi(places)).collect();
            let stride = values.len() / 5 + 1;
            for (k, stranger) in strangers.iter().enumerate() { let at = k * stride; if at < values.len() { values[at] = *stranger; } }
            assert_comes_back(&values);
        }

        #[test]
        fn counts_times_a_factor_come_back_to_the_bit(
            counts in prop::collection::vec(0_i32..65_536, 1..1024), factor in 1e-6_f64..10.0, offset in prop_oneof![Just(0.0), -5.0_f64..5.0]
        ) {
            assert_comes_back(&counts.iter().map(|count| f64::from(*count) * factor + offset).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_give_values_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..1024, code: u8) {
            if let Ok(code) = Code::decode(code, 0) {
                let _ = decode(&bytes, code, Some(7), &mut vec![0.0; count]);
            }
        }
    }

    #[test]
    fn a_quiet_decimal_column_takes_less_than_a_byte_a_value() {
        let values: Vec<f64> = (0..1024).map(|i| f64::from(1800 + (i * 37) % 64) / 1000.0).collect();
        assert!(assert_comes_back(&values) < 1024);
    }

    #[test]
    fn counts_of_a_converter_do_not_collapse_to_doubles() {
        let walk = (0..1024).scan(2000_i32, |count, i| {
            *count += (i * 7919) % 13 - 6;
            Some(*count)
        });
        let values: Vec<f64> = walk.map(|count| f64::from(count) * (5.0 / 4096.0 * 1.37)).collect();
        let bytes = assert_comes_back(&values);
        assert!(bytes < 1024, "{bytes} bytes");
    }

    #[test]
    fn noise_of_a_conversion_does_not_collapse_to_doubles() {
        let walk = (0..1024).scan(700_i32, |tenths, i| {
            *tenths += (i * 7919) % 13 - 6;
            Some(*tenths)
        });
        let values: Vec<f64> = walk.map(|tenths| f64::from(tenths) / 10.0 * 1.1 / 1.1).collect();
        let bytes = assert_comes_back(&values);
        assert!(bytes < 1024 * 3 / 2, "{bytes} bytes");
    }

    #[test]
    fn negative_zero_and_the_extremes_survive() {
        assert_comes_back(&[0.0, -0.0, 1.5, f64::MIN_POSITIVE, f64::MAX, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 1.0]);
    }

    #[test]
    fn a_count_that_the_bytes_do_not_bear_is_an_error() {
        let scaled = scale(&[1.0, 2.0, 3.0], None);
        let mut out = Vec::new();
        encode(&[1.0, 2.0, 3.0], scaled.as_ref(), None, Effort::Fast, &mut out);
        assert!(decode(&out, Code::new(scaled.as_ref()), None, &mut vec![0.0; 400]).is_err());
    }
}
