//! The main job on real data: eight fence-line stations and a weather mast, four days at one minute, seven known releases.
//!
//! Readings stream in through `append`; the rules in `examples/rules` run over them; alarms open, escalate and close; a scripted duty
//! officer answers some and leaves others. At the end the alarms are held against the releases, and the store is closed and reopened.
#![expect(clippy::print_stdout, reason = "the example talks to its reader")]

#[path = "district/releases.rs"]
mod releases;
#[path = "district/scores.rs"]
mod scores;
#[path = "district/site.rs"]
mod site;
#[path = "district/snapshot.rs"]
mod snapshot;

use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use releases::Release;
use scores::Scores;
use snapshot::Snapshot;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use vocdb::alarm::event::{Closed, Escalated, Opened};
use vocdb::alarm::{ConsoleNotifier, PlannedAcknowledgement};
use vocdb::trace::{WindChannels, mean_wind};
use vocdb::verdict::Truth;
use vocdb::{Alarm, AlarmEvent, Batch, Config, Database, Durability, TimeRange, Timers};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Eight stations and the mast make nine frames a minute.
const FRAMES_PER_MINUTE: usize = 9;

fn main() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let db = Database::open(dir.path(), config())?;
    let told = Told::default();
    let console = Arc::new(ConsoleNotifier::new(told.clone()));
    for way in ["app", "sms", "email"] {
        db.connect(way, console.clone())?;
    }
    let spec = site::register(&db)?;
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
    let warnings = db.load_rules(&rules)?;
    if !warnings.0.is_empty() {
        println!("{warnings}");
    }
    let started = Instant::now();
    let alarms = stream(&db, spec, &told)?;
    println!("\nstreamed in {:.1} s\n", started.elapsed().as_secs_f64());
    let releases = releases::read()?;
    let scores = scores::score(&releases, &alarms);
    print_scores(&releases, &scores);
    print_outside(&db, &scores)?;
    let before = Snapshot::take(&db)?;
    db.close()?;

    let db = Database::open(dir.path(), config())?;
    let after = Snapshot::take(&db)?;
    let reopened = before.difference(&after);
    print_last_line(&db, &after, &scores, reopened.as_deref().unwrap_or("ok"))
}

/// Time comes with the frames, so that four days replay in seconds and every run gives the same history.
fn config() -> Config {
    Config {
        durability: Durability::Interval(std::time::Duration::from_millis(200)),
        timers: Timers::Frames,
        responder: Some(Arc::new(answer)),
        ..Config::default()
    }
}

/// The script: of three alarms the duty officer answers the first after eight minutes, the head of operations the second after 22, and
/// nobody the third, which goes all the way up.
fn answer(alarm: &Alarm) -> Option<PlannedAcknowledgement> {
    let (minutes, by) = match alarm.opened.alarm.0 % 3 {
        1 => (8, "duty officer"),
        2 => (22, "head of operations"),
        _ => return None,
    };
    let at = alarm.opened.recorded_at.plus_ms(minutes * 60_000);
    Some(PlannedAcknowledgement { at, by: by.to_owned(), comment: "on my way".to_owned() })
}

fn stream(db: &Database, mut csv: site::Readings, told: &Told) -> Outcome<Vec<Opened>> {
    let events = db.subscribe();
    let bar = ProgressBar::new(csv.bytes_total().unwrap_or_default());
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} % of the readings, {msg}")?);
    let mut batch = Batch::new();
    let mut alarms: Vec<Opened> = Vec::new();
    while csv.read_batch(FRAMES_PER_MINUTE, &mut batch)? > 0 {
        let receipt = db.append(&batch)?;
        for rejection in &receipt.rejections {
            println!("frame {} refused: {}", rejection.index, rejection.reason);
        }
        bar.set_position(csv.bytes_read());
        if events.is_empty() {
            continue;
        }
        db.drain()?;
        let happened: Vec<AlarmEvent> = events.try_iter().collect();
        bar.set_message(format!("{} alarms", alarms.len()));
        bar.suspend(|| happened.iter().for_each(|event| tell(event, told)));
        alarms.extend(happened.into_iter().filter_map(|event| match event {
            AlarmEvent::Opened(opened) => Some(Arc::unwrap_or_clone(opened)),
            _ => None,
        }));
    }
    bar.finish_and_clear();
    let report = csv.report();
    println!("\n{} rows of the file, {} rejected", report.rows_read, report.rejected_rows);
    Ok(alarms)
}

fn tell(event: &AlarmEvent, told: &Told) {
    match event {
        AlarmEvent::Opened(opened) => tell_opened(opened),
        AlarmEvent::Escalated(Escalated { alarm, step, at, contact, .. }) => {
            println!("{at}  {alarm} step {} -> {}", step + 1, contact.0);
            told.flush();
        }
        AlarmEvent::Acknowledged(ack) => {
            println!("{}  {} acknowledged by the {}: {}", ack.at, ack.alarm, ack.by, ack.comment)
        }
        AlarmEvent::Closed(closed) => tell_closed(closed, told),
        AlarmEvent::BecameUnknown(gap) => println!("{}  {} unknown: no verdict since {}", gap.at, gap.rule, gap.since),
        AlarmEvent::BecameKnown(gap) => println!("{}  {} known again", gap.at, gap.rule),
        AlarmEvent::MembershipChanged(change) => {
            println!("{}  {}: left {:?}, back {:?}", change.at, change.rule, change.left, change.returned);
        }
        _ => {}
    }
}

fn tell_opened(opened: &Opened) {
    println!("{}  OPEN {} {}, since {}", opened.opened_at, opened.alarm, opened.title, opened.since);
    for station in opened.evidence.iter().filter(|station| station.trip == Truth::True) {
        for term in &station.terms {
            let value = term.value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"));
            println!(
                "    {} {} = {value} {} ({:.0} % there)",
                station.station,
                term.label,
                term.unit,
                term.coverage * 100.0
            );
        }
    }
}

fn tell_closed(closed: &Closed, told: &Told) {
    let why = closed.reason.words();
    println!("{}  CLOSED {} ({why})", closed.closed_at, closed.alarm);
    told.flush();
}

fn print_scores(releases: &[Release], scores: &Scores) {
    println!("release start         end                   source          kg/h   alarm  minutes from start to alarm");
    for (release, hit) in releases.iter().zip(&scores.hits) {
        let (alarm, minutes) = hit.as_ref().map_or_else(
            || ("-".to_owned(), "missed".to_owned()),
            |hit| (hit.alarm.to_string(), hit.minutes.to_string()),
        );
        let Release { start, end, unit, rate_kg_h } = release;
        println!("{start}  {end}  {unit:<15} {rate_kg_h:<6.2} {alarm:<6} {minutes}");
    }
}

fn print_outside(db: &Database, scores: &Scores) -> Outcome<()> {
    let (instrument, speed) = db.channel("metec/mast", "wind speed")?;
    let (_, direction) = db.channel("metec/mast", "wind direction")?;
    println!("\nalarms that opened outside every listed release:");
    for opened in &scores.outside {
        let quarter = TimeRange::new(opened.opened_at.plus_ms(-15 * 60_000), opened.opened_at.plus_ms(1));
        let wind = mean_wind(&db.readings(), WindChannels { instrument, speed, direction }, quarter)?;
        let wind = wind.map_or_else(
            || "no wind measured".to_owned(),
            |wind| format!("wind from {:.0} deg at {:.1} m/s", wind.from_deg, wind.speed_m_s),
        );
        println!("  {} {} {}: {}; {wind}", opened.opened_at, opened.alarm, opened.rule, opened.title);
    }
    println!(
        "  The site may have had emissions that the list does not name: these alarms are proven neither wrong nor right."
    );
    Ok(())
}

fn print_last_line(db: &Database, after: &Snapshot, scores: &Scores, reopened: &str) -> Outcome<()> {
    let bytes = db.stats()?.bytes;
    let of_readings = bytes.segments + bytes.wal;
    println!("\nfiles of readings {of_readings} bytes (segments {}, write-ahead log {})", bytes.segments, bytes.wal);
    println!("beside them: ledger {} bytes, catalog {} bytes", bytes.ledger, bytes.catalog);
    println!(
        "district: rows={} values={} bytes_per_value={:.3} alarms={} releases={}/{} outside={} reopened={reopened}",
        after.rows(),
        after.values(),
        of_readings as f64 / after.values() as f64,
        scores.alarms,
        scores.hits.iter().flatten().count(),
        scores.hits.len(),
        scores.outside.len(),
    );
    Ok(())
}

/// What the console notifiers have written, held back until it fits between the other lines.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    /// Prints what has been written since; gateways run side by side, so the lines are put in order.
    fn flush(&self) {
        let written = std::mem::take(&mut *self.0.lock());
        let text = String::from_utf8_lossy(&written);
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.iter().for_each(|line| println!("{line}"));
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
