//! What the message of an alarm shows: the term that made its condition true.
#![cfg(test)]

use std::sync::Arc;
use vocdb::alarm::event::Opened;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Backtest, Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Replayed, Station,
    TimeRange, Timestamp, Unit,
};

/// A frame per minute and station: benzene in ppb, toluene in ppb, wind in m/s.
type Row = [f64; 3];

/// A store with stations `a/S1`, `a/S2`, .., each with the rows given for it.
fn store(rows: &[&[Row]]) -> (tempfile::TempDir, Database, Vec<Batch>) {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config::default()).unwrap();
    let instruments: Vec<InstrumentId> = (1..=rows.len())
        .map(|number| {
            let station = db.register_station(Station::new(format!("a/S{number}")).unwrap()).unwrap();
            let channels = vec![
                Channel::species("benzene", Unit::Ppb).unwrap(),
                Channel::species("toluene", Unit::Ppb).unwrap(),
                Channel::quantity("wind speed", Unit::MetrePerSecond).unwrap(),
            ];
            db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, channels).unwrap()).unwrap()
        })
        .collect();
    let minutes = rows.iter().map(|rows| rows.len()).max().unwrap_or(0);
    let batch = |minute: usize| {
        let mut batch = Batch::new();
        for (id, rows) in instruments.iter().zip(rows) {
            let time = Timestamp::from_ms(1_700_000_040_000 + 60_000 * i64::try_from(minute).unwrap());
            batch.push_values(*id, time, &rows[minute].map(Some));
        }
        batch
    };
    let batches = (0..minutes).map(batch).collect();
    (dir, db, batches)
}

/// The openings of a rule over the rows: live, and equal in a backtest.
fn openings(rule: &str, rows: &[&[Row]]) -> Vec<Arc<Opened>> {
    let (_dir, db, batches) = store(rows);
    let files = vec![RuleFile { name: "r.rhai".to_owned(), text: rule.to_owned() }];
    db.load_rule_files(files.clone()).unwrap();
    batches.iter().for_each(|batch| drop(db.append(batch).unwrap()));
    let mut tried = Vec::new();
    db.backtest(&files, &Backtest::new(TimeRange::ALL), &mut |step| {
        if let Replayed::Event(AlarmEvent::Opened(opened)) = step {
            tried.push(opened);
        }
    })
    .unwrap();
    let live: Vec<String> = db.alarms().iter().map(|alarm| alarm.opened.title.clone()).collect();
    let titles: Vec<String> = tried.iter().map(|opened| opened.title.clone()).collect();
    assert_eq!(live, titles);
    tried
}

/// The title of the first opening.
fn title(condition: &str, clauses: &str, rows: &[&[Row]]) -> String {
    let rule = format!("alarm(\"r\").scope(\"a/*\").title(\"{{value}}\").when({condition}){clauses};");
    openings(&rule, rows)[0].title.clone()
}

const CALM: Row = [3.1, 4.0, 2.0];

#[test]
fn the_value_is_of_the_side_of_an_or_that_trips() {
    let high = [CALM, [3.1, 183.25, 2.0]];
    let either = "last(\"benzene\") > 30.ppb or last(\"toluene\") > 100.ppb";
    assert_eq!(title(either, "", &[&high]), "183.3 ppb");
    let opened = openings(&format!("alarm(\"r\").scope(\"a/*\").when({either});"), &[&high]);
    assert_eq!(opened[0].title, "r at a/S1: 183.3 ppb");
    assert_eq!((opened[0].evidence[0].value, opened[0].unit.as_str()), (Some(183.25), "ppb"));
    let all = openings(&format!("alarm(\"r\").scope(\"a/*\").title(\"{{values}}\").when({either});"), &[&high]);
    assert_eq!(all[0].title, "last(benzene) 3.1 ppb, last(toluene) 183.3 ppb");
    let units = "last(\"benzene\") > 30.ppb or last(\"wind speed\") < 0.5.m_s";
    let opened = openings(&format!("alarm(\"r\").scope(\"a/*\").when({units});"), &[&[CALM, [3.1, 4.0, 0.25]]]);
    assert_eq!((opened[0].title.as_str(), opened[0].unit.as_str()), ("r at a/S1: 0.25 m/s", "m/s"));
}

#[test]
fn with_and_it_is_the_first_comparison_and_with_not_the_one_that_fails() {
    let high = [CALM, [40.0, 200.0, 0.25]];
    assert_eq!(title("last(\"benzene\") > 30.ppb and last(\"toluene\") > 100.ppb", "", &[&high]), "40 ppb");
    let inner = "last(\"wind speed\") > 1.m_s and last(\"toluene\") > 100.ppb or last(\"benzene\") > 30.ppb";
    assert_eq!(title(inner, "", &[&high]), "40 ppb");
    assert_eq!(title("not (last(\"benzene\") < 50.ppb and last(\"toluene\") < 100.ppb)", "", &[&high]), "200 ppb");
    assert_eq!(title("not (last(\"wind speed\") > 1.m_s)", "", &[&high]), "0.25 m/s");
    assert_eq!(title("100.ppb < last(\"toluene\") and last(\"benzene\") > 30.ppb", "", &[&high]), "200 ppb");
    let normal = "flag(\"normal\", \"benzene\")";
    assert_eq!(title(&format!("{normal} and last(\"toluene\") > 100.ppb"), "", &[&high]), "200 ppb");
    assert_eq!(title(&format!("last(\"toluene\") > 900.ppb or {normal}"), "", &[&high]), "flag(normal, benzene)");
}

#[test]
fn of_several_stations_it_is_the_most_extreme_one_that_trips_by_the_same_term() {
    let either = "last(\"benzene\") > 30.ppb or last(\"toluene\") > 100.ppb";
    let quiet = [CALM, [29.0, 99.0, 2.0]];
    let (benzene, more) = ([CALM, [31.0, 4.0, 2.0]], [CALM, [35.0, 4.0, 2.0]]);
    let toluene = [CALM, [3.1, 180.0, 2.0]];
    assert_eq!(title(either, ".quorum(2)", &[&quiet, &benzene, &more]), "35 ppb");
    assert_eq!(title(either, ".quorum(2)", &[&toluene, &benzene, &quiet]), "31 ppb");
    assert_eq!(title(either, ".quorum(1)", &[&quiet, &toluene, &quiet]), "180 ppb");
    let (low, lower) = ([CALM, [3.1, 4.0, 0.5]], [CALM, [3.1, 4.0, 0.25]]);
    assert_eq!(title("last(\"wind speed\") < 1.m_s", ".quorum(2)", &[&low, &lower, &quiet]), "0.25 m/s");
    let rule = format!("alarm(\"r\").scope(\"a/*\").title(\"{{values}}\").quorum(2).when({either});");
    assert_eq!(
        openings(&rule, &[&quiet, &benzene, &toluene])[0].title,
        "a/S2: last(benzene) 31 ppb, last(toluene) 4 ppb; a/S3: last(benzene) 3.1 ppb, last(toluene) 180 ppb"
    );
}

#[test]
fn closings_show_no_value_in_another_unit_than_the_opening() {
    let rule = "alarm(\"r\").scope(\"a/*\").when(last(\"benzene\") > 30.ppb or last(\"wind speed\") < 0.5.m_s);";
    for (trip, expected) in [([3.1, 4.0, 0.25], None), ([40.0, 4.0, 2.0], Some(3.1))] {
        let (_dir, db, batches) = store(&[&[CALM, trip, CALM]]);
        batches.iter().for_each(|batch| drop(db.append(batch).unwrap()));
        let files = [RuleFile { name: "r.rhai".to_owned(), text: rule.to_owned() }];
        let mut closed = Vec::new();
        db.backtest(&files, &Backtest::new(TimeRange::ALL), &mut |step| {
            if let Replayed::Event(AlarmEvent::Closed(event)) = step {
                closed.extend(event.evidence);
            }
        })
        .unwrap();
        assert_eq!((closed.len(), closed[0].value), (1, expected));
    }
}
