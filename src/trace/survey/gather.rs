//! The survey itself.

use super::error::SurveyError;
use super::network::{Enhanced, Network, SurveyedStation, position_at};
use super::question::SurveyQuestion;
use super::series::Grid;
use crate::model::{Registry, TimeRange, Timestamp};
use crate::query::Readings;
use crate::trace::locate::{Block, LocateOptions, Scene, WindSeries, WindStep};
use crate::trace::place::LocalFrame;

/// Shortest step of the series: shorter readings are averaged.
const STEP_MIN_MS: i64 = 60_000;
/// Length of a block where the air crosses the network within it, and otherwise.
const BLOCK_NEAR_MS: i64 = 300_000;
const BLOCK_FAR_MS: i64 = 600_000;
/// Blocks times stations at most: longer ranges have longer blocks.
const PAIRS_MAX: usize = 20_000;
/// Time that a release must pause for, and the share of the mean enhancement below which it pauses.
const QUIET_MS: i64 = 3_600_000;
const QUIET_SHARE: f64 = 0.2;
/// Share of the whole enhancement that a part must have.
const PART_SHARE_MIN: f64 = 0.1;
/// Pairs of blocks and stations below which one rise is enough: among more, chance has more to choose from.
const FEW_PAIRS: usize = 100;
/// Longest range.
const RANGE_MAX_MS: i64 = 7 * 86_400_000;
/// Height above ground that a wind sensor is taken to have if its station has none: that of a standard mast (WMO-No. 8).
const MAST_HEIGHT_M: f64 = 10.0;

/// What the stations of a store measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Receptors, wind and enhancements in local metres.
    pub scene: Scene,
    /// The frame of the local metres.
    pub frame: LocalFrame,
    /// The stations of the receptors, in the same order.
    pub stations: Vec<SurveyedStation>,
    /// Station whose wind was used.
    pub wind_station: String,
    /// Height of the wind sensor above ground in metres.
    pub mast_height_m: f64,
    /// Whether concentrations are masses. If they are not, because the molar mass is unknown, they are shares of the volume, and a rate is
    /// the volume of the pure gas in m3/s.
    pub is_mass: bool,
    /// The steps of the wind, in time.
    grid: Grid,
    /// Number of stations that rise above their noise, in each block.
    raised: Vec<usize>,
    /// What was left out or assumed, a sentence each.
    pub notes: Vec<String>,
}

impl Survey {
    /// Returns the length of a step in milliseconds.
    pub(in crate::trace) const fn step_ms(&self) -> i64 {
        self.grid.step_ms
    }

    /// Returns the winds of the steps that lie in a range of time.
    pub(in crate::trace) fn winds_between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &WindStep> {
        let steps = self.grid.steps_of(TimeRange::new(from, to));
        self.scene.wind.steps.get(steps).unwrap_or_default().iter().flatten()
    }

    /// Returns the range of time of the blocks.
    #[must_use]
    pub fn range(&self) -> TimeRange {
        let first = self.scene.blocks.first().map_or(0, |block| block.steps.start);
        let last = self.scene.blocks.last().map_or(0, |block| block.steps.end);
        TimeRange::new(self.grid.time(first), self.grid.time(last))
    }

    /// Splits the survey into its releases: parts between quiet hours, without the quiet ends.
    ///
    /// An alarm holds for a while after a release has ended, and may hold over into the next one. An hour in which all stations together read
    /// less than a fifth of the survey's mean above their backgrounds is quiet. Parts with less than a tenth of the enhancement of the whole are
    /// dropped. A survey without enhancements is returned as it is.
    #[must_use]
    pub fn releases(self) -> Vec<Self> {
        let totals: Vec<f64> =
            self.scene.blocks.iter().map(|block| block.enhancements.iter().flatten().sum::<f64>()).collect();
        let whole: f64 = totals.iter().sum();
        let steps = self.scene.blocks.first().map_or(1, |block| block.steps.len()).max(1);
        let hour = usize::try_from(QUIET_MS / self.grid.step_ms).unwrap_or(1).div_ceil(steps).max(1);
        let least = QUIET_SHARE * whole / totals.len().max(1) as f64;
        let parts: Vec<Self> = loud_parts(&totals, hour, least)
            .filter(|part| totals.get(part.clone()).unwrap_or_default().iter().sum::<f64>() >= PART_SHARE_MIN * whole)
            .map(|part| {
                let raised = self.raised.get(part.clone()).unwrap_or_default().to_vec();
                let blocks = self.scene.blocks.get(part).unwrap_or_default().to_vec();
                let scene = Scene { blocks, ..self.scene.clone() };
                Self { scene, raised, ..self.clone() }
            })
            .collect();
        if parts.is_empty() { vec![self] } else { parts }
    }

    /// Returns the release with the greatest enhancement: see [`Survey::releases`].
    #[must_use]
    pub fn largest_release(self) -> Self {
        let whole = self.clone();
        let parts = self.releases().into_iter();
        parts.max_by(|a, b| a.enhancement_sum().total_cmp(&b.enhancement_sum())).unwrap_or(whole)
    }

    /// Returns the sum of the enhancements of all stations and blocks.
    #[must_use]
    pub fn enhancement_sum(&self) -> f64 {
        self.scene.blocks.iter().flat_map(|block| block.enhancements.iter().flatten()).sum()
    }

    /// Whether any station rose above the noise of its background: in one block of a few, in two of many.
    pub(in crate::trace) fn has_rise(&self) -> bool {
        let pairs = self.raised.len() * self.stations.len();
        self.raised.iter().sum::<usize>() >= if pairs < FEW_PAIRS { 1 } else { 2 }
    }

    /// Returns the options of a location for this survey.
    #[must_use]
    pub fn options(&self) -> LocateOptions {
        LocateOptions { mast_height_m: self.mast_height_m, ..LocateOptions::default() }
    }
}

/// Gathers the readings of a channel, the wind and the positions of a range of time.
///
/// Readings are averaged over steps of a minute, or of the longest interval among the instruments. The enhancement is computed over two hours
/// around each reading ([`enhancement`](crate::trace::enhancement)); where stations have fewer than six readings in the time read, the background is the 10 % quantile over
/// the stations at each step instead. Stability follows from the wind speed and the elevation of the sun.
///
/// # Errors
/// [`SurveyError`] says what is missing: stations with the channel, positions, wind, readings.
pub fn survey(registry: &Registry, readings: &Readings, question: &SurveyQuestion<'_>) -> Result<Survey, SurveyError> {
    let range = question.range;
    let length_ms = range.to.as_ms().saturating_sub(range.from.as_ms());
    if length_ms <= 0 || length_ms > RANGE_MAX_MS {
        return Err(SurveyError::Range { from: range.from, to: range.to });
    }
    let network = Network::find(registry, question)?;
    let (wind_station, source) = network.wind(registry, question)?;
    let step_ms = network.interval_ms().max(source.interval.as_ms()).max(STEP_MIN_MS);
    let grid = Grid::around(range, step_ms);
    let mut notes = network.notes.clone();
    let above = network.enhancements(readings, &grid, &mut notes).map_err(|error| match error {
        // More was read than was asked for: the background needs it.
        SurveyError::NoReadings { channel, .. } => SurveyError::NoReadings { channel, from: range.from, to: range.to },
        other => other,
    })?;
    let wind = network.wind_series(readings, &source, &grid)?;
    let (blocks, raised) = blocks(&network, &grid, (&above, &wind), range).into_iter().unzip();
    let mast_height_m = registry
        .station_named(&wind_station)
        .and_then(|id| position_at(registry, id, range.from).height_m)
        .filter(|height| *height > 0.0);
    if mast_height_m.is_none() {
        notes.push(format!(
            "the height of `{wind_station}` is unknown: its wind is taken to be that at {MAST_HEIGHT_M} m"
        ));
    }
    Ok(Survey {
        scene: Scene { receptors: network.receptors(), wind, blocks },
        frame: network.frame,
        is_mass: network.is_mass(),
        stations: network.into_stations(),
        wind_station,
        mast_height_m: mast_height_m.unwrap_or(MAST_HEIGHT_M),
        grid,
        raised,
        notes,
    })
}

/// Cuts the range into blocks, averages the enhancements of each, and counts the stations that rise above their noise.
fn blocks(network: &Network, grid: &Grid, series: (&[Enhanced], &WindSeries), range: TimeRange) -> Vec<(Block, usize)> {
    let (above, wind) = series;
    let steps = grid.steps_of(range);
    let length = block_steps(network, grid, wind, steps.len());
    let block = |first: usize| {
        let steps = first..(first + length).min(steps.end);
        let is_raised = |one: &&Enhanced| one.rise.is_raised(steps.clone());
        let mean = |one: &Enhanced| {
            let known: Vec<f64> = one.above.get(steps.clone()).unwrap_or_default().iter().flatten().copied().collect();
            let is_enough = !known.is_empty() && known.len() * 2 >= steps.len();
            is_enough.then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        let block = Block { steps: steps.clone(), enhancements: above.iter().map(mean).collect() };
        (block, above.iter().filter(is_raised).count())
    };
    steps.clone().step_by(length).map(block).collect()
}

/// The stretches of blocks outside quiet windows of a length, from their first loud block to their last.
fn loud_parts(totals: &[f64], window: usize, least: f64) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut is_quiet = vec![false; totals.len()];
    for (first, sums) in totals.windows(window).enumerate() {
        if sums.iter().sum::<f64>() < least * window as f64 {
            is_quiet.iter_mut().skip(first).take(window).for_each(|quiet| *quiet = true);
        }
    }
    // Blocks at both ends have no whole window of their own.
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    for (place, _) in is_quiet.iter().zip(totals).enumerate().filter(|(_, (quiet, total))| !**quiet && **total > least)
    {
        match parts
            .last_mut()
            .filter(|part| is_quiet.get(part.end..place).unwrap_or_default().iter().all(|quiet| !quiet))
        {
            Some(part) => part.end = place + 1,
            None => parts.push(place..place + 1),
        }
    }
    parts.into_iter()
}

/// Steps of a block.
fn block_steps(network: &Network, grid: &Grid, wind: &WindSeries, steps: usize) -> usize {
    let mut speeds: Vec<f64> = wind.steps.iter().flatten().map(|step| step.speed_m_s).collect();
    speeds.sort_unstable_by(f64::total_cmp);
    let speed = speeds.get(speeds.len() / 2).copied().unwrap_or(1.0).max(0.5);
    let is_near = network.diagonal_m() / speed * 1_000.0 <= BLOCK_NEAR_MS as f64;
    let wanted = if is_near { BLOCK_NEAR_MS } else { BLOCK_FAR_MS };
    let by_time = usize::try_from(wanted / grid.step_ms).unwrap_or(1).max(1);
    let blocks_max = (PAIRS_MAX / network.count().max(1)).max(2);
    by_time.max(steps.div_ceil(blocks_max)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_hour_parts_two_releases_and_a_short_lull_does_not() {
        let of = |totals: &[f64]| loud_parts(totals, 4, 0.2).collect::<Vec<_>>();
        assert_eq!(of(&[0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.1, 0.1]), std::iter::once(1..6).collect::<Vec<_>>());
        assert_eq!(of(&[1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 1.0, 1.0, 1.0]), [0..2, 6..9]);
        assert_eq!(of(&[0.0; 6]), []);
    }
}
