//! Dumps and restores from the command line.

use super::{command, example, run, run_with};
use std::fs;
use std::path::Path;
use std::process::Stdio;

const ASK: &[&str] = &["query", "restored", "--station", "metec", "--channel", "methane"];

/// A store of two columns of the METEC file.
fn metec(dir: &Path) {
    let file = example("metec/ch4_wind_1min.csv");
    let options = ["--station", "metec", "--instrument", "laser", "--interval", "1m", "--time", "time_utc"];
    let channels =
        ["--new-quantity", "--channel", "ch4_ppm_SE=methane:ppm", "--channel", "ch4_ppm_SW=methane_west:ppm"];
    run_with(dir, &["import", "store", &file], &[&channels[..], &options].concat()).printed();
}

#[test]
fn a_dump_is_restored_from_a_file_and_from_standard_input() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    metec(dir);
    let text = run(dir, &["dump", "store"]).printed();
    let object = run(dir, &["dump", "store", "--out", "store.dump", "--json"]).object();
    assert_eq!((object["rows"].as_u64(), object["bytes"].as_u64()), (Some(4_920), Some(text.len() as u64)), "{object}");
    assert_eq!(fs::read_to_string(dir.join("store.dump")).unwrap(), text);
    let said = run(dir, &["restore", "store.dump", "restored"]).printed();
    assert!(said.contains("restored is restored from store.dump") && said.contains("4920 rows"), "{said}");
    assert_eq!(run(dir, &["dump", "restored"]).printed(), text);
    let mut original = ASK.to_vec();
    original[1] = "store";
    assert_eq!(run(dir, ASK).printed(), run(dir, &original).printed());
    run(dir, &["verify", "restored"]).printed();

    let piped = command(dir, &["restore", "-", "piped", "--json"])
        .stdin(Stdio::from(fs::File::open(dir.join("store.dump")).unwrap()))
        .output()
        .unwrap();
    let object: serde_json::Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert_eq!((object["rows"].as_u64(), object["store"].as_str()), (Some(4_920), Some("piped")), "{object}");
    assert_eq!(run(dir, &["dump", "piped"]).printed(), text);
}

#[test]
fn a_part_of_a_store_is_dumped_by_station_and_time() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    metec(dir);
    let hour = ["--from", "2022-05-10T00:00:00Z", "--to", "2022-05-10T01:00:00Z"];
    let text = run_with(dir, &["dump", "store", "--station", "metec"], &hour).printed();
    let is_row = |line: &&str| line.starts_with("16");
    assert_eq!(text.lines().filter(is_row).count(), 60, "{text}");
    let error = run(dir, &["dump", "store", "--station", "nowhere"]).error(1);
    assert!(error.contains("no station is named `nowhere`; registered are: metec"), "{error}");
}

#[test]
fn a_torn_dump_and_a_taken_folder_are_errors_that_say_what_to_do() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    metec(dir);
    let text = run(dir, &["dump", "store"]).printed();
    fs::write(dir.join("torn"), &text[..text.len() / 2]).unwrap();
    let error = run(dir, &["restore", "torn", "restored"]).error(1);
    assert!(error.contains("line ") && error.contains("it is truncated; nothing was restored"), "{error}");
    assert!(!dir.join("restored").exists() && !dir.join("restored.restoring").exists());
    let error = run(dir, &["restore", "torn", "store"]).error(1);
    assert!(error.contains("is not empty: name a new folder"), "{error}");
    let error = run(dir, &["dump", "store", "--out", "torn"]).error(1);
    assert!(error.contains("cannot write torn"), "{error}");
    assert!(run(dir, &["dump", "store", "--json"]).error(1).contains("--out"));
}

#[test]
fn a_backup_is_restored_without_its_catalog() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    metec(dir);
    run(dir, &["backup", "store", "copy"]).printed();
    let said = run(dir, &["restore", "copy", "restored"]).printed();
    assert!(said.contains("1 segment linked") && said.ends_with("all files verified\n"), "{said}");
    assert_eq!(run(dir, &["dump", "restored"]).printed(), run(dir, &["dump", "store"]).printed());
    assert!(run(dir, &["restore", ".", "other"]).error(1).contains("is not a store"));
}

#[test]
fn a_dump_that_fails_leaves_no_file_in_the_way_of_the_next_one() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    metec(dir);
    let path = fs::read_dir(dir.join("store/segments")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[30] ^= 0xFF;
    fs::write(&path, damaged).unwrap();
    let dump = ["dump", "store", "--out", "store.dump"];
    run(dir, &dump).error(1);
    assert!(!dir.join("store.dump").exists());
    fs::write(&path, whole).unwrap();
    run(dir, &dump).printed();
}
