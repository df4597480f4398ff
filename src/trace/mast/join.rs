//! Readings of a channel, each with the wind of its time.

use super::find::WindSource;
use crate::base::ExactDirection;
use crate::model::{InstrumentId, Interval, TimeRange, Timestamp};
use crate::query::{QueryError, Readings};

/// Share of the wind samples of an interval that must be valid (Directive 2008/50/EC, annex VII: 75 %).
const COVERAGE_MIN: f64 = 0.75;

/// A reading and the wind of its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindySample {
    /// Time of the reading.
    pub time: Timestamp,
    /// Value in the unit of its channel.
    pub value: f64,
    /// Wind speed in m/s and the direction that the wind comes from in degrees; `None` if it was not measured.
    pub wind: Option<(f64, f64)>,
}

/// A wind sample: time, speed in m/s, direction.
type Wind = (Timestamp, f64, f64);

/// The valid readings of a channel in a range of time, each with the wind of its time.
///
/// A reading at `t` stands for the time from `t` minus its interval, excluded, to `t`, included. With wind samples of the same or a shorter
/// interval, the wind is that of the samples in this time: the mean of the speeds and the vector mean of the directions, if at least 75 %
/// of the samples are valid. With a longer interval, it is the sample whose time includes `t`.
///
/// # Errors
/// [`QueryError`] where the readings cannot be read.
pub fn samples_with_wind(
    readings: &Readings,
    (instrument, channel, interval): (InstrumentId, usize, Interval),
    wind: &WindSource,
    range: TimeRange,
) -> Result<Vec<WindySample>, QueryError> {
    let (own_ms, wind_ms) = (interval.as_ms(), wind.interval.as_ms());
    let around = TimeRange::new(range.from.plus_ms(-own_ms), range.to.plus_ms(wind_ms));
    let channels = [wind.channels.speed, wind.channels.direction];
    let rows = readings.rows(wind.channels.instrument, &channels, around)?;
    let pairs = rows.samples(0).zip(rows.samples(1));
    let winds: Vec<Wind> = pairs
        .filter_map(|((time, speed), (_, from))| Some((time, speed.valid()? * wind.speed_m_s_per_unit, from.valid()?)))
        .collect();
    let rows = readings.rows(instrument, &[channel], range)?;
    let values = rows.samples(0).filter_map(|(time, sample)| Some((time, sample.valid()?)));
    Ok(values.map(|(time, value)| WindySample { time, value, wind: wind_at(&winds, time, own_ms, wind_ms) }).collect())
}

/// The wind that belongs to a reading, from samples in order of time.
fn wind_at(winds: &[Wind], time: Timestamp, own_ms: i64, wind_ms: i64) -> Option<(f64, f64)> {
    if wind_ms > own_ms {
        let next = winds.partition_point(|(at, ..)| *at < time);
        return winds.get(next).filter(|(at, ..)| at.since_ms(time) < wind_ms).map(|(_, speed, from)| (*speed, *from));
    }
    let first = winds.partition_point(|(at, ..)| *at <= time.plus_ms(-own_ms));
    let behind = winds.partition_point(|(at, ..)| *at <= time);
    let within = winds.get(first..behind)?;
    if let [(_, speed, from)] = within
        && own_ms == wind_ms
    {
        return Some((*speed, *from));
    }
    let expected = own_ms as f64 / wind_ms.max(1) as f64;
    if within.is_empty() || (within.len() as f64) < COVERAGE_MIN * expected {
        return None;
    }
    let mut mean = ExactDirection::ZERO;
    within.iter().for_each(|(.., from)| mean.add(*from));
    let from = mean.mean(within.len() as u64)?;
    Some((within.iter().map(|(_, speed, _)| speed).sum::<f64>() / within.len() as f64, from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wind(minutes: &[(i64, f64, f64)]) -> Vec<Wind> {
        minutes.iter().map(|(minute, speed, from)| (Timestamp::from_ms(minute * 60_000), *speed, *from)).collect()
    }

    fn at(winds: &[Wind], minute: i64, own: i64, of_wind: i64) -> Option<(f64, f64)> {
        wind_at(winds, Timestamp::from_ms(minute * 60_000), own * 60_000, of_wind * 60_000)
    }

    #[test]
    fn samples_of_one_interval_keep_their_bits() {
        let winds = wind(&[(1, 2.0, 205.0), (2, 3.0, 0.1)]);
        assert_eq!(at(&winds, 1, 1, 1), Some((2.0, 205.0)));
        assert_eq!(at(&winds, 2, 1, 1), Some((3.0, 0.1)));
        assert_eq!(at(&winds, 3, 1, 1), None);
        assert_eq!(at(&winds, 0, 1, 1), None);
    }

    #[test]
    fn shorter_wind_samples_are_averaged_as_a_vector_over_the_readings_own_time() {
        let winds = wind(&[(0, 9.0, 180.0), (1, 1.0, 350.0), (2, 2.0, 10.0), (3, 3.0, 350.0), (4, 2.0, 10.0)]);
        assert_eq!(at(&winds, 4, 4, 1), Some((2.0, 0.0)));
        assert!(at(&winds[..4], 4, 4, 1).is_some(), "three of four samples are enough");
        assert_eq!(at(&winds[..3], 4, 4, 1), None, "two of four are not");
    }

    #[test]
    fn a_longer_wind_sample_holds_for_every_reading_within_its_time() {
        let winds = wind(&[(60, 2.0, 90.0), (180, 4.0, 270.0)]);
        assert_eq!(at(&winds, 1, 1, 60), Some((2.0, 90.0)));
        assert_eq!(at(&winds, 60, 1, 60), Some((2.0, 90.0)));
        assert_eq!(at(&winds, 61, 1, 60), None);
        assert_eq!(at(&winds, 121, 1, 60), Some((4.0, 270.0)));
    }

    #[test]
    fn winds_that_cancel_each_other_have_no_direction() {
        assert_eq!(at(&wind(&[(1, 2.0, 90.0), (2, 2.0, 270.0)]), 2, 2, 1), None);
    }
}
