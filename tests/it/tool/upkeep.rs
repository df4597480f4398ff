//! Upkeep: what verifying, compacting, backing up, deleting and repairing say and do.

use super::{example, run, run_with, samples};
use std::path::{Path, PathBuf};
use vocdb::{Config, Database};

const ASK: &[&str] = &["query", "store", "--station", "metec", "--channel", "methane"];
const DELETE: &[&str] =
    &["delete", "store", "--station", "metec", "--by", "A. Keeper", "--reason", "the inlet was off", "--from"];

/// A store of two columns of the METEC file.
fn metec(dir: &Path) {
    let file = example("metec/ch4_wind_1min.csv");
    let options = ["--station", "metec", "--instrument", "laser", "--interval", "1m", "--time", "time_utc"];
    let channels =
        ["--new-quantity", "--channel", "ch4_ppm_SE=methane:ppm", "--channel", "ch4_ppm_SW=methane_west:ppm"];
    run_with(dir, &["import", "store", &file], &[&channels[..], &options].concat()).printed();
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir.join("store/segments")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// Turns over the byte that lies this far from the end of the only segment.
fn damage(dir: &Path, from_end: impl Fn(usize) -> usize) {
    let path = segments(dir).remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.len() - from_end(bytes.len());
    bytes[place] ^= 0xFF;
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn verify_counts_what_it_has_read_and_takes_no_lock() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let values = samples(&run(dir.path(), ASK).printed()).iter().filter(|(_, value)| value.is_some()).count();
    let _held = Database::open(dir.path().join("store"), Config::default()).unwrap();
    let object = run(dir.path(), &["verify", "store", "--json"]).object();
    assert_eq!((&object["segments"], &object["rows"]), (&1.into(), &4_920.into()));
    assert!(object["values"].as_u64().unwrap() > values as u64, "two channels: {object}");
    assert_eq!((&object["is_sound"], &object["findings"]), (&true.into(), &serde_json::json!([])));
    let text = run(dir.path(), &["verify", "store"]).printed();
    assert!(text.contains("with 4920 rows") && text.ends_with("no corruption found\n"), "{text}");
}

#[test]
fn inspect_prints_the_figures_of_the_library_as_json() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let values = run(dir.path(), &["verify", "store", "--json"]).object()["values"].clone();
    let object = run(dir.path(), &["inspect", "store", "--json"]).object();
    let stats = &object["stats"];
    let laser = &stats["stations"][0]["instruments"][0];
    assert_eq!((&laser["rows"], &laser["values"]), (&4_920.into(), &values), "{object}");
    assert_eq!(
        (&stats["segments"]["count"], &stats["ledger_records"]),
        (&1.into(), &object["ledger_records"]),
        "{object}"
    );
    assert_eq!(stats["bytes"]["segments"], stats["segments"]["bytes_fresh"], "{object}");
}

#[test]
fn a_query_ends_at_a_page_that_does_not_check_and_says_where_and_what_to_do() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    damage(dir.path(), |length| length / 2);
    let name = segments(dir.path()).remove(0).file_name().unwrap().to_string_lossy().into_owned();
    let ask = |channel: &str| run(dir.path(), &["query", "store", "--station", "metec", "--channel", channel]);
    let failed: Vec<String> = ["methane", "methane_west"]
        .map(ask)
        .into_iter()
        .filter(|ended| ended.code == Some(1))
        .map(|ended| ended.err)
        .collect();
    assert!(!failed.is_empty(), "one of two channels has the byte");
    for error in failed {
        for part in [
            name.as_str(),
            "of metec cannot be read whole from the first",
            "`vocdb verify store`",
            "`vocdb repair store`",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    let text = run(dir.path(), &["repair", "store"]).printed();
    assert!(text.contains("set aside as"), "{text}");
    assert_eq!(samples(&run(dir.path(), ASK).out).len(), 0, "what was set aside is missing, and that is said");
}

#[test]
fn verify_ends_with_code_one_and_names_the_file_that_does_not_check() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    damage(dir.path(), |length| length / 2);
    let name = segments(dir.path()).remove(0).file_name().unwrap().to_string_lossy().into_owned();
    let ended = run(dir.path(), &["verify", "store"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended.out.lines().any(|line| line.starts_with("corrupt or missing: ") && line.contains(&name)),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("no corruption found"), "{}", ended.out);
    assert!(ended.err.starts_with("error: 1 file corrupt or missing in `store`"), "{}", ended.err);
    let ended = run(dir.path(), &["verify", "store", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((ended.code, &object["is_sound"]), (Some(1), &false.into()));
    assert_eq!(object["findings"].as_array().unwrap().len(), 1, "{object}");
}

#[test]
fn compaction_changes_no_reading() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let before = run(dir.path(), ASK).printed();
    let due = run(dir.path(), &["compact", "store", "--due"]).printed();
    assert_eq!(due, "store: nothing to compact\n");
    let object = run(dir.path(), &["compact", "store", "--json"]).object();
    let of = |key: &str| object[key].as_u64().unwrap();
    assert!(of("bytes_after") <= of("bytes_before"), "{object}");
    assert_eq!(run(dir.path(), ASK).printed(), before);
    assert_eq!(run(dir.path(), &["compact", "store"]).printed(), "store: nothing to compact\n");
    run(dir.path(), &["verify", "store"]).printed();
}

#[test]
fn a_backup_opens_as_a_store_and_stays_when_the_store_changes() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let before = run(dir.path(), ASK).printed();
    let object = run(dir.path(), &["backup", "store", "copy", "--json"]).object();
    let copied = object["segments_linked"].as_u64().unwrap() + object["segments_copied"].as_u64().unwrap();
    assert_eq!(copied, 1, "{object}");
    run_with(dir.path(), DELETE, &["2022-05-09", "--to", "2022-05-13"]).printed();
    let empty = run(dir.path(), ASK);
    assert!(samples(&empty.out).is_empty() && empty.err.contains("has no readings"), "{}", empty.err);
    let copy = [&["query", "copy"], &ASK[2..]].concat();
    assert_eq!(run(dir.path(), &copy).printed(), before);
    run(dir.path(), &["verify", "copy"]).printed();
    let error = run(dir.path(), &["backup", "store", "copy"]).error(1);
    assert!(error.contains("not empty"), "{error}");
}

#[test]
fn a_backup_goes_neither_into_a_folder_that_holds_anything_nor_into_the_store() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    std::fs::create_dir_all(dir.path().join("home/documents")).unwrap();
    let error = run(dir.path(), &["backup", "store", "home"]).error(1);
    assert!(error.contains("not empty"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path().join("home")).unwrap().count(), 1, "nothing is written");
    for inside in ["store/inside", "store/segments/inside", "store/../store/inside/deeper"] {
        let error = run(dir.path(), &["backup", "store", inside]).error(1);
        assert!(error.contains("it lies in the store itself"), "{inside}: {error}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("store", dir.path().join("link")).unwrap();
        assert!(run(dir.path(), &["backup", "store", "link/inside"]).error(1).contains("it lies in the store itself"));
    }
    assert!(!dir.path().join("store/inside").exists());
    run(dir.path(), &["verify", "store"]).printed();
    run(dir.path(), &["backup", "store", "store-copy"]).printed();
}

#[test]
fn delete_takes_the_named_channel_and_range_and_leaves_the_rest() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let west = ["query", "store", "--station", "metec", "--channel", "methane_west"];
    let (before, west_before) = (samples(&run(dir.path(), ASK).printed()), run(dir.path(), &west).printed());
    let is_inside = |time: &str| ("2022-05-10T06:00:00Z".."2022-05-10T08:00:00Z").contains(&time);
    let gone = before.iter().filter(|(time, value)| is_inside(time) && value.is_some()).count();
    assert!(gone > 0);
    let range = ["2022-05-10T06:00:00Z", "--to", "2022-05-10T08:00:00Z", "--channel", "methane", "--json"];
    let object = run_with(dir.path(), DELETE, &range).object();
    assert_eq!((&object["values"], &object["channels"]), (&gone.into(), &serde_json::json!(["methane"])));
    let present = |rows: &[(String, Option<f64>)]| -> Vec<(String, f64)> {
        rows.iter().filter_map(|(time, value)| Some((time.clone(), (*value)?))).collect()
    };
    let mut expected = present(&before);
    expected.retain(|(time, _)| !is_inside(time));
    assert_eq!(present(&samples(&run(dir.path(), ASK).printed())), expected);
    assert_eq!(run(dir.path(), &west).printed(), west_before);
    let ledger = std::fs::read(dir.path().join("store/ledger")).unwrap();
    for note in ["A. Keeper", "the inlet was off"] {
        assert!(ledger.windows(note.len()).any(|bytes| bytes == note.as_bytes()), "{note} is not in the ledger");
    }
}

#[test]
fn delete_refuses_what_it_cannot_place_and_changes_nothing() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    let before = run(dir.path(), ASK).printed();
    for (more, says) in [
        (&["2022-05-10", "--to", "2022-05-10"][..], "--to must be later than --from"),
        (&["2022-05-10", "--to", "2022-05-11", "--channel", "ozone"], "it has: methane, methane_west"),
        (&["2022-05-10", "--to", "2022-05-11", "--instrument", "pid"], "it has: laser"),
    ] {
        let error = run_with(dir.path(), DELETE, more).error(1);
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(run(dir.path(), ASK).printed(), before);
}

#[test]
fn repair_says_what_it_has_found_and_the_store_checks_again() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    assert_eq!(run(dir.path(), &["repair", "store"]).printed(), "store: nothing to repair\n");
    damage(dir.path(), |_| 10);
    assert_eq!(run(dir.path(), &["verify", "store"]).code, Some(1));
    let text = run(dir.path(), &["repair", "store"]).printed();
    assert!(text.contains("set aside as") && text.contains(".quarantined"), "{text}");
    run(dir.path(), &["verify", "store"]).printed();
}

/// Flips a byte of the first frame of the only log of a store, which has a second frame.
fn damage_log(dir: &Path) {
    let db = Database::open(dir.join("store"), Config::default()).unwrap();
    let (laser, _) = db.channel("metec", "methane").unwrap();
    for second in 1..3 {
        let time = vocdb::Timestamp::from_ms(1_652_500_000_000 + second * 1_000);
        db.append(&vocdb::Batch::from_iter([vocdb::Frame::new(laser, time, &[Some(2.0), None])]))
            .unwrap()
            .all_accepted()
            .unwrap();
    }
    drop(db);
    let log = std::fs::read_dir(dir.join("store/wal")).unwrap().map(|file| file.unwrap().path()).max().unwrap();
    let mut bytes = std::fs::read(&log).unwrap();
    // Behind what closing has noted of the ledger.
    bytes[39 + 22] ^= 0xFF;
    std::fs::write(log, bytes).unwrap();
}

#[test]
fn repair_keeps_what_can_be_read_of_a_damaged_log_and_says_as_json_and_in_words_what_is_lost() {
    for is_json in [true, false] {
        let dir = crate::support::scratch::dir();
        metec(dir.path());
        damage_log(dir.path());
        let error = run_with(dir.path(), DELETE, &["2022-05-10", "--to", "2022-05-11"]).error(1);
        assert!(error.contains("damage at offset 39") && error.contains("`repair`"), "{error}");
        if is_json {
            let object = run(dir.path(), &["repair", "store", "--json"]).object();
            let log = &object["salvaged_logs"][0];
            assert_eq!(log["lost"], serde_json::json!([{"first": 4921, "last": 4921}]), "{object}");
            assert_eq!(log["frames_kept"], 1, "{object}");
            assert!(Path::new(&dir.path().join(log["aside"].as_str().unwrap())).exists(), "{object}");
        } else {
            let text = run(dir.path(), &["repair", "store"]).printed();
            assert!(text.contains("lost: frames 4921 to 4921") && text.contains("1 frame kept"), "{text}");
        }
        let object = run(dir.path(), &["repair", "store", "--json"]).object();
        assert_eq!(
            (&object["salvaged_logs"], &object["quarantined"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        run(dir.path(), &["verify", "store"]).printed();
    }
}

#[test]
fn repair_tells_as_json_which_rows_are_missing_with_a_segment() {
    let dir = crate::support::scratch::dir();
    metec(dir.path());
    damage(dir.path(), |length| length / 2);
    let object = run(dir.path(), &["repair", "store", "--json"]).object();
    let aside = &object["quarantined"][0];
    assert_eq!((&aside["first_lsn"], &aside["last_lsn"]), (&1.into(), &4_920.into()), "{object}");
    assert!(aside["first_time"].as_str().unwrap() < aside["last_time"].as_str().unwrap(), "{object}");
    assert_eq!(object["missing_segments"].as_array().unwrap().len(), 1, "{object}");
}

#[test]
fn with_json_an_error_is_one_object_with_the_error_in_words() {
    let dir = crate::support::scratch::dir();
    for command in ["verify", "compact", "repair", "inspect"] {
        let ended = run(dir.path(), &[command, "nowhere", "--json"]);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.lines().count()), (Some(1), "", 1), "{}", ended.err);
        let object: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
        assert_eq!(object.as_object().unwrap().len(), 1, "{object}");
        assert!(object["error"].as_str().unwrap().contains("folder `nowhere` does not exist"), "{object}");
    }
}
