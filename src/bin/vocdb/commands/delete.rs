//! `vocdb delete`: readings go for good.

use crate::choice;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use crate::values;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::{Database, Deletion, Instrument, Timestamp, UpkeepReport};

/// Delete readings for good, and note in the ledger who wanted it and why
///
/// Deletes from --from up to, not including, --to: whole rows of the instrument, or the values of the channels that are named. Their
/// space is free afterwards. Only a backup gives them back. The store must not be open elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The store's folder
    store: PathBuf,
    /// The station
    #[arg(long)]
    station: String,
    /// The instrument; may be left out where the station has one
    #[arg(long)]
    instrument: Option<String>,
    /// A channel; may be given more than once [default: whole rows]
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// The first instant: RFC 3339, or a date (midnight, UTC)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    from: Timestamp,
    /// The first instant after the last one
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    to: Timestamp,
    /// Who wants it
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Why
    #[arg(long, value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// What is gone.
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
        let range = values::range(Some(self.from), Some(self.to))?;
        let db = store::open(&self.store)?;
        let (id, instrument) = choice::instrument(&db.registry(), &self.station, self.instrument.as_deref())?;
        let deletion = Deletion {
            instrument: id,
            channels: choice::places(&instrument, &self.channels)?,
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
            from: self.from.to_string(),
            to: self.to.to_string(),
            values,
            report,
        };
        output.either(&deleted, || deleted.text())
    }
}

/// How many values the deletion concerns.
fn count(db: &Database, deletion: &Deletion, instrument: &Instrument) -> Result<u64, Failure> {
    let channels = match deletion.channels.as_slice() {
        [] => (0..instrument.channels().len()).collect(),
        named => named.to_vec(),
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
            "{}/{}: {what} from {} to {} are gone: {} values, {} bytes\n",
            self.station,
            self.instrument,
            self.from,
            self.to,
            self.values,
            bytes_before.saturating_sub(bytes_after)
        )
    }
}
