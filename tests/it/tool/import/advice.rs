//! Advice about options and files that do not fit together.

use super::{import_text, printed};

const TIMES: [&str; 4] = ["--interval", "1h", "--time", "t"];
const TEXT: &str = "t,v\n2024-03-01T00:00:00Z,1\n";

#[test]
fn a_channel_without_a_unit_is_answered_with_units_that_the_next_command_accepts() {
    let dir = crate::support::scratch::dir();
    let error = import_text(dir.path(), TEXT, &[&TIMES[..], &["--channel", "v=benzene"]].concat()).error(2);
    assert!(error.contains("such as v=benzene:ppb or v=benzene:ug/m3@20C"), "{error}");
    for channel in ["v=benzene:ppb", "v=benzene:ug/m3@20C"] {
        let dir = crate::support::scratch::dir();
        import_text(dir.path(), TEXT, &[&TIMES[..], &["--channel", channel]].concat()).printed();
    }
    let error = import_text(dir.path(), TEXT, &[&TIMES[..], &["--channel", "v"]].concat()).error(2);
    assert!(error.contains("such as C6H6=benzene:ppb or C6H6=benzene:ug/m3@20C"), "{error}");
}

#[test]
fn a_formula_is_answered_with_its_species_and_a_distant_name_with_none() {
    let dir = crate::support::scratch::dir();
    for (name, advice) in [
        ("C6H6", "`C6H6` is the formula of benzene: write benzene;"),
        ("c7h8", "`c7h8` is the formula of toluene: write toluene;"),
        ("C8H10", "`C8H10` is the formula of ethylbenzene, m-xylene, p-xylene, o-xylene: write one of them;"),
        ("benzine", "`benzine` is not a known species; the nearest name is `benzene`;"),
        ("sum of all", "`sum of all` is not a known species;"),
    ] {
        let channel = format!("v={name}:ppb");
        let error = import_text(dir.path(), TEXT, &[&TIMES[..], &["--channel", &channel]].concat()).error(1);
        assert!(error.contains(advice) && error.contains("or give --new-quantity"), "{error}");
        assert!(error.contains("nearest") == advice.contains("nearest"), "{error}");
    }
}

#[test]
fn a_delimiter_that_the_header_lacks_is_named_and_the_line_is_no_column() {
    let dir = crate::support::scratch::dir();
    let channel = ["--channel", "v=benzene:ppb"];
    for (text, delimiter, advice) in [
        (TEXT.to_owned(), ";", "the header is one field with commas: leave out --delimiter"),
        (TEXT.replace(',', ";"), ",", "give --delimiter ';'"),
        (TEXT.replace(',', "\t"), ",", "give --delimiter tab"),
        (TEXT.replace(',', "|"), ";", "give --delimiter '|'"),
    ] {
        let options = [&TIMES[..], &channel, &["--delimiter", delimiter]].concat();
        let error = import_text(dir.path(), text, &options).error(1);
        assert!(error.contains(advice) && !error.contains("nearest"), "{error}");
    }
}

#[test]
fn fields_that_are_rejected_are_stored_as_missing() {
    let dir = crate::support::scratch::dir();
    let text = "t,v,w\n2024-03-01T00:00:00Z,x,1\n2024-03-01T01:00:00Z,1,1\n2024-03-01T02:00:00Z,1,1\n\
        2024-03-01T03:00:00Z,1,1\n2024-03-01T04:00:00Z,1,1\n";
    let options = [&TIMES[..], &["--channel", "v=benzene:ppb", "--channel", "w=toluene:ppb"]].concat();
    let out = import_text(dir.path(), text, &options).printed();
    assert!(out.contains("\n  fields rejected                  1 (stored as missing)\n"), "{out}");
}

#[test]
fn a_species_has_a_unit_of_concentration_and_only_a_mass_has_a_reference_temperature() {
    let dir = crate::support::scratch::dir();
    let refused = |channel: &str| {
        let ended = import_text(dir.path(), TEXT, &[&TIMES[..], &["--channel", channel]].concat());
        assert!(ended.code != Some(0), "{channel}");
        ended.err
    };
    for unit in ["degC", "%", "deg", "hPa"] {
        let error = refused(&format!("v=benzene:{unit}"));
        assert!(error.contains("column `v`: benzene is a concentration, and"), "{error}");
        assert!(error.contains("write ppb, ug/m3 or another unit of concentration"), "{error}");
    }
    let error = refused("v=benzene:ppb@20C");
    assert!(error.contains("ppb has no reference temperature: it is no mass concentration"), "{error}");
    assert!(!dir.path().join("s").exists());
}

#[test]
fn times_of_a_pattern_without_an_offset_need_a_zone() {
    let dir = crate::support::scratch::dir();
    let text = "t,v\n2024-07-01 00:00,1\n";
    let options = [&TIMES[..], &["--time-format", "%Y-%m-%d %H:%M", "--channel", "v=benzene:ppb"]].concat();
    let error = import_text(dir.path(), text, &options).error(1);
    assert!(
        error.contains("have no offset: give their zone, such as UTC, +08:00 or Europe/Berlin (--zone)"),
        "{error}"
    );
    assert!(!dir.path().join("s").exists());
    import_text(dir.path(), text, &[&options[..], &["--zone", "Europe/Berlin"]].concat()).printed();
    assert_eq!(printed(dir.path(), "benzene"), ["2024-06-30T22:00Z,1"]);
}
