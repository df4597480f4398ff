//! What a store must answer: a map from instrument and instant to samples, and the rules for what arrives, written down a second time.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use vocdb::store::{Counters, RejectReason};
use vocdb::{
    Channel, ChannelChange, Database, DeletionScope, DuplicatePolicy, Error, ExportScope, Frame, Instrument,
    InstrumentId, Interval, Quality, Receipt, Rejection, Sample, Station, TimeRange, Timestamp, Unit, ValueCorrection,
};

/// The one station of these tests.
pub(crate) const STATION: &str = "park/S1";
/// How far ahead of the host's clock a frame may be.
const AHEAD_MS_MAX: i64 = 600_000;
/// The greatest magnitude of a reading.
const MAGNITUDE_MAX: f64 = 1e15;

/// A sample to the bit.
pub(crate) type Bits = (Option<u64>, Quality);
/// Rows of some channels of one instrument, in order of time.
pub(crate) type Rows = Vec<(Timestamp, Vec<Bits>)>;

/// An instrument `name` with channels `c0`, `c1`, and so on.
pub(crate) fn instrument(name: &str, channels: usize, policy: DuplicatePolicy) -> Instrument {
    let channels = (0..channels).map(|n| Channel::quantity(format!("c{n}"), Unit::Ppb).unwrap()).collect();
    Instrument::new(name, Interval::SECOND, channels).unwrap().with_duplicates(policy)
}

/// By the end of each window, its rows and the valid values of a channel.
pub(crate) type Windows = BTreeMap<Timestamp, (u64, Vec<f64>)>;

/// The state that a store should be in. Instruments are numbered from 1, in order of registration.
#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    pub(crate) instruments: Vec<Instrument>,
    rows: BTreeMap<(InstrumentId, Timestamp), Vec<Sample>>,
    /// Since the store was opened.
    pub(crate) counters: Counters,
    /// Corrections that change a flag and keep the value.
    flags_changed: u64,
    /// The bodies of the ledger's records of corrections.
    corrections: Vec<Value>,
    /// Values that a person put in the place of others.
    by_hand: BTreeMap<(InstrumentId, Timestamp, usize), u64>,
    /// Of the newest accepted frame.
    pub(crate) last_lsn: u64,
}

impl Oracle {
    pub(crate) fn new(instruments: Vec<Instrument>) -> Self {
        Self {
            instruments,
            rows: BTreeMap::new(),
            counters: Counters::default(),
            flags_changed: 0,
            corrections: Vec::new(),
            by_hand: BTreeMap::new(),
            last_lsn: 0,
        }
    }

    /// Registers everything that is not there; doing so again changes nothing.
    pub(crate) fn register(&self, db: &Database) -> Result<Vec<InstrumentId>, Error> {
        let station = db.register_station(Station::new(STATION)?)?;
        let registry = db.registry();
        let register = |one: &Instrument| match registry.instrument_named(station, one.name()) {
            Some(id) => Ok(id),
            None => db.register_instrument(station, one.clone()),
        };
        self.instruments.iter().map(register).collect()
    }

    /// Changes the channels of an instrument, if they may be changed so; its rows have no values of new ones.
    pub(crate) fn change(&mut self, id: InstrumentId, changes: &[ChannelChange]) {
        let Some(known) = (id.number() as usize).checked_sub(1).and_then(|at| self.instruments.get_mut(at)) else {
            return;
        };
        let Ok(changed) = known.changed(changes) else { return };
        *known = changed;
        let width = known.channels().len();
        self.rows.iter_mut().filter(|((at, _), _)| *at == id).for_each(|(_, row)| row.resize(width, Sample::MISSING));
    }

    /// The numbers of the instruments.
    pub(crate) fn ids(&self) -> Vec<InstrumentId> {
        (1..).take(self.instruments.len()).map(InstrumentId::new).collect()
    }

    fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get((id.number() as usize).checked_sub(1)?)
    }

    /// Takes frames in, in order, and tells what the store should say.
    pub(crate) fn append(&mut self, frames: &[Frame], now: Timestamp, is_durable: bool) -> Receipt {
        let (before, flags_before) = (self.counters, self.flags_changed);
        let admitted = frames.iter().enumerate().map(|(index, frame)| (index, self.admit(frame, now)));
        let refused = admitted.filter_map(|(index, outcome)| Some(Rejection { index, reason: outcome.err()? }));
        let rejections = refused.collect();
        let after = &self.counters;
        Receipt {
            alarms_opened: 0,
            alarms_history: 0,
            amendments: 0,
            lsn: self.last_lsn,
            accepted: after.frames_accepted - before.frames_accepted,
            identical: after.frames_identical - before.frames_identical,
            superseded: after.frames_superseded - before.frames_superseded,
            corrected: after.values_corrected - before.values_corrected,
            flags_changed: self.flags_changed - flags_before,
            rejections,
            is_durable,
        }
    }

    fn admit(&mut self, frame: &Frame, now: Timestamp) -> Result<(), RejectReason> {
        let policy = self.check(frame, now)?;
        match self.rows.get(&(frame.instrument, frame.time)).cloned() {
            None => {
                let is_late = self.rows_of(frame.instrument).any(|(time, _)| time > frame.time);
                self.counters.frames_out_of_order += u64::from(is_late);
                self.accept(frame, frame.samples.clone());
                Ok(())
            }
            Some(stored) => self.meet(frame, &stored, policy),
        }
    }

    fn check(&mut self, frame: &Frame, now: Timestamp) -> Result<DuplicatePolicy, RejectReason> {
        let Some(instrument) = self.instrument(frame.instrument).cloned() else {
            self.counters.rejected_unknown_instrument += 1;
            return Err(RejectReason::UnknownInstrument(frame.instrument));
        };
        let (expected, found) = (instrument.channels().len(), frame.samples.len());
        if expected != found {
            self.counters.rejected_channel_count += 1;
            return Err(RejectReason::ChannelCount { expected, found });
        }
        let ahead_ms = frame.time.as_ms().saturating_sub(now.as_ms());
        if ahead_ms > AHEAD_MS_MAX {
            self.counters.rejected_future += 1;
            return Err(RejectReason::Future { time: frame.time, ahead_ms, ahead_ms_max: AHEAD_MS_MAX });
        }
        let mut samples = frame.samples.iter().zip(instrument.channels());
        if let Some((_, channel)) = samples.find(|(sample, channel)| channel.is_retired() && sample.value.is_some()) {
            self.counters.rejected_retired_channel += 1;
            return Err(RejectReason::RetiredChannel { channel: channel.name().to_owned() });
        }
        for (sample, channel) in frame.samples.iter().zip(instrument.channels()) {
            if let Some(value) = sample.value.filter(|value| value.is_nan() || value.abs() > MAGNITUDE_MAX) {
                self.counters.rejected_value += 1;
                return Err(RejectReason::Value { channel: channel.name().to_owned(), value });
            }
        }
        Ok(instrument.duplicates())
    }

    /// A frame for an instant that has one. A missing sample takes nothing away, and an equal one changes nothing; a value that a person
    /// corrected stays.
    fn meet(&mut self, frame: &Frame, stored: &[Sample], policy: DuplicatePolicy) -> Result<(), RejectReason> {
        let mut merged = stored.to_vec();
        let (mut replaced, mut reflagged, mut is_kept) = (Vec::new(), 0, false);
        for (channel, (kept, new)) in merged.iter_mut().zip(&frame.samples).enumerate() {
            let adds_nothing = new.value.is_none() && (kept.value.is_some() || new.quality == Quality::Normal);
            if adds_nothing || bits(kept) == bits(new) {
                continue;
            }
            let by_hand = self.by_hand.get(&(frame.instrument, frame.time, channel));
            if by_hand.is_some() && by_hand.copied() == kept.value.map(f64::to_bits) {
                is_kept = true;
                continue;
            }
            if kept.value.is_some() {
                reflagged += u64::from(bits(kept).0 == bits(new).0);
                replaced.push(self.correction(frame, channel, *kept));
            }
            *kept = *new;
        }
        if merged.iter().map(bits).eq(stored.iter().map(bits)) {
            self.counters.frames_identical += u64::from(!is_kept);
            self.counters.frames_superseded += u64::from(is_kept);
        } else if replaced.is_empty() || policy == DuplicatePolicy::KeepLast {
            self.counters.values_corrected += replaced.len() as u64;
            self.flags_changed += reflagged;
            self.corrections.extend(replaced);
            self.accept(frame, merged);
        } else if policy == DuplicatePolicy::KeepFirst {
            self.counters.frames_superseded += 1;
        } else {
            self.counters.rejected_duplicate += 1;
            return Err(RejectReason::Duplicate { time: frame.time });
        }
        Ok(())
    }

    fn accept(&mut self, frame: &Frame, samples: Vec<Sample>) {
        self.counters.frames_accepted += 1;
        self.counters.values_accepted += frame.samples.iter().filter(|sample| sample.value.is_some()).count() as u64;
        self.last_lsn += 1;
        self.rows.insert((frame.instrument, frame.time), samples);
    }

    fn correction(&self, frame: &Frame, channel: usize, old: Sample) -> Value {
        let said = ("instrument", "a later frame for the same instant");
        self.recorded((frame.instrument, channel), frame.time, [old, frame.samples[channel]], said)
    }

    fn recorded(
        &self,
        (id, channel): (InstrumentId, usize),
        time: Timestamp,
        [old, new]: [Sample; 2],
        (by, reason): (&str, &str),
    ) -> Value {
        let name = self.instrument(id).map(|one| one.channels()[channel].name().to_owned());
        json!({
            "instrument": id, "channel": name, "time": time,
            "old": old, "new": new, "by": by, "reason": reason,
        })
    }

    /// Corrects values by hand, and tells how many are different; `None`, and nothing is changed, where one cannot be.
    pub(crate) fn correct(&mut self, asked: &ValueCorrection) -> Option<u64> {
        let id = asked.instrument;
        self.instrument(id)?;
        let samples: BTreeMap<Timestamp, Sample> = asked.samples.iter().copied().collect();
        let is_usable = |sample: &Sample| sample.value.is_some_and(|value| value.abs() <= MAGNITUDE_MAX);
        if !samples.iter().all(|(time, sample)| is_usable(sample) && self.rows.contains_key(&(id, *time))) {
            return None;
        }
        let mut corrected = 0;
        for (time, new) in samples {
            let place = self.rows.get_mut(&(id, time))?.get_mut(asked.channel)?;
            let old = std::mem::replace(place, new);
            if bits(&old) == bits(&new) {
                continue;
            }
            if let Some(value) = new.value.filter(|_| old.value.map(f64::to_bits) != new.value.map(f64::to_bits)) {
                self.by_hand.insert((id, time, asked.channel), value.to_bits());
            }
            let record = self.recorded((id, asked.channel), time, [old, new], (&asked.by, &asked.reason));
            self.corrections.push(record);
            corrected += 1;
        }
        self.counters.values_corrected += corrected;
        self.counters.frames_accepted += corrected;
        self.counters.values_accepted += corrected;
        self.last_lsn += corrected;
        Some(corrected)
    }

    fn rows_of(&self, id: InstrumentId) -> impl DoubleEndedIterator<Item = (Timestamp, &Vec<Sample>)> {
        self.rows.range((id, Timestamp::MIN)..=(id, Timestamp::MAX)).map(|((_, time), samples)| (*time, samples))
    }

    /// Whether a channel has any value in a range.
    pub(crate) fn has_values(&self, id: InstrumentId, channel: usize, range: TimeRange) -> bool {
        self.rows_of(id).any(|(time, samples)| range.contains(time) && samples[channel].value.is_some())
    }

    /// Forgets whole rows, or some channels of them.
    pub(crate) fn delete(&mut self, id: InstrumentId, channels: &[usize], range: TimeRange) {
        let of_range = |at: InstrumentId, time: Timestamp| at == id && range.contains(time);
        if channels.is_empty() {
            self.rows.retain(|(at, time), _| !of_range(*at, *time));
            return;
        }
        for ((at, time), samples) in &mut self.rows {
            if of_range(*at, *time) {
                channels.iter().for_each(|channel| samples[*channel] = Sample::MISSING);
            }
        }
    }

    /// The valid values of a channel by window: rows, and values in order.
    pub(crate) fn windows(&self, id: InstrumentId, channel: usize, step_ms: i64, ends: TimeRange) -> Windows {
        let mut windows = Windows::new();
        for (time, samples) in self.rows_of(id) {
            let end = time.ceil_to(step_ms);
            if ends.contains(end) {
                let (rows, values) = windows.entry(end).or_default();
                *rows += 1;
                values.extend(samples[channel].valid());
            }
        }
        windows
    }

    /// The rows that a question should be answered with.
    pub(crate) fn rows(&self, id: InstrumentId, channels: &[usize], range: TimeRange) -> Rows {
        let asked = self.rows_of(id).filter(|(time, _)| range.contains(*time));
        asked.map(|(time, samples)| (time, channels.iter().map(|at| bits(&samples[*at])).collect())).collect()
    }

    fn latest(&self, id: InstrumentId, channel: usize) -> Option<(Timestamp, Bits)> {
        self.rows_of(id).rev().find(|(_, s)| s[channel].value.is_some()).map(|(time, s)| (time, bits(&s[channel])))
    }

    /// What of the store's rows and of the ledger's corrections is not as it should be; `None` where all is.
    pub(crate) fn difference(&self, db: &Database) -> Option<String> {
        for (id, instrument) in self.ids().into_iter().zip(&self.instruments) {
            let registry = db.registry();
            let known = registry.instrument(id).map(|(_, known)| known.channels());
            if known != Some(instrument.channels()) {
                return Some(format!("{id}: channels {known:?}\nwanted {:?}", instrument.channels()));
            }
            let channels: Vec<usize> = (0..instrument.channels().len()).collect();
            let (stored, wanted) = (rows(db, id, &channels, TimeRange::ALL), self.rows(id, &channels, TimeRange::ALL));
            if stored != wanted {
                return Some(format!("{id}: stored {stored:?}\nwanted {wanted:?}"));
            }
        }
        let (recorded, wanted) = (corrections(db), self.corrections.iter().map(Value::to_string).collect::<Vec<_>>());
        let first = recorded.iter().zip(&wanted).take_while(|(recorded, wanted)| recorded == wanted).count();
        let rest = |all: &[String]| all[first.min(all.len())..].join("\n");
        (recorded != wanted).then(|| {
            format!("corrections from the {first}th recorded:\n{}\nwanted:\n{}", rest(&recorded), rest(&wanted))
        })
    }

    /// Asserts the newest sample of every channel, by name.
    pub(crate) fn assert_latest(&self, db: &Database) {
        for (id, instrument) in self.ids().into_iter().zip(&self.instruments) {
            for (index, channel) in instrument.channels().iter().enumerate() {
                let latest = db.latest(STATION, &format!("{}/{}", instrument.name(), channel.name())).unwrap();
                let latest = latest.map(|(time, sample)| (time, bits(&sample)));
                assert_eq!(latest, self.latest(id, index), "the newest of {} {}", instrument.name(), channel.name());
            }
        }
    }
}

/// A sample to the bit.
pub(crate) fn bits(sample: &Sample) -> Bits {
    (sample.value.map(f64::to_bits), sample.quality)
}

/// The rows that a store answers with.
pub(crate) fn rows(db: &Database, id: InstrumentId, channels: &[usize], range: TimeRange) -> Rows {
    read_rows(db, id, channels, range).unwrap()
}

/// The rows that a store answers with, or why it does not.
pub(crate) fn read_rows(db: &Database, id: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Rows, Error> {
    let found = db.readings().rows(id, channels, range)?;
    let times = found.chunks.iter().flat_map(|chunk| chunk.times.iter().copied());
    let mut rows: Rows = times.map(|time| (time, Vec::new())).collect();
    assert_eq!(found.len(), rows.len());
    for column in 0..channels.len() {
        for (row, (time, sample)) in rows.iter_mut().zip(found.samples(column)) {
            assert_eq!(row.0, time, "a column has its own idea of time");
            row.1.push(bits(&sample));
        }
    }
    Ok(rows)
}

/// The bodies of the ledger's records of corrections, as text, without the host time that each has.
fn corrections(db: &Database) -> Vec<String> {
    let mut text = Vec::new();
    db.export_ledger(ExportScope::History, &mut text).unwrap();
    let lines = std::str::from_utf8(&text).unwrap().lines();
    let bodies = lines.filter_map(|line| line.split_once(r#""kind":"correction","body":"#));
    let without_time = |body: &str| {
        let mut body: Value = serde_json::from_str(body.strip_suffix('}').unwrap()).unwrap();
        // Records of earlier releases have none.
        assert!(body.as_object_mut().unwrap().remove("at").is_none_or(|at| at.is_string() || at.is_null()), "{body}");
        body.to_string()
    };
    bodies.map(|(_, body)| without_time(body)).collect()
}

/// The scope of a deletion of channels; none stands for whole rows.
pub(crate) fn scope_of(channels: &[usize]) -> DeletionScope {
    if channels.is_empty() { DeletionScope::Rows } else { DeletionScope::Channels(channels.to_vec()) }
}

/// The channels of a deletion's scope; none stands for whole rows.
pub(crate) fn places_of(scope: &DeletionScope) -> Vec<usize> {
    match scope {
        DeletionScope::Rows => Vec::new(),
        DeletionScope::Channels(channels) => channels.clone(),
    }
}
