//! Rule files made to take memory, time or the stack: each is a typed error within a bound on what is allocated, and leaks nothing.

use super::{HOSTILE, file, registry};
use allocation_counter::{AllocationInfo, measure};
use vocdb::rules::{RuleFile, check};

/// Bytes that one rule file may have allocated at a time, whatever it does: what a million operations are charged for.
const BYTES_MAX: u64 = 96 << 20;
/// Bytes that one evaluation of a closure may have allocated at a time.
const CLOSURE_BYTES_MAX: u64 = 2 << 20;
/// Bytes that may stay: what a library keeps once for all.
const LEFT_BYTES_MAX: i64 = 256 << 10;

/// Growth without end in one file.
const BOMBS: [&str; 32] = [
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
    "let l = [1, 2, 3, 4, 5, 6, 7, 8]; fn f(l, n) { if n > 0 { l.map(|x| f(l, n - 1)) } else { 0 } } f(l, 14);",
    "let l = []; for i in 0..1000 { l.push(i); } l.map(|a| l.map(|b| l.map(|c| l.map(|d| 1))));",
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
    checked(&[file("r.rhai", BOMBS[31])]);
    for text in BOMBS.iter().chain(&HOSTILE) {
        let (taken, errors) = checked(&[file("bomb.rhai", text)]);
        println!("{:>6} KiB at most, {:>4} KiB left: {text}", taken.bytes_max >> 10, taken.bytes_current >> 10);
        assert!(errors > 0, "{text}");
        assert!(taken.bytes_max < BYTES_MAX, "{text}: {taken:?}");
        assert!(taken.bytes_current < LEFT_BYTES_MAX, "{text}: {taken:?}");
    }
}
