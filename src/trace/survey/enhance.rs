//! The enhancement: what a station reads above the air that reaches it anyway.

use crate::base::sorted::{Sorted, around_each};

/// Quantile that stands for the air without the plume.
pub(super) const BACKGROUND_QUANTILE: f64 = 0.1;
/// Drift of a station, in units of the distance between the background quantile and the median.
const DRIFT_FACTOR: f64 = 2.0;

/// Returns the enhancement of a series of equal steps: the reading minus the 10 % quantile of the window around it, weighed down where it
/// does not stand out from the drift of the station. A missing reading stays missing.
///
/// `half_window` is the number of steps on each side. An enhancement `e` becomes `e^2 / (e + d)`, where the drift `d` is twice the distance
/// between the 10 % quantile and the median of the window: an excursion well above the drift stays as it is, the slow wandering of a sensor
/// with temperature, or of the background, fades. Without the weight, a drift of 0.1 ppm on seven sensors outweighs the plume on the eighth.
///
/// ```
/// use vocdb::trace::enhancement;
/// let mut readings = vec![Some(2.0); 120];
/// readings[60] = Some(5.0);
/// let above = enhancement(&readings, 60);
/// assert_eq!((above[60], above[59]), (Some(3.0), Some(0.0)));
/// ```
#[must_use]
pub fn enhancement(readings: &[Option<f64>], half_window: usize) -> Vec<Option<f64>> {
    around_each(readings, half_window, excess)
}

fn excess(value: f64, around: &Sorted) -> Option<f64> {
    let background = around.quantile(BACKGROUND_QUANTILE)?;
    let drift = DRIFT_FACTOR * (around.quantile(0.5)? - background);
    let excess = (value - background).max(0.0);
    Some(if excess > 0.0 { excess * excess / (excess + drift) } else { 0.0 })
}
