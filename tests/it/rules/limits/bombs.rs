//! Rule files made to take memory, time or the stack: each is a typed error within a bound on what is allocated, and leaks nothing.

use super::{HOSTILE, file, registry, said};
use allocation_counter::{AllocationInfo, measure};
use proptest::prelude::*;
use vocdb::rules::{RuleFile, check, compile, sites_of};
use vocdb::verdict::Truth;
use vocdb::{Channel, Config, Database, Error, Instrument, Interval, Station, Unit};

/// Bytes that one rule file may have allocated at a time, whatever it does: what a million operations are charged for.
const BYTES_MAX: u64 = 192 << 20;
/// Bytes that one evaluation of a closure may have allocated at a time.
const CLOSURE_BYTES_MAX: u64 = 2 << 20;
/// Allocations that one rule file may cost, and bytes of all of them.
const COUNT_MAX: u64 = 20_000_000;
const TOTAL_BYTES_MAX: u64 = 4 << 30;
/// Bytes that may stay: what a library keeps once for all.
const LEFT_BYTES_MAX: i64 = 256 << 10;

/// Growth without end in one file.
const BOMBS: [&str; 36] = [
    // Functions that hold functions.
    "let f = Fn(\"len\"); for i in 0..40 { f = f.curry(f); }",
    "let f = |x| x; for i in 0..50000 { let g = f; f = |x| g.call(x); }",
    "fn wrap(f) { f } let g = 1; loop { g = wrap(|x| g); }",
    "fn map(a, f) { f } let g = 1; loop { g = map([], |x| g); }",
    "let m = #{ map: |f| f }; let g = 1; loop { g = m.map(|x| g); }",
    "let a = []; loop { let a = []; a.push(|x| a); }",
    "let a = [1]; loop { a = a.map(|x| a); }",
    "let a = [1]; loop { let g = a.map(|x| |y| x); a = g; }",
    "let f = 1; loop { f = `${[1].map(|x| f)}`; }",
    // Values within values.
    "let a = []; loop { a = [a]; }",
    "let m = #{}; loop { m = #{ a: m }; }",
    "let a = []; loop { a = [#{ a: a }]; }",
    "let a = []; loop { a.push(a); }",
    "let a = [1]; loop { a = a.map(|x| [a]); }",
    "fn f(n) { if n == 0 { [] } else { [[[[f(n - 1)]]]] } } let a = f(12); let b = [a]; loop { b = [b]; }",
    "let a = [1]; loop { a = a.reduce(|s, x| [s], a); }",
    // Copies.
    "let a = [1]; loop { a += a; } ",
    "let s = \"x\"; while s.len() < 4000 { s += s; } let a = []; loop { let b = s.to_chars(); a = [a, b]; }",
    "let a = []; for i in 0..3000 { a.push(i); } let m = #{}; let i = 0; loop { m[`${i}`] = a; i += 1; }",
    "let a = []; for i in 0..3000 { a.push(i); } fn f(n, a) { let b = a; let c = a; let d = a; f(n + 1, b) } f(0, a);",
    "let s = \"x\"; while s.len() < 4000 { s += s; } let a = []; loop { a.push(s + a.len()); }",
    "let a = []; a.pad(4000, 0);",
    "let l = [1, 2, 3, 4, 5, 6, 7, 8]; fn f(l, n) { if n > 0 { let k = l; l.map(|x| f(k, n - 1)) } else { 0 } } f(l, 14);",
    "let l = []; for i in 0..1000 { l.push(i); } let k = l; let j = l; l.map(|a| k.map(|b| j.map(|c| 1)));",
    "let a = []; for i in 0..999 { a.push(i); } const K = a; fn f(n) { let b = global::K; let c = global::K; f(n + 1) } f(0);",
    "let a = []; for i in 0..1999 { a.push([i]); } const K = a;",
    "let a = [1]; loop { try { a.for_each(|x| a.push(x)); } catch { } }",
    "let a = [1]; loop { a.for_each(|x| a.push(x)); }",
    // What rules are made of.
    "let e = escalation(\"e\"); for i in 0..5000 { e = e.step((i+1).seconds, contact(\"c\"), [\"app\"]); }",
    "let l = []; for i in 0..400 { l.push(contact(`c${i}`)); } let e = escalation(\"e\"); loop { e.step(1.minute, l, \"app\"); }",
    "let p = param(\"trip\", 30.ppb); for i in 0..20000 { p = p.at(\"park/S1\", 10.ppb); }",
    "let r = roster(\"r\", \"UTC\"); loop { r.shift(\"mon\", \"08:00-09:00\", contact(\"c\")); }",
    "let n = \"x\"; while n.len() < 190 { n += n; } let l = []; loop { l.push(last(n)); if l.len() > 3900 { l = [l]; } }",
    "let c = last(\"benzene\") > 1.ppb; loop { c = not c; }",
    "let c = last(\"benzene\") > 1.ppb; for i in 0..8 { c = c and c; } loop { alarm(\"a\").scope(\"park/*\").when(c); }",
    "loop { alarm(\"a\").scope(\"park/*\").when_script(#{ b: last(\"benzene\") / 1.ppb }, |s| s.b > 1.0); }",
];

fn checked(files: &[RuleFile]) -> (AllocationInfo, usize) {
    let registry = registry();
    let mut errors = 0;
    let taken = measure(|| errors = check(files, &registry).errors.len());
    (taken, errors)
}

#[test]
fn bombs_are_errors_within_a_bound_on_memory_and_leave_nothing_behind() {
    checked(&[file("r.rhai", BOMBS[BOMBS.len() - 1])]);
    for text in BOMBS.iter().chain(&HOSTILE) {
        let (taken, errors) = checked(&[file("bomb.rhai", text)]);
        let [most, left, all] =
            [taken.bytes_max, taken.bytes_current.unsigned_abs(), taken.bytes_total].map(|n| n >> 10);
        println!("{most:>6} KiB at most, {left:>4} KiB left, {all:>7} KiB in {:>8} pieces: {text}", taken.count_total);
        assert!(errors > 0, "{text}");
        assert!(taken.bytes_max < BYTES_MAX, "{text}: {taken:?}");
        assert!(taken.bytes_current < LEFT_BYTES_MAX, "{text}: {taken:?}");
        assert!(taken.count_total < COUNT_MAX && taken.bytes_total < TOTAL_BYTES_MAX, "{text}: {taken:?}");
    }
}

#[test]
fn a_long_chain_is_shared_by_all_rules_that_use_it() {
    let text = "let e = escalation(\"e\");\n\
                for i in 0..1000 { e = e.step((i + 1).seconds, contact(\"c\"), [\"app\"]); }\n\
                for i in 0..2000 { alarm(`r${i}`).scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb).escalate(e); }";
    let files = [file("chains.rhai", text)];
    let sites = sites_of(&registry());
    let mut plans = 0;
    let taken = measure(|| plans = compile(&files, &sites).unwrap_or_else(|found| panic!("{found}")).plans.len());
    println!("{} KiB", taken.bytes_max >> 10);
    assert_eq!(plans, 4_000);
    assert!(taken.bytes_max < 64 << 20, "{taken:?}");
}

/// What closures do once the value is above six, and what is said then.
const SLEEPERS: [&str; 22] = [
    "loop { }",
    "let a = []; loop { a = [a]; }",
    "let a = [1]; loop { a += a; }",
    "let m = #{}; loop { m = #{ a: m, b: m }; }",
    "let t = \"x\"; loop { t += t; }",
    "let a = []; loop { a.push(a); }",
    "down(1);",
    "let l = []; for i in 0..200 { l.push(i); } let k = l; let j = l; l.map(|a| k.map(|b| j.map(|c| c)));",
    "let l = [1, 2, 3, 4, 5, 6, 7, 8]; fan(l, 9);",
    "let f = |x| x; for i in 0..9999 { f = [f]; }",
    "let f = Fn(\"down\"); loop { f = [f, f]; }",
    "let a = []; a.pad(1000000, 0);",
    "let l = [1]; l.map(|x| { loop { } });",
    "let l = [3, 1, 2]; loop { l.sort(|a, b| { loop { } }); }",
    "throw \"no\";",
    "s.b.nothing();",
    "let x = 9223372036854775807; x += 1;",
    "let x = 1 / 0;",
    "let x = [1][5];",
    "for i in range(0, 9223372036854775807) { }",
    "let x = 1 << 100; let y = (-9223372036854775807 - 1).abs(); let z = \"x\".sub_string(-5, 99); throw x;",
    "return 3;",
];

#[test]
fn a_closure_that_blows_up_at_a_certain_value_is_unknown_and_takes_little() {
    let around =
        "fn down(n) { down(n + 1) } fn fan(l, n) { if n > 0 { let k = l; l.map(|x| fan(k, n - 1)) } else { 0 } }";
    let rule = |body: &str| {
        let closure = format!("|s| {{ if s.b > 6.0 {{ {body} }} s.b > 3.0 }}");
        format!("{around} alarm(\"a\").scope(\"park/S1\").when_script(#{{ b: last(\"benzene\") / 1.ppb }}, {closure});")
    };
    said(&rule("s.b > 1.0"), &[Some(1.0)]);
    for body in SLEEPERS {
        let mut said_of = Vec::new();
        let taken = measure(|| said_of = said(&rule(body), &[Some(1.0), Some(7.0), Some(5.0), Some(7.0), Some(2.0)]));
        let truths: Vec<Truth> = said_of.iter().map(|(truth, _)| *truth).collect();
        println!("{:>5} KiB {:?} {body}", taken.bytes_max >> 10, said_of[1].1);
        assert_eq!(truths, [Truth::False, Truth::Unknown, Truth::True, Truth::Unknown, Truth::False], "{body}");
        assert!(said_of[1].1.is_some() && said_of[1] == said_of[3], "{body}: {said_of:?}");
        assert!(taken.bytes_max < CLOSURE_BYTES_MAX, "{body}: {taken:?}");
        assert!(taken.bytes_current < LEFT_BYTES_MAX, "{body}: {taken:?}");
    }
}

#[test]
fn a_closure_that_hides_a_bomb_is_refused_when_it_loads() {
    for body in [
        "let f = Fn(\"len\"); for i in 0..40 { f = f.curry(f); }",
        "let f = |x| x; for i in 0..999 { let g = f; f = |x| g.call(x); }",
        "let m = #{ map: |f| f }; let g = 1; m.push(|x| g);",
    ] {
        let closure = format!("|s| {{ if s.x > 50.0 {{ {body} }} s.x > 1.0 }}");
        let text =
            format!("alarm(\"a\").scope(\"park/*\").when_script(#{{ x: last(\"benzene\") / 1.ppb }},\n{closure});");
        let errors = check(&[file("sleeper.rhai", &text)], &registry()).errors;
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].place.line, 2, "{}", errors[0]);
    }
}

/// Values of scripts: lists, maps, texts, closures, calls, and what rules are made of.
fn values() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "x",
        "a",
        "m",
        "t",
        "g",
        "c",
        "\"word\"",
        "last(\"benzene\")",
        "f",
        "escalation(t)",
        "param(t, 1.ppb)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            inner.clone().prop_map(|a| format!("#{{ k: {a}, l: {a} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) + {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("f({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[1, 2].map(|v| [{a}, {b}, v])")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[1, 2].reduce(|v, w| [v, {a}], {b})")),
            inner.clone().prop_map(|a| format!("|v| {a}")),
            inner.clone().prop_map(|a| format!("`${{{a}}}${{{a}}}`")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) and {b})")),
            inner.clone().prop_map(|a| format!("t.split({a})")),
            inner.prop_map(|a| format!("p.at(t, {a})")),
        ]
    })
}

fn steps() -> impl Strategy<Value = String> {
    let simple = (0_usize..14, values()).prop_map(|(kind, value)| {
        let templates = [
            "a = V;",
            "a.push(V);",
            "a += V;",
            "m.k = V;",
            "m[t] = V;",
            "t += V;",
            "g = V;",
            "c = V;",
            "a[0] = V;",
            "alarm(t).scope(\"park/*\").when(V);",
            "let n = V;",
            "p = p.at(\"park/S1\", V);",
            "e.step(1.minute, V, \"app\");",
            "export const K = V;",
        ];
        templates[kind].replace('V', &value)
    });
    simple.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("loop {{ {a} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("for i in 0..40 {{ {a} {b} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("while x < 9000 {{ x += 1; {a} {b} }}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("if x > 0 {{ {a} }} {b}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_script_takes_more_than_its_operations_stand_for(body in prop::collection::vec(steps(), 1..5)) {
        let begin = "fn f(v, w) { [v, w] } let a = [1]; let m = #{ k: 1 }; let t = \"word\"; let x = 1; let g = |v| v;\n\
                     let c = last(\"benzene\") > 1.ppb; let p = param(\"p\", 1.ppb); let e = escalation(\"e\");\n";
        let text = format!("{begin}{}", body.join("\n"));
        let files = [file("any.rhai", &text)];
        let (taken, _) = checked(&files);
        prop_assert!(taken.bytes_max < BYTES_MAX, "{:?}\n{}", taken, text);
        prop_assert!(taken.bytes_current < LEFT_BYTES_MAX, "{:?}\n{}", taken, text);
        // Work is bounded as memory is: allocations, and bytes of all of them.
        prop_assert!(taken.count_total < COUNT_MAX && taken.bytes_total < TOTAL_BYTES_MAX, "{:?}\n{}", taken, text);
    }
}

#[test]
fn rules_whose_windows_outgrow_the_limit_are_refused_and_leave_those_in_force() {
    let dir = crate::support::scratch::dir();
    let config = Config { window_bytes_max: 1 << 20, ..Config::default() };
    let db = Database::open(dir.path(), config.clone()).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
    db.register_instrument(station, Instrument::new("gc", Interval::SECOND, channels).unwrap()).unwrap();
    let rule = |hours: u32| {
        let text = format!("alarm(\"a\").scope(\"park/*\").when(avg(\"benzene\", {hours}.hours) > 3.ppb);");
        vec![file("r.rhai", &text)]
    };
    db.load_rule_files(rule(12)).unwrap();
    let before = db.conditions();
    let Err(Error::Rules(found)) = db.load_rule_files(rule(24)) else { panic!("24 hours went through") };
    assert_eq!(found.0.len(), 1);
    assert_eq!(found.0[0].place.to_string(), "r.rhai:1:33", "{found}");
    assert_eq!(db.conditions(), before);
    drop(db);
    // A limit that is lowered later keeps no store from opening.
    let db = Database::open(dir.path(), Config { window_bytes_max: 1, ..config }).unwrap();
    assert_eq!(db.conditions(), before);
}
