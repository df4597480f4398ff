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
    let dir = crate::support::scratch::dir();
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
    let again = crate::support::scratch::dir();
    std::fs::write(again.path().join("printed.csv"), &printed).unwrap();
    let options = ["--profile", "query", "--instrument", "query", "--interval", "1h"];
    run(again.path(), &[&["import", "S", "printed.csv"], &options[..]].concat()).printed();
    assert_eq!(everything(again.path()), before);

    // A unit without its reference temperature is refused, unless the store knows it.
    let without = printed.replace("ug/m3@20C", "ug/m3");
    let fresh = crate::support::scratch::dir();
    std::fs::write(fresh.path().join("printed.csv"), &without).unwrap();
    let error = run(fresh.path(), &[&["import", "S", "printed.csv"], &options[..]].concat()).error(1);
    assert!(
        error.contains("ug/m3 of `ozone` needs a reference temperature") && error.contains("--reference"),
        "{error}"
    );
    let arguments = [&["import", "S", "-"], &options[..], &["--json"]].concat();
    let summary = crate::tool::run_piped(dir.path(), &arguments, without.as_bytes()).object();
    assert_eq!((&summary["store"]["frames_identical"], &summary["store"]["frames_accepted"]), (&20.into(), &0.into()));
}
