//! `vocdb quality`: a quality flag for stored readings.

use crate::choice;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::model::Zone;
use vocdb::{ChannelSet, Instrument, InstrumentId, QualityChange, QualityReport, TimeRange};

/// Set the quality flag of stored readings, and record in the ledger who set it and why
///
/// Changes the readings of all channels of the instrument, or of the channels given. Values stay as they are. The rules in force re-evaluate
/// the range: differences are recorded as amendments, alarms that open are history, and nobody is notified of them. Setting the same flag
/// again changes nothing, so the command can be repeated, also after it was killed. The store must not be open elsewhere, except with
/// --dry-run.
#[derive(Debug, Args)]
pub(crate) struct Quality {
    /// Folder of the store
    store: PathBuf,
    /// Station
    #[arg(long)]
    station: String,
    /// Instrument; optional if the station has only one
    #[arg(long)]
    instrument: Option<String>,
    /// Channel; repeat it for further channels [default: all channels]
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Moment,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Moment,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Flag, such as calibration, maintenance, suspect or normal
    #[arg(long, value_name = "FLAG", value_parser = values::flag)]
    flag: vocdb::Quality,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
    reason: String,
    /// Count the readings and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Readings that have the flag now, or would have it.
#[derive(Serialize)]
struct Flagged {
    station: String,
    instrument: String,
    channels: Vec<String>,
    from: String,
    to: String,
    flag: &'static str,
    is_dry_run: bool,
    #[serde(flatten)]
    report: QualityReport,
}

impl Quality {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let range = values::range_in(self.zone.as_ref(), Some(&self.from), Some(&self.to))?;
        let (instrument, report) = if self.dry_run { self.count(range)? } else { self.change(range)? };
        if report.rows == 0 {
            let (station, instrument) = (Line(&self.station), Line(instrument.name()));
            return Err(Failure::Says(format!(
                "no reading lies in this range: {station}/{instrument} has none from {} to {}",
                range.from, range.to
            )));
        }
        let flagged = Flagged {
            station: self.station.clone(),
            instrument: instrument.name().to_owned(),
            channels: self.channels.clone(),
            from: range.from.to_string(),
            to: range.to.to_string(),
            flag: self.flag.name(),
            is_dry_run: self.dry_run,
            report,
        };
        output.either(&flagged, || flagged.text())
    }

    fn change(&self, range: TimeRange) -> Result<(Instrument, QualityReport), Failure> {
        store::check(&self.store)?;
        let db = store::open_or_create(&self.store)?;
        let (id, instrument) = choice::instrument(&db.registry(), &self.station, self.instrument.as_deref())?;
        let channels = match choice::places(&instrument, &self.channels)? {
            places if places.is_empty() => ChannelSet::All,
            places => ChannelSet::Places(places),
        };
        let (by, reason) = (self.by.clone(), self.reason.clone());
        let change = QualityChange { instrument: id, channels, range, quality: self.flag, by, reason };
        let report = db.set_quality(&change).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        Ok((instrument, report))
    }

    fn count(&self, range: TimeRange) -> Result<(Instrument, QualityReport), Failure> {
        let db = store::read(&self.store)?;
        let (id, instrument) = choice::instrument(db.registry(), &self.station, self.instrument.as_deref())?;
        let mut places = choice::places(&instrument, &self.channels)?;
        if places.is_empty() {
            places.extend(0..instrument.channels().len());
        }
        places.sort_unstable();
        places.dedup();
        Ok((instrument, self.count_of(&db.readings(), (id, &places), range)?))
    }

    fn count_of(
        &self,
        readings: &vocdb::query::Readings,
        (instrument, places): (InstrumentId, &[usize]),
        range: TimeRange,
    ) -> Result<QualityReport, Failure> {
        let mut report = QualityReport::default();
        for chunk in readings.scan(instrument, places, range).map_err(Failure::from_error)? {
            let chunk = chunk.map_err(Failure::from_error)?;
            report.rows += chunk.times.len() as u64;
            for sample in chunk.columns.iter().flat_map(|column| column.samples()) {
                match sample.value {
                    None => report.missing += 1,
                    Some(_) if sample.quality == self.flag => report.unchanged += 1,
                    Some(_) => report.changed += 1,
                }
            }
        }
        Ok(report)
    }
}

impl Flagged {
    fn text(&self) -> String {
        let what = if self.channels.is_empty() { "all channels".to_owned() } else { self.channels.join(", ") };
        let QualityReport { rows, changed, unchanged, missing, alarms_opened, amendments } = self.report;
        let verb = if self.is_dry_run { "would get" } else { "got" };
        let mut text = format!(
            "{}/{}: {what} from {} to {}: {} in {} {verb} the flag `{}`, {unchanged} have it already, {} \
             without a value\n",
            Line(&self.station),
            Line(&self.instrument),
            self.from,
            self.to,
            counted(changed, "value"),
            counted(rows, "row"),
            self.flag,
            counted(missing, "sample")
        );
        if alarms_opened + amendments > 0 {
            text += &format!(
                "rules: {}, {} opened and recorded as history\n",
                counted(amendments, "amendment"),
                counted(alarms_opened, "alarm")
            );
        }
        text
    }
}
