//! Any text as a rule file: plans, or mistakes with their places.

use vocdb::rules::{RuleFile, Site, compile};
use vocdb::{Channel, Instrument, InstrumentId, Interval, StationId, Unit};

fn site() -> Site {
    let channel = |name| Channel::species(name, Unit::Ppb).expect("a species");
    let channels = vec![channel("benzene"), channel("methane")];
    let instrument = Instrument::new("gc", Interval::minutes(1), channels).expect("a name");
    let instruments = vec![(InstrumentId::new(1), instrument)];
    Site { id: StationId::new(1), name: "metec/fence-1".to_owned(), instruments }
}

/// The same text gives the same answer twice, and no mistake is without words.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let contacts = include_str!("../../../examples/rules/contacts.rhai").to_owned();
    let file = |name: &str, text| RuleFile { name: name.to_owned(), text };
    let files = [file("any.rhai", text), file("contacts.rhai", contacts)];
    let first = compile(&files, &[site()]).map(|compiled| format!("{:?}", compiled.plans)).map_err(|e| e.to_string());
    let again = compile(&files, &[site()]).map(|compiled| format!("{:?}", compiled.plans)).map_err(|e| e.to_string());
    assert_eq!(first, again);
    assert!(first.err().is_none_or(|mistakes| !mistakes.is_empty()));
}

/// The rules of the examples and of the tests.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        include_str!("../../../examples/rules/fence_line.rhai"),
        include_str!("../../../examples/rules/contacts.rhai"),
        include_str!("../../../src/rules/golden/ten.rhai"),
        include_str!("../../../tests/it/fixtures/ten_mistakes/park.rhai"),
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
