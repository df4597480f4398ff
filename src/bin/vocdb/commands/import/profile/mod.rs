//! `vocdb import --profile`: reads files by a mapping, of one station or of many.

mod choose;
mod merge;
mod read;
mod report;
mod sort;
mod stations;

use super::append::Appender;
use super::pace::{self, Pace};
use super::summary::Tally;
use super::{Import, Stored, notes};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use merge::{Merged, each_frame};
use read::ReadFiles;
use report::{Count, Found, Summary, usual_pace};
use stations::{Registrar, Wanted, check};
use vocdb::base::escape::Line;
use vocdb::interop::mapping::Series;
use vocdb::model::Registry;
use vocdb::{Database, InstrumentId, Interval, Sample};

/// Frames that a dry run prints.
const FIRST_FRAMES: usize = 10;

impl Import {
    /// Runs an import by a profile.
    pub(super) fn run_profile(&self, profile: &str, output: &mut Output) -> Result<(), Failure> {
        let mapping = choose::mapping(self, profile)?;
        let mut files = ReadFiles::read(self, &mapping, self.registry()?, output.is_json())?;
        let interval = mapping.interval_of_instruments();
        let found = self.find(&mut files)?;
        let conflict = found.merges.check(self.duplicates, files.table.series(), &files.names());
        let refusal = files.refusal(self.max_rejected, profile).map_or(Ok(()), |why| Err(Failure::Says(why)));
        let wanted = Wanted {
            interval,
            add_channels: self.add_channels,
            duplicates: self.duplicates,
            files: files.names().join(", "),
            frames: found.counts.iter().map(|count| count.frames).collect(),
        };
        let checked = refusal.and(conflict).and_then(|()| check_series(&files, &wanted));
        let counts = found.counts.clone();
        let mut summary = Summary::new(&mapping, &files, found, interval);
        let outcome = match (checked, self.dry_run) {
            (checked, true) => {
                summary = summary.of_dry_run();
                checked.map(|_| ())
            }
            (Ok(warnings), false) => {
                let stored = self.store_series(&mut files, &wanted, &counts)?;
                summary = summary.stored(stored, warnings, self);
                summary.why_nothing_is_stored().map_or(Ok(()), |why| Err(Failure::Says(why)))
            }
            (Err(why), false) => Err(why),
        };
        summary.warnings().iter().for_each(|warning| notes::print(&format!("warning: {warning}")));
        output.either(&summary, || summary.text())?;
        output.flush()?;
        outcome
    }

    /// What is registered. The store is only read, so that a refused file leaves no trace in it.
    fn registry(&self) -> Result<Registry, Failure> {
        if store::is_store(&self.store) {
            return Ok(store::read(&self.store)?.registry().clone());
        }
        store::check_free(&self.store)?;
        Ok(Registry::default())
    }

    /// Counts the frames, and finds values that disagree. Stores nothing.
    fn find(&self, files: &mut ReadFiles) -> Result<Found, Failure> {
        let widths = widths(files);
        let mut counts = vec![Count::default(); widths.len()];
        let (mut first_frames, series) = (Vec::new(), files.table.series());
        let merges = each_frame(&mut files.sorter, &widths, self.duplicates, |merged| {
            if let Some(count) = counts.get_mut(merged.series) {
                count.add(&merged);
            }
            if first_frames.len() < FIRST_FRAMES {
                first_frames.extend(series.get(merged.series).map(|series| shown(series, &merged)));
            }
            Ok(())
        })?;
        Ok(Found { counts, merges, first_frames })
    }

    /// Registers stations and instruments, and stores all frames in order of time. They are durable when it returns.
    fn store_series(&self, files: &mut ReadFiles, wanted: &Wanted, counts: &[Count]) -> Result<Stored, Failure> {
        let db = store::open_or_create(&self.store)?;
        let mut registrar = Registrar::new(&db, wanted);
        let mut ids = vec![None; files.table.series().len()];
        for (place, series) in wanted.with_frames(files.table.series()) {
            let registered = series.registered.as_ref().map(vocdb::Instrument::interval);
            let interval =
                registered.or(wanted.interval).ok_or_else(|| Failure::Says("the interval is missing".to_owned()))?;
            let id = registrar.register(series, interval)?;
            ids.get_mut(place).into_iter().for_each(|own| *own = Some(id));
        }
        let tally = self.append_frames(&db, &ids, files)?;
        let changed = changed(&db, &ids, (&tally, counts));
        let counters = db.stats().map_err(Failure::from_error)?.counters;
        db.close().map_err(Failure::from_error)?;
        Ok(Stored { tally, counters, changed })
    }

    fn append_frames(
        &self,
        db: &Database,
        ids: &[Option<InstrumentId>],
        files: &mut ReadFiles,
    ) -> Result<Tally, Failure> {
        let mut appender = Appender::new(db, self.notify);
        let widths = widths(files);
        each_frame(&mut files.sorter, &widths, self.duplicates, |merged| {
            let Some(Some(id)) = ids.get(merged.series) else { return Ok(()) };
            let samples = merged.samples.iter().map(|cell| cell.map_or(Sample::MISSING, |(sample, ..)| sample));
            appender.push(|batch| batch.push_samples(*id, merged.time, samples))
        })?;
        appender.finish()
    }
}

/// What the rows of the files changed. Rows that are not in the files are counted only if they replaced others.
fn changed(db: &Database, ids: &[Option<InstrumentId>], (tally, counts): (&Tally, &[Count])) -> notes::Changed {
    let (values, flags) = (tally.values_changed, tally.flags_changed);
    let of_one = |(id, count): (&Option<InstrumentId>, &Count)| {
        let (id, span) = id.zip(count.span)?;
        Some(notes::rows_between(db, id, span).saturating_sub(count.frames))
    };
    let is_compared = values > 0 || flags > 0;
    let rows_elsewhere = if is_compared { ids.iter().zip(counts).filter_map(of_one).sum() } else { 0 };
    notes::Changed { values, flags, rows_elsewhere, span: tally.span }
}

/// Number of channels of each series.
fn widths(files: &ReadFiles) -> Vec<usize> {
    files.table.series().iter().map(|series| series.channels.len()).collect()
}

/// Checks every series against its registered instrument, and its rows against the interval. Returns warnings.
fn check_series(files: &ReadFiles, wanted: &Wanted) -> Result<Vec<String>, Failure> {
    let stored: Vec<(usize, &Series)> = wanted.with_frames(files.table.series()).collect();
    stored.iter().try_for_each(|(_, series)| check(series, wanted))?;
    let is_needed = stored.iter().any(|(_, series)| series.registered.is_none());
    if is_needed && wanted.interval.is_none() {
        let found = usual_pace(&files.paces).map_or_else(
            || ", such as --interval 1h".to_owned(),
            |found| format!(": rows are {found} apart, so give --interval {}", pace::option(found)),
        );
        return Err(Failure::Says(format!("the profile has no interval{found}; nothing was stored")));
    }
    let mut sparse = (0_usize, None);
    for (place, series) in stored {
        let Some(pace) = files.paces.get(place) else { continue };
        let registered = series.registered.as_ref().map(vocdb::Instrument::interval);
        let Some(interval) = registered.or(wanted.interval) else { continue };
        check_pace(series, pace, interval)?;
        if let Some(found) = pace.farther_than(interval) {
            sparse = (sparse.0 + 1, sparse.1.or(Some((series, found, interval))));
        }
    }
    let (count, first) = sparse;
    let warning = first.map(|(series, found, interval)| {
        format!(
            "rows of {count} of {} instruments are farther apart than their interval, such as `{}` of `{}`: {found}, the interval is \
             {interval}; check --interval",
            files.table.series().len(),
            Line(&series.instrument),
            Line(&series.station)
        )
    });
    Ok(warning.into_iter().collect())
}

/// Refuses rows of a new instrument that are closer together than its interval.
fn check_pace(series: &Series, pace: &Pace, interval: Interval) -> Result<(), Failure> {
    let Some(found) = pace.closer_than(interval).filter(|_| series.registered.is_none()) else { return Ok(()) };
    Err(Failure::Says(format!(
        "rows of instrument `{}` of station `{}` are {found} apart, the interval is {interval}: give --interval {}; nothing was stored",
        Line(&series.instrument),
        Line(&series.station),
        pace::option(found)
    )))
}

impl Count {
    fn add(&mut self, merged: &Merged<'_>) {
        self.frames += 1;
        let values = merged.samples.iter().flatten().filter(|(sample, ..)| sample.value.is_some()).count();
        self.values += values as u64;
        let (first, last) = self.span.unwrap_or((merged.time, merged.time));
        self.span = Some((first.min(merged.time), last.max(merged.time)));
    }
}

/// A frame in one line.
fn shown(series: &Series, merged: &Merged<'_>) -> String {
    let sample = |sample: Sample| {
        let value = sample.value.map_or_else(|| "missing".to_owned(), |value| value.to_string());
        if sample.quality == vocdb::Quality::Normal { value } else { format!("{value} ({})", sample.quality) }
    };
    let known = series.channels.iter().zip(merged.samples);
    let known =
        known.filter_map(|(channel, known)| known.map(|(value, ..)| format!("{}={}", channel.name(), sample(value))));
    format!("{} {} {}: {}", merged.time, series.station, series.instrument, known.collect::<Vec<_>>().join(", "))
}
