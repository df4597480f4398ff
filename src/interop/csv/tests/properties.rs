//! Any file: nothing lost, nothing out of order, no panic.

use super::*;
use proptest::prelude::*;

/// Any finite value, and many that instruments report.
fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        4 => (-10_000_i32..10_000).prop_map(|n| Some(f64::from(n) / 1_000.0)),
        2 => prop::num::f64::ANY.prop_map(|v| Some(v).filter(|v| v.is_finite())),
    ]
}

fn write_csv(rows: &[(i64, Option<f64>, Option<f64>)], delimiter: u8, comma: bool, end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
    writer.write_record(["b", "not \"read\", at\nall", "t", "a"]).unwrap();
    let number = |value: &Option<f64>| {
        let text = value.map(|v| format!("{v:?}")).unwrap_or_default();
        if comma { text.replace('.', ",") } else { text }
    };
    for (ms, a, b) in rows {
        writer.write_record([number(b), "x\n\"y".to_owned(), ms.to_string(), number(a)]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn bits(frames: &[Frame]) -> Vec<(i64, Vec<Option<u64>>)> {
    let row = |frame: &Frame| frame.samples.iter().map(|sample| sample.value.map(f64::to_bits)).collect();
    frames.iter().map(|frame| (frame.time.as_ms(), row(frame))).collect()
}

proptest! {
    #[test]
    fn what_is_written_as_csv_comes_back_with_every_bit(
        rows in prop::collection::btree_map(-1_000_000_000_000_i64..4_000_000_000_000, (value(), value()), 0..60),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        comma: bool, returns: bool, frames_max in 0_usize..20,
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(ms, (a, b))| (ms, a, b)).collect();
        let end = if returns { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let text = write_csv(&rows, delimiter, comma, end);
        let target = CsvTarget::new(ONE, &instrument(&["a", "b"])).column("a", "a", Unit::Ppb).column("b", "b", Unit::Ppb);
        let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochMilliseconds))
            .delimiter(delimiter).decimal_comma(comma).map(target);
        let mut reader = CsvReader::from_reader(text.as_slice(), "test.csv", spec).unwrap();
        let frames = read_all(&mut reader, frames_max);
        let expected: Vec<_> = rows.iter().map(|(ms, a, b)| (*ms, vec![a.map(f64::to_bits), b.map(f64::to_bits)])).collect();
        prop_assert_eq!(bits(&frames), expected);
        prop_assert_eq!(reader.report().rejected_rows, 0);
    }

    #[test]
    fn hostile_bytes_never_panic_and_every_row_is_accounted_for(
        pieces in prop::collection::vec(prop_oneof![
            4 => prop::sample::select(vec!["0,1,2\n", "60,", "\"", "\r\n", "\n", "1e5", "NaN", "-", ",,\n", "7,7,7\n"])
                .prop_map(|text| text.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ], 0..80),
        spread: bool, skip: bool, with_header in prop::bool::weighted(0.9),
    ) {
        let mut text = if with_header { b"t,a,b\n".to_vec() } else { Vec::new() };
        pieces.iter().for_each(|piece| text.extend_from_slice(piece));
        let equal = if spread { EqualTimes::Spread(Interval::seconds(7).unwrap()) } else { EqualTimes::Keep };
        let second = CsvTarget::new(TWO, &instrument(&["c"])).column("b", "c", Unit::Ppb);
        let spec = plain().equal_times(equal).skip_empty_frames(skip).map(second);
        if let Ok(mut reader) = CsvReader::from_reader(text.as_slice(), "test.csv", spec) {
            let frames = read_all(&mut reader, 3);
            let report = reader.report();
            prop_assert_eq!(report.frames, frames.len() as u64);
            prop_assert_eq!(report.rows_read * 2, report.frames + report.empty_frames_skipped + report.rejected_rows * 2);
            prop_assert_eq!(reader.bytes_read(), text.len() as u64);
            let finite = frames.iter().flat_map(|f| &f.samples).all(|s| s.value.is_none_or(f64::is_finite));
            prop_assert!(finite);
        } else {
            prop_assert!(!with_header, "a good header was refused");
        }
    }

    #[test]
    fn rows_in_order_of_time_are_spread_in_order_of_time(
        runs in prop::collection::vec((1_u32..100, 1_usize..9), 1..30), interval_s in 1_u32..40,
    ) {
        let (mut text, mut at, mut order) = ("t,a,b\n".to_owned(), 0, 0);
        for (step, length) in runs {
            at += step;
            for _ in 0..length {
                text += &format!("{at},{order},\n");
                order += 1;
            }
        }
        let (frames, report) = read(text, plain().equal_times(EqualTimes::Spread(Interval::seconds(interval_s).unwrap())));
        prop_assert!(frames.is_sorted_by(|left, right| left.time < right.time));
        prop_assert!(frames.is_sorted_by(|left, right| left.samples[0].value < right.samples[0].value));
        prop_assert_eq!(report.rejected_by_reason.keys().copied().filter(|r| *r != RejectReason::RunTooLong).count(), 0);
        prop_assert_eq!(report.rows_read, report.frames + report.rejected_rows);
    }
}
