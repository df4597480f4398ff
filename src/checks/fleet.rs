//! The tests of many channels, over frames in order of time.

use super::channel::{BlockStatistics, ChannelTests};
use super::facts::Facts;
use super::finding::Finding;
use super::network::{Group, HourMeans, Hours, Pairs, Receipts, find_pairs, groups};
use super::options::CheckOptions;
use crate::model::{FrameRef, InstrumentId, Registry, StationId, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;

/// Tests of data quality that take frames one by one: on ingest, or over history. Both give the same findings.
///
/// Findings are returned, and nothing else happens: no reading is changed, and no clock is read. A finding is returned when what it is
/// about has ended, such as a flat line with the first other value; [`Checks::ongoing`] returns those that have not ended yet.
///
/// # Memory
/// For each channel: the hashes of up to 131,072 sequences of values (at most 6 MB; a year of hours or of minutes has some 20,000), up to
/// 4,096 values of the current block, the statistics of 60 blocks, 336 hourly means, and counters of steps (50 KB). It does not grow
/// with the length of the history beyond that.
///
/// # Examples
/// ```
/// use vocdb::checks::{CheckOptions, Checks, QualityTest};
/// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Registry, Station, StationId, Timestamp, Unit};
/// let mut registry = Registry::default();
/// registry.insert_station(StationId::new(1), Station::new("park/S1")?);
/// let gc = Instrument::new("gc", Interval::HOUR, vec![Channel::species("benzene", Unit::Ppb)?])?;
/// let id = InstrumentId::new(1);
/// registry.insert_instrument(id, StationId::new(1), gc);
///
/// let mut batch = Batch::new();
/// for hour in 0..48_i64 {
///     let value = if hour < 20 { 1.0 + (hour * hour % 17) as f64 } else { 4.2 };
///     batch.push_values(id, Timestamp::from_ms(hour * 3_600_000), &[Some(value)]);
/// }
/// let (mut checks, mut found) = (Checks::new(&registry, [id], &CheckOptions::default()), Vec::new());
/// batch.frames().for_each(|frame| checks.push(frame, None, &mut found));
/// assert_eq!(found, []);
/// checks.finish(&mut found);
/// assert_eq!(found[0].test, QualityTest::FlatLine);
/// assert!(found[0].reason.starts_with("28 values in a row are 4.2 ppb over 27 h"));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checks {
    options: CheckOptions,
    instruments: BTreeMap<InstrumentId, Source>,
    channels: Vec<ChannelTests>,
    /// Station of each channel.
    stations: Vec<StationId>,
    hours: Hours,
    groups: Vec<Group>,
    /// The group of each channel that has one.
    group_of: BTreeMap<usize, usize>,
    pairs: Vec<Pairs>,
}

/// One instrument.
#[derive(Debug, Clone)]
struct Source {
    /// Numbers of its channels.
    channels: Range<usize>,
    last: Option<Timestamp>,
    receipts: Receipts,
}

impl Checks {
    /// Tests for instruments of a registry; unknown ones are left out.
    #[must_use]
    pub fn new(
        registry: &Registry,
        instruments: impl IntoIterator<Item = InstrumentId>,
        options: &CheckOptions,
    ) -> Self {
        let (mut sources, mut channels, mut stations) = (BTreeMap::new(), Vec::new(), Vec::new());
        for id in instruments {
            let Some((station, instrument)) = registry.instrument(id) else { continue };
            let first = channels.len();
            let facts = (0..instrument.channels().len()).filter_map(|place| Facts::new(id, instrument, place, options));
            channels.extend(facts.map(|facts| ChannelTests::new(facts, options)));
            stations.resize(channels.len(), station);
            let receipts = Receipts::new(instrument.interval().as_ms(), options);
            sources.insert(id, Source { channels: first..channels.len(), last: None, receipts });
        }
        let groups = groups(channels.iter().map(|tests| &tests.facts));
        let members =
            groups.iter().enumerate().flat_map(|(group, one)| one.members().map(move |member| (member, group)));
        let group_of = members.collect();
        let facts: Vec<(StationId, &Facts)> =
            stations.iter().copied().zip(channels.iter().map(|tests| &tests.facts)).collect();
        let pairs = find_pairs(&facts, options);
        let hours = Hours::new(channels.len());
        Self { options: options.clone(), instruments: sources, channels, stations, hours, groups, group_of, pairs }
    }

    /// The instruments, each with the places of its channels.
    pub(super) fn instruments(&self) -> Vec<(InstrumentId, Vec<usize>)> {
        self.instruments.iter().map(|(id, source)| (*id, (0..source.channels.len()).collect())).collect()
    }

    /// Takes a frame, and appends what was found to `found`.
    ///
    /// Frames come in order of time. One that is not later than the last of its instrument is tested for its time of receipt only. Tests of
    /// channels against each other compare whole hours, so that frames of different instruments need to be in order of hours only.
    /// `received` is the time at which the frame arrived, if it is known.
    pub fn push(&mut self, frame: FrameRef<'_>, received: Option<Timestamp>, found: &mut Vec<Finding>) {
        let Some(source) = self.instruments.get_mut(&frame.instrument) else { return };
        let mut new = Vec::new();
        if let Some(received) = received {
            new.extend(source.receipts.push(frame.instrument, frame.time, received));
        }
        if source.last.is_none_or(|last| frame.time > last) {
            source.last = Some(frame.time);
            let channels = source.channels.clone();
            if let Some(means) = self.hours.advance(frame.time) {
                self.end_hour(&means, &mut new);
            }
            for (index, sample) in channels.zip(frame.samples()) {
                let Some(tests) = self.channels.get_mut(index) else { continue };
                if let Some(value) = sample.valid() {
                    self.hours.add(index, value);
                }
                let block = tests.push(frame.time, sample, &mut new);
                self.end_block(index, block, &mut new);
            }
        }
        self.keep(new, found);
    }

    /// Ends the history: appends the findings that have not ended yet. The next frame begins another history.
    pub fn finish(&mut self, found: &mut Vec<Finding>) {
        let mut new = Vec::new();
        for (id, source) in &mut self.instruments {
            new.extend(source.receipts.finish(*id));
            source.last = None;
        }
        if let Some(means) = self.hours.finish() {
            self.end_hour(&means, &mut new);
        }
        for index in 0..self.channels.len() {
            let block = self.channels.get_mut(index).and_then(|tests| tests.finish(&mut new));
            self.end_block(index, block, &mut new);
        }
        let facts: Vec<&Facts> = self.channels.iter().map(|tests| &tests.facts).collect();
        self.groups.iter_mut().for_each(|group| group.finish(&facts, &mut new));
        self.pairs.iter_mut().for_each(|pairs| pairs.finish(&mut new));
        self.keep(new, found);
    }

    /// What would be found if the history ended now: a sensor that has been frozen for hours, for instance. Costs a copy of all that
    /// the tests remember.
    #[must_use]
    pub fn ongoing(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        self.clone().finish(&mut found);
        found
    }

    fn end_hour(&mut self, means: &HourMeans, found: &mut Vec<Finding>) {
        let flagged: Vec<bool> = self.channels.iter_mut().map(ChannelTests::end_hour).collect();
        for (index, _) in flagged.iter().enumerate().filter(|(_, is_flagged)| **is_flagged) {
            let rank = self.rank_of_companions(index, means, &flagged);
            if let Some((tests, rank)) = self.channels.get_mut(index).zip(rank) {
                tests.push_companions(rank);
            }
        }
        if self.groups.is_empty() && self.pairs.is_empty() {
            return;
        }
        let facts: Vec<&Facts> = self.channels.iter().map(|tests| &tests.facts).collect();
        self.groups.iter_mut().for_each(|group| group.push_hour(means, &facts, found));
        let steps: Vec<(&Facts, f64)> = self.channels.iter().map(|tests| (&tests.facts, tests.step())).collect();
        self.pairs.iter_mut().for_each(|pairs| pairs.push_hour(means, &steps, found));
    }

    /// The mean level of the other concentrations of the station in an hour, as the share of lower hours at this time of day.
    fn rank_of_companions(&self, index: usize, means: &HourMeans, flagged: &[bool]) -> Option<f64> {
        let station = self.stations.get(index)?;
        let ranks = self.channels.iter().zip(&self.stations).zip(flagged).enumerate();
        let ranks = ranks.filter(|(_, ((_, other), is_flagged))| *other == station && !**is_flagged);
        let ranks = ranks
            .filter_map(|(other, ((tests, _), _))| tests.rank(means.end, means.mean(other, tests.facts.interval_ms)?));
        let (sum, count) = ranks.fold((0.0, 0.0), |(sum, count), rank| (sum + rank, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    fn end_block(&mut self, index: usize, block: Option<BlockStatistics>, found: &mut Vec<Finding>) {
        let group = self.group_of.get(&index).and_then(|group| self.groups.get_mut(*group));
        if let Some((group, block)) = group.zip(block) {
            let facts: Vec<&Facts> = self.channels.iter().map(|tests| &tests.facts).collect();
            group.push_block(index, block, &facts, found);
        }
    }

    /// Keeps the findings of tests that run.
    fn keep(&self, new: Vec<Finding>, found: &mut Vec<Finding>) {
        found.extend(new.into_iter().filter(|finding| self.options.runs(finding.test)));
    }
}
