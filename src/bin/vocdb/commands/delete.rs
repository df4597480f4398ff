//! `vocdb delete`: deletes readings permanently.

use crate::choice;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::counted;
use vocdb::model::Zone;
use vocdb::{Database, Deletion, DeletionScope, Instrument, UpkeepReport};

/// Delete readings permanently, and record author and reason in the ledger
///
/// Deletes whole rows of an instrument, or the values of the channels given, from --from (inclusive) to --to (exclusive). Their space is
/// free afterwards. Only a backup can restore them. The store must not be open elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Folder of the store
    store: PathBuf,
    /// Station
    #[arg(long)]
    station: String,
    /// Instrument; optional if the station has only one
    #[arg(long)]
    instrument: Option<String>,
    /// Channel whose values are deleted; repeat it for further channels [default: whole rows]
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
    /// Author of the deletion
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the deletion
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// The result of a deletion.
#[derive(Serialize)]
struct Deleted {
    station: String,
    instrument: String,
    channels: Vec<String>,
    from: String,
    to: String,
    values: u64,
    #[serde(flatten)]
    report: UpkeepReport,
}

impl Delete {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let range = values::range_in(self.zone.as_ref(), Some(&self.from), Some(&self.to))?;
        let db = store::open(&self.store)?;
        let (id, instrument) = choice::instrument(&db.registry(), &self.station, self.instrument.as_deref())?;
        let deletion = Deletion {
            instrument: id,
            scope: self.scope(&instrument)?,
            range,
            by: self.by.clone(),
            reason: self.reason.clone(),
        };
        let values = count(&db, &deletion, &instrument)?;
        let bar = progress::bar(output.is_json(), progress::SEGMENTS);
        let report = db.delete_watched(&deletion, progress::on(&bar));
        bar.finish_and_clear();
        let report = report.map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let deleted = Deleted {
            station: self.station.clone(),
            instrument: instrument.name().to_owned(),
            channels: self.channels.clone(),
            from: range.from.to_string(),
            to: range.to.to_string(),
            values,
            report,
        };
        output.either(&deleted, || deleted.text())
    }

    /// Whole rows, or the indexes of the given channels in a frame.
    fn scope(&self, instrument: &Instrument) -> Result<DeletionScope, Failure> {
        if self.channels.is_empty() {
            return Ok(DeletionScope::Rows);
        }
        choice::places(instrument, &self.channels).map(DeletionScope::Channels)
    }
}

/// The number of values to delete.
fn count(db: &Database, deletion: &Deletion, instrument: &Instrument) -> Result<u64, Failure> {
    let channels = match &deletion.scope {
        DeletionScope::Rows => (0..instrument.channels().len()).collect(),
        DeletionScope::Channels(named) => named.clone(),
    };
    let mut values = 0;
    for chunk in db.readings().scan(deletion.instrument, &channels, deletion.range).map_err(Failure::from_error)? {
        let chunk = chunk.map_err(Failure::from_error)?;
        let samples = chunk.columns.iter().flat_map(|column| column.samples());
        values += samples.filter(|sample| sample.value.is_some()).count() as u64;
    }
    Ok(values)
}

impl Deleted {
    fn text(&self) -> String {
        let what = if self.channels.is_empty() { "whole rows".to_owned() } else { self.channels.join(", ") };
        let UpkeepReport { bytes_before, bytes_after, .. } = self.report;
        format!(
            "{}/{}: deleted {what} from {} to {}: {}, {} bytes\n",
            self.station,
            self.instrument,
            self.from,
            self.to,
            counted(self.values, "value"),
            bytes_before.saturating_sub(bytes_after)
        )
    }
}
