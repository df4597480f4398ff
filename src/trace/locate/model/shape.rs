//! What forward models know of a source and of the heights at which they are asked.

use super::spread::Spread;
use super::stability::StabilityMix;

/// Mean height of a plume on the ground in vertical standard deviations: that of half a normal distribution.
const MEAN_HEIGHT_SIGMAS: f64 = 0.8;
/// Height in metres up to which the wind grows with height.
pub(super) const PROFILE_TOP_M: f64 = 200.0;
/// Heights of receptors share a table if they differ by less than this, or by less than this share: tables take memory.
const HEIGHT_STEP_M: f64 = 0.1;
const HEIGHT_STEP_SHARE: f64 = 0.05;

/// A receptor's height as its tables have it, in metres.
pub(crate) fn table_height_m(height_m: f64) -> f64 {
    let steps = |height: f64| (height / HEIGHT_STEP_M).round() * HEIGHT_STEP_M;
    let fine_up_to = HEIGHT_STEP_M / HEIGHT_STEP_SHARE;
    if height_m <= fine_up_to {
        return steps(height_m);
    }
    fine_up_to * (((height_m / fine_up_to).ln() / HEIGHT_STEP_SHARE).round() * HEIGHT_STEP_SHARE).exp()
}

/// What a plume needs to know of a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlumeShape {
    /// Factor on both spreads.
    pub(crate) spread_scale: f64,
    /// Height of the source above ground in metres.
    pub(crate) source_height_m: f64,
    /// Initial spread across the wind in metres: the size of what a source may stand anywhere in.
    pub(crate) blur_m: f64,
    /// Height of the wind sensor above ground in metres.
    pub(crate) mast_height_m: f64,
    /// Distance up to which the model is asked for, in metres.
    pub(crate) reach_m: f64,
    /// Distance across the network in metres.
    pub(crate) network_m: f64,
}

impl PlumeShape {
    /// Returns the spread across the wind in metres, at a distance in metres travelled.
    pub(super) fn across_m(self, stability: StabilityMix, distance_m: f64) -> f64 {
        (Spread::rural(stability, distance_m).across_m * self.spread_scale).hypot(self.blur_m).max(1e-2)
    }

    /// Returns the speed of the air that carries a plume of a vertical spread in metres, as a multiple of the speed at the mast.
    pub(super) fn speed_up(self, vertical_m: f64, stability: StabilityMix) -> f64 {
        let top_m = PROFILE_TOP_M.max(self.mast_height_m);
        let height_m = (MEAN_HEIGHT_SIGMAS * vertical_m).clamp(self.mast_height_m, top_m);
        (height_m / self.mast_height_m).powf(stability.profile_exponent())
    }
}
