//! Hostile rule files: each ends soon in a typed mistake, and the rules in force go on.
#![cfg(test)]

mod bombs;

use allocation_counter::measure;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use vocdb::rules::{Engine, FolderError, RuleFile, check, compile, read_folder, sites_of};
use vocdb::verdict::{Truth, Verdict};
use vocdb::{
    Batch, Channel, Config, Database, Error, Instrument, InstrumentId, Interval, Registry, Station, StationId,
    Timestamp, Unit,
};

fn file(name: &str, text: &str) -> RuleFile {
    RuleFile { name: name.to_owned(), text: text.to_owned() }
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap().with_detection_limit(0.5)];
    for number in 1..=2 {
        let station = StationId::new(number);
        registry.insert_station(station, Station::new(format!("park/S{number}")).unwrap());
        let gc = Instrument::new("gc", Interval::MINUTE, channels.clone()).unwrap();
        registry.insert_instrument(InstrumentId::new(number), station, gc);
    }
    registry
}

/// Endless loops, bombs of memory, deep recursion, as rules and inside closures.
const HOSTILE: [&str; 17] = [
    "loop { }",
    "let i = 0; while true { i += 1; }",
    "fn f(x) { f(x + 1) } f(0);",
    "fn f(x) { g(x) } fn g(x) { f(x) } f(0);",
    "let s = \"x\"; loop { s += s; }",
    "let a = [1]; loop { a += a; }",
    "let a = []; loop { a.push(a); }",
    "let m = #{}; let i = 0; loop { m[i.to_string()] = m; i += 1; }",
    "let x = \"x\"; x.pad(1000000000, 'x');",
    "let s = last(\"benzene\"); loop { s = s + 1.ppb; }",
    "loop { let s = last(\"benzene\"); for i in 0..500 { s = s + 1.ppb; } }",
    "loop { let c = last(\"benzene\") > 1.ppb; for i in 0..500 { c = c and last(\"benzene\") > 1.ppb; } }",
    "loop { let s = avg(\"benzene\", 1.hour); for i in 0..9 { s = s + s; } }",
    "let s = spread(avg(\"benzene\", 1.hour)); loop { s = s.mean_of(3) + s; }",
    "alarm(\"a\").scope(\"park/*\").when_script(#{ b: last(\"benzene\") / 1.ppb }, |s| { loop { } });",
    "alarm(\"a\").scope(\"park/*\").when_script(#{ b: last(\"benzene\") / 1.ppb }, |s| { let t = \"x\"; loop { t += t; } });",
    "fn f(x) { f(x + 1) } alarm(\"a\").scope(\"park/*\").when_script(#{ b: last(\"benzene\") / 1.ppb }, |s| f(s.b));",
];

#[test]
fn hostile_files_end_in_mistakes_and_leave_the_rules_in_force() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config::default()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, channels).unwrap()).unwrap();
    let good = "alarm(\"good\").scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb);";
    db.load_rule_files(vec![file("good.rhai", good)]).unwrap();
    let before = db.conditions();
    for text in HOSTILE {
        let outcome = db.load_rule_files(vec![file("good.rhai", good), file("hostile.rhai", text)]);
        let Err(Error::Rules(found)) = outcome else { panic!("{text} went through") };
        assert!(found.errors().all(|one| &*one.place.file == "hostile.rhai"), "{text}: {found}");
        assert_eq!(db.conditions(), before, "{text}");
    }
}

#[test]
fn contacts_without_number_that_nobody_knows_are_told_in_linear_work() {
    let named = |letter: &str, count: usize| {
        let long = letter.repeat(60);
        format!("let all = []; for i in 0..{count} {{ all.push(contact(\"{long}\" + i)); }}")
    };
    let at_places = |_: &str, count: usize| -> String {
        (0..count).map(|number| format!("contact(\"{}{number}\");\n", "b".repeat(60))).collect()
    };
    let registry = registry();
    let work = |others: &dyn Fn(&str, usize) -> String, count: usize| {
        let list = format!("{} export const ALL = all;", named("a", count));
        let files = [file("contacts.rhai", &list), file("hostile.rhai", &others("b", count))];
        measure(|| assert!(!check(&files, &registry).errors.is_empty()))
    };
    for others in [&named as &dyn Fn(&str, usize) -> String, &at_places] {
        let (once, twice) = (work(others, 500), work(others, 1_000));
        println!("{once:?}\n{twice:?}");
        assert!(twice.count_total < 3 * once.count_total && twice.bytes_total < 3 * once.bytes_total);
    }
}

#[test]
fn readings_come_in_while_rule_files_that_loop_are_compiled() {
    let dir = crate::support::scratch::dir();
    let config = Config { durability: vocdb::Durability::Buffered, ..Config::default() };
    let db = Database::open(dir.path(), config).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    let gc = Instrument::new("gc", Interval::MINUTE, channels).unwrap();
    let gc = db.register_instrument(station, gc).unwrap();
    let looping: Vec<RuleFile> = (0..5).map(|number| file(&format!("{number}.rhai"), HOSTILE[1])).collect();
    let is_over = AtomicBool::new(false);
    let mut appended = 0;
    std::thread::scope(|scope| {
        let _loading = scope.spawn(|| {
            assert!(matches!(db.load_rule_files(looping), Err(Error::Rules(_))));
            is_over.store(true, Ordering::Release);
        });
        while !is_over.load(Ordering::Acquire) {
            let mut batch = Batch::new();
            batch.push_values(gc, Timestamp::from_ms(60_000 * (appended + 1)), &[Some(1.0)]);
            assert_eq!(db.append(&batch).unwrap().accepted, 1);
            appended += 1;
        }
    });
    // One may come before the lock and one behind it; many come only where there is none in between.
    assert!(appended > 20, "{appended} readings came in meanwhile");
}

/// Too long an expression, a line, a file of too many lines or bytes, an expression that doubles: each is refused.
#[test]
fn files_beyond_the_limits_are_refused_and_leave_the_rules_in_force() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), Config::default()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, channels).unwrap()).unwrap();
    let good = "alarm(\"good\").scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb);";
    db.load_rule_files(vec![file("good.rhai", good)]).unwrap();
    let before = db.conditions();
    let chain = |terms: usize| {
        let sum = " + 1.ppb".repeat(terms);
        format!("alarm(\"long\").scope(\"park/*\").when(last(\"benzene\"){sum} > 1.ppb);")
    };
    let wide = format!("{good}//{}", "x".repeat(70_000));
    let many = format!("{good}{}", "\n".repeat(70_000));
    let large = format!("{good}{}", "// xxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(40_000));
    let doubled = format!("let s = last(\"benzene\"); for i in 0..40 {{ s = s + s; }} {}", chain(1));
    for text in [chain(5_000), wide, many, large, doubled] {
        let outcome = db.load_rule_files(vec![file("good.rhai", good), file("huge.rhai", &text)]);
        let Err(Error::Rules(found)) = outcome else { panic!("{} bytes went through", text.len()) };
        assert!(found.errors().any(|one| &*one.place.file == "huge.rhai"), "{found}");
        assert_eq!(db.conditions(), before);
    }
}

#[test]
fn imports_see_the_files_of_the_folder_and_nothing_else() {
    let escapes =
        ["../secret", "/etc/passwd", "..", "./../secret.rhai", "sub/../../secret", "C:\\secret", "file:///etc/passwd"];
    for path in escapes {
        let text = format!("import \"{}\" as x;", path.replace('\\', "\\\\"));
        let report = check(&[file("r.rhai", &text)], &registry());
        assert_eq!(report.errors.len(), 1, "{path}");
        assert!(report.errors[0].message.starts_with("there is no rule file"), "{}", report.errors[0]);
    }
    for text in ["if true { import \"/etc/passwd\" as x; }", "fn f() { import \"../a\" as x; } f();", "eval(\"1\");"] {
        assert!(!check(&[file("r.rhai", text)], &registry()).errors.is_empty(), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_a_typed_error() {
    let (dir, outside) = (crate::support::scratch::dir(), crate::support::scratch::dir());
    std::fs::write(outside.path().join("secret.rhai"), "export const A = 1;").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.rhai"), dir.path().join("inside.rhai")).unwrap();
    assert!(matches!(read_folder(dir.path()), Err(FolderError::Outside { .. })));
}

/// What a rule says at each of the instants at which `values` come, with its fault.
fn said(rule: &str, values: &[Option<f64>]) -> Vec<(Truth, Option<String>)> {
    let plans =
        compile(&[file("r.rhai", rule)], &sites_of(&registry())).unwrap_or_else(|found| panic!("{found}")).plans;
    let mut engine = Engine::new(plans);
    let mut said = Vec::new();
    for (value, minute) in values.iter().zip(1..) {
        let mut batch = Batch::new();
        batch.push_values(InstrumentId::new(1), Timestamp::from_ms(minute * 60_000), &[*value]);
        let mut sink = |verdict: &Verdict<'_>| said.push((verdict.trip, verdict.fault.map(str::to_owned)));
        engine.push(batch.frame(0).unwrap(), Timestamp::from_ms(minute * 60_000), &mut sink);
    }
    said
}

const CLOSURE: &str = "alarm(\"a\").scope(\"park/S1\").when_script(#{ b: last(\"benzene\") / 1.ppb }, ";

#[test]
fn a_closure_answers_true_false_or_unknown_and_says_why() {
    let of = |closure: &str, values: &[Option<f64>]| {
        said(&format!("const LIMIT = 4.5; fn twice(x) {{ x * 2.0 }} let six = 6.0; {CLOSURE}{closure});"), values)
    };
    let plain = |truths: &[Truth]| truths.iter().map(|truth| (*truth, None)).collect::<Vec<_>>();
    use Truth::{False, True, Unknown};
    let values = [Some(1.0), Some(7.0), None, Some(7.0)];
    assert_eq!(of("|s| s.b > six", &values), plain(&[False, True, Unknown, True]));
    assert_eq!(of("|s| twice(s.b) > 3 and not (s.b > 9)", &values), plain(&[False, True, Unknown, True]));
    assert_eq!(of("|s| is_known(s.b) && s.b > 6", &values), plain(&[False, True, Unknown, True]));
    assert_eq!(of("|s| if is_known(s.b) { s.b > 6 } else { true }", &values), plain(&[False, True, True, True]));
    let counted = of("|s| { six += 1.0; s.b + 0.0 * six > 6.5 && six < 8.0 }", &values);
    assert_eq!(counted, plain(&[False, True, Unknown, True]), "nothing is remembered between evaluations");
    let faults = of("|s| { if s.b > 6.0 { loop { } } s.b > 0.5 }", &values);
    assert_eq!(faults[0], (True, None));
    assert_eq!(faults[1], (Unknown, Some("it takes more than 10000 operations".to_owned())));
    assert_eq!(faults[2], (Unknown, None));
    let faults = of("|s| if s.b > 6.0 { 3 } else { false }", &values);
    assert_eq!(faults[1], (Unknown, Some("it gives i64, not true or false".to_owned())));
}

#[test]
fn a_closure_that_fails_harms_no_other_rule() {
    let both = format!(
        "{CLOSURE}|s| {{ if s.b > 6.0 {{ loop {{ }} }} false }});\n\
        alarm(\"b\").scope(\"park/S1\").when(last(\"benzene\") > 6.ppb);"
    );
    let truths: Vec<Truth> = said(&both, &[Some(1.0), Some(7.0)]).into_iter().map(|(truth, _)| truth).collect();
    assert_eq!(truths, [Truth::False, Truth::False, Truth::Unknown, Truth::True]);
}

#[test]
fn the_definitions_for_editors_are_those_of_the_release() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules/vocdb.d.rhai");
    let wanted = vocdb::rules::definitions();
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "write the text of vocdb::rules::definitions() to {}", path.display());
}

#[test]
fn the_shipped_rules_pass_their_own_tests() {
    for folder in ["examples/rules", "examples/rules/park"] {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let (rules, tests) = (read_folder(&dir).unwrap(), vocdb::rules::read_tests(&dir).unwrap());
        let outcomes = vocdb::run_rule_tests(&rules, &tests, &Registry::default());
        assert!(outcomes.len() >= 2, "{folder}");
        for outcome in outcomes {
            assert_eq!(outcome.failures, [], "{}", outcome.name);
        }
    }
}

#[test]
fn a_report_draws_each_mistake_under_its_line() {
    let text =
        "alarm(\"a\").scope(\"park/*\").quorum(3)\n    .when(last(\"benzene\") > 30 and last(\"benzen\") > 3.ppb);\n";
    let files = [file("park.rhai", text)];
    let drawn = check(&files, &registry()).draw(&files);
    let golden = include_str!("../fixtures/drawn.txt");
    assert_eq!(drawn, golden, "\n{drawn}");
}
