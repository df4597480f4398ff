//! What is packed of a block: the cheapest of frame of reference, deltas and zigzag deltas.

use super::mode::{DELTA, Effort, FIRST_KNOWN, FRAME, WIDE, ZIGZAG};
use super::{narrow, wide};
use crate::base::bytes::{put_zigzag, zigzag};
use crate::base::limits::VALUES_PER_GROUP;

/// The first value, and whether it goes without saying.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) value: i64,
    pub(super) is_known: bool,
}

impl Origin {
    pub(super) fn put(self, mode: u8, out: &mut Vec<u8>) {
        if self.is_known {
            out.push(mode | FIRST_KNOWN);
        } else {
            out.push(mode);
            put_zigzag(out, self.value);
        }
    }
}

/// What is packed of a block.
pub(super) struct Units {
    pub(super) kind: u8,
    /// Of frames the least value, of deltas the least step.
    least: i64,
    units: Vec<u32>,
    effort: Effort,
    /// Size, estimated.
    pub(super) bits: usize,
}

impl Units {
    fn new(kind: u8, least: i64, units: Vec<u32>, effort: Effort) -> Self {
        let bits = estimate(&units, effort) + 8;
        Self { kind, least, units, effort, bits }
    }

    pub(super) fn best(values: &[i32], effort: Effort) -> Self {
        let least = values.iter().copied().min().unwrap_or_default();
        let frame = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned()).collect();
        let mut best = Self::new(FRAME, i64::from(least), frame, effort);
        let mut before = values.first().copied().unwrap_or_default();
        let steps: Vec<i32> = values
            .iter()
            .map(|value| {
                let step = value.wrapping_sub(before);
                before = *value;
                step
            })
            .collect();
        let zigzags = steps.iter().map(|step| (step.wrapping_shl(1) ^ (step >> 31)).cast_unsigned()).collect();
        best = best.or(Self::new(ZIGZAG, 0, zigzags, effort));
        let inner = steps.get(1..).unwrap_or_default();
        let (low, high) = inner.iter().fold((i32::MAX, i32::MIN), |(a, b), step| (a.min(*step), b.max(*step)));
        let is_worth_it = effort == Effort::Thorough || low > 0 || high < 0;
        // Steps that wrapped around are as good as any: the decoder wraps them back.
        if is_worth_it && low <= high {
            let mut deltas: Vec<u32> = steps.iter().map(|step| step.wrapping_sub(low).cast_unsigned()).collect();
            if let Some(first) = deltas.first_mut() {
                *first = 0;
            }
            best = best.or(Self::new(DELTA, i64::from(low), deltas, effort));
        }
        best
    }

    fn or(self, other: Self) -> Self {
        if other.bits < self.bits { other } else { self }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        if self.kind != ZIGZAG {
            put_zigzag(out, self.least);
        }
        narrow::encode(&self.units, self.effort, out);
    }
}

/// Bits that units will take; from two groups of them where it has to be quick.
fn estimate(units: &[u32], effort: Effort) -> usize {
    let groups = units.len() / VALUES_PER_GROUP;
    if effort == Effort::Thorough || groups < 4 {
        return narrow::encoded_bits(units, effort);
    }
    let sample = [groups / 4, groups * 3 / 4];
    let of_group = |group: &usize| {
        let begin = group * VALUES_PER_GROUP;
        narrow::encoded_bits(units.get(begin..begin + VALUES_PER_GROUP).unwrap_or_default(), effort)
    };
    sample.iter().map(of_group).sum::<usize>() * units.len() / (2 * VALUES_PER_GROUP)
}

/// Appends integers beyond 32 bits.
pub(super) fn encode_wide(values: &[i64], first: Origin, out: &mut Vec<u8>) {
    let least = values.iter().copied().min().unwrap_or_default();
    let frame: Vec<u64> = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned()).collect();
    let mut before = first.value;
    let step_to = |value: &i64| {
        let step = value.wrapping_sub(before);
        before = *value;
        step
    };
    let steps: Vec<i64> = values.iter().map(step_to).collect();
    let least_step = steps.iter().skip(1).copied().min().unwrap_or_default();
    let mut deltas: Vec<u64> = steps.iter().map(|step| step.wrapping_sub(least_step).cast_unsigned()).collect();
    if let Some(first) = deltas.first_mut() {
        *first = 0;
    }
    let zigzags: Vec<u64> = steps.iter().map(|step| zigzag(*step)).collect();
    let candidates = [(FRAME, Some(least), frame), (DELTA, Some(least_step), deltas), (ZIGZAG, None, zigzags)];
    let best = candidates.into_iter().min_by_key(|(_, _, units)| wide::encoded_bytes(units));
    let Some((kind, least, units)) = best else { return };
    match kind {
        FRAME => out.push(FRAME | WIDE),
        kind => first.put(kind | WIDE, out),
    }
    if let Some(least) = least {
        put_zigzag(out, least);
    }
    wide::encode(&units, out);
}

/// A value as 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "callers have checked that the value fits 32 bits")]
pub(super) const fn low_word(value: i64) -> i32 {
    value as i32
}
