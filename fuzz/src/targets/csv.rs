//! Any bytes as a CSV file, read in one of three ways: every row is a frame, left out, or rejected.

use vocdb::interop::csv::{
    BadField, CsvReader, CsvSpec, CsvTarget, Encoding, EqualTimes, Fold, TimeColumn, TimeFormat,
};
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Quality, Unit};

fn spec(mode: u8) -> CsvSpec {
    let channel = |name| Channel::quantity(name, Unit::Ppb).expect("a name");
    let instrument =
        Instrument::new("i", Interval::seconds(10).unwrap(), vec![channel("a"), channel("b")]).expect("a name");
    let format = match mode % 3 {
        0 => TimeFormat::Rfc3339,
        1 => TimeFormat::Pattern("%d.%m.%Y %H:%M".to_owned()),
        _ => TimeFormat::EpochSeconds,
    };
    let target =
        CsvTarget::new(InstrumentId::new(1), &instrument).column("a", "a", Unit::Ppb).column("b", "b", Unit::Ppm);
    let fold = if mode & 4 == 0 { Fold::Reject } else { Fold::ByOrder };
    let time = TimeColumn::joined("t", format).zone("Europe/Berlin").fold(fold);
    let spec = CsvSpec::new(time).missing("-200").mark("#", Quality::Suspect).map(target);
    let spec = if mode & 8 == 0 { spec } else { spec.bad_fields(BadField::RejectRow) };
    let spec = match mode >> 4 {
        1 => spec.encoding(Encoding::Utf16Le),
        2 => spec.encoding(Encoding::Windows1252),
        3 => spec.only("a", "1.5"),
        _ => spec,
    };
    let spread = EqualTimes::Spread(Interval::seconds(10).unwrap());
    match mode % 3 {
        0 => spec,
        1 => spec.delimiter(b';').decimal_comma(true).equal_times(spread),
        _ => spec.skip_lines(1).skip_empty_frames(true),
    }
}

/// Rows read are frames, empty frames and rejections together, and values are finite.
pub fn run(input: &[u8]) {
    let Some((mode, text)) = input.split_first() else { return };
    let Ok(mut reader) = CsvReader::from_reader(text, "any.csv", spec(*mode)) else { return };
    let (mut batch, mut frames) = (Batch::new(), 0);
    while let Ok(read) = reader.read_batch(7, &mut batch) {
        if read == 0 {
            break;
        }
        frames += read as u64;
        assert_eq!(reader.lines().len(), read);
        assert!(batch.frames().flat_map(|frame| frame.values.to_vec()).all(f64::is_finite));
    }
    let report = reader.report();
    assert_eq!(report.frames, frames);
    assert_eq!(
        report.rows_read,
        report.frames + report.empty_frames_skipped + report.rejected_rows + report.filtered_rows
    );
}

/// A small file of each kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let files = [
        "\0t,a,b\n2024-06-01T00:00:00Z,0.42,1.5\n2024-06-01T00:00:10+08:00,\"1e3\",-200\n2024-06-01T00:00:20Z,,7\n",
        "\u{1}t;a;b\n01.06.2024 00:00;0,42;1,5\n01.06.2024 00:00;1,42;\n27.10.2024 02:30;-200;1,6\n01.06.2024 00:01;1;2\n",
        "\u{2}# notes\nt,a,b\n0,1.5,2\n60,,\n1700000000.123,1.7,\"2\"\n60,3,nan\n",
    ];
    files.map(|file| file.as_bytes().to_vec()).to_vec()
}
