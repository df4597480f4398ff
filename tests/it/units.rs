//! Rules over channels in customary units: thresholds are converted as readings, differences as differences.

use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{Batch, Channel, Config, Database, Error, Instrument, Interval, Station, Timers, Timestamp, Unit};

const BEGIN_MS: i64 = 1_717_200_000_000;

/// How many alarms a condition opens over one row of these channels and values, or why it cannot be bound.
fn alarms(condition: &str, channels: &[(&str, Unit, f64)]) -> Result<usize, Error> {
    let dir = crate::support::scratch::dir();
    let clock = Arc::new(ManualClock::new(BEGIN_MS + 3_600_000));
    let db = Database::open(dir.path(), Config { clock, timers: Timers::Frames, ..Config::default() }).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let measured = channels.iter().map(|(name, unit, _)| Channel::quantity(*name, *unit).unwrap()).collect();
    let mast = Instrument::new("mast", Interval::MINUTE, measured).unwrap();
    let id = db.register_instrument(station, mast).unwrap();
    let text = format!("alarm(\"a\").scope(\"park/S1\").when({condition});");
    db.load_rule_files(vec![RuleFile { name: "a.rhai".to_owned(), text }])?;
    let values: Vec<Option<f64>> = channels.iter().map(|(_, _, value)| Some(*value)).collect();
    let mut batch = Batch::new();
    (0..3).for_each(|minute| batch.push_values(id, Timestamp::from_ms(BEGIN_MS + minute * 60_000), &values));
    db.append(&batch).unwrap().all_accepted().unwrap();
    Ok(db.alarms().len())
}

fn opens(condition: &str, channels: &[(&str, Unit, f64)]) -> bool {
    alarms(condition, channels).unwrap_or_else(|error| panic!("{condition}: {error}")) == 1
}

#[test]
fn a_threshold_means_the_same_whatever_unit_the_channel_has() {
    for (condition, unit, below, above) in [
        ("last(\"x\") > 30.degC", Unit::Celsius, 29.9, 30.1),
        ("last(\"x\") > 30.degC", Unit::Kelvin, 303.1, 303.2),
        ("last(\"x\") > 30.degC", Unit::Fahrenheit, 85.9, 86.1),
        ("last(\"x\") > 86.degF", Unit::Kelvin, 303.1, 303.2),
        ("303.15.K < last(\"x\")", Unit::Celsius, 29.9, 30.1),
        ("last(\"x\") > 10.m_s", Unit::KilometrePerHour, 35.9, 36.1),
        ("last(\"x\") > 36.km_h", Unit::MetrePerSecond, 9.9, 10.1),
        ("last(\"x\") > 10.mph", Unit::Knot, 8.6, 8.8),
        ("last(\"x\") > 1.bar", Unit::KiloPascal, 99.9, 100.1),
        ("last(\"x\") > 760.mmHg", Unit::HectoPascal, 1_013.2, 1_013.3),
        ("last(\"x\") > 100000.Pa", Unit::InchOfMercury, 29.5, 29.6),
        ("last(\"x\") > 800.W_m2", Unit::WattPerM2, 799.0, 801.0),
        ("last(\"x\") > 2.mm", Unit::Millimetre, 1.9, 2.1),
        ("last(\"x\") > 55.dB", Unit::Decibel, 54.0, 56.0),
        ("last(\"x\") > 90.lux", Unit::Lux, 89.0, 91.0),
        ("last(\"x\") > 1000.per_cm3", Unit::PerCm3, 999.0, 1_001.0),
        ("last(\"x\") > 100.Bq_m3", Unit::BecquerelPerM3, 99.0, 101.0),
        ("last(\"x\") > 100.ppbC", Unit::PpbCarbon, 99.0, 101.0),
    ] {
        assert!(!opens(condition, &[("x", unit, below)]), "{condition} over {below} {unit}");
        assert!(opens(condition, &[("x", unit, above)]), "{condition} over {above} {unit}");
    }
}

#[test]
fn differences_of_temperatures_are_converted_without_their_zeros() {
    let pair = |a: f64, b: f64| [("a", Unit::Celsius, a), ("b", Unit::Celsius, b)];
    for (condition, limit) in [("last(\"a\") - last(\"b\") > 5.K", 5.0), ("last(\"a\") - last(\"b\") > 9.degF", 5.0)] {
        assert!(!opens(condition, &pair(20.0 + limit - 0.1, 20.0)), "{condition}");
        assert!(opens(condition, &pair(20.0 + limit + 0.1, 20.0)), "{condition}");
    }
    let mixed = |kelvin: f64| [("a", Unit::Celsius, 20.0), ("b", Unit::Kelvin, kelvin)];
    assert!(opens("last(\"a\") > last(\"b\")", &mixed(293.1)) && !opens("last(\"a\") > last(\"b\")", &mixed(293.2)));
    let condition = "last(\"a\") - last(\"b\") > 1.K";
    assert!(opens(condition, &mixed(292.1)) && !opens(condition, &mixed(292.2)));
    let quotient = "last(\"b\") / 1.degC > 20.0";
    assert!(opens(quotient, &mixed(293.2)) && !opens(quotient, &mixed(293.1)));
    assert!(!opens("stddev(\"a\", 10.minutes) > 1.K", &pair(20.0, 20.0)));
}

#[test]
fn a_number_that_may_be_a_reading_or_a_difference_is_refused_with_the_unit_to_write() {
    let celsius = [("a", Unit::Celsius, 20.0)];
    for (condition, says) in [
        ("last(\"a\") + 5.K > 30.degC", "write the number in degC"),
        ("last(\"a\") - 5.degC > 300.K", "different zeros"),
        ("last(\"a\") * 2.0 > 300.K", "different zeros"),
        ("last(\"a\") > 30.ppbC", "cannot be brought to one unit"),
        ("last(\"a\") > 30.kPa", "cannot be brought to one unit"),
    ] {
        let error = alarms(condition, &celsius).unwrap_err().to_string();
        assert!(error.contains(says), "{condition}: {error}");
    }
    assert!(opens("last(\"a\") + 5.degC > 24.9.degC", &celsius), "in one unit nothing is to be guessed");
}
