//! `vocdb import`: reads a CSV file into a store.

mod append;
mod columns;
mod layout;
mod notes;
mod pace;
mod profile;
mod remedies;
mod repeats;
mod source;
mod spool;
mod summary;
mod target;
mod verdict;

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use append::Appender;
use clap::Args;
use columns::DuplicateChoice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use layout::Layout;
use pace::Pace;
use repeats::{Repeats, Suspects};
use source::Source;
use spool::Spool;
use std::io;
use std::path::{Path, PathBuf};
use summary::{Summary, Tally};
use target::{Target, Wanted};
use verdict::{Limits, Verdict};
use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvError, CsvReader, CsvReport};
use vocdb::store::Counters;
use vocdb::{Batch, Database, InstrumentId, Interval, ReferenceState};

/// Frames that are read at once.
const FRAMES_PER_READ: usize = 8_192;

/// Read CSV files into a store
///
/// Describe one file with --station, --instrument, --interval, --time and --channel; or name a profile, which describes a format, with
/// --profile: `vocdb profiles` lists the shipped ones and prints one as a start for a mapping file of your own.
///
/// Checks the whole file before it stores anything, then creates the store, the station and the instrument if they do not exist. A field
/// that cannot be read is a missing value. A row without a time, or with nothing but unreadable fields, is rejected; a row whose fields are all
/// empty is stored as missing. Fields and rows that are rejected are counted and listed with line and advice.
/// Nothing is stored if too many are rejected, or if rows of one time disagree. Importing the same rows again changes nothing.
///
/// Rules in force evaluate the rows. Alarms that open are recorded as history, counted, and notify nobody; with --notify, an alarm that
/// still holds notifies.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Folder of the store; created if missing
    store: PathBuf,
    /// CSV files, or - for standard input; gzip is decompressed. Several files need --profile
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Shipped profile, or path of a mapping file (TOML) that describes the format. The options below override it; --missing, --flag, --mark
    /// and --where add to it
    #[arg(long, value_name = "NAME|FILE.toml")]
    profile: Option<String>,
    /// Print what each column would become and the first frames, and store nothing; needs --profile
    #[arg(long)]
    dry_run: bool,
    /// Station that the readings belong to
    #[arg(long, required_unless_present = "profile")]
    station: Option<String>,
    /// First part of the names of stations that a profile reads from the file: PREFIX/NAME
    #[arg(long)]
    prefix: Option<String>,
    /// Instrument of the station that measures the channels together
    #[arg(long, required_unless_present = "profile")]
    instrument: Option<String>,
    /// Interval between rows: 1s, 1m, 1h
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, required_unless_present = "profile")]
    interval: Option<Interval>,
    /// Reference temperature of mass concentrations of gases that the profile and the file do not give: 0C, 20C, 25C
    #[arg(long, value_name = "TEMPERATURE", value_parser = values::reference)]
    reference: Option<ReferenceState>,
    #[command(flatten)]
    layout: Layout,
    /// Add channels that the instrument lacks or has retired, instead of refusing the file
    #[arg(long)]
    add_channels: bool,
    /// Accept concentrations whose names are not known species
    #[arg(long, conflicts_with = "profile")]
    new_quantity: bool,
    /// Largest share of rows, or of fields of one column, that may be rejected, in percent; beyond it, nothing is stored
    #[arg(long, value_name = "PERCENT", default_value = "25", value_parser = columns::percent)]
    max_rejected: f64,
    /// Row to keep if rows with the same time disagree. By default, the file is refused. A new instrument keeps this as its policy; its
    /// default is keep-last
    #[arg(long, value_enum)]
    duplicates: Option<DuplicateChoice>,
    /// Notify recipients of alarms whose condition still holds, instead of recording all alarms as history
    #[arg(long)]
    notify: bool,
}

/// The rows of a file that are read but not stored yet.
struct ReadRows {
    spool: Spool,
    suspects: Suspects,
    report: CsvReport,
    limits: Limits,
    pace: Pace,
    /// Columns that no option names.
    unread: Vec<String>,
    warnings: Vec<String>,
}

/// Options that a file needs without a profile.
struct Options<'a> {
    station: &'a str,
    instrument: &'a str,
    interval: Interval,
}

/// What became of the stored rows.
#[derive(Default)]
struct Stored {
    tally: Tally,
    counters: Counters,
    changed: notes::Changed,
}

impl Import {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        // The options that conflict with a profile keep clap from asking for one.
        let needs_profile = [
            (self.dry_run, "--dry-run"),
            (self.prefix.is_some(), "--prefix"),
            (self.reference.is_some(), "--reference"),
        ];
        match (&self.profile, self.files.as_slice(), self.options()) {
            (Some(profile), ..) => self.run_profile(profile, output),
            (None, ..) if needs_profile.iter().any(|(is_given, _)| *is_given) => {
                let given = needs_profile.iter().find(|(is_given, _)| *is_given).map_or("", |(_, name)| name);
                Err(Failure::Says(format!("{given} needs --profile; nothing was stored")))
            }
            (None, [file], Some(options)) => self.run_file(&options, file, output),
            (None, ..) => Err(Failure::Says(
                "several files are read by a profile: give --profile, or read them one after the other".to_owned(),
            )),
        }
    }

    /// Station, instrument and interval, which the command line has without a profile.
    fn options(&self) -> Option<Options<'_>> {
        let (station, instrument) = (self.station.as_deref()?, self.instrument.as_deref()?);
        Some(Options { station, instrument, interval: self.interval? })
    }

    /// Reads one file as the command line describes it.
    fn run_file(&self, options: &Options<'_>, path: &Path, output: &mut Output) -> Result<(), Failure> {
        let file = path.display().to_string();
        let wanted = self.wanted(options, &file);
        let target = self.target(&wanted)?;
        let mut rows = self.read(path, &target, output.is_json())?;
        let verdict = Verdict::of(&rows.report, &rows.limits, self.max_rejected);
        let (mut stored, mut repeats) = (Stored::default(), Repeats::default());
        let mut warnings = std::mem::take(&mut rows.warnings);
        if verdict.is_stored() {
            warnings.extend(check_pace(options.interval, &rows.pace, &target)?);
            let names: Vec<&str> = target.instrument.channels().iter().map(vocdb::Channel::name).collect();
            let suspects = std::mem::take(&mut rows.suspects);
            repeats = Repeats::find(&mut rows.spool, suspects, self.duplicates, (&file, &names))?;
            target.news.iter().for_each(|news| notes::print(news));
            stored = self.store(&wanted, &target, &mut rows.spool, &mut repeats)?;
            warnings.extend(notes::changed(&stored.changed, &self.store, self.layout.quality.is_empty()));
        }
        warnings.iter().for_each(|warning| notes::print(&format!("warning: {warning}")));
        let names = [file.as_str(), options.station, options.instrument];
        let summary = Summary::new(names, &rows.report, stored.tally, stored.counters)
            .with_store(self.store.display().to_string(), self.notify, &stored.changed)
            .with_checks(&repeats, rows.limits.refused)
            .with_notes(rows.unread, target.conversions, warnings);
        output.either(&summary, || summary.text())?;
        if let Some(why) = verdict.why(&summary) {
            output.flush()?;
            return Err(Failure::Says(format!("`{}`: {why}", Line(&file))));
        }
        Ok(())
    }

    /// Finds the station and the instrument. The store is only read, so that a refused file leaves no trace in it.
    fn target(&self, wanted: &Wanted<'_>) -> Result<Target, Failure> {
        if store::is_store(&self.store) {
            let store = store::read(&self.store)?;
            return Target::find(wanted, Some(store.registry()));
        }
        store::check_free(&self.store)?;
        Target::find(wanted, None)
    }

    /// Registers the target and stores all rows.
    fn store(
        &self,
        wanted: &Wanted<'_>,
        target: &Target,
        spool: &mut Spool,
        repeats: &mut Repeats,
    ) -> Result<Stored, Failure> {
        let db = store::open_or_create(&self.store)?;
        let id = target.register(wanted, &db)?;
        let tally = self.append_all(&db, id, spool, repeats)?;
        let changed = changed(&db, id, &tally);
        let counters = db.stats().map_err(Failure::from_error)?.counters;
        db.close().map_err(Failure::from_error)?;
        Ok(Stored { tally, counters, changed })
    }

    fn wanted<'a>(&'a self, options: &Options<'a>, file: &'a str) -> Wanted<'a> {
        Wanted {
            file,
            station: options.station,
            instrument: options.instrument,
            interval: options.interval,
            layout: &self.layout,
            add_channels: self.add_channels,
            new_quantity: self.new_quantity,
            duplicates: self.duplicates,
        }
    }

    /// Reads the whole file and stores nothing.
    fn read(&self, path: &Path, target: &Target, is_json: bool) -> Result<ReadRows, Failure> {
        let name = path.display().to_string();
        let says = |error: CsvError| Failure::Says(remedies::of_file(&error, self.layout.delimiter));
        let source = Source::open(path).map_err(|source| says(CsvError::Io { name: name.clone(), source }))?;
        let bar = progress(is_json, source.total);
        let spec = self.layout.spec(InstrumentId::new(0), &target.instrument);
        let mut reader = CsvReader::from_reader(source.bytes, name, spec).map_err(says)?;
        let mut rows = ReadRows {
            spool: Spool::new(target.instrument.channels().len()),
            suspects: Suspects::default(),
            report: CsvReport::default(),
            limits: Limits::now(&self.layout.time_format),
            pace: Pace::default(),
            unread: reader.unread_columns().to_vec(),
            warnings: notes::of_columns(&self.layout.channels, reader.header()),
        };
        let mut batch = Batch::new();
        while reader.read_batch(FRAMES_PER_READ, &mut batch).map_err(says)? > 0 {
            for (frame, line) in batch.frames().zip(reader.lines()) {
                if !rows.limits.take(frame, *line) {
                    continue;
                }
                rows.suspects.note(frame.time);
                rows.pace.note(frame.time);
                rows.spool.push(*line, frame).map_err(|error| repeats::unread(&error))?;
            }
            bar.set_position(source.read.get());
        }
        bar.finish_and_clear();
        rows.report = reader.report().clone();
        rows.warnings.extend(notes::probable_marks(&rows.report));
        Ok(rows)
    }

    /// Appends all rows; they are durable when it returns.
    fn append_all(
        &self,
        db: &Database,
        id: InstrumentId,
        spool: &mut Spool,
        repeats: &mut Repeats,
    ) -> Result<Tally, Failure> {
        let mut appender = Appender::new(db, self.notify);
        spool.each(|row| appender.push(|batch| repeats.push(row, id, batch)))?;
        appender.finish()
    }
}

/// What the rows of a file changed. Rows that are not in the file are counted only if it replaced others: after the first import of a
/// file, and while a station sends pieces that overlap, there is nothing to compare.
fn changed(db: &Database, id: InstrumentId, tally: &Tally) -> notes::Changed {
    let (values, flags, span) = (tally.values_changed, tally.flags_changed, tally.span);
    let compared = span.filter(|_| values > 0 || flags > 0);
    let stored = compared.map_or(0, |span| notes::rows_between(db, id, span));
    notes::Changed { values, flags, rows_elsewhere: stored.saturating_sub(tally.rows), span }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        repeats::unread(&error)
    }
}

/// Refuses rows of a new instrument that are closer together than its interval; warns in other cases.
fn check_pace(interval: Interval, pace: &Pace, target: &Target) -> Result<Option<String>, Failure> {
    if let Some(found) = pace.closer_than(interval) {
        let text = format!("rows are {found} apart, the interval is {interval}");
        return match target.is_new() {
            true => Err(Failure::Says(format!("{text}: give --interval {}; nothing was stored", pace::option(found)))),
            false => Ok(Some(format!("{text}: check the file and the instrument"))),
        };
    }
    let found = pace.farther_than(interval);
    Ok(found.map(|found| format!("rows are {found} apart, the interval is {interval}: check --interval")))
}

/// A progress bar by bytes of the file; hidden if standard error is no terminal, or JSON was requested.
fn progress(is_hidden: bool, bytes_total: Option<u64>) -> ProgressBar {
    let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(bytes_total, target);
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
