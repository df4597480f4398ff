//! Lost links.

use crate::park::{NOW_MS, Park, config, minute};
use vocdb::AlarmLog;

const RULE: &str = "alarm(\"link-lost\").scope(stations(\"park/*\")).when(silent(5.minutes)).on_missing(\"keep\", 10.minutes)\
    .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";

#[test]
fn a_station_whose_link_is_lost_raises_an_alarm_and_closes_it_when_it_sends_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("rules")).unwrap();
    std::fs::write(dir.path().join("rules/links.rhai"), RULE).unwrap();
    let park = Park::open(&config(dir.path(), "rules = \"rules\""));
    let mut station = park.connect();
    station.send(&minute(0, "0.1", "0.2").encode(None).unwrap());
    station.answer();
    drop(station);
    for number in 1..=20 {
        park.clock.set_ms(NOW_MS + number * 60_000);
        park.runtime.block_on(park.gateway.tick());
    }
    let mut station = park.connect();
    for number in 20..23 {
        park.clock.set_ms(NOW_MS + number * 60_000);
        station.send(&minute(number, "0.1", "0.2").encode(None).unwrap());
        station.answer();
        park.runtime.block_on(park.gateway.tick());
    }
    park.stop();
    let log = AlarmLog::open(dir.path().join("park")).unwrap();
    let of_s1 = log.alarms().into_iter().filter(|alarm| alarm.alarm.key().to_string().contains("park/S1")).count();
    assert_eq!(of_s1, 1, "{:?}", log.alarms());
}
