//! The mean wind over a stretch of time, averaged as a vector.

use crate::model::{InstrumentId, TimeRange};
use crate::query::{QueryError, Readings};

/// Where the wind is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindChannels {
    /// The weather mast.
    pub instrument: InstrumentId,
    /// Its channel of wind speed, in m/s.
    pub speed: usize,
    /// Its channel of the direction the wind comes from, in degrees clockwise from north.
    pub direction: usize,
}

/// A mean wind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindMean {
    /// The direction it came from, in degrees clockwise from north, 0 to 360.
    pub from_deg: f64,
    /// The length of the mean vector in m/s.
    pub vector_speed_m_s: f64,
    /// The mean of the speeds in m/s.
    pub speed_m_s: f64,
    /// Vector speed over mean speed, 0 to 1: near 1 the wind was steady; near 0 it turned, and its direction means little.
    pub steadiness: f64,
    /// Samples with a valid speed and direction.
    pub samples: usize,
}

/// The vector mean of the wind in a range of time; `None` without a valid sample.
///
/// # Errors
/// [`QueryError`] where the readings cannot be read.
pub fn mean_wind(
    readings: &Readings,
    channels: WindChannels,
    range: TimeRange,
) -> Result<Option<WindMean>, QueryError> {
    let rows = readings.rows(channels.instrument, &[channels.speed, channels.direction], range)?;
    let pairs = rows.samples(0).zip(rows.samples(1));
    let valid: Vec<(f64, f64)> = pairs.filter_map(|((_, s), (_, d))| Some((s.valid()?, d.valid()?))).collect();
    Ok(vector_mean(&valid))
}

fn vector_mean(pairs: &[(f64, f64)]) -> Option<WindMean> {
    if pairs.is_empty() {
        return None;
    }
    let count = pairs.len() as f64;
    let east: f64 = pairs.iter().map(|(speed, from)| speed * from.to_radians().sin()).sum::<f64>() / count;
    let north: f64 = pairs.iter().map(|(speed, from)| speed * from.to_radians().cos()).sum::<f64>() / count;
    let speed_m_s = pairs.iter().map(|(speed, _)| speed).sum::<f64>() / count;
    let vector_speed_m_s = east.hypot(north);
    let steadiness = if speed_m_s > 0.0 { (vector_speed_m_s / speed_m_s).clamp(0.0, 1.0) } else { 0.0 };
    let from_deg = east.atan2(north).to_degrees().rem_euclid(360.0);
    Some(WindMean { from_deg, vector_speed_m_s, speed_m_s, steadiness, samples: pairs.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_is_the_mean_of_north_north_west_and_north_north_east() {
        let wind = vector_mean(&[(2.0, 340.0), (2.0, 20.0)]).unwrap();
        assert!(wind.from_deg < 1e-9 || wind.from_deg > 360.0 - 1e-9, "{}", wind.from_deg);
        assert!((wind.vector_speed_m_s - 2.0 * 20_f64.to_radians().cos()).abs() < 1e-12);
    }

    #[test]
    fn opposite_winds_have_no_steadiness() {
        let wind = vector_mean(&[(3.0, 90.0), (3.0, 270.0)]).unwrap();
        assert!(wind.steadiness < 1e-12);
        assert_eq!(vector_mean(&[]), None);
    }
}
