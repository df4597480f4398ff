//! The METEC site in tests: its stations, its readings as frames, its rules, and the child process that is killed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::alarm::PlannedAcknowledgement;
use vocdb::{Alarm, Batch, Config, Database, Durability, ExportScope, Frame, Timers};

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[path = "../../examples/district/site.rs"]
pub(crate) mod site;

/// Frames that one minute has: eight stations and the mast.
pub(crate) const FRAMES_PER_MINUTE: usize = 9;

/// Time comes with the frames; odd alarms are answered after eight minutes, the others never.
pub(crate) fn config(durability: Durability) -> Config {
    let answer = |alarm: &Alarm| {
        let at = alarm.opened.recorded_at.plus_ms(8 * 60_000);
        let planned = PlannedAcknowledgement { at, by: "duty officer".to_owned(), comment: "going".to_owned() };
        (alarm.opened.alarm.0 % 2 == 1).then_some(planned)
    };
    Config { durability, timers: Timers::Frames, responder: Some(Arc::new(answer)), ..Config::default() }
}

pub(crate) fn rules_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules")
}

/// Opens a store of the site with its rules, and gives all frames there are to feed.
pub(crate) fn open(dir: &Path, durability: Durability) -> (Database, Vec<Frame>) {
    let db = Database::open(dir, config(durability)).unwrap();
    let mut readings = site::register(&db).unwrap();
    db.load_rules(rules_folder()).unwrap();
    let mut batch = Batch::new();
    let mut frames = Vec::new();
    while readings.read_batch(10_000, &mut batch).unwrap() > 0 {
        frames.extend(batch.frames().map(|frame| frame.to_frame()));
    }
    (db, frames)
}

/// Appends frames in batches and asserts that each is accepted.
pub(crate) fn feed(db: &Database, frames: &[Frame], frames_per_batch: usize) {
    for frames in frames.chunks(frames_per_batch) {
        let batch: Batch = frames.iter().cloned().collect();
        assert_eq!(db.append(&batch).unwrap().accepted, frames.len() as u64);
    }
}

/// The history of a store, as bytes.
pub(crate) fn history(db: &Database) -> Vec<u8> {
    let mut bytes = Vec::new();
    db.export_ledger(ExportScope::History, &mut bytes).unwrap();
    bytes
}
