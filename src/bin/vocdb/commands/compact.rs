//! `vocdb compact`: merges and packs segments.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};
use vocdb::{Compaction, UpkeepReport};

/// Merge segments and pack them as small as possible
///
/// Changes no reading. The store must not be open elsewhere: in the process that has it open, call `Database::compact`.
#[derive(Debug, Args)]
pub(crate) struct Compact {
    /// Folder of the store
    store: PathBuf,
    /// Merge only runs of small segments; cheap enough to run every hour
    #[arg(long)]
    due: bool,
}

/// The result of a compaction.
#[derive(Serialize)]
struct Compacted {
    store: String,
    #[serde(flatten)]
    report: UpkeepReport,
}

impl Compact {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::open(&self.store)?;
        let compaction = if self.due { Compaction::Due } else { Compaction::Everything };
        if compaction == Compaction::Everything {
            db.seal().map_err(Failure::from_error)?;
        }
        let bar = progress::bar(output.is_json(), progress::SEGMENTS);
        let report = db.compact_watched(compaction, progress::on(&bar));
        bar.finish_and_clear();
        let report = report.map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let compacted = Compacted { store: self.store.display().to_string(), report };
        output.either(&compacted, || compacted.text())
    }
}

impl Compacted {
    fn text(&self) -> String {
        let UpkeepReport { segments_removed, segments_added, bytes_before, bytes_after, .. } = self.report;
        if segments_removed == 0 {
            return format!("{}: nothing to compact\n", Line(&self.store));
        }
        format!(
            "{}: {} of {bytes_before} bytes {} now {segments_added} of {bytes_after} bytes\n",
            Line(&self.store),
            counted(segments_removed, "segment"),
            if segments_removed == 1 { "is" } else { "are" }
        )
    }
}
