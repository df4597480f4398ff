//! From readings to a named source, on real data: four days of a methane test site with seven known releases.
//!
//! The rules in `examples/rules` run over the stored readings; their alarms become episodes, episodes become releases, and each release is
//! located and held against the five units of the site. The answers of a published method (DLQ, Daniels 2024) stand beside them. No release
//! time is given to either.
#![expect(clippy::print_stdout, reason = "the example talks to its reader")]

#[path = "district/releases.rs"]
mod releases;
#[path = "district/site.rs"]
mod site;

use indicatif::{ProgressBar, ProgressStyle};
use releases::Release;
use std::path::Path;
use std::time::Instant;
use vocdb::trace::{Candidates, NamedSource, Survey, SurveyQuestion, episodes, name_source, read_sites_csv, survey};
use vocdb::{AlarmEvent, Backtest, Batch, Config, Database, Durability, Replayed, TimeRange, Timestamp};

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
    let db = Database::open(dir.path(), Config { durability: Durability::Buffered, ..Config::default() })?;
    let mut csv = site::register(&db)?;
    let mut batch = Batch::new();
    while csv.read_batch(10_000, &mut batch)? > 0 {
        db.append(&batch)?.all_accepted()?;
    }
    let started = Instant::now();
    let found = trace(&db)?;
    println!("traced in {:.1} s\n", started.elapsed().as_secs_f64());
    let releases = releases::read()?;
    print_table(&releases, &found, &peers()?);
    Ok(())
}

/// Runs the rules, and locates what they alarm for.
fn trace(db: &Database) -> Outcome<Vec<Found>> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
    let (mut events, mut end) = (Vec::new(), Timestamp::MIN);
    db.backtest(&vocdb::rules::read_folder(&rules)?, &Backtest::new(TimeRange::ALL), &mut |step| match step {
        Replayed::Begins(range) => end = range.to,
        Replayed::Event(event @ (AlarmEvent::Opened(_) | AlarmEvent::Closed(_))) => events.push(event),
        _ => {}
    })?;
    let sites = read_sites_csv(&std::fs::read_to_string(site::path("sites.csv"))?, &std::collections::BTreeMap::new())?;
    let candidates = Candidates { sites, ..Candidates::default() };
    let (registry, readings) = (db.registry(), db.readings());
    let mut parts: Vec<Survey> = Vec::new();
    for episode in episodes(&events, end) {
        let question = SurveyQuestion { channel: "methane", range: episode.range, wind: Some("metec/mast") };
        parts.extend(survey(&registry, &readings, &question)?.releases());
    }
    let bar = ProgressBar::new(parts.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos} of {len} incidents")?);
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let named = name_source((&registry, &readings), &part, &candidates)?;
        found.push(Found { range: part.range(), named });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(found)
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
