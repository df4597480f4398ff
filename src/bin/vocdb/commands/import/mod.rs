//! `vocdb import`: a CSV file into a store.

mod columns;
mod summary;

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::Args;
use columns::{ColumnMapping, DuplicateChoice, FoldChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::path::PathBuf;
use summary::{Summary, Tally};
use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
use vocdb::{Batch, Channel, ChannelChange, Database, Instrument, InstrumentChange, InstrumentId, Interval, Station};

/// Frames of one append.
const FRAMES_PER_BATCH: usize = 8_192;

/// Read a CSV file into a store
///
/// The store, the station and the instrument are made where they are not there. A row that cannot be read as told is rejected as a
/// whole, counted, and shown with its line and what to do; reading goes on. The same rows again change nothing.
///
/// Rules in force evaluate the rows. Alarms that open are recorded as history, counted, and notify nobody.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The store's folder; it is made where there is none
    store: PathBuf,
    /// The CSV file
    file: PathBuf,
    /// The station that measured
    #[arg(long)]
    station: String,
    /// The station's instrument; its channels are measured together
    #[arg(long)]
    instrument: String,
    /// How far apart its rows are when all is well: 1s, 1m, 1h
    #[arg(long, value_name = "LENGTH", value_parser = values::interval)]
    interval: Interval,
    /// The column of the time; columns of date and time of day are joined by a plus
    #[arg(long, value_name = "COL[+COL]")]
    time: String,
    /// rfc3339, epoch-s, epoch-ms, or a pattern such as '%d/%m/%Y %H:%M:%S'; texts of several columns have a space between them
    #[arg(long, value_name = "FORMAT", default_value = "rfc3339", value_parser = columns::time_format)]
    time_format: TimeFormat,
    /// The zone of times without an offset: America/Denver, +08:00
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// What happens to local times that exist twice or not at all where clocks change
    #[arg(long, value_enum, default_value_t = FoldChoice::Reject)]
    fold: FoldChoice,
    /// Space rows of one time stamp by this length, instead of rejecting all but the first
    #[arg(long, value_name = "LENGTH", value_parser = values::interval)]
    spread: Option<Interval>,
    /// A column, the channel that it feeds, and its unit, for concentrations also their temperature: C6H6=benzene:ug/m3@20C;
    /// once for each column
    #[arg(long = "channel", value_name = "COL=NAME:UNIT[@20C]", value_parser = ColumnMapping::parse, required = true)]
    channels: Vec<ColumnMapping>,
    /// Add channels that the instrument lacks or has retired, instead of refusing the file
    #[arg(long)]
    add_channels: bool,
    /// A text that marks a missing value, besides the empty field; may be given more than once
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Lines before the header
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    skip_lines: u64,
    /// The character between fields, or `tab`
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = columns::delimiter)]
    delimiter: u8,
    /// Numbers have a decimal comma
    #[arg(long)]
    decimal_comma: bool,
    /// Leave out rows without a single value
    #[arg(long)]
    skip_empty: bool,
    /// What a new instrument does with another value for an instant that has one
    #[arg(long, value_enum, default_value_t = DuplicateChoice::KeepLast)]
    duplicates: DuplicateChoice,
    /// Notify people of alarms whose condition still holds, as for readings that come in now, instead of recording all alarms as history
    #[arg(long)]
    notify: bool,
}

impl Import {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let (station, asked) = self.asked()?;
        // Before a store is made: are file, header and options such that something can be read?
        drop(self.reader(InstrumentId::new(0), &asked)?);
        let db = store::open_or_create(&self.store)?;
        let (id, instrument) = self.instrument(&db, station, asked)?;
        let mut reader = self.reader(id, &instrument)?;
        let bar = progress(output.is_json(), reader.bytes_total());
        let tally = self.append_all(&db, &mut reader, &bar)?;
        bar.finish_and_clear();
        let counters = db.stats().map_err(Failure::from_error)?.counters;
        db.close().map_err(Failure::from_error)?;
        let file = self.file.display().to_string();
        let names = [file.as_str(), self.station.as_str(), self.instrument.as_str()];
        let summary = Summary::new(names, reader.report(), tally, counters);
        output.either(&summary, || summary.text())?;
        if summary.is_nothing_taken() {
            output.flush()?;
            return Err(Failure::Says(format!("nothing of `{}` was stored: the lines above say why", Line(&file))));
        }
        Ok(())
    }

    /// The station and the instrument that the command line describes.
    fn asked(&self) -> Result<(Station, Instrument), Failure> {
        let station = Station::new(&self.station).map_err(Failure::from_error)?;
        let channels: Result<Vec<Channel>, _> = self.channels.iter().map(ColumnMapping::to_channel).collect();
        let instrument = channels.and_then(|channels| Instrument::new(&self.instrument, self.interval, channels));
        Ok((station, instrument.map_err(Failure::from_error)?.with_duplicates(self.duplicates.into())))
    }

    /// The instrument of that name at the station, registered now where it is not there.
    fn instrument(
        &self,
        db: &Database,
        station: Station,
        asked: Instrument,
    ) -> Result<(InstrumentId, Instrument), Failure> {
        let registry = db.registry();
        let station = match registry.station_named(&self.station) {
            Some(id) => id,
            None => db.register_station(station).map_err(Failure::from_error)?,
        };
        let known = registry.instrument_named(station, &self.instrument);
        let Some((id, (_, instrument))) = known.and_then(|id| Some((id, registry.instrument(id)?))) else {
            let id = db.register_instrument(station, asked.clone()).map_err(Failure::from_error)?;
            return Ok((id, asked));
        };
        if instrument.interval() != self.interval {
            return Err(Failure::Says(format!(
                "instrument `{}` of station `{}` is registered with an interval of {}: give that, or another name",
                self.instrument,
                self.station,
                instrument.interval()
            )));
        }
        Ok((id, self.with_channels(db, (id, instrument), &asked)?))
    }

    /// The instrument with all channels that the command line names: those that it lacks are added where that is wanted.
    fn with_channels(
        &self,
        db: &Database,
        (id, known): (InstrumentId, &Instrument),
        asked: &Instrument,
    ) -> Result<Instrument, Failure> {
        let of_name = |name: &str| known.channels().iter().find(|channel| channel.name() == name);
        let lacking = |asked: &&Channel| of_name(asked.name()).is_none_or(Channel::is_retired);
        let lacks: Vec<&Channel> = asked.channels().iter().filter(lacking).collect();
        let Some(first) = lacks.first() else { return Ok(known.clone()) };
        if !self.add_channels {
            let why = match self.reader(id, known) {
                Err(Failure::Says(why)) => why,
                _ => format!("channel `{}` of instrument `{}` is retired", first.name(), self.instrument),
            };
            return Err(Failure::Says(format!("{why}: correct --channel, or give --add-channels")));
        }
        // A retired channel comes back as it was; the file's unit is converted to it.
        let add = |asked: &&Channel| ChannelChange::Add(of_name(asked.name()).unwrap_or(asked).clone());
        let change = InstrumentChange {
            instrument: id,
            channels: lacks.iter().map(add).collect(),
            by: "vocdb import".to_owned(),
            reason: format!("columns of {}", Line(self.file.display())),
        };
        db.change_instrument(&change).map_err(Failure::from_error)
    }

    fn reader(&self, id: InstrumentId, instrument: &Instrument) -> Result<CsvReader<File>, Failure> {
        let mut names = self.time.split('+').map(str::trim);
        let first = TimeColumn::new(names.next().unwrap_or_default(), self.time_format.clone());
        let time = names.fold(first, TimeColumn::and).zone(&self.zone).fold(self.fold.into());
        let target = self.channels.iter().fold(CsvTarget::new(id, instrument), |target, mapping| {
            let ColumnMapping { column, channel, unit, reference } = mapping;
            match reference {
                Some(reference) => target.column_at(column, channel, *unit, *reference),
                None => target.column(column, channel, *unit),
            }
        });
        let spec = CsvSpec::new(time)
            .delimiter(self.delimiter)
            .decimal_comma(self.decimal_comma)
            .skip_lines(self.skip_lines)
            .skip_empty_frames(self.skip_empty)
            .equal_times(self.spread.map_or(EqualTimes::Refuse, EqualTimes::Spread))
            .map(target);
        let spec = self.missing.iter().fold(spec, CsvSpec::missing);
        CsvReader::open(&self.file, spec).map_err(Failure::from_error)
    }

    /// Reads the file to its end; everything accepted is on the medium when it returns.
    fn append_all(&self, db: &Database, reader: &mut CsvReader<File>, bar: &ProgressBar) -> Result<Tally, Failure> {
        let (mut batch, mut tally, mut lsn) = (Batch::new(), Tally::default(), None);
        while reader.read_batch(FRAMES_PER_BATCH, &mut batch).map_err(Failure::from_error)? > 0 {
            let appended = if self.notify { db.append(&batch) } else { db.append_history(&batch) };
            let receipt = appended.map_err(Failure::from_error)?;
            tally.add(&batch, &receipt);
            lsn = Some(receipt.lsn);
            bar.set_position(reader.bytes_read());
        }
        lsn.map_or(Ok(()), |lsn| db.wait_durable(lsn)).map_err(Failure::from_error)?;
        Ok(tally)
    }
}

/// A bar on standard error, by bytes of the file; nothing where that is no terminal, or JSON was asked for.
fn progress(is_hidden: bool, bytes_total: Option<u64>) -> ProgressBar {
    let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(bytes_total, target);
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
