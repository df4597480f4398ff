//! From the call of an append to the hands of a subscriber on another thread: a large site at 1 Hz under fifty rules, with alarms that
//! open, clear and open again.

use super::Run;
use crate::engines::SYNC_INTERVAL;
use crate::failure::{Failure, of};
use crate::load::district_hour::{SPECIES, Species, T0_MS};
use crate::measure::milliseconds;
use std::path::Path;
use std::time::{Duration, Instant};
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Durability, Instrument, InstrumentId, Interval, Station, Timestamp,
    Unit,
};

const CASES: [(&str, usize); 2] = [("alarm/latency/p50", 50), ("alarm/latency/p99", 99)];
const STATIONS: usize = 48;
const RULES: u32 = 50;
/// Seconds from one plume at a station to the next, longer than alarms take to clear.
const PLUME_EVERY: usize = 97;
/// What a plume reads for one second, far above the background.
const PLUME_PPB: f64 = 700.0;
/// Rules whose limit a plume exceeds.
const RULES_TRIPPED: usize = 10;
/// A subscriber that has waited so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants_any(&CASES.map(|(case, _)| case)) || !run.options.wants_engine("vocdb") {
        return Ok(());
    }
    let seconds = run.either(7_200, 600);
    let dir = run.folder()?;
    let mut latencies = measured(dir.path(), seconds)?;
    latencies.sort_unstable();
    for (case, percent) in CASES {
        let at = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
        let latency = latencies.get(at).copied().ok_or_else(|| Failure::says("no alarm has opened"))?;
        run.add(case, "vocdb", milliseconds(latency), "ms");
        run.note(
            case,
            format!(
                "{STATIONS} stations x {SPECIES} species x 1 Hz, a second an append, {seconds} s as fast as it goes, {RULES} rules, \
                 interval durability; from the call of append until a subscriber on another thread holds the event, which is on \
                 the disk by then; {} openings, as counted beside",
                latencies.len()
            ),
        );
    }
    Ok(())
}

/// How long each opening took to reach the subscriber.
fn measured(dir: &Path, seconds: usize) -> Result<Vec<Duration>, Failure> {
    let (db, instruments) = site(&dir.join("store")).map_err(of("set up the site"))?;
    let folder = dir.join("rules");
    std::fs::create_dir(&folder)
        .and_then(|()| std::fs::write(folder.join("rules.rhai"), rules()))
        .map_err(of("write rules"))?;
    db.load_rules(&folder).map_err(of("load the rules"))?;
    let expected: usize = (0..seconds).map(|second| (0..STATIONS).filter(|one| has_plume(*one, second)).count()).sum();
    let expected = expected * RULES_TRIPPED;
    let events = db.subscribe();
    let subscriber = std::thread::spawn(move || {
        let mut seen = Vec::with_capacity(expected);
        while seen.len() < expected {
            let Ok(event) = events.recv_timeout(PATIENCE) else { break };
            if let AlarmEvent::Opened(opened) = event {
                seen.push((opened.opened_at, Instant::now()));
            }
        }
        (seen, events)
    });
    let begun = feed(&db, &instruments, seconds)?;
    let (seen, events) = subscriber.join().map_err(|_| Failure::says("the subscriber has panicked"))?;
    let is_opening = |event: &AlarmEvent| matches!(event, AlarmEvent::Opened(_));
    let found = seen.len() + events.try_iter().filter(is_opening).count();
    if found != expected {
        return Err(Failure::says(format!("{found} alarms open, the readings ask for {expected}")));
    }
    let latency = |(time, received): (Timestamp, Instant)| {
        let second = usize::try_from((time.as_ms() - T0_MS) / 1_000).ok()?;
        Some(received.duration_since(*begun.get(second)?))
    };
    let latencies: Option<Vec<Duration>> = seen.into_iter().map(latency).collect();
    latencies.ok_or_else(|| Failure::says("an alarm opens at a time at which no frame was"))
}

/// Appends the site second by second; says when each call began.
fn feed(db: &Database, instruments: &[InstrumentId], seconds: usize) -> Result<Vec<Instant>, Failure> {
    let species = |station| (0..SPECIES as u64).map(move |species| Species::new(station, species)).collect();
    let mut site: Vec<Vec<Species>> = (0..STATIONS as u64).map(species).collect();
    let (mut begun, mut batch) = (Vec::with_capacity(seconds), Batch::new());
    for (second, time_ms) in (0..seconds).zip((T0_MS..).step_by(1_000)) {
        batch.clear();
        for (station, (species, instrument)) in site.iter_mut().zip(instruments).enumerate() {
            let mut values: Vec<Option<f64>> = species.iter_mut().map(Species::next).collect();
            if has_plume(station, second) {
                values.iter_mut().take(2).for_each(|value| *value = Some(PLUME_PPB));
            }
            batch.push_values(*instrument, Timestamp::from_ms(time_ms), &values);
        }
        begun.push(Instant::now());
        db.append(&batch).and_then(|receipt| receipt.all_accepted()).map_err(of("append"))?;
    }
    Ok(begun)
}

/// Whether a plume passes a station in a second.
const fn has_plume(station: usize, second: usize) -> bool {
    second % PLUME_EVERY == station * 2 % PLUME_EVERY
}

/// Rules of one window and one plain term, half of them over each of two channels; the plain limits rise from rule to rule.
fn rules() -> String {
    let rule = |index: u32| {
        let (channel, minutes, limit) = (index % 2, 5 + index % 10, 500 + 20 * index);
        format!(
            "alarm(\"r{index}\").priority(\"high\").scope(stations(\"park/*\"))\
             .when(avg(\"c{channel}\", {minutes}.minutes) > 800.ppb or last(\"c{channel}\") > {limit}.ppb)\
             .clear_when(last(\"c{channel}\") < 200.ppb, 1.minutes).on_missing(\"unknown\", 15.minutes);\n"
        )
    };
    (0..RULES).map(rule).collect()
}

fn site(dir: &Path) -> Result<(Database, Vec<InstrumentId>), vocdb::Error> {
    let db = Database::open(dir, Config { durability: Durability::Interval(SYNC_INTERVAL), ..Config::default() })?;
    let register = |station: usize| {
        let id = db.register_station(Station::new(format!("park/S{station:02}"))?)?;
        let channels: Result<Vec<Channel>, _> =
            (0..SPECIES).map(|channel| Channel::quantity(format!("c{channel}"), Unit::Ppb)).collect();
        db.register_instrument(id, Instrument::new("gc", Interval::SECOND, channels?)?)
    };
    let instruments: Result<Vec<InstrumentId>, vocdb::Error> = (0..STATIONS).map(register).collect();
    Ok((db, instruments?))
}
