//! A rule file with ten different mistakes, as an operator sees it.

use std::path::{Path, PathBuf};
use vocdb::{Channel, Config, Database, Error, Instrument, Interval, Station, Unit};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(name)
}

fn park(dir: &Path) -> Database {
    let db = Database::open(dir, Config::default()).unwrap();
    for name in ["park/S1", "park/S2"] {
        let station = db.register_station(Station::new(name).unwrap()).unwrap();
        let species = |name| Channel::species(name, Unit::Ppb).unwrap();
        let channels = vec![species("benzene"), species("toluene")];
        db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap();
    }
    db
}

#[test]
fn ten_mistakes_give_ten_errors_with_place_and_remedy_and_leave_the_rules_in_force() {
    let dir = crate::support::scratch::dir();
    let db = park(dir.path());
    let good = vec![vocdb::rules::RuleFile {
        name: "good.rhai".to_owned(),
        text: r#"alarm("good").scope(stations("park/*")).when(last("benzene") > 30.ppb);"#.to_owned(),
    }];
    db.load_rule_files(good).unwrap();
    let before = db.conditions();

    let Err(Error::Rules(diagnostics)) = db.load_rules(fixture("ten_mistakes")) else {
        panic!("the mistakes went through")
    };
    let errors: Vec<String> = diagnostics.errors().map(ToString::to_string).collect();
    let golden = std::fs::read_to_string(fixture("ten_mistakes.txt")).unwrap_or_default();
    assert_eq!(errors.join("\n"), golden.trim_end(), "\n{}", errors.join("\n"));
    assert_eq!(errors.len(), 10);
    assert_eq!(db.conditions(), before, "a broken rule set must change nothing");

    let empty = vocdb::rules::RuleFile { name: "empty.rhai".to_owned(), text: "// all commented out".to_owned() };
    assert!(matches!(db.load_rule_files(vec![empty]), Err(Error::NoRules)));
    assert_eq!(db.conditions(), before, "a folder without rules must not close what is watched");
}
