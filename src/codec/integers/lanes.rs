//! 128 unsigned integers of one width in four lanes, so that shifts and adds run on four values at once.
//!
//! Value `32 * lane + step` stands in row `step`, column `lane`: each lane is a run of 32 neighbours, so that running sums go down the
//! columns, and only four carries join the lanes.

/// How many values a group of lanes holds.
pub(super) const LANES_VALUES: usize = 128;
const STEPS: usize = 32;

/// A group of values: `[step][lane]`.
pub(in super::super) type Lanes = [[u32; 4]; STEPS];

/// Appends `width` (0 to 32) low bits of each value: 16 bytes per bit of width.
pub(super) fn pack(lanes: &Lanes, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let mask = u32::MAX >> (u32::BITS - width.min(u32::BITS));
    let (mut word, mut filled) = ([0_u32; 4], 0_u32);
    for row in lanes {
        let low = row.map(|value| value & mask);
        for (to, value) in word.iter_mut().zip(low) {
            *to |= value << filled;
        }
        filled += width;
        if filled >= u32::BITS {
            word.iter().for_each(|lane| out.extend_from_slice(&lane.to_le_bytes()));
            filled -= u32::BITS;
            word = low.map(|value| value.checked_shr(width - filled).unwrap_or(0));
        }
    }
}

/// Reads what [`pack`] wrote: `16 * width` bytes. Of fewer bytes, or a width over 32, nothing is read.
pub(super) fn unpack(bytes: &[u8], width: u32, out: &mut Lanes) {
    let (words, _) = bytes.as_chunks::<16>();
    macro_rules! dispatch {
        ($($known:literal)*) => {
            match width {
                $($known => unpack_width::<$known>(words, out),)*
                _ => {}
            }
        };
    }
    dispatch!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

#[inline(always)]
fn unpack_width<const W: usize>(words: &[[u8; 16]], out: &mut Lanes) {
    let Some(words) = words.first_chunk::<W>() else { return };
    let words = words.map(load);
    let mask = if W >= 32 { u32::MAX } else { (1_u32 << W) - 1 };
    step::<W, 0>(&words, out, mask);
    step::<W, 1>(&words, out, mask);
    step::<W, 2>(&words, out, mask);
    step::<W, 3>(&words, out, mask);
    step::<W, 4>(&words, out, mask);
    step::<W, 5>(&words, out, mask);
    step::<W, 6>(&words, out, mask);
    step::<W, 7>(&words, out, mask);
    step::<W, 8>(&words, out, mask);
    step::<W, 9>(&words, out, mask);
    step::<W, 10>(&words, out, mask);
    step::<W, 11>(&words, out, mask);
    step::<W, 12>(&words, out, mask);
    step::<W, 13>(&words, out, mask);
    step::<W, 14>(&words, out, mask);
    step::<W, 15>(&words, out, mask);
    step::<W, 16>(&words, out, mask);
    step::<W, 17>(&words, out, mask);
    step::<W, 18>(&words, out, mask);
    step::<W, 19>(&words, out, mask);
    step::<W, 20>(&words, out, mask);
    step::<W, 21>(&words, out, mask);
    step::<W, 22>(&words, out, mask);
    step::<W, 23>(&words, out, mask);
    step::<W, 24>(&words, out, mask);
    step::<W, 25>(&words, out, mask);
    step::<W, 26>(&words, out, mask);
    step::<W, 27>(&words, out, mask);
    step::<W, 28>(&words, out, mask);
    step::<W, 29>(&words, out, mask);
    step::<W, 30>(&words, out, mask);
    step::<W, 31>(&words, out, mask);
}

#[inline(always)]
fn load(bytes: [u8; 16]) -> [u32; 4] {
    let (words, _) = bytes.as_chunks::<4>();
    let mut lanes = [0; 4];
    for (lane, word) in lanes.iter_mut().zip(words) {
        *lane = u32::from_le_bytes(*word);
    }
    lanes
}

/// One row: every shift is a constant, which is what makes unpacking fast.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "S < 32 rows; the words are checked against W just above each use")]
fn step<const W: usize, const S: usize>(words: &[[u32; 4]; W], out: &mut Lanes, mask: u32) {
    let (at, shift) = (const { S * W / 32 }, const { S * W % 32 });
    let row = &mut out[S];
    if W == 0 {
        *row = [0; 4];
        return;
    }
    if at >= W {
        return;
    }
    let low = words[at];
    if shift + W <= 32 {
        for (to, low) in row.iter_mut().zip(low) {
            *to = (low >> shift) & mask;
        }
    } else if at + 1 < W {
        let high = words[at + 1];
        for ((to, low), high) in row.iter_mut().zip(low).zip(high) {
            *to = ((low >> shift) | (high << (32 - shift))) & mask;
        }
    }
}

/// What is to be added to all values of each lane.
pub(in super::super) type Begins = [u32; 4];

/// Turns steps into values: running sums within each lane, and what each lane begins with. They go on from `before`, which becomes the
/// last value.
#[inline(always)]
pub(super) fn run_up(lanes: &mut Lanes, before: &mut u32, step_of: impl Fn(u32) -> u32) -> Begins {
    let mut sums = [0_u32; 4];
    for row in lanes.iter_mut() {
        for (sum, unit) in sums.iter_mut().zip(row.iter_mut()) {
            *sum = sum.wrapping_add(step_of(*unit));
            *unit = *sum;
        }
    }
    sums.map(|sum| {
        let begin = *before;
        *before = begin.wrapping_add(sum);
        begin
    })
}

/// Changes every value, once what its lane begins with is added.
#[inline(always)]
pub(super) fn map(lanes: &mut Lanes, begins: Begins, change: impl Fn(u32) -> u32) {
    for row in lanes.iter_mut() {
        for (value, begin) in row.iter_mut().zip(begins) {
            *value = change(value.wrapping_add(begin));
        }
    }
}

/// Values in order, as lanes; missing ones are zero.
pub(super) fn from_values(values: &[u32]) -> Lanes {
    let mut lanes = [[0; 4]; STEPS];
    for (lane, run) in values.chunks(STEPS).enumerate().take(4) {
        for (row, value) in lanes.iter_mut().zip(run) {
            if let Some(place) = row.get_mut(lane) {
                *place = *value;
            }
        }
    }
    lanes
}

/// Writes the values in order, each changed on its way, once what its lane begins with is added. Four steps of four lanes at a time: four
/// neighbours then go into memory at once.
#[inline(always)]
pub(in super::super) fn write_values<T>(
    lanes: &Lanes,
    begins: Begins,
    out: &mut [T],
    change: impl Fn(u32) -> T + Copy,
) {
    let Some((first, rest)) = out.split_first_chunk_mut::<STEPS>() else { return };
    let Some((second, rest)) = rest.split_first_chunk_mut::<STEPS>() else { return };
    let Some((third, rest)) = rest.split_first_chunk_mut::<STEPS>() else { return };
    let Some((fourth, _)) = rest.split_first_chunk_mut::<STEPS>() else { return };
    let (steps, _) = lanes.as_chunks::<4>();
    let [first, second, third, fourth] = [first, second, third, fourth].map(|out| out.as_chunks_mut::<4>().0);
    let outs = first.iter_mut().zip(second).zip(third).zip(fourth);
    for ([one, two, three, four], (((first, second), third), fourth)) in steps.iter().zip(outs) {
        let ([a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]) = (*one, *two, *three, *four);
        let [of_first, of_second, of_third, of_fourth] = begins;
        *first = [a, e, i, m].map(|value| change(value.wrapping_add(of_first)));
        *second = [b, f, j, n].map(|value| change(value.wrapping_add(of_second)));
        *third = [c, g, k, o].map(|value| change(value.wrapping_add(of_third)));
        *fourth = [d, h, l, p].map(|value| change(value.wrapping_add(of_fourth)));
    }
}

/// Sets bits of the value at `position`, of which the low seven bits count.
#[inline(always)]
pub(super) fn add_bits(lanes: &mut Lanes, position: u32, bits: u32) {
    let place = ((position & 31) << 2) | ((position >> 5) & 3);
    if let Some(value) = lanes.as_flattened_mut().get_mut(place as usize) {
        *value |= bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::processor::with_best;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_width_gives_back_the_low_bits(values in prop::collection::vec(any::<u32>(), 128), width in 0_u32..=32) {
            let mut packed = Vec::new();
            pack(&from_values(&values), width, &mut packed);
            prop_assert_eq!(packed.len(), 16 * width as usize);
            let mut lanes = [[7; 4]; STEPS];
            unpack(&packed, width, &mut lanes);
            let mut back = [0_u32; 128];
            write_values(&lanes, [0; 4], &mut back, |value| value);
            let mask = if width == 0 { 0 } else { u32::MAX >> (32 - width) };
            prop_assert_eq!(back.to_vec(), values.iter().map(|value| value & mask).collect::<Vec<_>>());
        }

        #[test]
        fn newer_instructions_give_the_same_bits(units in prop::collection::vec(any::<u32>(), 128), before: u32, power in 0_i32..7) {
            #[inline(always)]
            fn written(units: &[u32], mut before: u32, power: f64) -> (Vec<u64>, u32) {
                let mut lanes = from_values(units);
                let begins = run_up(&mut lanes, &mut before, |unit| (unit >> 1) ^ (unit & 1).wrapping_neg());
                let mut out = [0.0; 128];
                let high = 1.0 / power;
                write_values(&lanes, begins, &mut out, |word| f64::from(word.cast_signed()) * high + f64::from(word.cast_signed()) * 1e-19);
                (out.iter().map(|value| value.to_bits()).collect(), before)
            }
            let power = 10_f64.powi(power);
            let newer = with_best(#[inline(always)] || written(&units, before, power));
            prop_assert_eq!(newer, written(&units, before, power));
        }

        #[test]
        fn running_sums_equal_the_sums_one_by_one(steps in prop::collection::vec(any::<u32>(), 128), before: u32) {
            let mut lanes = from_values(&steps);
            let mut last = before;
            let begins = run_up(&mut lanes, &mut last, |unit| unit);
            let mut back = [0_u32; 128];
            write_values(&lanes, begins, &mut back, |value| value);
            let one_by_one: Vec<u32> = steps.iter().scan(before, |sum, s| { *sum = sum.wrapping_add(*s); Some(*sum) }).collect();
            prop_assert_eq!(last, one_by_one[127]);
            prop_assert_eq!(back.to_vec(), one_by_one);
        }
    }
}
