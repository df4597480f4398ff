//! The information of a value, given the value before.

/// Counters of steps, and of values.
const COUNTERS: usize = 1_024;
/// Counters of values with the value before.
const PAIR_COUNTERS: usize = 4_096;
/// Information of the rarest step, in tenths of a bit.
const INFORMATION_MAX: u32 = 160;
/// Times a value must have occurred before its own steps are counted.
const VALUES_MIN: f64 = 100.0;

/// How often steps from one value to the next occurred. Steps that share a counter look less rare than they are.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    steps: Vec<u32>,
    values: Vec<u32>,
    pairs: Vec<u32>,
    total: f64,
    /// The step before.
    last: u64,
}

impl Steps {
    pub(super) fn new() -> Self {
        Self { steps: vec![0; COUNTERS], values: vec![0; COUNTERS], pairs: vec![0; PAIR_COUNTERS], total: 0.0, last: 0 }
    }

    /// How rare a step is among those before, in tenths of a bit. Where the value before is a frequent one, as in channels of coarse
    /// resolution, also among the steps from there: the lesser counts. Equal values and straight lines have none, however new they are.
    pub(super) fn information(&mut self, before: f64, value: f64) -> u32 {
        // Without the last digits, in which equal steps of decimal numbers differ.
        let step = (value - before).to_bits().wrapping_add(1 << 23) >> 24;
        let steps = count(&mut self.steps, mixed(step));
        let values = count(&mut self.values, mixed(before.to_bits()));
        let pairs = count(&mut self.pairs, mixed(before.to_bits() ^ mixed(step)));
        let bits = |part: f64, whole: f64| -((part + 0.5) / (whole + 1.0)).log2();
        let of_step = bits(steps, self.total);
        self.total += 1.0;
        if std::mem::replace(&mut self.last, step) == step || value == before {
            return 0;
        }
        tenths(if values < VALUES_MIN { of_step } else { of_step.min(bits(pairs, values)) })
    }
}

/// Counts once more, and returns the count before.
fn count(counters: &mut [u32], hash: u64) -> f64 {
    let place = usize::try_from(hash % counters.len().max(1) as u64).unwrap_or_default();
    let Some(counter) = counters.get_mut(place) else { return 0.0 };
    let before = f64::from(*counter);
    *counter = counter.saturating_add(1);
    before
}

/// Bits in whole tenths, rounded down, so that sums are exact.
fn tenths(bits: f64) -> u32 {
    let wanted = (bits * 10.0).clamp(0.0, f64::from(INFORMATION_MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 160")]
    let tenths = wanted as u32;
    tenths
}

/// A number whose bits all depend on all bits of another (the finalizer of splitmix64).
pub(super) const fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
