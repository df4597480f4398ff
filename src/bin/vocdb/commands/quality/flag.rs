//! A quality flag for stored readings.

use crate::choice;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use serde::Serialize;
use std::path::Path;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::{ChannelSet, Instrument, InstrumentId, QualityChange, QualityReport, TimeRange};

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

/// The flag to set.
pub(super) struct Setting<'a> {
    pub(super) store: &'a Path,
    pub(super) station: &'a str,
    pub(super) instrument: Option<&'a str>,
    pub(super) channels: &'a [String],
    pub(super) range: TimeRange,
    pub(super) flag: vocdb::Quality,
    pub(super) by: &'a str,
    pub(super) reason: &'a str,
    pub(super) is_dry_run: bool,
}

impl Setting<'_> {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let (instrument, report) = if self.is_dry_run { self.count()? } else { self.change()? };
        let range = self.range;
        if report.rows == 0 {
            let (station, instrument) = (Line(self.station), Line(instrument.name()));
            return Err(Failure::Says(format!(
                "no reading lies in this range: {station}/{instrument} has none from {} to {}",
                range.from, range.to
            )));
        }
        let flagged = Flagged {
            station: self.station.to_owned(),
            instrument: instrument.name().to_owned(),
            channels: self.channels.to_vec(),
            from: range.from.to_string(),
            to: range.to.to_string(),
            flag: self.flag.name(),
            is_dry_run: self.is_dry_run,
            report,
        };
        output.either(&flagged, || flagged.text())
    }

    fn change(&self) -> Result<(Instrument, QualityReport), Failure> {
        store::check(self.store)?;
        let db = store::open_or_create(self.store)?;
        let (id, instrument) = choice::instrument(&db.registry(), self.station, self.instrument)?;
        let channels = match choice::places(&instrument, self.channels)? {
            places if places.is_empty() => ChannelSet::All,
            places => ChannelSet::Places(places),
        };
        let (by, reason) = (self.by.to_owned(), self.reason.to_owned());
        let change = QualityChange { instrument: id, channels, range: self.range, quality: self.flag, by, reason };
        let report = db.set_quality(&change).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        Ok((instrument, report))
    }

    fn count(&self) -> Result<(Instrument, QualityReport), Failure> {
        let db = store::read(self.store)?;
        let (id, instrument) = choice::instrument(db.registry(), self.station, self.instrument)?;
        let mut places = choice::places(&instrument, self.channels)?;
        if places.is_empty() {
            places.extend(0..instrument.channels().len());
        }
        places.sort_unstable();
        places.dedup();
        Ok((instrument, self.count_of(&db.readings(), (id, &places))?))
    }

    fn count_of(
        &self,
        readings: &vocdb::query::Readings,
        (instrument, places): (InstrumentId, &[usize]),
    ) -> Result<QualityReport, Failure> {
        let mut report = QualityReport::default();
        for chunk in readings.scan(instrument, places, self.range).map_err(Failure::from_error)? {
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
