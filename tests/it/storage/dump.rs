//! A store as text and back: every bit of it, whatever it holds, and no half store of a half dump.

use crate::support::oracle::instrument;
use proptest::prelude::*;
use proptest::sample::select;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::checksum::crc32c;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    Batch, Channel, ChannelChange, Config, Database, Deletion, DeletionScope, DumpProblem, DumpScope, DuplicatePolicy,
    Durability, Error, ExportScope, Frame, InstrumentChange, InstrumentId, Quality, ReadOnly, Sample, Station,
    TimeRange, Timers, Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
const FIRST_MS: i64 = NOW_MS - 10_000_000;
const WHOLE: DumpScope = DumpScope::WHOLE;
/// A condition that is under way for some rows, alarms that open, are told and close.
const RULES: &str = r#"
alarm("held").scope(stations("park/S1")).when(last("i0/c0") > 40.ppb).hold(3.seconds)
    .escalate(escalation("desk").step(0.minutes, contact("duty"), "app").step(5.seconds, contact("chief"), "sms"));
alarm("mean").scope(stations("park/S2")).when(avg("c0", 10.seconds) > 20.ppb);
"#;

fn config() -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, timers: Timers::Frames, clock, ..Config::default() }
}

fn open(dir: &Path) -> Database {
    Database::open(dir, config()).unwrap()
}

/// Two stations with three instruments of every policy.
fn register(db: &Database) {
    let [first, second] = ["park/S1", "park/S2"].map(|name| db.register_station(Station::new(name).unwrap()).unwrap());
    let policies = [DuplicatePolicy::KeepLast, DuplicatePolicy::KeepFirst, DuplicatePolicy::Reject];
    for (number, (policy, station)) in policies.into_iter().zip([first, first, second]).enumerate() {
        db.register_instrument(station, instrument(&format!("i{number}"), number + 1, policy)).unwrap();
    }
}

fn load_rules(db: &Database) {
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() }]).unwrap();
}

fn at(slot: i64) -> Timestamp {
    Timestamp::from_ms(FIRST_MS + slot * 1_000)
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(u32, i64, [Sample; 3])>),
    /// Regular rows, enough for several blocks.
    Run(u32, i64, i64),
    Rules,
    /// Its first channel goes or comes back, or a new one comes.
    Change(u32, bool),
    Seal,
    Reopen,
    Delete(u32, i64, i64),
}

fn sample() -> impl Strategy<Value = Sample> {
    let special = select(vec![-0.0, 0.0, 0.1 + 0.2, f64::MIN_POSITIVE, 5e-324, 1e15, -1e15, 1.0 / 3.0, 9.999_999e-6]);
    let plain = (0_i32..9_000).prop_map(|value| f64::from(value) / 100.0);
    let value = prop_oneof![2 => special.prop_map(Some), 6 => plain.prop_map(Some), 2 => Just(None)];
    let quality = prop_oneof![5 => Just(Quality::Normal), 1 => select(Quality::ALL.to_vec())];
    (value, quality).prop_map(|(value, quality)| Sample { value, quality })
}

fn step() -> impl Strategy<Value = Step> {
    let frame = || (1_u32..=3, 0_i64..60, [sample(), sample(), sample()]);
    prop_oneof![
        8 => prop::collection::vec(frame(), 1..12).prop_map(Step::Append),
        1 => (1_u32..=3, 0_i64..3_000, 1_000_i64..1_300).prop_map(|(one, from, rows)| Step::Run(one, from, rows)),
        1 => Just(Step::Rules),
        1 => (1_u32..=3, any::<bool>()).prop_map(|(one, is_new)| Step::Change(one, is_new)),
        2 => Just(Step::Seal),
        1 => Just(Step::Reopen),
        1 => (1_u32..=3, 0_i64..60, 1_i64..20).prop_map(|(one, from, slots)| Step::Delete(one, from, slots)),
    ]
}

/// A frame as the instrument measures now: missing where a channel is retired.
fn frame(db: &Database, number: u32, slot: i64, samples: &[Sample]) -> Frame {
    let (registry, id) = (db.registry(), InstrumentId::new(number));
    let channels = registry.instrument(id).unwrap().1.channels();
    let sample = |(channel, sample): (&Channel, &Sample)| if channel.is_retired() { Sample::MISSING } else { *sample };
    let samples = channels.iter().zip(samples.iter().cycle()).map(sample).collect();
    Frame { instrument: id, time: at(slot), samples }
}

fn change(db: &Database, number: u32, is_new: bool) {
    let (registry, instrument) = (db.registry(), InstrumentId::new(number));
    let channels = registry.instrument(instrument).unwrap().1.channels();
    let change = match (&channels[0], is_new) {
        (_, true) => ChannelChange::Add(Channel::quantity(format!("c{}", channels.len()), Unit::Ppb).unwrap()),
        (first, false) if first.is_retired() => {
            ChannelChange::Add(Channel::quantity(first.name(), first.unit()).unwrap())
        }
        (first, false) => ChannelChange::Retire(first.name().to_owned()),
    };
    let (by, reason) = ("A. Keeper".to_owned(), "a new column".to_owned());
    db.change_instrument(&InstrumentChange { instrument, channels: vec![change], by, reason }).unwrap();
}

/// Does the steps on a new store; what stands in the log behind the last of them stays there.
fn store(dir: &Path, steps: &[Step]) -> Database {
    let mut db = open(dir);
    register(&db);
    for step in steps {
        match step {
            Step::Append(frames) => {
                let frames = frames.iter().map(|(number, slot, samples)| frame(&db, *number, *slot, samples));
                // One instrument rejects frames of an instant that it has.
                let _ = db.append(&frames.collect()).unwrap();
            }
            Step::Run(number, from, rows) => {
                let value = |slot: i64| Sample::normal((slot % 90) as f64 / 8.0);
                let frames = (*from..from + rows).map(|slot| frame(&db, *number, slot, &[value(slot); 3]));
                let _ = db.append(&frames.collect()).unwrap();
            }
            Step::Rules => load_rules(&db),
            Step::Change(number, is_new) => change(&db, *number, *is_new),
            Step::Seal => db.seal().unwrap(),
            Step::Reopen => {
                drop(db);
                db = open(dir);
            }
            Step::Delete(number, from, slots) => {
                let (by, reason) = ("A. Keeper".to_owned(), "test gas".to_owned());
                let range = TimeRange::new(at(*from), at(from + slots));
                let instrument = InstrumentId::new(*number);
                db.delete(&Deletion { instrument, scope: DeletionScope::Channels(vec![0]), range, by, reason })
                    .unwrap();
            }
        }
    }
    db
}

fn dump(dir: &Path, scope: &DumpScope) -> Vec<u8> {
    let mut text = Vec::new();
    ReadOnly::open(dir).unwrap().dump(scope, &mut text, |_| {}).unwrap();
    text
}

/// A row to the bit.
type Row = (InstrumentId, Timestamp, Vec<(Option<u64>, Quality)>);

fn rows(dir: &Path) -> Vec<Row> {
    let store = ReadOnly::open(dir).unwrap();
    let mut rows = Vec::new();
    for (id, _, instrument) in store.registry().instruments() {
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let mut scan = store.readings().scan(id, &channels, TimeRange::ALL).unwrap();
        while let Some(chunk) = scan.next_rows().unwrap() {
            let bits = |sample: Sample| (sample.value.map(f64::to_bits), sample.quality);
            let row = |at: usize| chunk.columns.iter().map(|column| bits(column.sample(at))).collect();
            rows.extend(chunk.times.iter().enumerate().map(|(at, time)| (id, *time, row(at))));
        }
    }
    rows
}

/// The history that a store has once it has been opened and has caught up.
fn history(dir: &Path) -> String {
    let mut out = Vec::new();
    open(dir).export_ledger(ExportScope::History, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// With a last line that fits.
fn ended(lines: &[&str]) -> Vec<u8> {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{body}end {} {:08x}\n", lines.len(), crc32c(body.as_bytes())).into_bytes()
}

fn problem(text: &[u8]) -> (u64, DumpProblem) {
    let dir = crate::support::scratch::dir();
    let target = dir.path().join("store");
    let error = Database::restore(text, &target, |_| {}).unwrap_err();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing stays of a failed restore");
    match error {
        Error::Dump(error) => (error.line, error.problem),
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_restored_store_is_the_store_to_the_bit(steps in prop::collection::vec(step(), 0..14), is_part in any::<bool>()) {
        let home = crate::support::scratch::dir();
        let (source, restored, again) = (home.path().join("a"), home.path().join("b"), home.path().join("c"));
        let db = store(&source, &steps);
        let beside = dump(&source, &WHOLE);
        let report = Database::restore(beside.as_slice(), &restored, |_| {}).unwrap();
        prop_assert_eq!(&dump(&restored, &WHOLE), &beside);
        prop_assert_eq!(rows(&restored), rows(&source));
        prop_assert_eq!(report.lines, beside.iter().filter(|byte| **byte == b'\n').count() as u64);

        let mut own = Vec::new();
        let said = db.dump(&WHOLE, &mut own, |_| {}).unwrap();
        prop_assert_eq!((said.arrivals, said.bytes), (0, own.len() as u64));
        Database::restore(own.as_slice(), &again, |_| {}).unwrap();
        prop_assert_eq!(&dump(&again, &WHOLE), &own);
        drop(db);

        let range = if is_part { TimeRange::new(at(10), at(1_500)) } else { TimeRange::ALL };
        let part = DumpScope { stations: vec!["park/S1".to_owned()], range };
        let (text, third) = (dump(&source, &part), home.path().join("d"));
        Database::restore(text.as_slice(), &third, |_| {}).unwrap();
        prop_assert_eq!(&dump(&third, &part), &text);
        let is_of_part = |(id, time, _): &Row| id.number() < 3 && range.contains(*time);
        let expected: Vec<Row> = rows(&source).into_iter().filter(is_of_part).collect();
        prop_assert_eq!(rows(&third), expected);

        let before = history(&source);
        prop_assert_eq!(&history(&restored), &before, "rules go on from a dump taken beside the writer");
        prop_assert_eq!(&history(&again), &before, "and from one that the writer took");
    }

    #[test]
    fn a_garbled_dump_gives_an_error_or_a_store(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_mended in any::<bool>()) {
        let home = crate::support::scratch::dir();
        let (source, target) = (home.path().join("a"), home.path().join("b"));
        let db = open(&source);
        let run = |from| (from..from + 30).map(|slot| frame(&db, 1, slot, &[Sample::normal(50.0)])).collect::<Batch>();
        register(&db);
        load_rules(&db);
        db.append(&run(0)).unwrap().all_accepted().unwrap();
        db.seal().unwrap();
        db.append(&run(25)).unwrap().all_accepted().unwrap();
        drop(db);
        let mut text = dump(&source, &WHOLE);
        let place = at.index(text.len());
        let is_change = text[place] != byte;
        text[place] = byte;
        if is_mended && let Ok(whole) = std::str::from_utf8(&text) {
            let lines: Vec<&str> = whole.lines().collect();
            text = ended(&lines[..lines.len() - 1]);
        }
        match Database::restore(text.as_slice(), &target, |_| {}) {
            Ok(_) => prop_assert_eq!(dump(&target, &WHOLE).is_empty(), false),
            Err(Error::Dump(error)) => prop_assert!(error.line > 0 && is_change),
            // Bytes that are bodies of records can make a ledger that no store opens.
            Err(Error::Ledger(_) | Error::Store(_)) => prop_assert!(is_mended),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn a_dump_is_text_that_says_what_it_holds() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    register(&db);
    let samples = [Sample::normal(0.42), Sample { value: None, quality: Quality::Calibration }];
    db.append(&Batch::from_iter([
        frame(&db, 2, 0, &samples),
        frame(&db, 2, 1, &[Sample::MISSING, Sample::normal(-0.0)]),
    ]))
    .unwrap()
    .all_accepted()
    .unwrap();
    db.close().unwrap();
    let text = String::from_utf8(dump(dir.path(), &WHOLE)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "vocdb dump 1");
    assert!(lines[1].starts_with(r##"# {"id":1,"station":{"name":"park/S1""##), "{}", lines[1]);
    assert!(lines[2].starts_with("record station_registered 1 0107"), "{}", lines[2]);
    let from = lines.iter().position(|line| line.starts_with("rows")).unwrap();
    assert_eq!(lines[from - 1..from + 2], ["# park/S1, i1: c0; c1", "rows 2", "1699990000000 0.42 -/3"]);
    assert_eq!(lines[from + 2], "1699990001000 - -0");
    assert!(lines[from + 3].starts_with(&format!("end {} ", lines.len() - 1)));
    assert_eq!(lines.len(), from + 4);
}

#[test]
fn every_cut_of_a_dump_is_a_torn_dump_and_leaves_nothing() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    register(&db);
    db.append(&Batch::from_iter([frame(&db, 1, 0, &[Sample::normal(1.5)])])).unwrap().all_accepted().unwrap();
    db.close().unwrap();
    let text = dump(dir.path(), &WHOLE);
    for cut in (0..text.len()).step_by(7).chain(text.len() - 3..text.len()) {
        let (line, problem) = problem(&text[..cut]);
        let is_first = !text[..cut].contains(&b'\n');
        let is_right = matches!(problem, DumpProblem::Torn) || (is_first && matches!(problem, DumpProblem::NotADump));
        assert!(is_right && line > 0, "a cut at {cut}: {problem}");
    }
}

#[test]
fn hostile_lines_are_named_by_number() {
    let registered = {
        let dir = crate::support::scratch::dir();
        register(&open(dir.path()));
        String::from_utf8(dump(dir.path(), &WHOLE)).unwrap()
    };
    let head: Vec<&str> =
        registered.lines().filter(|line| !line.starts_with('#') && !line.starts_with("end")).collect();
    let with = |lines: &[&str]| {
        let (line, problem) = problem(&ended(&[&head[..], lines].concat()));
        (line - head.len() as u64, problem.to_string())
    };
    for (lines, line, text) in [
        (&["rows 1", "5 1.5", "5 1.5"][..], 3, "in order of time"),
        (&["rows 1", "5 1.5 2"], 2, "has 2 samples, but its instrument has 1 channels"),
        (&["rows 1", "# a comment", "6 2e15"], 3, "not a finite number"),
        (&["rows 1", "6 NaN"], 2, "a row is a time"),
        (&["rows 77", "6 1.5"], 2, "instrument 77 is not registered"),
        (&["rows 2", "rows 1"], 2, "once, by number"),
        (&["arrivals", "1 7 1.5", "1 7 1.5"], 3, "repeats another"),
        (&["arrivals", "rows 1"], 2, "before arrivals"),
        (&["rows 1", head[1]], 2, "records come first"),
        (&["record no_such_record 1 00"], 1, "does not know"),
        (&["record station_registered 1 0"], 1, "a record is"),
        (&["record station_registered 1 ff"], 1, "cannot be read"),
        (&["record segment_sealed 1 00"], 1, "cannot be read"),
        (&["something"], 1, "neither a record"),
    ] {
        let (found, said) = with(lines);
        assert!(found == line && said.contains(text), "{lines:?}: line {found}, {said}");
    }
    assert!(matches!(problem(b"time,value\n"), (1, DumpProblem::NotADump)));
    assert!(matches!(problem(b"vocdb dump 2\nend 1 0\n"), (1, DumpProblem::Format(_))));
    assert!(matches!(problem(b"vocdb dump 1\nend 1 00000000\n"), (2, DumpProblem::Checksum { .. })));
    let joined = [ended(&["vocdb dump 1"]), ended(&["vocdb dump 1"])].concat();
    assert!(matches!(problem(&joined), (3, DumpProblem::Behind)));
}

#[test]
fn a_dump_needs_no_catalog_and_a_backup_opens_and_restores_without_one() {
    let home = crate::support::scratch::dir();
    let (source, backup, restored) = (home.path().join("a"), home.path().join("b"), home.path().join("c"));
    let steps = [Step::Rules, Step::Run(1, 0, 1_200), Step::Seal, Step::Run(2, 0, 1_000)];
    let db = store(&source, &steps);
    db.backup(&backup).unwrap();
    assert!(!backup.join("catalog").exists());
    let expected = dump(&source, &WHOLE);
    drop(db);
    std::fs::remove_dir_all(source.join("catalog")).unwrap();
    assert_eq!(dump(&source, &WHOLE), expected);
    let report = Database::restore_backup(&backup, &restored, |_, _| {}).unwrap();
    assert_eq!(report.segments_linked + report.segments_copied, 1);
    assert!(!restored.join("catalog").exists());
    assert_eq!((dump(&backup, &WHOLE), dump(&restored, &WHOLE)), (expected.clone(), expected));
    let opened = open(&backup);
    assert_eq!(opened.open_report().summaries_rebuilt, 1);
    drop(opened);
    assert_eq!(rows(&backup), rows(&source));
    assert_eq!(history(&restored), history(&source));
}

#[test]
fn a_backup_that_does_not_check_and_a_taken_folder_restore_nothing() {
    let home = crate::support::scratch::dir();
    let (source, backup, restored) = (home.path().join("a"), home.path().join("b"), home.path().join("c"));
    let db = store(&source, &[Step::Run(1, 0, 1_200), Step::Seal]);
    db.backup(&backup).unwrap();
    let segment = std::fs::read_dir(backup.join("segments")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::remove_file(&segment).unwrap();
    std::fs::write(&segment, bytes).unwrap();
    let error = Database::restore_backup(&backup, &restored, |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::Unsound { .. }), "{error}");
    assert!(!restored.exists() && !home.path().join("c.restoring").exists());
    let text = ended(&["vocdb dump 1"]);
    let error = Database::restore(text.as_slice(), &source, |_| {}).unwrap_err();
    assert!(error.to_string().contains("is not empty: name a new folder"), "{error}");
    let part = DumpScope { stations: vec!["park/S9".to_owned()], range: TimeRange::ALL };
    let error = db.dump(&part, &mut Vec::new(), |_| {}).unwrap_err();
    assert!(matches!(error, Error::UnknownStation { .. }), "{error}");
}
