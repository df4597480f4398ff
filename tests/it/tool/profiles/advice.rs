//! Files that a shipped profile does not fit, and files in another encoding than the mapping.

use super::{import, import_text};
use crate::tool::run;

const ROWS: &str = "t,v\n2024-03-01T00:00:00Z,1\n2024-03-01T01:00:00Z,2\n";

#[test]
fn exports_that_the_query_profile_cannot_read_are_recognised_and_the_advice_works() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("f.csv"), ROWS).unwrap();
    let target = ["--station", "a/B", "--instrument", "gc", "--interval", "1h", "--time"];
    run(dir.path(), &[&["import", "S", "f.csv"][..], &target, &["t", "--channel", "v=benzene:ppb"]].concat()).printed();
    let query = ["query", "S", "--station", "a/B", "--channel", "benzene"];
    let export = |name: &str, more: &[&str]| {
        std::fs::write(dir.path().join(name), run(dir.path(), &[&query[..], more].concat()).printed()).unwrap();
    };
    export("one.csv", &[]);
    export("windows.csv", &["--window", "1h"]);
    let error = import(dir.path(), "query", "one.csv", &["--instrument", "gc", "--interval", "1h"]).error(1);
    for text in [
        "`one.csv` does not fit profile query: it has no column `station`",
        "the profile expects `time`, `station`, `channel`, `value`, `unit`, `quality`; the file has `time`, `value`, `quality`",
        "this is an export of one channel: give --time time --channel value=NAME:UNIT --quality quality instead of --profile",
    ] {
        assert!(error.contains(text) && !error.contains("correct the mapping"), "{text}\nin\n{error}");
    }
    let back = ["time", "--channel", "value=benzene:ppb", "--quality", "quality"];
    run(dir.path(), &[&["import", "T", "one.csv"][..], &target, &back].concat()).printed();
    let error = import(dir.path(), "query", "windows.csv", &["--instrument", "gc", "--interval", "1h"]).error(1);
    assert!(error.contains("this is an export of windows, which cannot be read back"), "{error}");
}

#[test]
fn a_shipped_profile_is_never_to_be_corrected() {
    let dir = crate::support::scratch::dir();
    std::fs::write(dir.path().join("f.csv"), ROWS).unwrap();
    for profile in vocdb::interop::mapping::shipped() {
        let own = ["--instrument", "i", "--interval", "1h", "--zone", "UTC"];
        let station: &[&str] = if profile.text.contains("prefix") { &[] } else { &["--station", "a/B"] };
        let ended = import(dir.path(), profile.name, "f.csv", &[&own[..], station].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        assert!(!ended.err.contains("correct the mapping"), "{}", ended.err);
    }
    let error = import(dir.path(), "openaq", "f.csv", &[]).error(1);
    assert!(
        error.contains("`datetime`, `location_id`")
            && error.contains("the file has `t`, `v`; to change profile openaq, save"),
        "{error}"
    );
}

#[test]
fn a_unit_in_another_encoding_is_named_with_its_line() {
    let dir = crate::support::scratch::dir();
    let head = "[time]\ncolumns = \"t\"\nformat = \"rfc3339\"\n[instrument]\nname = \"i\"\ninterval = \"1h\"\n";
    let wide = format!(
        "[file]\nheader_lines = 2\nunits_line = 2\n{head}[station]\nname = \"a/B\"\n[values]\nothers = \"channels\"\n"
    );
    let error = import_text(dir.path(), &wide, b"t,C6H6\n,\xb5g/m3\n2024-03-01T00:00:00Z,1\n", &[]).error(1);
    let advice = "encoding = \"windows-1252\" in [file]";
    assert!(error.contains("line 2: the unit of `C6H6` is not UTF-8: write ") && error.contains(advice), "{error}");
    let long = format!(
        "{head}[station]\ncolumns = \"s\"\nprefix = \"p\"\n[long]\nparameter = \"what\"\nvalue = \"v\"\nunit = \"u\"\n\
         [values]\nothers = \"channels\"\n"
    );
    let ended = import_text(dir.path(), &long, b"s,t,what,u,v\nA,2024-03-01T00:00:00Z,C6H6,\xb5g/m3,1\n", &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.out.contains("line 2, column `u`") && ended.out.contains(advice), "{}", ended.out);
}
