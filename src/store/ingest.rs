//! Decides what becomes of each frame of a batch, before a byte is written.

use super::counters::Counters;
use super::error::StoreError;
use super::read::{LateBlocks, State};
use crate::base::escape::Line;
use crate::base::limits::{FUTURE_MS_MAX, VALUE_MAGNITUDE_MAX};
use crate::journal::Origin;
use crate::model::{
    Batch, Channel, DIRECTIONS_DEG, DuplicatePolicy, Frame, FrameRef, Instrument, InstrumentId, Quality, Registry,
    Sample, Timestamp,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Why a frame was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    /// No such instrument.
    #[error("{0} is not registered: register it before its frames arrive")]
    UnknownInstrument(InstrumentId),
    /// Another number of samples than channels.
    #[error("the frame has {found} samples, but its instrument has {expected} channels")]
    ChannelCount {
        /// Channels of the instrument.
        expected: usize,
        /// Samples of the frame.
        found: usize,
    },
    /// A value of a channel that the instrument does not measure any more.
    #[error("channel `{channel}` is retired: send a missing sample in its place, or add the channel again first")]
    RetiredChannel {
        /// The channel.
        channel: String,
    },
    /// NaN, an infinity, or a magnitude over 1e15.
    #[error(
        "the value {value} of channel `{channel}` is not a finite number up to 1e15; send a missing sample instead"
    )]
    Value {
        /// The channel.
        channel: String,
        /// The value.
        value: f64,
    },
    /// A direction outside 0 to 360 degrees. Values with a flag that keeps them out of averages are not checked.
    #[error(
        "the value {value} of channel `{channel}` is not a direction from 0 to 360 degrees; send a missing sample instead"
    )]
    Direction {
        /// The channel.
        channel: String,
        /// The value.
        value: f64,
    },
    /// Too far ahead of the host's clock.
    #[error(
        "{time} is {ahead_ms} ms ahead of this host's clock (at most {ahead_ms_max} ms are accepted): check the station's clock"
    )]
    Future {
        /// The frame's time.
        time: Timestamp,
        /// How far ahead it is.
        ahead_ms: i64,
        /// How far it may be.
        ahead_ms_max: i64,
    },
    /// Another frame for the same instant.
    #[error("the instrument already has another frame for {time}, and its policy refuses a second one")]
    Duplicate {
        /// The instant.
        time: Timestamp,
    },
    /// What is stored around the instant does not check, so that nobody can tell whether the frame repeats or corrects it.
    #[error(
        "the stored frame for {time} cannot be read: {}; restore its file from a backup, or let `repair` set it aside, and send the frame again",
        Line(reason)
    )]
    Unreadable {
        /// The instant.
        time: Timestamp,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
}

/// A stored sample that a later one replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Instrument of the sample.
    pub instrument: InstrumentId,
    /// Index of the channel in the instrument's frames.
    pub channel: usize,
    /// Time of the sample.
    pub time: Timestamp,
    /// Sample before.
    pub old: Sample,
    /// Sample after.
    pub new: Sample,
}

impl Correction {
    /// Whether the flag is another and the value is the same.
    fn is_of_flag(&self) -> bool {
        self.old.value.map(f64::to_bits) == self.new.value.map(f64::to_bits)
    }
}

/// What is to be written of a batch, and what is to be said about it.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    /// Accepted frames, with what they keep of the frames they replace.
    pub(crate) batch: Batch,
    /// Each with the index of the accepted frame that brought it.
    pub(crate) corrections: Vec<(usize, Correction)>,
    pub(crate) rejections: Vec<(usize, RejectReason)>,
    pub(crate) counters: Counters,
    /// Corrections by frames that change a flag and keep the value.
    pub(crate) flags_changed: u64,
    /// Where the frames come from.
    pub(crate) origin: Origin,
    /// The newest row of each instrument of the batch, staged or stored; that of the frame before is at hand.
    newest: BTreeMap<InstrumentId, Option<Timestamp>>,
    at_hand: Option<(InstrumentId, Option<Timestamp>)>,
    /// Staged rows by instrument and time, once a frame has asked for one.
    rows: Option<BTreeMap<(InstrumentId, Timestamp), usize>>,
}

/// Sorts the frames of a batch into accepted, identical, superseded and rejected ones. Without a host time they are frames that a store
/// has taken before: neither its clock nor what it did not refuse then is held against them.
pub(crate) fn stage(
    state: &State,
    late: &mut LateBlocks,
    registry: &Registry,
    batch: &Batch,
    now: Option<Timestamp>,
) -> Staged {
    let origin = Origin { arrived: now, author: None };
    let mut staged = Staged { origin, ..Staged::default() };
    for (index, frame) in batch.frames().enumerate() {
        let checked = registry
            .instrument(frame.instrument)
            .ok_or(RejectReason::UnknownInstrument(frame.instrument))
            .and_then(|(_, instrument)| check(frame, instrument, now).map(|()| instrument));
        match checked {
            Ok(instrument) => staged.admit((state, late, registry), frame, instrument.duplicates(), index),
            Err(reason) => staged.reject(index, reason),
        }
    }
    staged
}

/// Puts samples of one channel in the place of stored ones: all of them, or an error.
pub(crate) fn stage_correction(
    state: &State,
    late: &mut LateBlocks,
    (instrument, known): (InstrumentId, &Instrument),
    channel: usize,
    samples: &BTreeMap<Timestamp, Sample>,
) -> Result<Staged, StoreError> {
    let mut staged = Staged::default();
    for (time, new) in samples {
        let refused = |reason| StoreError::NotCorrectable { instrument, time: *time, reason };
        if new.value.is_none_or(|value| value.is_nan() || value.abs() > VALUE_MAGNITUDE_MAX) {
            return Err(refused("a finite value up to 1e15 must stand in its place; a deletion takes values away"));
        }
        if known.channels().get(channel).is_some_and(|channel| !channel.is_possible(new.valid())) {
            return Err(refused("a direction must be from 0 to 360 degrees"));
        }
        let stored = state.frame_at(late, instrument, *time, known.channels().len())?;
        let mut samples = stored.ok_or_else(|| refused("no row is stored; append one"))?.samples;
        let Some(place) = samples.get_mut(channel) else { return Err(refused("the row has no such channel")) };
        let old = std::mem::replace(place, *new);
        if same_bits(&[old], &[*new]) {
            continue;
        }
        let correction = Correction { instrument, channel, time: *time, old, new: *new };
        staged.corrections.push((staged.batch.len(), correction));
        staged.counters.values_corrected += 1;
        staged.counters.frames_accepted += 1;
        staged.counters.values_accepted += 1;
        staged.batch.push_samples(instrument, *time, samples);
    }
    Ok(staged)
}

/// A quality flag for stored samples of one instrument.
#[derive(Debug, Clone)]
pub(crate) struct FlagChange {
    /// The instrument.
    pub(crate) instrument: InstrumentId,
    /// Number of its channels.
    pub(crate) channels: usize,
    /// Places of the channels whose samples get the flag.
    pub(crate) places: Vec<usize>,
    /// The flag.
    pub(crate) quality: Quality,
}

/// Samples that a change of flags has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FlagCount {
    /// Rows with at least one such channel.
    pub(crate) rows: u64,
    /// Values that get another flag.
    pub(crate) changed: u64,
    /// Values that have the flag.
    pub(crate) unchanged: u64,
    /// Samples without a value, which keep the flag they have.
    pub(crate) missing: u64,
}

/// Puts a flag on the values of stored rows. Rows that are gone are passed over.
pub(crate) fn stage_flags(
    state: &State,
    late: &mut LateBlocks,
    change: &FlagChange,
    times: &[Timestamp],
) -> Result<(Staged, FlagCount), StoreError> {
    let FlagChange { instrument, channels, ref places, quality } = *change;
    let (mut staged, mut count) = (Staged::default(), FlagCount::default());
    for time in times {
        let Some(stored) = state.frame_at(late, instrument, *time, channels)? else { continue };
        let mut samples = stored.samples.clone();
        count.rows += 1;
        for place in places {
            match samples.get_mut(*place) {
                Some(Sample { value: None, .. }) | None => count.missing += 1,
                Some(sample) if sample.quality == quality => count.unchanged += 1,
                Some(sample) => {
                    count.changed += 1;
                    sample.quality = quality;
                }
            }
        }
        let changed = corrections(&stored, &samples, true);
        if !changed.is_empty() {
            staged.counters.frames_accepted += 1;
            staged.counters.values_accepted += changed.len() as u64;
            staged.counters.values_corrected += changed.len() as u64;
            let frame = staged.batch.len();
            staged.corrections.extend(changed.into_iter().map(|correction| (frame, correction)));
            staged.batch.push_samples(instrument, *time, samples);
        }
    }
    Ok((staged, count))
}

fn check(frame: FrameRef<'_>, instrument: &Instrument, now: Option<Timestamp>) -> Result<(), RejectReason> {
    let expected = instrument.channels().len();
    if frame.values.len() != expected {
        return Err(RejectReason::ChannelCount { expected, found: frame.values.len() });
    }
    let ahead_ms = now.map_or(0, |now| frame.time.since_ms(now));
    if ahead_ms > FUTURE_MS_MAX {
        return Err(RejectReason::Future { time: frame.time, ahead_ms, ahead_ms_max: FUTURE_MS_MAX });
    }
    let mut of_retired = frame.marks.iter().zip(instrument.channels());
    if instrument.has_retired()
        && let Some((_, channel)) = of_retired.find(|(mark, channel)| channel.is_retired() && mark.is_present())
    {
        return Err(RejectReason::RetiredChannel { channel: channel.name().to_owned() });
    }
    check_values(frame, instrument, now.is_some())
}

/// Refuses values that no instrument measures; in new frames, also directions that do not exist.
fn check_values(frame: FrameRef<'_>, instrument: &Instrument, is_new: bool) -> Result<(), RejectReason> {
    let usable = |value: f64| value.abs() <= VALUE_MAGNITUDE_MAX;
    let samples = || frame.samples().zip(instrument.channels());
    let named = |(sample, channel): (Sample, &Channel)| (channel.name().to_owned(), sample.value.unwrap_or(f64::NAN));
    if !frame.values.iter().fold(true, |all, value| all & usable(*value))
        && let Some(found) = samples().find(|(sample, _)| sample.value.is_some_and(|value| !usable(value)))
    {
        let (channel, value) = named(found);
        return Err(RejectReason::Value { channel, value });
    }
    // Most values of any unit are possible as a direction too.
    if is_new
        && !frame.values.iter().fold(true, |all, value| all & DIRECTIONS_DEG.contains(value))
        && let Some(found) = samples().find(|(sample, channel)| !channel.is_possible(sample.valid()))
    {
        let (channel, value) = named(found);
        return Err(RejectReason::Direction { channel, value });
    }
    Ok(())
}

impl Staged {
    fn admit(
        &mut self,
        (state, late, registry): (&State, &mut LateBlocks, &Registry),
        frame: FrameRef<'_>,
        policy: DuplicatePolicy,
        index: usize,
    ) {
        let newest = self.newest_of(state, frame.instrument);
        if newest.is_none_or(|newest| newest < frame.time) {
            return self.accept(frame);
        }
        let stored = match self.stored((state, late), frame) {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                self.counters.frames_out_of_order += 1;
                return self.accept(frame);
            }
            Err(error) => return self.reject(index, unreadable(frame.time, &error)),
        };
        let pairs = stored.samples.iter().zip(frame.samples());
        let mut merged: Vec<Sample> = pairs.map(|(old, new)| merge(*old, new)).collect();
        keep_flags_by_hand(&stored, &mut merged, registry);
        let is_kept = keep_values_by_hand(&stored, &mut merged, registry);
        let replaced = corrections(&stored, &merged, false).len();
        if same_bits(&merged, &stored.samples) {
            self.counters.frames_superseded += u64::from(is_kept);
            self.counters.frames_identical += u64::from(!is_kept);
        } else if policy == DuplicatePolicy::KeepLast || replaced == 0 {
            self.correct(&stored, &merged, replaced);
            self.counters.values_accepted += present_values(frame);
        } else if policy == DuplicatePolicy::KeepFirst {
            self.counters.frames_superseded += 1;
        } else {
            self.reject(index, RejectReason::Duplicate { time: frame.time });
        }
    }

    /// The newest row of an instrument, which is then at hand.
    fn newest_of(&mut self, state: &State, instrument: InstrumentId) -> Option<Timestamp> {
        if let Some((id, newest)) = self.at_hand
            && id == instrument
        {
            return newest;
        }
        self.newest.extend(self.at_hand);
        let newest = self.newest.get(&instrument).copied().unwrap_or_else(|| state.newest(instrument));
        self.at_hand = Some((instrument, newest));
        newest
    }

    /// The frame that stands at this instant already: in this batch, in the head, or in a segment.
    fn stored(
        &mut self,
        (state, late): (&State, &mut LateBlocks),
        frame: FrameRef<'_>,
    ) -> Result<Option<Frame>, StoreError> {
        let batch = &self.batch;
        let rows = self.rows.get_or_insert_with(|| {
            batch.frames().enumerate().map(|(row, frame)| ((frame.instrument, frame.time), row)).collect()
        });
        match rows.get(&(frame.instrument, frame.time)).and_then(|row| batch.frame(*row)) {
            Some(staged) => Ok(Some(staged.to_frame())),
            None => state.frame_at(late, frame.instrument, frame.time, frame.values.len()),
        }
    }

    fn accept(&mut self, frame: FrameRef<'_>) {
        self.note_row(frame.instrument, frame.time);
        if let Some((_, newest)) = &mut self.at_hand {
            *newest = (*newest).max(Some(frame.time));
        }
        self.counters.frames_accepted += 1;
        self.counters.values_accepted += present_values(frame);
        self.batch.push_ref(frame);
    }

    /// The next staged row is this instrument's at this time.
    fn note_row(&mut self, instrument: InstrumentId, time: Timestamp) {
        let row = self.batch.len();
        if let Some(rows) = &mut self.rows {
            rows.insert((instrument, time), row);
        }
    }

    fn correct(&mut self, stored: &Frame, merged: &[Sample], replaced: usize) {
        let (instrument, time) = (stored.instrument, stored.time);
        let frame = self.batch.len();
        let changed = corrections(stored, merged, false);
        self.flags_changed += changed.iter().filter(|correction| correction.is_of_flag()).count() as u64;
        self.corrections.extend(changed.into_iter().map(|correction| (frame, correction)));
        self.counters.values_corrected += replaced as u64;
        self.counters.frames_accepted += 1;
        self.note_row(instrument, time);
        self.batch.push_samples(instrument, time, merged.iter().copied());
    }

    fn reject(&mut self, index: usize, reason: RejectReason) {
        let counter = match reason {
            RejectReason::UnknownInstrument(_) => &mut self.counters.rejected_unknown_instrument,
            RejectReason::ChannelCount { .. } => &mut self.counters.rejected_channel_count,
            RejectReason::RetiredChannel { .. } => &mut self.counters.rejected_retired_channel,
            RejectReason::Value { .. } | RejectReason::Direction { .. } => &mut self.counters.rejected_value,
            RejectReason::Future { .. } => &mut self.counters.rejected_future,
            RejectReason::Duplicate { .. } => &mut self.counters.rejected_duplicate,
            RejectReason::Unreadable { .. } => &mut self.counters.rejected_unreadable,
        };
        *counter += 1;
        self.rejections.push((index, reason));
    }
}

fn unreadable(time: Timestamp, error: &StoreError) -> RejectReason {
    let path = match error {
        StoreError::Corrupt { path, .. } | StoreError::Io { path, .. } => path.clone(),
        _ => PathBuf::new(),
    };
    RejectReason::Unreadable { time, path, reason: error.to_string() }
}

fn present_values(frame: FrameRef<'_>) -> u64 {
    frame.marks.iter().filter(|mark| mark.is_present()).count() as u64
}

/// A missing sample leaves what is stored alone, so that an instant may arrive in several messages; anything else replaces it.
fn merge(old: Sample, new: Sample) -> Sample {
    let says_nothing = new.value.is_none() && new.quality == Quality::Normal;
    if says_nothing || (new.value.is_none() && old.value.is_some()) { old } else { new }
}

/// Leaves values the flags that a person set: only a person takes them away. A frame that is sent again knows nothing of them.
fn keep_flags_by_hand(stored: &Frame, merged: &mut [Sample], registry: &Registry) {
    for (channel, (old, new)) in stored.samples.iter().zip(merged).enumerate() {
        let is_flag_lost = old.value.is_some() && old.quality != new.quality;
        if is_flag_lost && registry.flag_by_hand(stored.instrument, channel, stored.time) == Some(old.quality) {
            new.quality = old.quality;
        }
    }
}

/// Leaves the values that a person put there, with their flags, and returns whether the frame has others. Only a person, or a deletion,
/// takes such a value away.
fn keep_values_by_hand(stored: &Frame, merged: &mut [Sample], registry: &Registry) -> bool {
    let mut is_kept = false;
    for (channel, (old, new)) in stored.samples.iter().zip(merged).enumerate() {
        let Some(value) = old.value.filter(|_| !same_bits(&[*old], &[*new])) else { continue };
        if registry.is_value_by_hand(stored.instrument, stored.time, channel, value) {
            *new = *old;
            is_kept = true;
        }
    }
    is_kept
}

/// The stored values of a frame that differ from what is to stand in their place; where a person changes them by hand, samples without a
/// value count as well.
pub(super) fn corrections(stored: &Frame, now: &[Sample], is_by_hand: bool) -> Vec<Correction> {
    let (instrument, time) = (stored.instrument, stored.time);
    let pairs = stored.samples.iter().zip(now).enumerate();
    pairs
        .filter(|(_, (old, new))| (is_by_hand || old.value.is_some()) && !same_bits(&[**old], &[**new]))
        .map(|(channel, (old, new))| Correction { instrument, channel, time, old: *old, new: *new })
        .collect()
}

fn same_bits(a: &[Sample], b: &[Sample]) -> bool {
    let key = |sample: &Sample| (sample.value.map(f64::to_bits), sample.quality);
    a.iter().map(key).eq(b.iter().map(key))
}
