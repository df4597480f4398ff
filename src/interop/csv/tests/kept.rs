//! What is kept of awkward rows and files: good fields, flags, chosen rows, other layouts and encodings.

use super::*;

#[test]
fn a_field_that_cannot_be_read_is_missing_and_the_rest_of_its_row_is_kept() {
    let second = CsvTarget::new(TWO, &instrument(&["c"])).column("c", "c", Unit::Ppb);
    let text = "t,a,b,c\n0,1,2,3\n1,x,2,3.l\n2,x,-,y\n3,x,,\n4,,,\n5,4,5,6\n";
    let (frames, report) = read(text, plain().map(second));
    let times: Vec<_> = frames.iter().map(|f| (f.instrument.number(), f.time.as_ms() / 1_000)).collect();
    assert_eq!(times, [(1, 0), (2, 0), (1, 1), (2, 1), (1, 4), (2, 4), (1, 5), (2, 5)]);
    assert_eq!((frames[2].clone(), frames[3].samples[0].value), (frame(1, &[None, Some(2.0)]), None));
    let no_value = [(4, Some("a"), "x", RejectReason::NotANumber), (5, Some("a"), "x", RejectReason::NotANumber)];
    assert_eq!(rejections(&report), no_value, "a row without a value is rejected for its first bad field");
    let fields: Vec<_> =
        report.field_rejections.iter().map(|r| (r.line, r.column.as_deref(), r.text.as_str())).collect();
    assert_eq!(fields, [(3, Some("a"), "x"), (3, Some("c"), "3.l")]);
    assert_eq!((report.rejected_fields, report.rejected_by_column["a"], report.rejected_by_column["c"]), (2, 1, 1));
    assert_eq!((report.rows_read, report.frames, report.values, report.missing_values), (6, 8, 7, 5));
}

#[test]
fn flags_come_from_columns_and_from_marks_and_are_counted() {
    let target = CsvTarget::new(ONE, &instrument(&["a", "b"])).column("a", "a", Unit::Ppb).column("b", "b", Unit::Ppb);
    let target = target.flags_of("b", "of b").flags("all");
    let time = TimeColumn::new("t", TimeFormat::EpochSeconds);
    let spec = CsvSpec::new(time).map(target).flag("R", Quality::Normal).missing("NoData");
    let text =
        "t,a,all,b,of b\n0,400,Span,1,\n1,<0.5,ok,>500,R\n2,<3,fault,NoData,NoData\n3,7,NoData,8,what\n4,1,,2,\n";
    let (frames, report) = read(text, spec);
    let samples: Vec<_> = frames.iter().flat_map(|f| f.samples.iter().map(|s| (s.value, s.quality))).collect();
    let normal = |value| (Some(value), Quality::Normal);
    assert_eq!(
        samples,
        [
            (Some(400.0), Quality::Calibration),
            normal(1.0),
            (Some(0.5), Quality::BelowDetection),
            (Some(500.0), Quality::OverRange),
            (Some(3.0), Quality::Fault),
            (None, Quality::Normal),
            normal(1.0),
            normal(2.0),
        ]
    );
    assert_eq!(rejections(&report), [(5, Some("of b"), "what", RejectReason::UnknownFlag)]);
    let flagged = [Quality::OverRange, Quality::Fault, Quality::Calibration, Quality::BelowDetection];
    assert_eq!(report.flagged, flagged.map(|quality| (quality, 1)).into());
}

#[test]
fn only_the_rows_that_are_chosen_are_read_and_a_file_of_several_series_is_refused() {
    let long = "t,parameter,a\n0,pm10,14\n0,o3,0.041\n60,pm10,4\n60,o3,0.043\n120,no2,7\n";
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("a", "a", Unit::Ppb);
    let spec = || CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds)).map(target.clone());
    let mut reader = CsvReader::from_reader(long.as_bytes(), "test.csv", spec()).unwrap();
    let mut batch = Batch::new();
    let error = reader.read_batch(10, &mut batch).unwrap_err();
    let CsvError::SeveralSeries { column, first, second, .. } = &error else { panic!("{error}") };
    assert_eq!((column.as_str(), first, second), ("parameter", &(2, "pm10".to_owned()), &(3, "o3".to_owned())));
    assert!(matches!(reader.read_batch(10, &mut batch), Err(CsvError::Stopped { .. })));
    for (texts, values) in [
        (&["pm10"][..], &[14.0, 4.0][..]),
        (&["pm10", "no2"], &[14.0, 4.0, 7.0]),
        (&["*"], &[14.0, 0.041, 4.0, 0.043, 7.0]),
    ] {
        let spec = texts.iter().fold(spec(), |spec, text| spec.only("parameter", *text));
        let (frames, report) = read(long, spec);
        assert_eq!(frames.iter().map(|f| f.samples[0].value.unwrap()).collect::<Vec<_>>(), values);
        assert_eq!((report.rows_read, report.filtered_rows), (5, 5 - values.len() as u64));
    }
    let error = refused(long, spec().only("parametre", "o3"));
    assert!(matches!(error, CsvError::MissingColumn { .. }), "{error}");
}

#[test]
fn files_without_a_header_and_with_rows_of_units_are_read_by_place() {
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("#2", "a", Unit::Ppb);
    let spec = || CsvSpec::new(TimeColumn::new("#1", TimeFormat::EpochSeconds)).map(target.clone());
    let values = |text: &str, spec: CsvSpec| {
        let (frames, report) = read(text, spec);
        assert_eq!(report.rejected_rows, 0, "{report:?}");
        frames.iter().map(|f| (f.time.as_ms() / 1_000, f.samples[0].value)).collect::<Vec<_>>()
    };
    let both = [(0, Some(1.0)), (60, Some(2.0))];
    assert_eq!(values("0,1\n60,2\n", spec().without_header()), both);
    assert_eq!(values("t,t\n0,1\n60,2\n", spec()), both);
    assert_eq!(values("t,v\ns,ppb\n0,1\n60,2\n", spec().skip_rows(1)), both);
    assert_eq!(values("\"TOA5\",\"x\"\nt,v\nTS,ppb\n,Avg\n0,1\n60,2\n", spec().skip_lines(1)), both);
    assert_eq!(values("t,v\n", spec().skip_rows(u64::MAX)), []);
}

#[test]
fn other_encodings_are_read_and_a_header_that_is_not_utf_8_is_refused_by_name() {
    let text = "t;c µg/m³\n0;1,5\n";
    let target = CsvTarget::new(ONE, &instrument(&["a"])).column("c µg/m³", "a", Unit::Ppb);
    let time = TimeColumn::new("t", TimeFormat::EpochSeconds);
    let spec = CsvSpec::new(time).map(target).delimiter(b';').decimal_comma(true);
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide = |mark: bool| -> Vec<u8> {
        let text = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    for (bytes, encoding) in [
        (latin.clone(), Encoding::Windows1252),
        (wide(true), Encoding::Utf8),
        (wide(false), Encoding::Utf16Le),
        (text.as_bytes().to_vec(), Encoding::Utf8),
    ] {
        let mut reader = CsvReader::from_reader(bytes.as_slice(), "test.csv", spec.clone().encoding(encoding)).unwrap();
        assert_eq!(read_all(&mut reader, 9), [frame(0, &[Some(1.5)])], "{encoding:?}");
    }
    for bytes in [latin, wide(false)] {
        let error = CsvReader::from_reader(bytes.as_slice(), "test.csv", spec.clone()).unwrap_err();
        assert!(matches!(error, CsvError::HeaderNotUtf8 { .. }), "{error}");
    }
}

#[test]
fn padding_with_nul_is_no_row_and_an_open_quote_is_a_rejection() {
    let text = format!("t,a,b\n0,1,2\n{}1,3,4\n2,5,\"6\n3,7,8\n", "\0".repeat(4_000));
    let (frames, report) = read(&text, plain());
    assert_eq!(frames.iter().map(|f| f.time.as_ms()).collect::<Vec<_>>(), [0, 1_000]);
    assert_eq!(rejections(&report), [(4, None, "6\n3,7,8\n", RejectReason::OpenQuote)]);
    let (frames, report) = read(format!("t,a,b\n0,1,2\n{}", "\0".repeat(4_000)), plain());
    assert_eq!((frames.len(), report.rows_read), (1, 1));
}
