//! Mapping files and the files that they describe, and mistakes in both.

use super::*;
use crate::interop::csv::{CsvError, CsvReport};
use crate::model::Quality;

/// A mapping of one station with columns `t` (epoch seconds) and `a`.
const PLAIN: &str = "[time]\ncolumns = \"t\"\nformat = \"epoch-s\"\n[station]\nname = \"park/S1\"\n\
    [instrument]\nname = \"gc\"\ninterval = \"1m\"\n[[channel]]\ncolumn = \"a\"\nname = \"a\"\nunit = \"ppb\"\nquantity = true\n";

/// Every value as `station instrument channel seconds value flag`, and the report.
fn read(mapping: &str, file: impl AsRef<[u8]>) -> (Vec<String>, CsvReport) {
    let mapping = Mapping::parse("test.toml", mapping).unwrap_or_else(|error| panic!("{error}"));
    let mut reader = MappedReader::from_reader(file.as_ref(), "test.csv", &mapping).unwrap();
    let (mut table, mut rows, mut found) = (SeriesTable::default(), Rows::new(), Vec::new());
    while reader.read_rows(&mut table, 3, &mut rows).unwrap() > 0 {
        for row in rows.iter() {
            let series = &table.series()[row.series];
            for cell in row.cells {
                let (channel, sample) = (series.channels[cell.channel].name(), cell.sample());
                let value = sample.value.map_or("-".to_owned(), |value| value.to_string());
                let flag = if sample.quality == Quality::Normal { "" } else { sample.quality.name() };
                let seconds = row.time.as_ms() / 1_000;
                let text = format!("{} {} {channel} {seconds} {value} {flag}", series.station, series.instrument);
                found.push(text.trim_end().to_owned());
            }
        }
    }
    (found, reader.report().clone())
}

fn refused(mapping: &str, file: &str) -> String {
    let mapping = Mapping::parse("test.toml", mapping).unwrap_or_else(|error| panic!("{error}"));
    let mut reader = match MappedReader::from_reader(file.as_bytes(), "test.csv", &mapping) {
        Ok(reader) => reader,
        Err(error) => return error.to_string(),
    };
    let (mut table, mut rows) = (SeriesTable::default(), Rows::new());
    loop {
        match reader.read_rows(&mut table, 3, &mut rows) {
            Ok(0) => panic!("nothing was refused"),
            Ok(_) => {}
            Err(error) => {
                let stopped = reader.read_rows(&mut table, 3, &mut rows);
                assert!(matches!(stopped, Err(MappingError::Csv(CsvError::Stopped { .. }))));
                return error.to_string();
            }
        }
    }
}

fn mistakes(text: &str) -> String {
    Mapping::parse("own.toml", text).unwrap_err().to_string()
}

#[test]
fn every_mistake_is_reported_with_its_place_and_the_nearest_key() {
    let text = "abuot = \"x\"\n[file]\ndelimeter = \";\"\nencoding = \"utf8\"\n[time]\ncolumns = \"t\"\nformat = \"%H:%M\"\n\
        [station]\nname = \"a\"\ncolumns = \"b\"\n[[channel]]\ncolumn = \"c\"\nname = \"benzine\"\nunit = \"ppb\"\n[[channel]]\ncolumn = 7\n";
    let error = mistakes(text);
    let expected = [
        "own.toml:1:1: unknown key `abuot`; the nearest is `about`; known keys: about, file, time",
        "own.toml:3:1: unknown key `delimeter` in [file]; the nearest is `delimiter`",
        "own.toml:4:12: `encoding` must be one of \"utf-8\", \"utf-16le\"",
        "own.toml:7:10: the time pattern `%H:%M` cannot be used",
        "own.toml:8:1: [station] has one of `name`, `columns` and `headings`",
        "own.toml:13:8: `benzine` is not a known species",
        "own.toml:16:10: `column` must be a text in quotes, or a list of them",
        "own.toml:15:1: a channel needs `column`, the heading of its column",
        "own.toml:15:1: a channel needs `name`",
    ];
    let lines: Vec<&str> = error.lines().collect();
    for wanted in expected {
        assert!(lines.iter().any(|line| line.starts_with(wanted)), "{wanted}\nin\n{error}");
    }
    assert!(mistakes("a = [1\n").starts_with("own.toml:"), "{}", mistakes("a = [1\n"));
    assert!(mistakes(&"#".repeat(2 << 20)).contains("shorten it"));
    let gas = PLAIN.replace("name = \"a\"\nunit = \"ppb\"\nquantity = true", "name = \"ozone\"\nunit = \"ug/m3\"");
    assert!(mistakes(&gas).contains("ug/m3 of `ozone` needs a reference temperature"), "{}", mistakes(&gas));
}

#[test]
fn any_bytes_of_a_mapping_file_are_a_mapping_or_mistakes_with_places() {
    for shipped in shipped() {
        for cut in 0..shipped.text.len() {
            let Some(text) = shipped.text.get(..cut) else { continue };
            if let Err(MappingError::Invalid { problems, .. }) = Mapping::parse("cut.toml", text) {
                assert!(!problems.is_empty(), "{text}");
                let lines = text.lines().count() + 1;
                assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)), "{problems:?}");
            }
        }
    }
}

#[test]
fn long_rows_give_the_same_values_in_any_order_and_units_are_those_of_each_row() {
    let mapping = "[time]\ncolumns = \"t\"\nformat = \"epoch-s\"\n[station]\ncolumns = \"site\"\nprefix = \"p\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1h\"\n[long]\nparameter = \"what\"\nvalue = \"v\"\nunit = \"u\"\n\
        [values]\nothers = \"channels\"\nignore = [\"battery\"]\n[units]\n\"parts\" = \"ppb\"\n[[channel]]\nparameter = [\"o3\", \"O3\"]\nname = \"ozone\"\n";
    let lines = [
        "A,0,o3,ppm,0.041",
        "A,0,pm10,µg/m³,14",
        "A,3600,o3,ppm,0.043",
        "A,3600,pm10,mg/m3,0.004",
        "B,0,O3,parts,50",
        "B,0,battery,V,12",
    ];
    let of = |order: &[usize]| {
        let rows: Vec<&str> = order.iter().map(|at| lines[*at]).collect();
        let (mut found, report) = read(mapping, format!("site,t,what,u,v\n{}\n", rows.join("\n")));
        assert_eq!((report.filtered_rows, report.rejected_rows), (1, 0), "{report:?}");
        found.sort();
        found
    };
    let expected =
        ["p/A i ozone 0 0.041", "p/A i ozone 3600 0.043", "p/A i pm10 0 14", "p/A i pm10 3600 4", "p/B i ozone 0 50"];
    for order in [[0, 1, 2, 3, 4, 5], [0, 2, 4, 5, 1, 3], [5, 4, 0, 2, 1, 3]] {
        assert_eq!(of(&order), expected);
    }
}

#[test]
fn a_row_without_station_or_with_an_unknown_unit_is_rejected_and_a_gas_by_mass_asks_for_its_temperature() {
    let mapping = "[time]\ncolumns = \"t\"\nformat = \"epoch-s\"\n[station]\ncolumns = \"site\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1h\"\n[long]\nparameter = \"what\"\nvalue = \"v\"\nunit = \"u\"\n[values]\nothers = \"channels\"\n";
    let (found, report) =
        read(mapping, "site,t,what,u,v\n,0,o3,ppb,1\nA,0,o3,furlong,1\nA*,0,o3,ppb,1\nA,0,o3,ppb,2\n");
    assert_eq!(found, ["A i o3 0 2"]);
    let rejected: Vec<(u64, &str)> = report.rejections.iter().map(|one| (one.line, one.reason.name())).collect();
    assert_eq!(rejected, [(2, "bad name"), (3, "unknown unit"), (4, "bad name")]);
    let error = refused(mapping, "site,t,what,u,v\nA,0,o3,ug/m3,1\n");
    assert!(error.contains("ug/m3 of `o3` needs a reference temperature"), "{error}");
}

#[test]
fn stations_as_columns_and_hours_as_columns_are_read_cell_by_cell() {
    let mapping = "[time]\ncolumns = [\"date\", \"hour\"]\nformat = \"%Y%m%d %H\"\nzone = \"+08:00\"\n[station]\nheadings = true\nprefix = \"cn\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1h\"\n[long]\nparameter = \"type\"\n[[channel]]\nparameter = \"PM2.5\"\nname = \"PM2.5\"\nunit = \"ug/m3\"\n";
    let (found, report) = read(mapping, "date,hour,type,1001A,1002A\n20230101,0,AQI,60,55\n20230101,0,PM2.5,16,\n");
    assert_eq!(found, ["cn/1001A i PM2.5 1672502400 16", "cn/1002A i PM2.5 1672502400 -"]);
    assert_eq!((report.rows_read, report.filtered_rows), (2, 1));
    let mapping = "[time]\ncolumns = [\"y\", \"m\", \"d\"]\nformat = \"%Y %m %d %H\"\nzone = \"+01:00\"\n[station]\ncolumns = \"site\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1h\"\n[hours]\ncolumns = [\"H01\", \"H24\"]\n[values]\nflags = \"+1\"\n[flags]\n\"V\" = \"normal\"\n\"N\" = \"suspect\"\n\
        [long]\nparameter = \"what\"\n[[channel]]\nparameter = \"8\"\nname = \"NO2\"\nunit = \"ug/m3@20C\"\n";
    let mapping = mapping.replace("columns = [\"H01\", \"H24\"]", "columns = [\"H01\", \"H24\"]\nfirst = 23");
    let (found, _) = read(&mapping, "site,what,y,m,d,H01,V01,H24,V24\n8,8,2023,1,1,40,V,41,N\n");
    assert_eq!(found, ["8 i NO2 1672610400 40", "8 i NO2 1672614000 41 suspect"]);
}

#[test]
fn the_hour_that_is_there_twice_is_told_apart_for_each_station_and_parameter() {
    let mapping = "[time]\ncolumns = \"t\"\nformat = \"%d.%m.%Y %H:%M\"\nzone = \"Europe/Berlin\"\nfold = \"by-order\"\n[station]\ncolumns = \"s\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1h\"\n[[channel]]\ncolumn = \"v\"\nname = \"v\"\nunit = \"1\"\n";
    let hours = ["01:00", "02:00", "02:00", "03:00"];
    let row = |hour: &str, station: &str| format!("29.10.2023 {hour},{station},1");
    let alternating: Vec<String> = hours.iter().flat_map(|hour| [row(hour, "A"), row(hour, "B")]).collect();
    let blocks: Vec<String> = ["A", "B"].iter().flat_map(|s| hours.iter().map(|hour| row(hour, s))).collect();
    for rows in [alternating, blocks] {
        let (mut found, report) = read(mapping, format!("t,s,v\n{}\n", rows.join("\n")));
        assert_eq!(report.rejected_rows, 0, "{report:?}");
        found.sort();
        let times: Vec<&str> = found.iter().map(|line| line.split(' ').nth(3).unwrap()).collect();
        let four = ["1698534000", "1698537600", "1698541200", "1698544800"];
        assert_eq!(times, [four, four].concat());
    }
}

#[test]
fn the_beginning_of_an_interval_is_stored_as_its_end() {
    let begin = PLAIN.replace("format", "stamp = \"begin\"\nformat");
    assert_eq!(read(&begin, "t,a\n0,1\n").0, ["park/S1 gc a 60 1"]);
    let without = begin.replace("interval = \"1m\"\n", "");
    assert!(refused(&without, "t,a\n0,1\n").contains("give `interval` in [instrument], or --interval"));
    let local = PLAIN.replace("epoch-s", "%Y-%m-%d %H");
    assert!(refused(&local, "t,a\n2024-01-01 00,1\n").contains("its times have no offset"));
}

#[test]
fn a_bad_field_is_missing_or_takes_its_row_along_as_each_channel_says() {
    let other =
        "[[channel]]\ncolumn = \"b\"\nname = \"b\"\nunit = \"1\"\nbad_field = \"reject-row\"\nmissing = \"-9\"\n";
    let (found, report) = read(&format!("{PLAIN}{other}"), "t,a,b\n0,x,-9\n1,x,2\n2,3,y\n3,-9,5\n");
    assert_eq!(
        found,
        ["park/S1 gc a 1 -", "park/S1 gc b 1 2", "park/S1 gc a 3 -9", "park/S1 gc b 3 5"],
        "a field that is missing is no reason to keep the row"
    );
    let rejected: Vec<(u64, &str)> = report.rejections.iter().map(|one| (one.line, one.text.as_str())).collect();
    assert_eq!(rejected, [(2, "x"), (4, "y")]);
    assert_eq!(report.rejected_by_column["a"], 1);
}

#[test]
fn a_status_that_is_not_known_is_refused_or_has_the_flag_that_the_mapping_gives() {
    let with = |values: &str| {
        PLAIN.replace(
            "[[channel]]",
            &format!(
                "[values]\nflags = \"s\"\n{values}[flags]\n\"K\" = \"calibration\"\n\"-\" = \"missing\"\n[[channel]]"
            ),
        )
    };
    let file = "t,a,s\n0,1,K\n1,2,-\n2,3,?\n3,4,\n";
    let (found, report) = read(&with(""), file);
    assert_eq!(found, ["park/S1 gc a 0 1 calibration", "park/S1 gc a 1 -", "park/S1 gc a 3 4"]);
    assert_eq!(report.rejections[0].reason.name(), "unknown flag");
    let (found, report) = read(&with("unknown_flag = \"suspect\"\n"), file);
    assert_eq!((found[2].as_str(), report.rejected_rows), ("park/S1 gc a 2 3 suspect", 0));
}

#[test]
fn header_lines_units_and_columns_by_position_are_found() {
    let others = "[file]\nnames_line = 2\nunits_line = 3\nheader_lines = 4\n[time]\ncolumns = \"TS\"\nformat = \"epoch-s\"\n[station]\nname = \"s\"\n\
        [instrument]\nname = \"i\"\ninterval = \"1m\"\n[values]\nothers = \"channels\"\n[units]\n\"Deg C\" = \"degC\"\n\"RN\" = \"ignore\"\n";
    let file = "x,y\nTS,RECORD,T,WS\nts,RN,Deg C,km/h\n,,Avg,Avg\n0,1,2.5,36\n";
    assert_eq!(read(others, file).0, ["s i T 0 2.5", "s i WS 0 36"]);
    let error = refused(others, &file.replace("km/h", "furlong"));
    assert!(error.contains("the unit of `WS` is not known"), "{error}");
    let by_position =
        PLAIN.replace("[time]", "[file]\nnames_line = 0\nheader_lines = 1\n[time]").replace("\"t\"", "\"#1\"");
    let by_position = by_position.replace("column = \"a\"", "column = \"#2\"");
    assert_eq!(read(&by_position, "note\n0,7\n60,8\n").0, ["park/S1 gc a 0 7", "park/S1 gc a 60 8"]);
    let start = PLAIN.replace("[time]", "[file]\nnames_start = \"T\"\n[time]");
    assert_eq!(read(&start, "supplied by\n\nx,y,z\nt,a\n0,7\n;\n,\n").0, ["park/S1 gc a 0 7"]);
    assert!(refused(&start, "u,a\n0,7\n").contains("no line begins as `names_start` says"));
}

#[test]
fn gbk_is_read_in_any_piece_and_utf_16_by_its_mark() {
    let mapping =
        PLAIN.replace("column = \"a\"", "column = \"苯\"").replace("[time]", "[file]\nencoding = \"gbk\"\n[time]");
    let mut file = b"t,\xB1\xBD,\xD5\xBE\n".to_vec();
    for second in 0..9_000 {
        file.extend(format!("{second},1.5,").bytes());
        file.extend(b"\xB1\xB1\xBE\xA9\n");
    }
    let (found, report) = read(&mapping, &file);
    assert_eq!((found.len(), report.rejected_rows), (9_000, 0));
    let wide: Vec<u8> = "\u{feff}t,苯\n0,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&mapping, wide).0, ["park/S1 gc a 0 2"]);
}

#[test]
fn rows_of_one_stamp_are_spread_in_their_order() {
    let mapping = PLAIN.replace("format", "spread = \"10s\"\nformat");
    let (found, report) = read(&mapping, "t,a\n0,1\n0,2\n0,3\n60,4\n60,5\n65,6\n");
    let expected = ["0 1", "10 2", "20 3", "60 4", "65 6"].map(|rest| format!("park/S1 gc a {rest}"));
    assert_eq!(found, expected);
    assert_eq!((report.rejections[0].line, report.rejections[0].reason.name()), (6, "run too long"));
    let keyed = mapping.replace("name = \"park/S1\"", "columns = \"s\"");
    assert!(mistakes(&keyed).contains("`spread` is for files of one station"));
}
