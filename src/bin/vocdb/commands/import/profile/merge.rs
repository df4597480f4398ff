//! Rows of one series and time as one frame, and values that disagree.

use super::super::columns::DuplicateChoice;
use super::super::repeats::says_less;
use super::sort::{Key, Sorter};
use crate::failure::Failure;
use vocdb::interop::mapping::{Cell, Series};
use vocdb::{Sample, Timestamp};

/// A sample and the row that it is from: place of the file, and line.
pub(super) type Sourced = (Sample, u32, u64);

/// One frame, merged from all rows of a series at a time.
pub(super) struct Merged<'a> {
    pub(super) series: usize,
    pub(super) time: Timestamp,
    /// Channels that any row has, by place; the others are missing.
    pub(super) samples: &'a [Option<Sourced>],
}

/// Two rows with different values for one channel at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conflict {
    pub(super) series: usize,
    pub(super) time: Timestamp,
    pub(super) channel: usize,
    pub(super) first: Sourced,
    pub(super) second: Sourced,
}

/// What merging has found.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// Values that repeat the value of another row.
    pub(super) repeated: u64,
    pub(super) conflicts: u64,
    pub(super) first_conflict: Option<Conflict>,
}

/// Passes every frame to a function, in order of time, with the number of channels that its series has.
pub(super) fn each_frame(
    sorter: &mut Sorter,
    widths: &[usize],
    choice: Option<DuplicateChoice>,
    mut take: impl FnMut(Merged<'_>) -> Result<(), Failure>,
) -> Result<Merges, Failure> {
    let mut merges = Merges::default();
    let mut current: Option<(usize, Timestamp)> = None;
    let mut samples: Vec<Option<Sourced>> = Vec::new();
    let keeps_first = matches!(choice, Some(DuplicateChoice::KeepFirst));
    sorter.each(|key, cells| {
        let of_row = (usize::try_from(key.series).unwrap_or(usize::MAX), key.time());
        if current != Some(of_row) {
            if let Some((series, time)) = current {
                take(Merged { series, time, samples: &samples })?;
            }
            samples.clear();
            samples.resize(widths.get(of_row.0).copied().unwrap_or_default(), None);
            current = Some(of_row);
        }
        for cell in cells {
            merges.add(&mut samples, (key, *cell), keeps_first);
        }
        Ok::<(), Failure>(())
    })?;
    if let Some((series, time)) = current {
        take(Merged { series, time, samples: &samples })?;
    }
    Ok(merges)
}

impl Merges {
    fn add(&mut self, samples: &mut [Option<Sourced>], (key, cell): (Key, Cell), keeps_first: bool) {
        let Some(place) = samples.get_mut(cell.channel) else { return };
        let new = cell.sample();
        let second = (new, key.file, key.line);
        let Some(kept) = place else {
            *place = Some(second);
            return;
        };
        self.repeated += 1;
        if says_less(new, kept.0) || new == kept.0 {
            return;
        }
        let is_conflict = !says_less(kept.0, new);
        if is_conflict {
            self.conflicts += 1;
            let series = usize::try_from(key.series).unwrap_or(usize::MAX);
            let conflict = Conflict { series, time: key.time(), channel: cell.channel, first: *kept, second };
            self.first_conflict.get_or_insert(conflict);
        }
        if !(is_conflict && keeps_first) {
            *kept = second;
        }
    }

    /// Refuses rows that disagree, unless one of them is to be kept.
    pub(super) fn check(
        &self,
        choice: Option<DuplicateChoice>,
        series: &[Series],
        files: &[String],
    ) -> Result<(), Failure> {
        match (self.first_conflict, choice) {
            (Some(conflict), None | Some(DuplicateChoice::Reject)) => {
                Err(Failure::Says(conflict.text(self.conflicts, series, files)))
            }
            _ => Ok(()),
        }
    }
}

impl Conflict {
    fn text(&self, conflicts: u64, series: &[Series], files: &[String]) -> String {
        use vocdb::base::escape::Line;
        let of = series.get(self.series);
        let channel = of.and_then(|series| series.channels.get(self.channel)).map_or("", vocdb::Channel::name);
        let station = of.map_or("", |series| series.station.as_str());
        let instrument = of.map_or("", |series| series.instrument.as_str());
        let shown = |(sample, file, line): Sourced| {
            let value = sample.value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
            let flag =
                if sample.quality == vocdb::Quality::Normal { String::new() } else { format!(" ({})", sample.quality) };
            let file = usize::try_from(file).ok().and_then(|place| files.get(place)).map_or("", String::as_str);
            format!("{value}{flag} on line {line} of `{}`", Line(file))
        };
        let more = match conflicts.saturating_sub(1) {
            0 => String::new(),
            more => format!(", and {more} more such values"),
        };
        format!(
            "rows of one time disagree: `{}` of station `{}`, instrument `{}`, at {} is {} and {}{more}; nothing was stored. \
             If several instruments are in one column, give it as `columns` of [instrument]; if local times repeat because clocks change, \
             write fold = \"by-order\" in [time]; if one of the rows is a correction, give --duplicates keep-last or keep-first",
            Line(channel),
            Line(station),
            Line(instrument),
            self.time,
            shown(self.first),
            shown(self.second)
        )
    }
}
