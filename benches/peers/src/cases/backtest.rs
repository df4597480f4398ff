//! Twenty rules over a month of a district: 48 stations, 36 channels, a frame a minute.

use super::Run;
use crate::failure::{Failure, of};
use crate::measure::timed;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::{Clock, ManualClock};
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Backtest, Batch, Channel, Config, Database, Durability, Instrument, InstrumentId, Interval, Replayed,
    Station, TimeRange, Timers, Timestamp, Unit,
};

const CASE: &str = "rules/backtest";
const STATIONS: usize = 48;
const CHANNELS: usize = 36;
const RULES: usize = 20;
const T0_MS: i64 = 1_704_067_200_000;
/// Above this, in hundredths, the plain rules trip,
const TRIP: i64 = 4_000;
/// once it has been so for as many frames.
const FRAMES_TO_OPEN: u32 = 4;

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants(CASE) || !run.options.wants_engine("vocdb") {
        return Ok(());
    }
    let days = run.either(30_i64, 2);
    let dir = run.folder()?;
    let rules = vec![RuleFile { name: "rules.rhai".to_owned(), text: rules() }];
    let (db, expected) = lived(dir.path(), days, rules.clone())?;
    let (replayed, time) = timed(|| {
        let mut events = Vec::new();
        let watch = &mut |step| {
            if let Replayed::Event(event) = step {
                events.push(event);
            }
        };
        db.backtest(&rules, &Backtest::new(TimeRange::ALL), watch).map_err(of("run the backtest"))?;
        Ok(events)
    })?;
    let is_plain = |event: &&AlarmEvent| matches!(event, AlarmEvent::Opened(one) if one.rule.starts_with("plain"));
    let opened = replayed.iter().filter(is_plain).count() as u64;
    if opened != expected {
        return Err(Failure::says("the backtest opens other alarms than the readings ask for"));
    }
    let events = records(&replayed)?;
    if events != records(&db.events().map_err(of("read the events"))?)? {
        return Err(Failure::says("the backtest says something else than the store said while it was written"));
    }
    run.add(CASE, "vocdb", time.as_secs_f64(), "s");
    run.note(
        CASE,
        format!("{STATIONS} stations, {CHANNELS} channels, {days} days, a frame a minute, {RULES} rules; once; {opened} plain alarms, as counted beside; {} events, each byte as on record of the live run", events.len()),
    );
    Ok(())
}

/// Four plain rules, of which the alarms are counted beside, and sixteen of other shapes.
fn rules() -> String {
    let rule = |index: usize| {
        let body = match index % 5 {
            0 => format!(
                "when(avg(\"c{index}\", 10.minutes).coverage(75.percent) > 30.ppb).hold(2.minutes).clear_when(avg(\"c{index}\", 10.minutes) < 20.ppb, 10.minutes)"
            ),
            1 => format!(
                "when(avg(\"c{index}\", 15.minutes) > 30.ppb and max(\"c{index}\", 5.minutes) > 35.ppb).hold(5.minutes)"
            ),
            2 => format!("when(last(\"c{index}\") > 40.ppb).hold(3.minutes)"),
            3 => format!("when(avg(\"c{index}\", 1.hour) > 25.ppb).quorum(2).hold(2.minutes)"),
            _ => format!(
                "when(avg(\"c{index}\", 1.hour) > 2 * avg(\"c{index}\", 24.hours) and avg(\"c{index}\", 1.hour) > 20.ppb).hold(5.minutes)"
            ),
        };
        let kind = if index % 5 == 2 { "plain" } else { "other" };
        format!("alarm(\"{kind}-{index}\").scope(stations(\"park/*\")).{body}.escalate(chain);\n")
    };
    let chain = "let chain = escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\").step(15.minutes, contact(\"bureau\"), \"sms\");\n";
    [chain.to_owned()].into_iter().chain((0..RULES).map(rule)).collect()
}

/// What events are on record, byte for byte; deliveries are of no backtest.
fn records(events: &[AlarmEvent]) -> Result<Vec<String>, Failure> {
    let is_replayed = |event: &&AlarmEvent| {
        !matches!(event, AlarmEvent::Delivery(_) | AlarmEvent::Rerouted(_) | AlarmEvent::SystemAlarm(_))
    };
    let record = |event: &AlarmEvent| event.to_record().map(|record| format!("{record:?}"));
    let records: Result<_, _> = events.iter().filter(is_replayed).map(record).collect();
    records.map_err(of("write an event"))
}

/// A store that has taken random walks with plumes in minute by minute, with the rules in force and a clock that goes on, and how often the
/// plain rules open over it.
fn lived(dir: &Path, days: i64, rules: Vec<RuleFile>) -> Result<(Database, u64), Failure> {
    let clock = Arc::new(ManualClock::new(T0_MS));
    let timed = Arc::clone(&clock) as Arc<dyn Clock>;
    let config = Config { durability: Durability::Buffered, timers: Timers::Clock, clock: timed, ..Config::default() };
    let db = Database::open(dir, config).map_err(of("open a store"))?;
    let mut instruments = Vec::new();
    for station in 0..STATIONS {
        instruments.push(registered(&db, station).map_err(of("register a station"))?);
    }
    db.load_rule_files(rules).map_err(of("load the rules"))?;
    let (mut seed, mut openings) = (1_u64, 0);
    let mut levels = vec![500_i64; STATIONS * CHANNELS];
    let mut above = vec![0_u32; STATIONS * CHANNELS];
    let mut batch = Batch::new();
    for minute in 0..days * 1_440 {
        for (station, instrument) in (0_i64..).zip(&instruments) {
            let plume = if (minute / 600 + station * 7) % 97 == 0 { TRIP } else { 0 };
            let first = usize::try_from(station).unwrap_or(0) * CHANNELS;
            let mut values = Vec::with_capacity(CHANNELS);
            for (channel, (level, above)) in levels.iter_mut().zip(&mut above).skip(first).take(CHANNELS).enumerate() {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                *level = (*level + i64::try_from(seed % 41).unwrap_or(0) - 20 - (*level - 500) / 50).max(0);
                let value = *level + plume;
                *above = if value > TRIP { *above + 1 } else { 0 };
                openings += u64::from(channel < RULES && channel % 5 == 2 && *above == FRAMES_TO_OPEN);
                values.push(Some(value as f64 / 100.0));
            }
            batch.push_values(*instrument, Timestamp::from_ms(T0_MS + minute * 60_000), &values);
        }
        clock.set_ms(T0_MS + minute * 60_000);
        db.append(&batch).and_then(|receipt| receipt.all_accepted()).map_err(of("append"))?;
        batch = Batch::new();
        db.advance().map_err(of("let time pass"))?;
    }
    db.seal().map_err(of("seal"))?;
    Ok((db, openings))
}

fn registered(db: &Database, station: usize) -> Result<InstrumentId, vocdb::Error> {
    let id = db.register_station(Station::new(format!("park/S{station:02}"))?)?;
    let channels: Result<Vec<Channel>, _> =
        (0..CHANNELS).map(|channel| Channel::quantity(format!("c{channel}"), Unit::Ppb)).collect();
    db.register_instrument(id, Instrument::new("gc", Interval::MINUTE, channels?)?)
}
