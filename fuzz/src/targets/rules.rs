//! Any text as a rule file: plans, or mistakes with their places.

use vocdb::rules::{RuleFile, Site, compile};
use vocdb::{Channel, Instrument, InstrumentId, Interval, StationId, Unit};

fn site() -> Site {
    let channel = |name| Channel::species(name, Unit::Ppb).expect("a species");
    let channels = vec![channel("benzene"), channel("methane")];
    let instrument = Instrument::new("gc", Interval::MINUTE, channels).expect("a name");
    let instruments = vec![(InstrumentId::new(1), instrument)];
    Site { id: StationId::new(1), name: "metec/fence-1".to_owned(), instruments }
}

/// What grows without end, or would where a bound is missing.
const BOMBS: &str = r#"let f = |x| x; for i in 0..50 { let g = f; f = |x| g.call(x); }
let a = [1]; loop { a = [a, a]; a.push(a); a += a; a = a.map(|x| [a]); }
let m = #{}; let s = "x"; loop { m[s] = m; m = #{ a: m }; s += s; }
fn f(n) { [f(n + 1)] } f(0); a.reduce(|s, x| [s, f(x)], a);
let e = escalation("e"); loop { e.step(1.minute, [contact("c"), contact("d")], "app"); }
let p = param("trip", 30.ppb); loop { p = p.at("metec/*", 10.ppb); }
let c = last("benzene") > 1.ppb; loop { c = not (c and c); alarm("a").scope("metec/*").when(c).escalate(e); }
loop { alarm("b").scope("metec/*").when_script(#{ b: last("benzene") / 1.ppb }, |s| { let l = [s.b]; l.map(|x| x > 1.0)[0] }); }
"#;

/// The same text gives the same answer twice, and no mistake is without words. What may be allocated does not depend on what the text
/// does, only on its length.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let contacts = include_str!("../../../examples/rules/contacts.rhai").to_owned();
    let file = |name: &str, text| RuleFile { name: name.to_owned(), text };
    let files = [file("any.rhai", text), file("contacts.rhai", contacts)];
    let first = compile(&files, &[site()]).map(|compiled| compiled.plans);
    let again = compile(&files, &[site()]).map(|compiled| compiled.plans);
    assert!(first == again, "{first:?}\n{again:?}");
    assert!(first.err().is_none_or(|mistakes| !mistakes.0.is_empty()));
}

/// The rules of the examples and of the tests.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        include_str!("../../../examples/rules/fence_line.rhai"),
        include_str!("../../../examples/rules/park/benzene_steps.rhai"),
        include_str!("../../../examples/rules/contacts.rhai"),
        include_str!("../../../src/rules/golden/ten.rhai"),
        include_str!("../../../tests/it/fixtures/ten_mistakes/park.rhai"),
    ];
    let lines = BOMBS.lines().map(|line| line.as_bytes().to_vec());
    texts.map(|text| text.as_bytes().to_vec()).into_iter().chain(lines).collect()
}
