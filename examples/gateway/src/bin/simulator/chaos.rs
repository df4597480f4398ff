//! Faults of links, in an order that a seed decides.

/// A generator of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Chaos(u64);

impl Chaos {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    pub(crate) const fn once_in(&mut self, times: u64) -> bool {
        times > 0 && self.next().is_multiple_of(times)
    }

    /// A number below another one.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }

    /// Bytes that are no frame.
    pub(crate) fn garbage(&mut self) -> Vec<u8> {
        let bytes = 1 + self.below(400);
        (0..bytes).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}
