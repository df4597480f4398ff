//! The interval of a share.

/// The Wilson score interval of a share: `hits` of `trials`, with the normal quantile `z` (1.96 for 95 %). (0, 1) without a trial.
///
/// Unlike the usual plus-minus interval it stays within 0 and 1, and is right for few trials and rare hits (Wilson 1927; Brown, Cai and
/// DasGupta 2001).
///
/// ```
/// use vocdb::trace::wilson_interval;
/// let (low, high) = wilson_interval(1, 10, 1.96);
/// assert!((low - 0.0179).abs() < 1e-4 && (high - 0.4042).abs() < 1e-4);
/// ```
#[must_use]
pub fn wilson_interval(hits: u64, trials: u64, z: f64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let scale = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / scale;
    let half = z / scale * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits >= trials { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ends_are_where_the_score_test_has_its_quantile((trials, part) in (1_u64..5_000, 0_u64..5_000), z in 0.5..4.0_f64) {
            let hits = part % (trials + 1);
            let (low, high) = wilson_interval(hits, trials, z);
            let share = hits as f64 / trials as f64;
            prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
            for end in [low, high].into_iter().filter(|end| *end > 0.0 && *end < 1.0) {
                let score = (share - end).abs() / (end * (1.0 - end) / trials as f64).sqrt();
                prop_assert!((score - z).abs() < 1e-6 * z, "{score} instead of {z}");
            }
        }
    }
}
