//! The reader as a whole: real files, awkward files, hostile files.

mod kept;
mod properties;

use super::*;
use crate::base::limits::CSV_RECORD_BYTES_MAX;
use crate::model::{
    Batch, Channel, Frame, Instrument, InstrumentId, Interval, ModelError, Quality, ReferenceState, Timestamp, Unit,
};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const ONE: InstrumentId = InstrumentId::new(1);
const TWO: InstrumentId = InstrumentId::new(2);

fn instrument(names: &[&str]) -> Instrument {
    let channels = names.iter().map(|name| Channel::quantity(*name, Unit::Ppb).unwrap()).collect();
    Instrument::new("gc", Interval::MINUTE, channels).unwrap()
}

/// Columns `t` in epoch seconds, `a` and `b`, read as the channels of the same names.
fn plain() -> CsvSpec {
    let target = CsvTarget::new(ONE, &instrument(&["a", "b"])).column("a", "a", Unit::Ppb).column("b", "b", Unit::Ppb);
    CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target)
}

fn read_all<R: Read>(reader: &mut CsvReader<R>, frames_max: usize) -> Vec<Frame> {
    let (mut batch, mut frames) = (Batch::new(), Vec::new());
    while reader.read_batch(frames_max, &mut batch).unwrap() > 0 {
        frames.extend(batch.frames().map(|frame| frame.to_frame()));
    }
    frames
}

fn read(text: impl AsRef<[u8]>, spec: CsvSpec) -> (Vec<Frame>, CsvReport) {
    let mut reader = CsvReader::from_reader(text.as_ref(), "test.csv", spec).unwrap();
    let frames = read_all(&mut reader, 7);
    assert_eq!(reader.bytes_read(), text.as_ref().len() as u64);
    (frames, reader.report().clone())
}

fn refused(text: &str, spec: CsvSpec) -> CsvError {
    CsvReader::from_reader(text.as_bytes(), "test.csv", spec).unwrap_err()
}

fn frame(seconds: i64, values: &[Option<f64>]) -> Frame {
    Frame::new(ONE, Timestamp::from_ms(seconds * 1_000), values)
}

fn rejections(report: &CsvReport) -> Vec<(u64, Option<&str>, &str, RejectReason)> {
    assert_eq!(report.rejected_rows, report.rejected_by_reason.values().sum::<u64>());
    report.rejections.iter().map(|r| (r.line, r.column.as_deref(), r.text.as_str(), r.reason)).collect()
}

// Real data: the SPod excerpt, 397 rows whose stamps have no seconds.

/// Minutes in the excerpt, and the one row that is the seventh of its minute (both counted with awk).
const SPOD_MINUTES: u64 = 73;
const SPOD_SEVENTH_ROWS: [u64; 1] = [358];

fn spod_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/spod/SPod_excerpt.csv")
}

fn spod(equal_times: EqualTimes) -> CsvReader<std::fs::File> {
    let target = CsvTarget::new(ONE, &instrument(&["total VOC"])).column("pid1_PPB_Calc", "total VOC", Unit::Ppb);
    let time = TimeColumn::new("UTC Date Time", TimeFormat::Pattern("%-m/%-d/%Y %-H:%M".to_owned())).zone("UTC");
    CsvReader::open(spod_path(), CsvSpec::new(time).skip_lines(2).equal_times(equal_times).map(target)).unwrap()
}

#[test]
fn the_spod_file_gives_a_frame_for_every_row_where_equal_times_are_kept() {
    let mut reader = spod(EqualTimes::Keep);
    let frames = read_all(&mut reader, 50);
    let report = reader.report();
    assert_eq!((report.rows_read, report.frames, report.rejected_rows), (397, 397, 0));
    let stamps: std::collections::BTreeSet<_> = frames.iter().map(|frame| frame.time).collect();
    assert_eq!(stamps.len() as u64, SPOD_MINUTES);
    assert_eq!(frames[0].time.to_string(), "2023-06-07T04:00:00Z");
    assert_eq!((frames[0].samples[0].value, frames[1].samples[0].value), (Some(68.24), Some(66.87)));
    assert_eq!(Some(reader.bytes_read()), reader.bytes_total());
}

#[test]
fn the_spod_file_gives_a_frame_every_ten_seconds_where_equal_times_are_spread() {
    let mut reader = spod(EqualTimes::Spread(Interval::seconds(10).unwrap()));
    let frames = read_all(&mut reader, 50);
    let report = reader.report();
    let too_long: Vec<u64> = report.rejections.iter().map(|rejection| rejection.line).collect();
    assert_eq!(too_long, SPOD_SEVENTH_ROWS);
    assert_eq!(report.rejected_by_reason[&RejectReason::RunTooLong], SPOD_SEVENTH_ROWS.len() as u64);
    assert_eq!(report.frames, 397 - SPOD_SEVENTH_ROWS.len() as u64);
    assert!(frames.is_sorted_by(|left, right| left.time < right.time));
    let begin: Vec<_> = frames.iter().take(5).map(|f| (f.time.to_string(), f.samples[0].value.unwrap())).collect();
    let expected =
        [("04:00:00", 68.24), ("04:00:10", 66.87), ("04:00:20", 63.98), ("04:00:30", 61.41), ("04:01:00", 60.64)];
    assert_eq!(begin, expected.map(|(time, value)| (format!("2023-06-07T{time}Z"), value)));
}

// Equal times.

const EQUAL_ROWS: &str = "t,a,b\n0,1,1\n60,2,2\n60,3,x\n60,4,4\n60,5,5\n90,6,6\n";

#[test]
fn a_run_that_would_reach_the_next_stamp_loses_its_last_rows_and_no_other() {
    let spec = plain().equal_times(EqualTimes::Spread(Interval::seconds(10).unwrap())).bad_fields(BadField::RejectRow);
    let (frames, report) = read(EQUAL_ROWS, spec);
    let times: Vec<_> = frames.iter().map(|f| (f.time.as_ms() / 1_000, f.samples[0].value.unwrap())).collect();
    assert_eq!(times, [(0, 1.0), (60, 2.0), (80, 4.0), (90, 6.0)], "the rejected row keeps its place");
    assert_eq!(
        rejections(&report),
        [(4, Some("b"), "x", RejectReason::NotANumber), (6, Some("t"), "60", RejectReason::RunTooLong)]
    );
}

#[test]
fn rows_of_one_time_are_all_handed_out_with_their_lines_wherever_they_are() {
    let text = "t,a,b\n60,1,1\n60,2,2\n\n90,3,3\n60,\"4\n\",4\n60,5,5\n";
    let second = CsvTarget::new(TWO, &instrument(&["c"])).column("b", "c", Unit::Ppb);
    for frames_max in [1, 3, 100] {
        let mut reader = CsvReader::from_reader(text.as_bytes(), "test.csv", plain().map(second.clone())).unwrap();
        let (mut batch, mut found) = (Batch::new(), Vec::new());
        while reader.read_batch(frames_max, &mut batch).unwrap() > 0 {
            assert_eq!(reader.lines().len(), batch.len());
            let values = batch.frames().map(|frame| frame.values[0]).collect::<Vec<_>>();
            found.extend(reader.lines().iter().copied().zip(values));
        }
        let rows = [(2, 1.0), (3, 2.0), (5, 3.0), (6, 4.0), (8, 5.0)];
        assert_eq!(found, rows.iter().flat_map(|row| [*row, *row]).collect::<Vec<_>>());
    }
}

#[test]
fn rows_that_are_spread_keep_their_own_lines() {
    let spread = plain().equal_times(EqualTimes::Spread(Interval::seconds(10).unwrap()));
    let mut reader = CsvReader::from_reader(EQUAL_ROWS.as_bytes(), "test.csv", spread).unwrap();
    let (mut batch, mut lines) = (Batch::new(), Vec::new());
    while reader.read_batch(2, &mut batch).unwrap() > 0 {
        lines
            .extend(reader.lines().iter().zip(batch.frames()).map(|(line, frame)| (*line, frame.time.as_ms() / 1_000)));
    }
    assert_eq!(lines, [(2, 0), (3, 60), (4, 70), (5, 80), (7, 90)]);
}

#[test]
fn the_last_run_of_a_file_spreads_as_far_as_it_likes_and_a_run_back_in_time_does_not_reach_the_stamp_before() {
    let spread = EqualTimes::Spread(Interval::seconds(10).unwrap());
    let (frames, report) = read("t,a,b\n60,1,1\n60,2,2\n60,3,3\n40,4,4\n40,5,5\n40,6,6\n", plain().equal_times(spread));
    let times: Vec<_> = frames.iter().map(|f| f.time.as_ms() / 1_000).collect();
    assert_eq!(times, [60, 70, 80, 40, 50]);
    assert_eq!(rejections(&report), [(7, Some("t"), "40", RejectReason::RunTooLong)]);
}

#[test]
fn rows_held_back_for_one_stamp_are_bounded() {
    let text = format!("t,a,b\n{}", "5,1,1\n".repeat(10_003));
    let (frames, report) = read(text, plain().equal_times(EqualTimes::Spread(Interval::SECOND)));
    assert_eq!((frames.len(), report.rejected_rows), (10_000, 3));
    assert_eq!(report.rejections[0].line, 10_002);
}

// Values.

#[test]
fn letters_in_a_number_reject_the_row_for_all_targets_where_that_is_asked_for() {
    let second = CsvTarget::new(TWO, &instrument(&["c"])).column("c", "c", Unit::Ppb);
    let spec = plain().map(second).bad_fields(BadField::RejectRow);
    let (frames, report) = read("t,a,b,c\n0,1,2,3\n1,1,2,3.l\n2,4,5,6\n", spec);
    let numbers: Vec<_> = frames.iter().map(|f| (f.instrument.number(), f.time.as_ms())).collect();
    assert_eq!(numbers, [(1, 0), (2, 0), (1, 2_000), (2, 2_000)]);
    assert_eq!(rejections(&report), [(3, Some("c"), "3.l", RejectReason::NotANumber)]);
    assert_eq!((report.rows_read, report.frames, report.values), (3, 4, 6));
}

#[test]
fn missing_values_keep_the_grid_unless_empty_frames_are_to_be_skipped() {
    let second = CsvTarget::new(TWO, &instrument(&["c", "fed by nothing"])).column("c", "c", Unit::Ppb);
    let spec = plain().map(second).missing("-200").missing(" NA ");
    let text = "t,a,b,c\n0, -200 ,NA,\n1,,2,3\n";
    let (frames, report) = read(text, spec.clone());
    assert_eq!(frames[0], frame(0, &[None, None]));
    assert_eq!(frames[0].samples[0].quality, Quality::Normal);
    assert_eq!(frames[1], Frame::new(TWO, Timestamp::from_ms(0), &[None, None]));
    assert_eq!(frames[2], frame(1, &[None, Some(2.0)]));
    assert_eq!(frames[3], Frame::new(TWO, Timestamp::from_ms(1_000), &[Some(3.0), None]));
    assert_eq!((report.frames, report.values, report.missing_values, report.empty_frames_skipped), (4, 2, 4, 0));

    let (frames, report) = read(text, spec.skip_empty_frames(true));
    assert_eq!(frames.len(), 2);
    assert_eq!((report.frames, report.values, report.missing_values, report.empty_frames_skipped), (2, 2, 1, 2));
}

#[test]
fn a_decimal_comma_between_semicolons_is_read_and_a_point_is_rejected() {
    let text = "t;a;b\n0;1,5;-200,0\n1;1.5;2\n";
    let (frames, report) =
        read(text, plain().delimiter(b';').decimal_comma(true).missing("-200,0").bad_fields(BadField::RejectRow));
    assert_eq!(frames, [frame(0, &[Some(1.5), None])]);
    assert_eq!(rejections(&report), [(3, Some("a"), "1.5", RejectReason::NotANumber)]);
    assert!(report.rejections[0].to_string().contains("decimal_comma"));
}

#[test]
fn ppm_become_ppb_as_on_paper_and_mass_goes_through_the_molar_mass() {
    let channels = vec![
        Channel::species("methane", Unit::Ppb).unwrap(),
        Channel::species("benzene", Unit::Ppb).unwrap(),
        Channel::species("toluene", Unit::Ppb).unwrap(),
    ];
    let gc = Instrument::new("gc", Interval::MINUTE, channels).unwrap();
    let mass: Unit = "ug/m3".parse().unwrap();
    let target = CsvTarget::new(ONE, &gc).column("ch4", "methane", Unit::Ppm).column("c6h6", "benzene", mass).column(
        "tol",
        "toluene",
        Unit::Ppb,
    );
    let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target);
    let (frames, _) = read("t,ch4,c6h6,tol\n0,1.802,3.195,0.1\n", spec);
    let values: Vec<f64> = frames[0].samples.iter().map(|sample| sample.value.unwrap()).collect();
    assert_eq!((values[0], values[2]), (1802.0, 0.1));
    // 78.114 g/mol over 24.465 L/mol, the molar volume at 25 °C and 1 atm.
    assert!((values[1] - 3.195 * 24.465 / 78.114).abs() < 1e-4, "{}", values[1]);
}

#[test]
fn a_column_at_another_reference_state_is_brought_to_the_state_of_its_channel() {
    let mass: Unit = "ug/m3".parse().unwrap();
    let channel = |unit, state| Channel::species("benzene", unit).unwrap().with_reference(state);
    let read_at = |channel: Channel, unit, state| {
        let gc = Instrument::new("gc", Interval::MINUTE, vec![channel]).unwrap();
        let target = CsvTarget::new(ONE, &gc).column_at("c", "benzene", unit, state);
        let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target);
        read("t,c\n0,10\n", spec).0[0].samples[0].value.unwrap()
    };
    let (c0, c20, c25) = (ReferenceState::C0, ReferenceState::C20, ReferenceState::C25);
    // Litres a mole at 0, 20 and 25 °C and one atmosphere: 22.414, 24.055, 24.465.
    for (found, expected) in [
        (read_at(channel(mass, c20), mass, c0), 10.0 * 22.414 / 24.055),
        (read_at(channel(mass, c0), mass, c25), 10.0 * 24.465 / 22.414),
        (read_at(channel(Unit::Ppb, c25), mass, c0), 10.0 * 22.414 / 78.114),
        (read_at(channel(mass, c20), Unit::Ppb, c0), 10.0 * 78.114 / 24.055),
    ] {
        assert!((found - expected).abs() < 1e-3 * expected, "{found} {expected}");
    }
    assert_eq!(read_at(channel(mass, c20), mass, c20), 10.0, "the same state keeps every bit");
    assert_eq!(read_at(channel(Unit::Ppb, c20), Unit::Ppb, c0), 10.0, "mixing ratios have no state");
}

/// Date and time of day in two columns, the time of day first in the file.
const TWO_TIME_COLUMNS: &str =
    "Time,a,Date\n18:00:00,1,10/03/2004\n19:00:00,2,10/03/2004\n19:00:00,3, 10/03/2004 \n20:00,4,\n";

#[test]
fn a_time_in_two_columns_is_read_in_the_order_in_which_they_are_named() {
    let time = TimeColumn::new("Date", TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".to_owned())).and("Time").zone("+01:00");
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("a", "a", Unit::Ppb);
    let (frames, report) = read(TWO_TIME_COLUMNS, CsvSpec::new(time).map(target));
    let times: Vec<_> = frames.iter().map(|f| (f.time.to_string(), f.samples[0].value.unwrap())).collect();
    let expected = [("17:00", 1.0), ("18:00", 2.0), ("18:00", 3.0)];
    assert_eq!(times, expected.map(|(time, value)| (format!("2004-03-10T{time}:00Z"), value)));
    assert_eq!(rejections(&report), [(5, Some("Date+Time"), " 20:00", RejectReason::BadTime)]);
}

#[test]
fn a_second_time_column_that_is_not_there_is_refused() {
    let time = TimeColumn::new("t", TimeFormat::Pattern("%d/%m/%Y %H:%M".to_owned())).and("clock").zone("UTC");
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("a", "a", Unit::Ppb);
    let error = refused("t,a\n", CsvSpec::new(time).map(target));
    assert!(matches!(&error, CsvError::MissingColumn { column, .. } if column == "clock"), "{error}");
}

// Rows and bytes.

#[test]
fn a_ragged_row_is_rejected_and_the_rows_around_it_are_not() {
    let (frames, report) = read("t,a,b\n0,1,2\n1,1\n2,1,2,3\n3,1,2\n", plain());
    assert_eq!(frames.iter().map(|f| f.time.as_ms()).collect::<Vec<_>>(), [0, 3_000]);
    let text = "2 fields where the header has 3";
    assert_eq!(rejections(&report)[0], (3, None, text, RejectReason::WrongFieldCount));
    assert_eq!(rejections(&report)[1].3, RejectReason::WrongFieldCount);
}

#[test]
fn bytes_that_are_not_utf_8_reject_the_row_only_where_they_are_read() {
    let text = b"t,a,b,Bemerkung \xE4\n0,1,2,\xFC\n1,\xB5,2,\n\xFF,1,2,\n3,1,2,ok\n";
    let (frames, report) = read(text, plain().bad_fields(BadField::RejectRow));
    assert_eq!(frames.iter().map(|f| f.time.as_ms()).collect::<Vec<_>>(), [0, 3_000]);
    assert_eq!(
        rejections(&report),
        [(3, Some("a"), "\u{FFFD}", RejectReason::NotUtf8), (4, Some("t"), "\u{FFFD}", RejectReason::NotUtf8)]
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let (frames, _) = read("\u{feff}t,a,b\r\n5,1,2\r\n", plain());
    assert_eq!(frames, [frame(5, &[Some(1.0), Some(2.0)])]);
}

#[test]
fn a_row_of_three_megabytes_is_one_rejection_and_the_rows_after_it_keep_their_lines() {
    let long = "9".repeat(3 << 20);
    let (frames, report) = read(format!("t,a,b\n0,1,2\n1,{long},2\n2,1,2\n3,x,\n4,\"{long}"), plain());
    assert_eq!(frames.iter().map(|f| f.time.as_ms()).collect::<Vec<_>>(), [0, 2_000]);
    let text = format!("more than {CSV_RECORD_BYTES_MAX} bytes");
    assert_eq!(
        rejections(&report),
        [
            (3, None, text.as_str(), RejectReason::TooLong),
            (5, Some("a"), "x", RejectReason::NotANumber),
            (6, None, text.as_str(), RejectReason::TooLong)
        ]
    );
}

#[test]
fn local_times_at_the_change_of_clocks_are_rejected_with_their_line_unless_told_otherwise() {
    let text = "t,a,b\n2022-03-13 01:59,1,1\n2022-03-13 02:00,2,2\n2022-03-13 03:00,3,3\n2022-11-06 01:00,4,4\n";
    let time = TimeColumn::new("t", TimeFormat::Pattern("%Y-%m-%d %H:%M".to_owned())).zone("America/Denver");
    let spec = |time| {
        let target = CsvTarget::new(ONE, &instrument(&["a"])).column("a", "a", Unit::Ppb);
        CsvSpec::new(time).map(target)
    };
    let (frames, report) = read(text, spec(time.clone()));
    let times: Vec<_> = frames.iter().map(|f| f.time.to_string()).collect();
    assert_eq!(times, ["2022-03-13T08:59:00Z", "2022-03-13T09:00:00Z"]);
    assert_eq!(
        rejections(&report),
        [
            (3, Some("t"), "2022-03-13 02:00", RejectReason::SkippedTime),
            (5, Some("t"), "2022-11-06 01:00", RejectReason::AmbiguousTime)
        ]
    );
    let (frames, report) = read(text, spec(time.fold(Fold::Later)));
    assert_eq!(frames.last().unwrap().time.to_string(), "2022-11-06T08:00:00Z");
    assert_eq!((frames.len(), report.rejected_rows), (4, 0));
}

// The file as a whole.

#[test]
fn a_missing_column_names_the_nearest_one_and_lists_what_there_is() {
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("pid1_ppb_calc", "a", Unit::Ppb);
    let error = refused("t,temp,pid1_PPB_Cal\n", CsvSpec::new(TimeColumn::new("t", TimeFormat::Rfc3339)).map(target));
    let CsvError::MissingColumn { column, nearest, header, .. } = &error else { panic!("{error}") };
    assert_eq!((column.as_str(), nearest.as_str()), ("pid1_ppb_calc", "pid1_PPB_Cal"));
    assert_eq!(header, "`t`, `temp`, `pid1_PPB_Cal`");
}

#[test]
fn what_a_spec_maps_wrongly_is_refused_before_a_row_is_read() {
    let (gc, time) = (instrument(&["benzene", "toluene"]), TimeColumn::new("t", TimeFormat::Rfc3339));
    let spec = |target: CsvTarget| CsvSpec::new(time.clone()).map(target);
    let target = || CsvTarget::new(ONE, &gc);

    let error = refused("t,x\n", spec(target().column("x", "Tolune", Unit::Ppb)));
    assert!(matches!(&error, CsvError::UnknownChannel { nearest, .. } if nearest == "toluene"), "{error}");
    let error = refused("t,x\n", spec(target().column("x", "benzene", Unit::MetrePerSecond)));
    assert!(matches!(&error, CsvError::Inconvertible { source: ModelError::Inconvertible { .. }, .. }), "{error}");
    let error = refused("t,x,y\n", spec(target().column("x", "benzene", Unit::Ppb).column("y", "benzene", Unit::Ppb)));
    assert!(
        matches!(&error, CsvError::ChannelTwice { first, second, .. } if (first.as_str(), second.as_str()) == ("x", "y"))
    );
    let error = refused("t,x,x\n", spec(target().column("x", "benzene", Unit::Ppb)));
    assert!(matches!(error, CsvError::RepeatedColumn { first: 2, second: 3, .. }), "{error}");
    let one = target().column("x", "benzene", Unit::Ppb);
    let error = refused("t,x\n", spec(one.clone()).map(one.clone()));
    assert!(matches!(error, CsvError::InstrumentTwice { instrument: ONE }), "{error}");
    for nothing in [CsvSpec::new(time.clone()), spec(target())] {
        assert!(matches!(refused("t,x\n", nothing), CsvError::NothingMapped { .. }));
    }
    for delimiter in [b'"', b'\n', b'5', b'-', b'.', 0xE4] {
        let error = refused("t,x\n", spec(one.clone()).delimiter(delimiter));
        assert!(matches!(error, CsvError::Delimiter { .. }), "{error}");
    }
}

#[test]
fn a_file_without_a_header_and_one_whose_header_never_ends_are_refused() {
    assert!(matches!(refused("", plain()), CsvError::NoHeader { .. }));
    let error = refused("t,a,b\n", plain().skip_lines(3));
    assert!(matches!(error, CsvError::NoHeader { skip_lines: 3, .. }), "{error}");
    assert!(matches!(refused(&"x".repeat(3 << 20), plain()), CsvError::HeaderTooLong { .. }));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = CsvReader::open("no/such/file.csv", plain()).unwrap_err();
    assert!(matches!(&error, CsvError::Io { name, .. } if name == "no/such/file.csv"), "{error}");
}

#[test]
fn an_error_of_the_disk_in_mid_file_is_an_error_and_never_the_end_of_the_file() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }
    let mut reader = CsvReader::from_reader("t,a,b\n0,1,2\n1,1,".as_bytes().chain(Broken), "disk", plain()).unwrap();
    let mut batch = Batch::new();
    let error = reader.read_batch(10, &mut batch).unwrap_err();
    assert!(error.to_string().contains("bad sector"), "{error}");
    assert_eq!(batch.len(), 1, "the frame before the error is handed out");
    assert!(matches!(reader.read_batch(10, &mut batch), Err(CsvError::Stopped { .. })));
}
