//! What `query` prints, read back.

use super::{everything, import_text};
use crate::tool::run;

const MAPPING: &str = r#"
[time]
columns = "t"
format = "rfc3339"
[station]
columns = "s"
prefix = "park"
[instrument]
name = "query"
interval = "1h"
[values]
flags = "flag"
[[channel]]
column = "o3"
name = "ozone"
unit = "ug/m3@20C"
[[channel]]
column = "v"
name = "total VOC"
unit = "ppb"
[[channel]]
column = "wd"
name = "wind direction"
unit = "deg"
"#;

#[test]
fn what_query_prints_is_read_back_with_every_value_and_flag() {
    let dir = crate::scratch::dir();
    let flags = vocdb::Quality::ALL.map(|quality| quality.name().to_owned());
    let mut file = "s,t,o3,v,wd,flag\n".to_owned();
    for (hour, flag) in flags.iter().enumerate() {
        let (value, direction) = (0.1 + hour as f64 / 3.0, 36 * hour);
        let missing = if hour % 4 == 1 { String::new() } else { value.to_string() };
        file += &format!("A,2024-06-01T{hour:02}:00:00Z,{value},{missing},{direction},{flag}\n");
        file += &format!("B,2024-06-01T{hour:02}:00:00Z,,{value},,{flag}\n");
    }
    import_text(dir.path(), MAPPING, &file, &[]).printed();
    let before = everything(dir.path());
    assert!(before.contains("below detection") && before.lines().count() == 60, "{before}");

    let channels = ["--channel", "ozone", "--channel", "total VOC", "--channel", "wind direction"];
    let printed = run(dir.path(), &[&["query", "S", "--station", "**"][..], &channels].concat()).printed();
    for (times, options) in [(printed.clone(), &[][..]), (printed, &["--reference", "20C"])] {
        let again = crate::scratch::dir();
        std::fs::write(again.path().join("printed.csv"), times).unwrap();
        let arguments =
            ["import", "S", "printed.csv", "--profile", "query", "--instrument", "query", "--interval", "1h"];
        let ended = run(again.path(), &[&arguments[..], options].concat());
        if options.is_empty() {
            let error = ended.err;
            assert!(
                error.contains("ug/m3 of `ozone` needs a reference temperature") && error.contains("--reference"),
                "{error}"
            );
            continue;
        }
        ended.printed();
        assert_eq!(everything(again.path()), before);
    }
    // A store that has the channels knows their reference temperature.
    let arguments = ["import", "S", "-", "--profile", "query", "--instrument", "query", "--interval", "1h", "--json"];
    let printed = run(dir.path(), &[&["query", "S", "--station", "park/*"][..], &channels].concat()).printed();
    let summary = crate::tool::run_piped(dir.path(), &arguments, printed.as_bytes()).object();
    assert_eq!((&summary["store"]["frames_identical"], &summary["store"]["frames_accepted"]), (&20.into(), &0.into()));
}
