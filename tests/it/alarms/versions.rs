//! Alarms that a release recorded: `fixtures/v1/alarms` holds the files of a store with some, byte for byte.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, AlarmId, Batch, Channel, Config, Database, Durability, Instrument, Interval, Quality, Sample, Station,
    Timers, Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_040_000;
/// Where the files of a new fixture are to be written.
const FIXTURE: &str = "VOCDB_ALARM_FIXTURE";
const RULES: &str = "alarm(\"high\").scope(stations(\"park/*\")).when(avg(\"benzene\", 5.minutes) > 30.ppb)\n\
    .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));\n\
    alarm(\"stays\").scope(stations(\"park/*\")).when(max(\"benzene\", 3.minutes) > 90.ppb).latch();\n";

fn config() -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS + 86_400_000));
    Config { durability: Durability::Buffered, timers: Timers::Frames, clock, ..Config::default() }
}

/// A plume that opens both rules, ends, and comes again; one sample is suspect.
fn write(db: &Database, suspect: i64) {
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    let gc = db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, vec![benzene]).unwrap());
    let gc = gc.unwrap();
    db.load_rule_files(vec![RuleFile { name: "park.rhai".to_owned(), text: RULES.to_owned() }]).unwrap();
    for minute in 0..40_i64 {
        let value = if (10..15).contains(&minute) || minute >= 35 { 95.5 } else { 12.25 };
        let quality = if minute == suspect { Quality::Suspect } else { Quality::Normal };
        let mut batch = Batch::new();
        let sample = Sample { value: (minute != 11).then_some(value), quality };
        batch.push_samples(gc, Timestamp::from_ms(NOW_MS + minute * 60_000), [sample]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
}

fn copy_files(from: &Path, to: &Path) {
    for folder in ["", "segments", "wal"] {
        std::fs::create_dir_all(to.join(folder)).unwrap();
        for entry in std::fs::read_dir(from.join(folder)).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() && entry.file_name() != "LOCK" {
                std::fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
}

/// Not a test: writes the files of this release, where it is asked to.
#[test]
#[ignore = "writes a new fixture into the folder that VOCDB_ALARM_FIXTURE names"]
fn a_fixture_of_alarms_of_this_release_is_written() {
    let target = PathBuf::from(std::env::var(FIXTURE).unwrap());
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), config()).unwrap();
    write(&db, 12);
    drop(db);
    copy_files(dir.path(), &target);
}

#[test]
fn alarms_of_every_format_version_are_there_and_continue() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    for version in (1..).map(|number| fixtures.join(format!("v{number}"))).take_while(|folder| folder.is_dir()) {
        let dir = crate::support::scratch::dir();
        copy_files(&version.join("alarms"), dir.path());
        let db = Database::open(dir.path(), config()).unwrap();
        let events = db.events().unwrap();
        let mut told = Vec::new();
        for event in &events {
            match event {
                AlarmEvent::Opened(one) => {
                    assert_eq!((one.evidence.len(), one.evidence[0].terms.len()), (1, 1));
                    told.push(format!("{} opened {:?}", one.rule, one.evidence[0].terms[0].value));
                }
                AlarmEvent::Closed(one) => {
                    told.push(format!("{} closed {:?}", one.rule, one.evidence[0].terms[0].value));
                }
                AlarmEvent::LatchChanged(one) => {
                    told.push(format!("{} clear {} {:?}", one.rule, one.is_clear, one.evidence[0].terms[0].value));
                }
                _ => {}
            }
        }
        assert_eq!(told.len(), 6, "{told:?}");
        let watermarks =
            events.iter().filter(|event| matches!(event, AlarmEvent::Opened(one) if one.watermark.is_some()));
        assert_eq!(watermarks.count(), 3, "{}", version.display());
        let open: Vec<AlarmId> = db.alarms().iter().map(|alarm| alarm.opened.alarm).collect();
        assert_eq!(open.len(), 2, "{told:?}");
        for alarm in open {
            assert!(db.explain(alarm).unwrap().unwrap().to_string().contains("park/S1"));
            db.acknowledge(alarm, "anna", "seen").unwrap();
        }
    }
}

#[test]
fn an_explanation_names_values_coverage_flags_and_watermark() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), config()).unwrap();
    write(&db, 8);
    let text: String = (1..=3).map(|alarm| db.explain(AlarmId(alarm)).unwrap().unwrap().to_string()).collect();
    assert_eq!(text, include_str!("../fixtures/explained.txt"), "\n{text}");
    let mut export = Vec::new();
    db.export_ledger(vocdb::ExportScope::History, &mut export).unwrap();
    let export = String::from_utf8(export).unwrap();
    assert!(export.contains("\"flags\":[{\"flag\":\"Suspect\",\"samples\":1}]"), "{export}");
    assert!(export.contains(&format!("\"watermark\":\"{}\"", Timestamp::from_ms(NOW_MS + 10 * 60_000))), "{export}");
}
