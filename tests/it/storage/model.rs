//! Any sequence of everything that may be done to a store, and of questions, gives what a map would give, to the bit.

mod steps;
mod whole;

use crate::rules::windows::cases;
use crate::support::oracle::{Oracle, STATION, instrument, rows, scope_of};
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use steps::{Arrival, Step, step};
use vocdb::base::ExactSum;
use vocdb::base::clock::ManualClock;
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, ChannelChange, Config, Database, Deletion, DuplicatePolicy, Durability, Error, Frame,
    InstrumentChange, InstrumentId, Interval, Quality, Retention, RetentionScope, Sample, TimeRange, Timestamp, Unit,
    ValueCorrection,
};

/// The host's time.
const NOW_MS: i64 = 1_700_000_000_000;
/// The time of slot 0.
const FIRST_MS: i64 = NOW_MS - 86_400_000;

fn slot_range(from_slot: i64, slots: i64) -> TimeRange {
    let at = |slot: i64| Timestamp::from_ms(FIRST_MS + slot * 1_000);
    TimeRange::new(at(from_slot), at(from_slot + slots))
}

/// A store and what it should hold.
struct Pair {
    /// Holds the store and all that is made of it.
    temporary: tempfile::TempDir,
    dir: PathBuf,
    db: Option<Database>,
    oracle: Oracle,
    /// Stores that a copy has gone on from, and what they hold.
    left_behind: Vec<(PathBuf, Oracle)>,
    /// Accepted frames that no segment holds.
    unsealed: u64,
}

impl Pair {
    fn new() -> Self {
        let instruments = vec![
            instrument("last", 2, DuplicatePolicy::KeepLast),
            instrument("first", 1, DuplicatePolicy::KeepFirst),
            instrument("reject", 3, DuplicatePolicy::Reject),
        ];
        let temporary = crate::support::scratch::dir();
        let dir = temporary.path().join("store");
        let mut pair =
            Self { temporary, dir, db: None, oracle: Oracle::new(instruments), left_behind: Vec::new(), unsealed: 0 };
        pair.open();
        assert_eq!(pair.oracle.register(pair.db()).unwrap(), pair.oracle.ids());
        pair
    }

    fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    fn config() -> Config {
        let clock = Arc::new(ManualClock::new(NOW_MS));
        Config { durability: Durability::Buffered, clock, ..Config::default() }
    }

    fn open(&mut self) {
        self.begin(Database::open(&self.dir, Self::config()).unwrap());
    }

    /// Goes on with a store that has just been opened.
    fn begin(&mut self, db: Database) {
        let report = db.open_report();
        assert_eq!(report.frames_replayed, self.unsealed);
        assert_eq!((report.wal_torn_bytes, report.ledger_torn_bytes, report.quarantined.len()), (0, 0, 0));
        self.oracle.counters = vocdb::store::Counters::default();
        self.db = Some(db);
    }

    fn width(&self, number: u32) -> usize {
        let known = (number as usize).checked_sub(1).and_then(|at| self.oracle.instruments.get(at));
        known.map_or(1, |known| known.channels().len())
    }

    fn append(&mut self, frames: Vec<Frame>) {
        let wanted = self.oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
        self.unsealed += wanted.accepted;
        let receipt = self.db().append(&Batch::from_iter(frames)).unwrap();
        // As text, because the reason for a NaN holds that NaN, which equals nothing.
        assert_eq!(format!("{receipt:?}"), format!("{wanted:?}"));
    }

    fn correct(&mut self, instrument: InstrumentId, channel: usize, samples: Vec<(Timestamp, Sample)>) {
        let (by, reason) = ("laboratory".to_owned(), "a factor of ten".to_owned());
        let asked = ValueCorrection { instrument, channel, samples, by, reason };
        match (self.db().correct(&asked), self.oracle.correct(&asked)) {
            (Ok(corrected), Some(wanted)) => {
                assert_eq!(corrected, wanted);
                self.unsealed += wanted;
            }
            (Err(Error::NoInstrument(_) | Error::Store(StoreError::NotCorrectable { .. })), None) => {}
            (corrected, wanted) => panic!("{corrected:?}, wanted {wanted:?}"),
        }
    }

    /// Whether an instrument has retired the channel at a place.
    fn is_retired(&self, number: u32, place: usize) -> bool {
        let known = (number as usize).checked_sub(1).and_then(|at| self.oracle.instruments.get(at));
        known.and_then(|known| known.channels().get(place)).is_some_and(Channel::is_retired)
    }

    /// One frame in eight or so has a value of a retired channel.
    fn fitted(&self, arrival: &Arrival) -> Frame {
        let Arrival { instrument, time_ms, samples, is_too_wide } = arrival;
        let width = self.width(*instrument) + usize::from(*is_too_wide);
        let is_careless = samples[0].value.is_some_and(|value| value == 42.5);
        let cell = |(place, sample): (usize, &Sample)| match self.is_retired(*instrument, place) && !is_careless {
            true => Sample { value: None, ..*sample },
            false => *sample,
        };
        let samples = samples.iter().cycle().take(width).enumerate().map(cell).collect();
        Frame { instrument: InstrumentId::new(*instrument), time: Timestamp::from_ms(*time_ms), samples }
    }

    fn change(&mut self, number: u32, kind: u8, place: usize, decimals: u8) {
        let channel = self.oracle.instruments[number as usize - 1].channels()[place].clone();
        let name = channel.name().to_owned();
        let fresh = |unit| Channel::quantity(format!("c{}", self.width(number)), unit).unwrap();
        let change = match kind {
            0 => ChannelChange::Add(fresh(Unit::Ppb)),
            1 => ChannelChange::Retire(name),
            2 => ChannelChange::Add(channel),
            3 => ChannelChange::Add(Channel::quantity(name, Unit::Ppm).unwrap()),
            _ => ChannelChange::Decimals { channel: name, decimals },
        };
        let id = InstrumentId::new(number);
        let known = &self.oracle.instruments[number as usize - 1];
        let wanted = known.changed(std::slice::from_ref(&change));
        let (by, reason) = ("laboratory".to_owned(), "another column".to_owned());
        let is_nothing = wanted.as_ref().map_or(true, |wanted| wanted == known);
        let asked = InstrumentChange { instrument: id, channels: vec![change.clone()], by, reason };
        match (self.db().change_instrument(&asked), wanted) {
            (Ok(changed), Ok(wanted)) => assert_eq!(changed, wanted),
            (Err(Error::Model(error)), Err(wanted)) => assert_eq!(error, wanted),
            (changed, wanted) => panic!("{changed:?}, wanted {wanted:?}"),
        }
        self.oracle.change(id, &[change]);
        if !is_nothing {
            self.unsealed = 0;
        }
    }

    fn run(&self, instrument: u32, from_slot: i64, frames: i64) -> Vec<Frame> {
        let width = self.width(instrument);
        let frame = |slot: i64| {
            let is_there = |(channel, place): (i64, usize)| slot % 7 > channel && !self.is_retired(instrument, place);
            let values = (0_i64..).zip(0..width).map(|at| is_there(at).then_some((slot % 50) as f64 / 100.0));
            let time = Timestamp::from_ms(FIRST_MS + slot * 1_000);
            Frame::new(InstrumentId::new(instrument), time, &values.collect::<Vec<_>>())
        };
        (from_slot..from_slot + frames).map(frame).collect()
    }

    /// By age the map knows what goes; by bytes it is the oldest of all instruments of the scope, back to one instant.
    fn retain(&mut self, scope: RetentionScope, age_hours: Option<u32>, bytes_max: Option<u64>) {
        let (now, age_max) =
            (Timestamp::from_ms(NOW_MS), age_hours.map(|hours| Interval::hours(hours).unwrap().into()));
        let (ids, channels) = match scope {
            RetentionScope::Instrument(id) => (vec![id], Vec::new()),
            RetentionScope::Channel { instrument, channel } => (vec![instrument], vec![channel]),
            RetentionScope::Store | RetentionScope::Station(_) => (self.oracle.ids(), Vec::new()),
        };
        let by_age = Retention { scope, age_max, bytes_max: None };
        self.db().retain(&[by_age], now).unwrap();
        self.unsealed = 0;
        if let Some(hours) = age_hours {
            let until = (NOW_MS - i64::from(hours) * 3_600_000).div_euclid(86_400_000) * 86_400_000;
            let range = TimeRange::new(Timestamp::MIN, Timestamp::from_ms(until));
            // A channel of which no value is so old keeps the flags of what is missing.
            let has_values = |id: &InstrumentId| match channels.first() {
                Some(channel) => self.oracle.has_values(*id, *channel, range),
                None => true,
            };
            let ids: Vec<InstrumentId> = ids.iter().copied().filter(has_values).collect();
            ids.iter().for_each(|id| self.oracle.delete(*id, &channels, range));
        }
        let by_bytes = Retention { scope, age_max: None, bytes_max };
        let report = self.db().retain(&[by_bytes], now).unwrap();
        if report.segments_removed > 0 {
            let first_left = |id: &InstrumentId| {
                let rows = rows(self.db(), *id, &channels, TimeRange::ALL);
                let is_left =
                    |cells: &[crate::support::oracle::Bits]| cells.iter().all(|cell| *cell != (None, Quality::Normal));
                rows.iter().find(|(_, cells)| is_left(cells)).map(|(time, _)| *time)
            };
            let until = ids.iter().filter_map(first_left).min().unwrap_or(Timestamp::MAX);
            let until = TimeRange::new(Timestamp::MIN, until);
            ids.iter().for_each(|id| self.oracle.delete(*id, &channels, until));
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Append(arrivals) => {
                let frames = arrivals.iter().map(|arrival| self.fitted(arrival)).collect();
                self.append(frames);
            }
            Step::Run { instrument, from_slot, frames } => {
                let frames = self.run(*instrument, *from_slot, *frames);
                self.append(frames);
            }
            Step::Seal => {
                self.db().seal().unwrap();
                self.unsealed = 0;
            }
            Step::Change { instrument, kind, channel, decimals } => {
                self.change(*instrument, *kind, channel.index(self.width(*instrument)), *decimals);
            }
            Step::Compact(compaction) => {
                self.db().compact(*compaction).unwrap();
            }
            Step::Delete { instrument, channels, from_slot, slots } => {
                let width = self.width(*instrument);
                let channels: Vec<usize> = channels.iter().map(|index| index.index(width)).collect();
                let (id, range) = (InstrumentId::new(*instrument), slot_range(*from_slot, *slots));
                let (by, reason) = ("data office".to_owned(), "a leak in the inlet".to_owned());
                self.db().delete(&Deletion { instrument: id, scope: scope_of(&channels), range, by, reason }).unwrap();
                self.oracle.delete(id, &channels, range);
                self.unsealed = 0;
            }
            Step::Rollup { instrument, channel, seconds, from_slot, slots } => {
                let (id, channel) = (InstrumentId::new(*instrument), channel.index(self.width(*instrument)));
                self.assert_rollup(id, channel, *seconds, slot_range(*from_slot, *slots));
            }
            Step::Retain { scope, channel, age_hours, bytes_max } => {
                let id = InstrumentId::new(1 + u32::from(scope % 3));
                let scope = match scope {
                    0 => RetentionScope::Store,
                    1 => RetentionScope::Station(self.db().registry().station_named(STATION).unwrap()),
                    2 | 3 => RetentionScope::Instrument(id),
                    _ => RetentionScope::Channel { instrument: id, channel: channel.index(self.width(id.number())) },
                };
                self.retain(scope, *age_hours, *bytes_max);
            }
            Step::Correct { instrument, channel, samples } => {
                let channel = channel.index(self.width(*instrument));
                let at = |(ms, sample): &(i64, Sample)| (Timestamp::from_ms(*ms), *sample);
                self.correct(InstrumentId::new(*instrument), channel, samples.iter().map(at).collect());
            }
            Step::Repair { is_closed } => self.repair(*is_closed),
            Step::Dump => self.assert_a_dump_is_the_same(),
            Step::Move => self.go_on_in_a_backup(),
            Step::Close => {
                self.db.take().unwrap().close().unwrap();
                self.unsealed = 0;
                self.open();
            }
            Step::Drop => {
                drop(self.db.take());
                self.open();
            }
            Step::Scan { instrument, channels, from_ms, to_ms } => {
                let width = self.width(*instrument);
                let channels: Vec<usize> = channels.iter().map(|index| index.index(width)).collect();
                let range = TimeRange::new(Timestamp::from_ms(*from_ms), Timestamp::from_ms(*to_ms));
                let id = InstrumentId::new(*instrument);
                assert_eq!(rows(self.db(), id, &channels, range), self.oracle.rows(id, &channels, range));
            }
        }
    }

    fn assert_rollup(&self, id: InstrumentId, channel: usize, seconds: i64, ends: TimeRange) {
        let step = Interval::from_ms(seconds * 1_000).unwrap();
        let stored = self.db().readings().rollups(id, &[channel], step, ends).unwrap();
        let wanted = self.oracle.windows(id, channel, seconds * 1_000, ends);
        assert_eq!(stored.len(), wanted.len());
        for (rollup, (end, (rows, values))) in stored.iter().zip(wanted) {
            let mut sum = ExactSum::ZERO;
            values.iter().for_each(|value| sum.add(*value));
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let aggregate = rollup.channels[0];
            assert_eq!((rollup.end, rollup.rows, aggregate.valid), (end, rows, values.len() as u64));
            assert_eq!(
                (aggregate.sum, aggregate.first, aggregate.last),
                (sum, values.first().copied(), values.last().copied())
            );
            assert_eq!((aggregate.min, aggregate.max), (sorted.first().copied(), sorted.last().copied()));
        }
    }

    fn assert_equal(&self) {
        self.oracle.assert_latest(self.db());
        let stats = self.db().stats().unwrap();
        assert_eq!(stats.counters, self.oracle.counters);
        assert_eq!(stats.last_lsn, self.oracle.last_lsn);
    }
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn a_store_answers_as_a_map_would(steps in prop::collection::vec(step(), 1..40)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
            pair.assert_equal();
        }
        prop_assert_eq!(pair.oracle.difference(pair.db()), None);
        pair.assert_others_see_the_same();
        pair.assert_left_behind_is_as_it_was();
        pair.take(&Step::Close);
        prop_assert_eq!(pair.oracle.difference(pair.db()), None);
    }
}

#[test]
fn the_newest_sample_is_the_corrected_one_also_once_both_are_sealed() {
    let mut pair = Pair::new();
    let frame = |slot: i64, values: &[Option<f64>]| {
        Frame::new(InstrumentId::new(1), Timestamp::from_ms(FIRST_MS + slot * 1_000), values)
    };
    pair.append(vec![frame(1, &[Some(1.0), Some(1.0)]), frame(2, &[None, Some(2.0)])]);
    pair.take(&Step::Seal);
    pair.append(vec![frame(1, &[Some(9.0), None])]);
    pair.assert_equal();
    pair.take(&Step::Seal);
    pair.assert_equal();
    assert_eq!(pair.oracle.difference(pair.db()), None);
}
