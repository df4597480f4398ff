//! How much of each species came with the plume.

use crate::model::{Registry, TimeRange};
use crate::query::Readings;
use crate::trace::fingerprint::SpeciesEnhancement;
use crate::trace::survey::{StepGrid, Survey, SurveyError, enhancement};

/// Steps in which the asked channel must be enhanced for a ratio to mean something.
const STEPS_MIN: usize = 5;

/// Returns the enhancement of every species that the surveyed stations measure, in the ratios in which they rose together with the asked channel.
///
/// For each species and station, the enhancement is regressed on that of the asked channel, through the origin, over the steps of the range; the
/// slope times the mean of the asked channel is the enhancement, and the error of the slope its uncertainty. What does not rise and fall
/// with the plume, such as traffic, averages out. Stations are summed.
///
/// # Errors
/// [`SurveyError::Query`] where readings cannot be read.
pub fn species_enhancements(
    registry: &Registry,
    readings: &Readings,
    survey: &Survey,
    range: TimeRange,
) -> Result<Vec<SpeciesEnhancement>, SurveyError> {
    let grid = StepGrid::around(range, survey.step_ms());
    let half = grid.half_window();
    let steps = grid.steps_of(range);
    let mut sums: Vec<SpeciesEnhancement> = Vec::new();
    for station in &survey.stations {
        let rows = readings.rows(station.instrument, &[station.channel], grid.range())?;
        let asked = enhancement(&grid.means(rows.samples(0)), half);
        let of_station = registry.station_named(&station.name);
        for (instrument, _, known) in registry.instruments().filter(|(_, at, _)| Some(*at) == of_station) {
            for (place, channel) in known.channels().iter().enumerate().filter(|(_, channel)| !channel.is_retired()) {
                if channel.species_entry().is_none() {
                    continue;
                }
                let rows = readings.rows(instrument, &[place], grid.range())?;
                let values = enhancement(&grid.means(rows.samples(0)), half);
                let pairs = asked.iter().zip(&values).skip(steps.start).take(steps.len());
                let pairs: Vec<(f64, f64)> = pairs.filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
                let Some((mean, error)) = risen_together(&pairs) else { continue };
                if let Ok(Some(risen)) = SpeciesEnhancement::of_channel(channel, mean, Some(error)) {
                    add(&mut sums, risen);
                }
            }
        }
    }
    sums.sort_by_key(|risen| risen.species.name());
    Ok(sums)
}

/// Mean rise of the second of two series with the first, and its standard error.
fn risen_together(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = pairs.iter().filter(|(asked, _)| *asked > 0.0).count();
    let squares: f64 = pairs.iter().map(|(asked, _)| asked * asked).sum();
    if count < STEPS_MIN || squares <= 0.0 {
        return None;
    }
    let slope = pairs.iter().map(|(asked, value)| asked * value).sum::<f64>() / squares;
    let rest: f64 = pairs.iter().map(|(asked, value)| (value - slope * asked).powi(2)).sum();
    let mean = pairs.iter().map(|(asked, _)| asked).sum::<f64>() / pairs.len() as f64;
    let error = (rest / (pairs.len().max(2) - 1) as f64 / squares).sqrt();
    Some((slope * mean, error * mean))
}

fn add(sums: &mut Vec<SpeciesEnhancement>, risen: SpeciesEnhancement) {
    let squared = |uncertainty: Option<f64>| uncertainty.unwrap_or_default().powi(2);
    match sums.iter_mut().find(|sum| sum.species.name() == risen.species.name()) {
        Some(sum) => {
            sum.ug_m3 += risen.ug_m3;
            let both = squared(sum.uncertainty_ug_m3) + squared(risen.uncertainty_ug_m3);
            sum.uncertainty_ug_m3 = Some(both.sqrt());
        }
        None => sums.push(risen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_species_that_rises_with_the_plume_has_its_slope_and_one_that_does_not_averages_out() {
        let plume: Vec<f64> = (0..60).map(|step| if step % 7 < 2 { 10.0 } else { 0.0 }).collect();
        let with: Vec<(f64, f64)> = plume.iter().map(|e| (*e, 0.3 * e)).collect();
        let mean = plume.iter().sum::<f64>() / 60.0;
        let (rise, error) = risen_together(&with).unwrap();
        assert!((rise - 0.3 * mean).abs() < 1e-12 && error < 1e-9);
        let traffic: Vec<(f64, f64)> = plume.iter().zip(0..).map(|(e, step)| (*e, f64::from(step % 2) * 0.1)).collect();
        let (rise, error) = risen_together(&traffic).unwrap();
        assert!(rise < 0.05 && error > 0.003, "{rise} {error}");
        assert_eq!(risen_together(&[(1.0, 1.0); 4]), None);
    }
}
