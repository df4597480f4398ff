//! From readings to a named source, on real data: four days of a methane test site with seven known releases.
//!
//! The rules in `examples/rules` run while the readings come in; their alarms become episodes, episodes become releases, and each release is
//! located and compared with the five units of the site. The answers of a published method (DLQ, Daniels 2024) are printed beside them. No
//! release time is given to either. The report of the
//! largest incident is written as a page. Then the releases of Project Prairie Grass are located from arcs of samplers.
#![expect(clippy::print_stdout, reason = "the example talks to its reader")]

#[path = "trace/prairie.rs"]
mod prairie;
#[path = "district/releases.rs"]
mod releases;
#[path = "trace/report.rs"]
mod report;
#[path = "district/site.rs"]
mod site;

use indicatif::{ProgressBar, ProgressStyle};
use releases::Release;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use vocdb::trace::{
    Candidates, LocateOptions, NamedSource, Survey, SurveyQuestion, Verdict, episodes, locate, name_source,
    read_sites_csv, survey,
};
use vocdb::{Batch, Config, Database, Durability, TimeRange, Timers, Timestamp};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// One release that was found.
struct Found {
    range: TimeRange,
    named: NamedSource,
}

/// One answer of the other method.
struct Peer {
    range: TimeRange,
    unit: String,
}

fn main() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    // Time comes with the readings: every run gives the same history.
    let config = Config { durability: Durability::Buffered, timers: Timers::Frames, ..Config::default() };
    let db = Database::open(dir.path(), config)?;
    let mut csv = site::register(&db)?;
    db.load_rules(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules"))?;
    let mut batch = Batch::new();
    while csv.read_batch(10_000, &mut batch)? > 0 {
        db.append_history(&batch)?.all_accepted()?;
    }
    let sites = read_sites_csv(&std::fs::read_to_string(site::path("sites.csv"))?, &BTreeMap::new())?;
    let candidates = Candidates { sites, ..Candidates::default() };
    let started = Instant::now();
    let found = trace(&db, &candidates)?;
    println!("traced in {:.1} s\n", started.elapsed().as_secs_f64());
    let page = report::write(&db, &candidates)?;
    println!("report of the incident with the most alarms: {}\n", page.display());
    locate_prairie_grass()?;
    print_table(&releases::read()?, &found, &peers()?);
    Ok(())
}

/// Locates what the rules have raised alarms for.
fn trace(db: &Database, candidates: &Candidates) -> Outcome<Vec<Found>> {
    let (registry, readings) = (db.registry(), db.readings());
    let mut parts: Vec<Survey> = Vec::new();
    for episode in episodes(&db.events()?, newest(db)) {
        let question = SurveyQuestion { channel: "methane", range: episode.range, wind: Some("metec/mast") };
        parts.extend(survey(&registry, &readings, &question)?.releases());
    }
    let bar = progress(parts.len(), "incidents")?;
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let named = name_source((&registry, &readings), &part, candidates)?;
        found.push(Found { range: part.range(), named });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(found)
}

/// Locates the releases of Project Prairie Grass from the readings of each run, and prints how far off the answers are.
fn locate_prairie_grass() -> Outcome<()> {
    println!("Prairie Grass 1956, ten-minute releases:");
    println!(
        "{:<20} {:>4} {:>8} {:>13} {:>12} {:>19} {:>12} {:>12} {:>10}",
        "arcs", "runs", "located", "median error", "90 % within", "worst", "in 50 % area", "in 90 % area", "rate x2"
    );
    let all: &[f64] = &[100.0, 200.0, 400.0, 800.0];
    for (name, arcs_m) in [("100 to 800 m", all), ("400 and 800 m only", &[400.0, 800.0])] {
        let runs = prairie::runs(arcs_m, 1)?;
        let bar = progress(runs.len(), "runs")?;
        let (mut errors, mut held, mut located, mut rates) = (Vec::new(), [0, 0], 0, 0);
        for run in &runs {
            let location = locate(&run.scene, &prairie_options())?;
            located += usize::from(location.verdict == Verdict::Located);
            let mode = location.mode.ok_or("a run was not located")?;
            errors.push(((mode.0 - run.truth.0).hypot(mode.1 - run.truth.1), run.number));
            let level = location.credible_level(run.truth.0, run.truth.1);
            for (count, share) in held.iter_mut().zip([0.5, 0.9]) {
                *count += usize::from(level.is_some_and(|level| level <= share));
            }
            let share = location.rate.map_or(f64::NAN, |rate| rate.kg_s / run.rate_kg_s);
            rates += usize::from((0.5..=2.0).contains(&share));
            bar.inc(1);
        }
        bar.finish_and_clear();
        errors.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let at = |percent: usize| errors.get((errors.len() * percent).div_ceil(100).saturating_sub(1));
        let metres = |percent: usize| at(percent).map_or_else(String::new, |(error_m, _)| format!("{error_m:.1} m"));
        let worst = at(100).map_or_else(String::new, |(error_m, run)| format!("{error_m:.1} m (run {run})"));
        println!(
            "{name:<20} {:>4} {located:>8} {:>13} {:>12} {worst:>19} {:>12} {:>12} {rates:>10}",
            runs.len(),
            metres(50),
            metres(90),
            held[0],
            held[1]
        );
    }
    println!();
    Ok(())
}

fn prairie_options() -> LocateOptions {
    let (mast_height_m, source_height_m) = (prairie::MAST_HEIGHT_M, prairie::SOURCE_HEIGHT_M);
    LocateOptions { mast_height_m, source_height_m, ..LocateOptions::default() }
}

/// A progress bar over so many things.
fn progress(count: usize, things: &str) -> Outcome<ProgressBar> {
    let bar = ProgressBar::new(count as u64);
    bar.set_style(ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {things}"))?);
    Ok(bar)
}

/// The time of the newest reading: alarms that are open then have lasted until then.
fn newest(db: &Database) -> Timestamp {
    let (registry, readings) = (db.registry(), db.readings());
    registry.instruments().filter_map(|(id, ..)| readings.newest(id)).max().unwrap_or(Timestamp::MIN)
}

/// Reads what the other method answered for the same days.
fn peers() -> Outcome<Vec<Peer>> {
    let mut peers = Vec::new();
    for row in csv::Reader::from_path(site::path("peer_dlq_events.csv"))?.records() {
        let row = row?;
        let field = |index: usize| row.get(index).unwrap_or_default();
        peers.push(Peer { range: TimeRange::new(field(0).parse()?, field(1).parse()?), unit: field(2).to_owned() });
    }
    Ok(peers)
}

/// The overlap of two ranges of time in milliseconds.
fn overlap(a: TimeRange, b: TimeRange) -> i64 {
    a.to.min(b.to).since_ms(a.from.max(b.from)).max(0)
}

fn print_table(releases: &[Release], found: &[Found], peers: &[Peer]) {
    println!(
        "{:<18} {:<16} | {:<16} {:<14} {:>10} {:>18} | DLQ",
        "release", "unit", "named", "verdict", "90 % area", "rate kg/h (true)"
    );
    let (mut right, mut peers_right) = (0, 0);
    for release in releases {
        let range = TimeRange::new(release.start, release.end);
        let ours = found
            .iter()
            .filter(|found| overlap(found.range, range) > 0)
            .max_by_key(|found| overlap(found.range, range));
        let theirs =
            peers.iter().filter(|peer| overlap(peer.range, range) > 0).max_by_key(|peer| overlap(peer.range, range));
        let named = ours.and_then(|found| found.named.sites.first()).map_or("-", |site| site.name.as_str());
        let their_unit = theirs.map_or("-", |peer| peer.unit.as_str());
        right += u32::from(named == release.unit);
        peers_right += u32::from(their_unit == release.unit);
        let location = ours.map(|found| &found.named.location);
        let verdict = location.map_or("missed", |location| location.verdict.name());
        let area = location.and_then(|location| location.area_m2(0.9)).unwrap_or(f64::NAN);
        let rate = location.and_then(|location| location.rate).map_or(f64::NAN, |rate| rate.kg_s * 3_600.0);
        let start = release.start.to_string();
        println!(
            "{:<18} {:<16} | {named:<16} {verdict:<14} {area:>7.0} m2 {:>18} | {their_unit}",
            start.get(5..16).unwrap_or(&start),
            release.unit,
            format!("{rate:.2} ({:.2})", release.rate_kg_h)
        );
    }
    let is_outside = |range: TimeRange| {
        releases.iter().all(|release| overlap(TimeRange::new(release.start, release.end), range) == 0)
    };
    let outside = found.iter().filter(|found| is_outside(found.range)).count();
    let peers_outside = peers.iter().filter(|peer| is_outside(peer.range)).count();
    println!("\noutside the listed releases: {outside} incidents; DLQ: {peers_outside} of {} events", peers.len());
    println!(
        "trace: incidents={} right={right}/{} outside={outside} dlq_right={peers_right}/{}",
        found.len(),
        releases.len(),
        releases.len()
    );
}
