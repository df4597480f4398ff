//! Shares of high readings by the direction of the wind.

use super::error::CpfError;
use super::wilson::wilson_interval;
use crate::base::sorted::Sorted;
use crate::trace::mast::WindySample;

/// Sectors of the circle.
const SECTORS: usize = 36;
/// Width of one in degrees.
const SECTOR_DEG: f64 = 10.0;

/// What counts as a high reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CpfThreshold {
    /// A value in the unit of the channel.
    Value(f64),
    /// A percentile, 0 to 100, of all readings with a wind, calm ones included: linear between order statistics (R type 7).
    Percentile(f64),
}

/// How a conditional probability function is computed. [`CpfOptions::default`] has the usual choices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpfOptions {
    /// What counts as high; the 90th percentile by default.
    pub threshold: CpfThreshold,
    /// Normal quantile of the intervals; 1.96 by default, which is 95 %.
    pub z: f64,
    /// Wind speed in m/s below which a reading is calm and belongs to no sector; none by default.
    pub wind_speed_min_m_s: Option<f64>,
}

impl Default for CpfOptions {
    fn default() -> Self {
        Self { threshold: CpfThreshold::Percentile(90.0), z: 1.96, wind_speed_min_m_s: None }
    }
}

/// One sector of wind directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpfSector {
    /// Middle of the sector in degrees: 0, 10, ... 350.
    pub sector_deg: u32,
    /// Readings with the wind from this sector.
    pub n: u64,
    /// Those of them at or above the threshold.
    pub m: u64,
    /// Their share `m / n`; `None` without a reading.
    pub cpf: Option<f64>,
    /// Lower end of the Wilson interval of the share.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A conditional probability function.
#[derive(Debug, Clone, PartialEq)]
pub struct Cpf {
    /// Value from which a reading counts as high, in the unit of the channel.
    pub threshold: f64,
    /// The sectors, from north clockwise.
    pub sectors: Vec<CpfSector>,
    /// Readings with a wind, calm ones included.
    pub samples: u64,
    /// Readings at or above the threshold among them.
    pub high_samples: u64,
    /// Readings with a wind below the least speed.
    pub calm: u64,
    /// Readings without a wind, which count nowhere.
    pub without_wind: u64,
}

impl Cpf {
    /// The sectors whose whole interval lies above the share of all readings: the wind from there brings high readings more often than wind in
    /// general.
    pub fn raised(&self) -> impl Iterator<Item = &CpfSector> {
        let share = self.high_samples as f64 / self.samples.max(1) as f64;
        self.sectors.iter().filter(move |sector| sector.n > 0 && sector.low > share)
    }
}

/// Computes the conditional probability function of readings with their wind: by sectors of 10 degrees, the share of readings at or above a
/// threshold (Ashbaugh, Malm and Sadeh 1985).
///
/// The sector of a direction is its tenth, rounded to the nearest whole number, half to even: `round(direction / 10) * 10 mod 360`. So 5
/// degrees belong to sector 0 and 15 degrees to sector 20.
///
/// # Errors
/// [`CpfError`] for options that make no sense, and where no reading has a wind.
///
/// ```
/// use vocdb::Timestamp;
/// use vocdb::trace::{CpfOptions, CpfThreshold, WindySample, conditional_probability};
/// let sample = |value, from| WindySample { time: Timestamp::from_ms(0), value, wind: Some((2.0, from)) };
/// let samples = [sample(1.0, 90.0), sample(9.0, 93.0), sample(1.0, 180.0)];
/// let options = CpfOptions { threshold: CpfThreshold::Value(5.0), ..CpfOptions::default() };
/// let cpf = conditional_probability(&samples, &options)?;
/// assert_eq!((cpf.sectors[9].n, cpf.sectors[9].m, cpf.sectors[9].cpf), (2, 1, Some(0.5)));
/// # Ok::<(), vocdb::trace::CpfError>(())
/// ```
pub fn conditional_probability(samples: &[WindySample], options: &CpfOptions) -> Result<Cpf, CpfError> {
    check(options)?;
    let windy: Vec<(f64, f64, f64)> =
        samples.iter().filter_map(|sample| sample.wind.map(|(speed, from)| (sample.value, speed, from))).collect();
    if samples.is_empty() {
        return Err(CpfError::NoValues);
    }
    let no_pairs = CpfError::NoPairs { values: samples.len() };
    let threshold = match options.threshold {
        CpfThreshold::Value(value) => value,
        CpfThreshold::Percentile(percent) => {
            let mut sorted = Sorted::default();
            windy.iter().for_each(|(value, ..)| sorted.insert(*value));
            sorted.quantile(percent / 100.0).ok_or_else(|| no_pairs.clone())?
        }
    };
    if windy.is_empty() {
        return Err(no_pairs);
    }
    let mut counts = [(0_u64, 0_u64); SECTORS];
    let (mut calm, mut high_samples) = (0, 0);
    for (value, speed, from) in &windy {
        let is_high = *value >= threshold;
        high_samples += u64::from(is_high);
        if options.wind_speed_min_m_s.is_some_and(|least| *speed < least) {
            calm += 1;
        } else if let Some((n, m)) = counts.get_mut(sector_of(*from)) {
            *n += 1;
            *m += u64::from(is_high);
        }
    }
    let sector = |((n, m), sector_deg): ((u64, u64), u32)| {
        let (low, high) = wilson_interval(m, n, options.z);
        CpfSector { sector_deg, n, m, cpf: (n > 0).then(|| m as f64 / n as f64), low, high }
    };
    let sectors = counts.into_iter().zip((0..).step_by(10)).map(sector).collect();
    let without_wind = (samples.len() - windy.len()) as u64;
    Ok(Cpf { threshold, sectors, samples: windy.len() as u64, high_samples, calm, without_wind })
}

fn check(options: &CpfOptions) -> Result<(), CpfError> {
    match options.threshold {
        CpfThreshold::Percentile(percent) if !(0.0..=100.0).contains(&percent) => Err(CpfError::Percentile(percent)),
        CpfThreshold::Value(value) if !value.is_finite() => Err(CpfError::Threshold),
        _ if !(options.z > 0.0 && options.z.is_finite()) => Err(CpfError::Z),
        _ if options.wind_speed_min_m_s.is_some_and(|speed| !(speed >= 0.0 && speed.is_finite())) => {
            Err(CpfError::WindSpeed)
        }
        _ => Ok(()),
    }
}

/// Index of the sector of a direction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rest of 36 is from 0 to 35")]
fn sector_of(from_deg: f64) -> usize {
    let tenth = (from_deg / SECTOR_DEG).round_ties_even();
    tenth.rem_euclid(SECTORS as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn sample(value: f64, speed: f64, from: f64) -> WindySample {
        WindySample { time: Timestamp::from_ms(0), value, wind: Some((speed, from)) }
    }

    #[test]
    fn directions_between_sectors_go_to_the_even_tenth() {
        for (from, sector) in [
            (0.0, 0),
            (4.9, 0),
            (5.0, 0),
            (5.1, 1),
            (15.0, 2),
            (25.0, 2),
            (354.9, 35),
            (355.0, 0),
            (359.0, 0),
            (360.0, 0),
        ] {
            assert_eq!(sector_of(from), sector, "{from}");
        }
    }

    #[test]
    fn calm_readings_belong_to_no_sector_and_count_for_the_threshold() {
        let samples = [sample(1.0, 0.2, 10.0), sample(2.0, 3.0, 10.0), sample(9.0, 0.4, 10.0), sample(8.0, 3.0, 90.0)];
        let options = CpfOptions { wind_speed_min_m_s: Some(0.5), ..CpfOptions::default() };
        let cpf = conditional_probability(&samples, &options).unwrap();
        assert_eq!((cpf.calm, cpf.samples, cpf.high_samples), (2, 4, 1));
        assert_eq!(cpf.sectors.iter().map(|sector| sector.n).sum::<u64>(), 2);
        assert!((cpf.threshold - 8.7).abs() < 1e-12);
    }

    #[test]
    fn questions_without_sense_or_answer_are_refused() {
        let ask = |options| conditional_probability(&[sample(1.0, 2.0, 3.0)], &options);
        let usual = CpfOptions::default();
        for percent in [-1.0, 101.0, f64::NAN] {
            let threshold = CpfThreshold::Percentile(percent);
            assert!(matches!(ask(CpfOptions { threshold, ..usual }), Err(CpfError::Percentile(_))));
        }
        assert_eq!(ask(CpfOptions { z: 0.0, ..usual }), Err(CpfError::Z));
        assert_eq!(ask(CpfOptions { threshold: CpfThreshold::Value(f64::NAN), ..usual }), Err(CpfError::Threshold));
        assert_eq!(ask(CpfOptions { wind_speed_min_m_s: Some(-1.0), ..usual }), Err(CpfError::WindSpeed));
        assert_eq!(conditional_probability(&[], &usual), Err(CpfError::NoValues));
        let blind = WindySample { wind: None, ..sample(1.0, 0.0, 0.0) };
        assert_eq!(conditional_probability(&[blind], &usual), Err(CpfError::NoPairs { values: 1 }));
    }
}
