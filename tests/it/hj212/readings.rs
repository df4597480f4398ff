//! Readings of messages in a batch: channels, units, flags, and everything that is left counted by name.

use super::{framed, rows};
use vocdb::interop::hj212::{
    Decoder, FactorTable, Intake, IntakeError, Joined, LeftReason, MeasurementKind, Mode, PacketLimits, Reassembler,
    StationClock,
};
use vocdb::model::ReferenceState;
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Quality, Sample, Timestamp, Unit};

const STATION: &str = "010000A8900016F000169DC0";

fn instrument(name: &str, interval: Interval, channels: Vec<Channel>) -> Instrument {
    Instrument::new(name, interval, channels).unwrap()
}

fn species(name: &str, unit: Unit, reference: ReferenceState) -> Channel {
    Channel::species(name, unit).unwrap().with_reference(reference)
}

fn quantity(name: &str, unit: Unit) -> Channel {
    Channel::quantity(name, unit).unwrap()
}

/// The samples that a frame gives one instrument, and its time.
fn samples(batch: &Batch, frame: usize) -> (String, Vec<Sample>) {
    let frame = batch.frame(frame).unwrap();
    (frame.time.to_string(), frame.samples().collect())
}

fn read(intake: &mut Intake, frame: &[u8], batch: &mut Batch) -> Result<(usize, usize, usize), IntakeError> {
    let mut decoder = Decoder::new(Mode::Tolerant);
    let taken = intake.read(&decoder.decode(frame).unwrap().segment, batch)?;
    Ok((taken.frames, taken.values, taken.left))
}

fn left(intake: &Intake) -> Vec<(String, LeftReason, u64)> {
    intake.report().left().map(|left| (left.factor.to_owned(), left.reason, left.count)).collect()
}

#[test]
fn one_message_feeds_an_analyser_and_a_mast_in_their_units() {
    let gc = instrument(
        "gc",
        Interval::SECOND,
        vec![
            species("toluene", Unit::MicrogramPerM3, ReferenceState::C0),
            species("benzene", Unit::Ppb, ReferenceState::C25),
            species("ethylbenzene", Unit::MilligramPerM3, ReferenceState::C20),
            quantity("NMHC", Unit::MilligramPerM3).with_reference(ReferenceState::C0),
        ],
    );
    let mast = instrument(
        "mast",
        Interval::SECOND,
        vec![
            quantity("wind_direction", Unit::Degree),
            quantity("wind_speed", Unit::KilometrePerHour),
            quantity("unfed", Unit::Ppb),
        ],
    );
    let mut intake = Intake::new(FactorTable::air_2017());
    intake.map(STATION, MeasurementKind::RealTime, InstrumentId::new(1), &gc).unwrap();
    intake.map(STATION, MeasurementKind::RealTime, InstrumentId::new(2), &mast).unwrap();
    let mut batch = Batch::new();
    assert_eq!(read(&mut intake, &rows()[61].frame, &mut batch), Ok((2, 6, 0)));
    let (time, of_gc) = samples(&batch, 0);
    assert_eq!(time, "2026-11-22T18:05:00Z");
    assert_eq!(of_gc[0], Sample::normal(127.5));
    // 0.0312 mg/m3 at 0 °C: 31.2 ug/m3 over the molar mass, times 22.414 L/mol.
    assert!((of_gc[1].value.unwrap() - 31.2 / 78.114 * 22.413_969_54).abs() < 1e-6, "{:?}", of_gc[1]);
    assert!((of_gc[2].value.unwrap() - 0.014 * 273.15 / 293.15).abs() < 1e-12);
    assert_eq!(of_gc[3], Sample { value: Some(1.87), quality: Quality::OverRange });
    let (_, of_mast) = samples(&batch, 1);
    assert_eq!((of_mast[0], of_mast[2]), (Sample::normal(247.0), Sample::MISSING));
    assert!((of_mast[1].value.unwrap() - 4.32).abs() < 1e-12);
    assert_eq!(left(&intake), []);
}

#[test]
fn everything_that_is_not_stored_is_counted_by_factor_and_reason() {
    let mut table = FactorTable::air_2017();
    table.insert("a24900", "propane", Unit::MilligramPerM3).unwrap();
    let channels = vec![
        species("benzene", Unit::MilligramPerM3, ReferenceState::C0),
        species("propane", Unit::MilligramPerM3, ReferenceState::C0),
        quantity("wind_direction", Unit::Degree),
        quantity("pressure", Unit::KiloPascal),
        quantity("temperature", Unit::Celsius),
    ];
    let mut intake = Intake::new(table);
    intake
        .map("M", MeasurementKind::RealTime, InstrumentId::new(1), &instrument("gc", Interval::SECOND, channels))
        .unwrap();
    let frame = framed(
        "QN=20240601090001000;ST=22;CN=2011;PW=1;MN=M;Flag=4;CP=&&DataTime=20240601090000;\
         a25002-Rtd=0.5,a25002-Flag=N;a25002-Rtd=0.7,a25002-Flag=N;a24900-Rtd=,a24900-Flag=M;\
         a01008-Rtd=999,a01008-Flag=N;a01006-Rtd=n/a,a01006-Flag=D;a01001-Avg=7,a01001-Flag=C;\
         a05002-Rtd=1.3,a05002-Flag=N;a25003-Rtd=0.1,a25003-Flag=N;zz-Rtd=1,zz-Flag=N&&",
    );
    let mut batch = Batch::new();
    for times in 1..=2 {
        assert_eq!(read(&mut intake, &frame, &mut batch), Ok((1, 1, 7)), "{times}");
    }
    let (_, samples) = samples(&batch, 1);
    let missing = |quality| Sample { value: None, quality };
    assert_eq!(
        samples,
        [
            Sample::normal(0.5),
            missing(Quality::Maintenance),
            missing(Quality::Normal),
            missing(Quality::Fault),
            missing(Quality::Calibration),
        ]
    );
    let expected = [
        ("zz", LeftReason::UnknownFactor),
        ("a25003", LeftReason::NoChannel),
        ("a05002", LeftReason::NoUnit),
        ("a01001", LeftReason::NoValue),
        ("a01006", LeftReason::BadNumber),
        ("a01008", LeftReason::OutOfRange),
        ("a25002", LeftReason::Repeated),
    ];
    assert_eq!(left(&intake), expected.map(|(factor, reason)| (factor.to_owned(), reason, 2)));
    let report = intake.report();
    assert_eq!((report.messages, report.frames, report.values, report.unlisted), (2, 2, 2, 0));
}

#[test]
fn doubtful_units_are_stored_once_the_host_declares_them() {
    let channels = || vec![species("methane", Unit::Ppm, ReferenceState::C25)];
    let mut table = FactorTable::air_2017();
    let refused = Intake::new(table.clone())
        .map("M", MeasurementKind::RealTime, InstrumentId::new(1), &instrument("fid", Interval::SECOND, channels()))
        .unwrap_err();
    assert!(matches!(refused, IntakeError::NothingMapped { .. }), "{refused}");
    table.set_unit("a05002", Unit::MilligramPerM3).unwrap();
    let mut intake = Intake::new(table);
    intake
        .map("M", MeasurementKind::RealTime, InstrumentId::new(1), &instrument("fid", Interval::SECOND, channels()))
        .unwrap();
    let frame = framed(
        "QN=20240601090001000;ST=22;CN=2011;PW=1;MN=M;Flag=4;CP=&&DataTime=20240601090000;a05002-Rtd=1.36,a05002-Flag=N&&",
    );
    let mut batch = Batch::new();
    assert_eq!(read(&mut intake, &frame, &mut batch), Ok((1, 1, 0)));
    let ppm = batch.frame(0).unwrap().values[0];
    assert!((ppm - 1.36 / 16.043 * 22.413_97).abs() < 1e-3, "{ppm}");
}

#[test]
fn messages_that_no_instrument_takes_are_named_errors_and_change_nothing() {
    let gc = instrument("gc", Interval::HOUR, vec![species("benzene", Unit::Ppb, ReferenceState::C25)]);
    let mut intake = Intake::new(FactorTable::air_2017());
    intake.map(STATION, MeasurementKind::Hour, InstrumentId::new(1), &gc).unwrap();
    let rows = rows();
    let mut batch = Batch::new();
    let mut error = |row: usize| read(&mut intake, &rows[row - 1].frame, &mut batch).unwrap_err();
    assert_eq!(error(63), IntakeError::Split);
    assert_eq!(error(62), IntakeError::Unmapped { station: STATION.to_owned(), command: 2011 });
    assert_eq!(error(10), IntakeError::Unmapped { station: "81733553216103".to_owned(), command: 2061 });
    assert_eq!(error(20), IntakeError::NoData { command: 9011 });
    assert_eq!(error(37), IntakeError::NoData { command: 2061 });
    assert!(batch.is_empty());
    assert_eq!(intake.report().unmapped_messages, 2);
}

#[test]
fn a_split_hour_is_one_frame_at_the_end_of_the_hour() {
    let gc = instrument(
        "gc",
        Interval::HOUR,
        vec![
            species("benzene", Unit::MilligramPerM3, ReferenceState::C0),
            species("toluene", Unit::MilligramPerM3, ReferenceState::C0),
        ],
    );
    let mut intake = Intake::new(FactorTable::air_2017()).with_clock(StationClock::of_minutes(0));
    intake.map(STATION, MeasurementKind::Hour, InstrumentId::new(7), &gc).unwrap();
    let (rows, mut reassembler, mut batch) = (rows(), Reassembler::new(PacketLimits::default()), Batch::new());
    for row in [64, 63] {
        let mut decoder = Decoder::new(Mode::Strict);
        let segment = decoder.decode(&rows[row - 1].frame).unwrap().segment;
        if let Joined::Whole(message) = reassembler.push(&segment, Timestamp::from_ms(0)).unwrap() {
            intake.read(&message.segment().unwrap(), &mut batch).unwrap();
        }
    }
    assert_eq!(batch.len(), 1);
    let (time, samples) = samples(&batch, 0);
    assert_eq!(
        (time.as_str(), samples),
        ("2026-11-23T03:00:00Z", vec![Sample::normal(0.0224), Sample::normal(0.0911)])
    );
}

#[test]
fn run_states_and_noise_need_only_their_factors_in_the_table() {
    let mut table = FactorTable::new();
    table.read("SB1\tscrubber\tscrubber\t1\nSB2\tflare\tflare\t1\nLeq\tnoise\tLeq\tdB\n").unwrap();
    let units =
        instrument("units", Interval::MINUTE, vec![quantity("flare", Unit::One), quantity("scrubber", Unit::One)]);
    let noise = instrument("noise", Interval::minutes(10).unwrap(), vec![quantity("noise", Unit::Decibel)]);
    let mut intake = Intake::new(table);
    intake.map(STATION, MeasurementKind::RunState, InstrumentId::new(1), &units).unwrap();
    intake.map(STATION, MeasurementKind::Minute, InstrumentId::new(2), &noise).unwrap();
    let (rows, mut batch) = (rows(), Batch::new());
    assert_eq!(read(&mut intake, &rows[65].frame, &mut batch), Ok((1, 2, 0)));
    assert_eq!(read(&mut intake, &rows[40].frame, &mut batch), Ok((1, 1, 7)));
    assert_eq!(samples(&batch, 0).1, [Sample::normal(1.0), Sample::normal(0.0)]);
    assert_eq!(samples(&batch, 1), ("2016-08-01T00:50:00Z".to_owned(), vec![Sample::normal(50.0)]));
}

#[test]
fn mappings_that_contradict_themselves_are_refused() {
    let mut table = FactorTable::air_2017();
    table.set_channel("a25003", "benzene").unwrap();
    let gc = instrument("gc", Interval::HOUR, vec![species("benzene", Unit::Ppb, ReferenceState::C25)]);
    let twice = Intake::new(table).map("M", MeasurementKind::Hour, InstrumentId::new(1), &gc).unwrap_err();
    let says = "the factors `a25002` and `a25003` both feed channel `benzene`: give one another channel";
    assert_eq!(twice.to_string(), says);
    let odd = instrument("odd", Interval::HOUR, vec![quantity("benzene", Unit::Volt)]);
    let error =
        Intake::new(FactorTable::air_2017()).map("M", MeasurementKind::Hour, InstrumentId::new(1), &odd).unwrap_err();
    assert!(error.to_string().starts_with("factor `a25002` cannot be stored in channel `benzene`: "), "{error}");
}
