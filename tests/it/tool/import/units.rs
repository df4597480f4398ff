//! Columns in customary units, as data loggers write them.

use crate::tool::{run, run_with};

/// The whole shape of a Campbell TOA5 file: environment, names, units, processing, values.
const TOA5: &str = "\"TOA5\",\"Met\",\"CR1000X\",\"10432\",\"CR1000X.Std.03.02\",\"CPU:met.CR1X\",\"4711\",\"Min5\"\n\
    \"TIMESTAMP\",\"RECORD\",\"AirT_C(1)\",\"RTD_K\",\"WS_kmh\",\"BP_kPa\",\"Rain_mm_Tot\",\"SlrW_Avg\"\n\
    \"TS\",\"RN\",\"Deg C\",\"K\",\"km/h\",\"kPa\",\"mm\",\"W/m^2\"\n\
    \"\",\"\",\"Smp\",\"Smp\",\"WVc\",\"Smp\",\"Tot\",\"Avg\"\n\
    \"2024-06-01 00:00:00\",0,21.5,294.65,36,101.325,0.2,\"NAN\"\n\
    \"2024-06-01 00:05:00\",1,\"INF\",294.15,18,101.2,0,812.5\n";

const IMPORT: &[&str] = &[
    "import",
    "S",
    "toa5.dat",
    "--station",
    "a/B",
    "--instrument",
    "met",
    "--interval",
    "5m",
    "--skip-lines",
    "1",
    "--time",
    "TIMESTAMP",
    "--time-format",
    "%Y-%m-%d %H:%M:%S",
    "--zone=-07:00",
    "--missing",
    "NAN",
    "--missing",
    "INF",
    "--new-quantity",
];

fn values(dir: &std::path::Path, channel: &str) -> Vec<String> {
    let printed = run(dir, &["query", "S", "--station", "a/B", "--channel", channel]).printed();
    printed.lines().skip(1).map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
fn a_toa5_file_is_stored_whole_in_its_own_units_and_its_unit_rows_are_no_bad_data() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("toa5.dat"), TOA5).unwrap();
    let channels = [
        "--channel",
        "AirT_C(1)=temperature:C",
        "--channel",
        "RTD_K=rtd:K",
        "--channel",
        "WS_kmh=wind_speed:km/h",
        "--channel",
        "BP_kPa=pressure:kPa",
        "--channel",
        "Rain_mm_Tot=rain:mm",
        "--channel",
        "SlrW_Avg=radiation:W/m2",
        "--json",
    ];
    let object = run_with(dir.path(), IMPORT, &channels).object();
    assert_eq!(object["rows_rejected"], 0, "{object}");
    let at = |values: [&str; 2]| {
        [format!("2024-06-01T07:00:00Z,{}", values[0]), format!("2024-06-01T07:05:00Z,{}", values[1])]
    };
    for (channel, wanted) in [
        ("temperature", ["21.5", ""]),
        ("rtd", ["294.65", "294.15"]),
        ("wind_speed", ["36", "18"]),
        ("pressure", ["101.325", "101.2"]),
        ("rain", ["0.2", "0"]),
        ("radiation", ["", "812.5"]),
    ] {
        assert_eq!(values(dir.path(), channel), at(wanted), "{channel}");
    }
}

#[test]
fn a_column_in_another_unit_of_its_channel_is_converted() {
    let dir = crate::support::scratch::dir();
    let header = "TIMESTAMP,T,W,P";
    let import = |row: &str, channels: &[&str]| {
        std::fs::write(dir.path().join("f.csv"), format!("{header}\n{row}\n")).unwrap();
        let options = ["import", "S", "f.csv", "--station", "a/B", "--instrument", "met", "--interval", "5m"];
        let options = [&options[..], &["--time", "TIMESTAMP", "--new-quantity"]].concat();
        run_with(dir.path(), &options, channels).printed();
    };
    import(
        "2024-06-01T00:00:00Z,0,10,1013.25",
        &["--channel", "T=temperature:degC", "--channel", "W=wind_speed:m/s", "--channel", "P=pressure:hPa"],
    );
    import(
        "2024-06-01T00:05:00Z,273.15,36,101.325",
        &["--channel", "T=temperature:K", "--channel", "W=wind_speed:km/h", "--channel", "P=pressure:kPa"],
    );
    import(
        "2024-06-01T00:10:00Z,32,36,1.01325",
        &["--channel", "T=temperature:degF", "--channel", "W=wind_speed:km/h", "--channel", "P=pressure:bar"],
    );
    for (channel, value) in [("temperature", "0"), ("wind_speed", "10"), ("pressure", "1013.25")] {
        let found = values(dir.path(), channel);
        assert!(
            found.len() == 3 && found.iter().all(|line| line.ends_with(&format!("Z,{value}"))),
            "{channel}: {found:?}"
        );
    }
}
