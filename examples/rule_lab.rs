//! What changing a threshold would have done: four days of a fence line with seven known releases, backtested under several thresholds.
//!
//! The readings are stored once. Each row of the table is the rule of `examples/rules` with another trip value, half of which clears it,
//! over the same readings: alarms, releases found and missed, openings outside releases, pages per person. Nobody answers.
#![expect(clippy::print_stdout, reason = "the example talks to its reader")]

#[path = "district/site.rs"]
mod site;

use std::path::Path;
use std::time::Instant;
use vocdb::alarm::report::AlarmTally;
use vocdb::rules::{RuleFile, read_folder};
use vocdb::{Backtest, Batch, Config, Database, Durability, Replayed, TimeRange, Timers, Timestamp};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The trip values, in ppm above the background.
const TRIPS_PPM: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.5, 3.0, 6.0];

fn main() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.path(), config)?;
    let mut readings = site::register(&db)?;
    let mut batch = Batch::new();
    while readings.read_batch(8_192, &mut batch)? > 0 {
        db.append(&batch)?.all_accepted()?;
    }
    let releases = releases()?;
    let started = Instant::now();
    println!("trip ppm  alarms  found  missed  outside  pages per person");
    let mut best: Option<(usize, usize, f64)> = None;
    for trip_ppm in TRIPS_PPM {
        let tally = backtest(&db, trip_ppm)?;
        let is_during = |at: Timestamp, (start, end): &(Timestamp, Timestamp)| *start <= at && at <= *end;
        let is_found = |release: &&(Timestamp, Timestamp)| tally.alarms().any(|one| is_during(one.opened_at, release));
        let found = releases.iter().filter(is_found).count();
        let is_outside = |at: Timestamp| !releases.iter().any(|release| is_during(at, release));
        let outside = tally.alarms().filter(|one| is_outside(one.opened_at)).count();
        let (alarms, missed) = (tally.alarms().count(), releases.len() - found);
        let pages: Vec<String> = tally.contacts().map(|(who, told)| format!("{} {}", who.0, told.pages)).collect();
        println!("{trip_ppm:>8}  {alarms:>6}  {found:>5}  {missed:>6}  {outside:>7}  {}", pages.join(", "));
        if best.is_none_or(|(most, least, _)| found > most || (found == most && outside < least)) {
            best = Some((found, outside, trip_ppm));
        }
    }
    let (found, outside, trip_ppm) = best.unwrap_or_default();
    println!("\n{} backtests in {:.1} s", TRIPS_PPM.len(), started.elapsed().as_secs_f64());
    println!("rule_lab: best={trip_ppm} releases={found}/{} outside={outside}", releases.len());
    Ok(())
}

/// The rules of `examples/rules` with another threshold, over everything stored.
fn backtest(db: &Database, trip_ppm: f64) -> Outcome<AlarmTally> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
    let edit = |file: RuleFile| {
        let text = file.text.replace("TRIP  = 0.75.ppm", &format!("TRIP  = {trip_ppm:?}.ppm"));
        let text = text.replace("CLEAR = 0.375.ppm", &format!("CLEAR = {:?}.ppm", trip_ppm / 2.0));
        RuleFile { name: file.name, text }
    };
    let rules: Vec<RuleFile> = read_folder(&dir)?.into_iter().map(edit).collect();
    let mut tally = AlarmTally::default();
    let summary = db.backtest(&rules, &Backtest::new(TimeRange::ALL), &mut |step| {
        if let Replayed::Event(event) = step {
            tally.take(&event);
        }
    })?;
    tally.end(summary.range.to);
    Ok(tally)
}

/// Beginning and end of each known release.
fn releases() -> Outcome<Vec<(Timestamp, Timestamp)>> {
    let mut releases = Vec::new();
    for row in csv::Reader::from_path(site::path("releases.csv"))?.records() {
        let row = row?;
        let field = |index: usize| row.get(index).unwrap_or_default();
        releases.push((field(1).parse()?, field(2).parse()?));
    }
    Ok(releases)
}
