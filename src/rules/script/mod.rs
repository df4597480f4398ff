//! Rule scripts: run once, at load, with operators that leave symbols instead of values.
//!
//! Every file has an engine of its own and runs statement by statement; a mistake is put on a list and leaves a value that
//! swallows all that is tried with it, so that one run finds all mistakes of all files.

mod bounds;
mod builder;
mod call;
mod draft;
mod engine;
mod error;
mod functions;
mod missing;
mod operators;
mod run;
mod symbol;
mod text;
mod tracer;
mod words;

use super::diagnostic::Diagnostic;
use super::expr::Rule;
use super::nearest::nearest;
use crate::base::limits::{
    DIAGNOSTICS_MAX, RULE_FILE_BYTES_MAX, RULE_SET_BYTES_MAX, RULE_SET_OPERATIONS_MAX, RULES_MAX,
};
use crate::verdict::Place;
use bounds::copied;
pub(super) use bounds::{Limits, bounded_engine, operations_of, refused, weigh};
use draft::{AlarmDraft, Part};
use run::{Exports, Run};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
pub(super) use symbol::{DURATIONS, duration_ms};
use text::Source;
use tracer::{Budget, CONSTANT_BYTES_MAX, Contacts, EXPORTS_BYTES_MAX, mistake};
pub(super) use words::definitions;

/// The uses of functions in a file that are refused before it runs, in order: they could grow without end.
pub(super) fn refusals(file: &RuleFile) -> Vec<Diagnostic> {
    let source = Source::new(&file.name, &file.text);
    let refusals = source.refusals().into_iter();
    refusals.map(|one| mistake(source.place(one.token), one.message, one.help)).collect()
}

/// Lines that one rule file may have; Rhai counts no further than 65 535.
const LINES_MAX: usize = 60_000;
/// Characters that one line may have.
const COLUMNS_MAX: usize = 60_000;
/// Files that may import each other in a row.
const IMPORTS_MAX: usize = 50;

/// One file of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its name within the rules folder, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Runs rule files and gives every rule that could be traced and every mistake found, in order of file, line and column.
///
/// The rules are fit to be evaluated only where no mistake is an error.
#[must_use]
pub fn trace(files: &[RuleFile]) -> (Vec<Rule>, Vec<Diagnostic>) {
    trace_within(files, Arc::default())
}

/// Whether rule files name contacts that cannot be checked for mistyped names, because no file exports any contact.
#[must_use]
pub fn has_unchecked_contacts(files: &[RuleFile]) -> bool {
    run_all(files, Arc::default()).contacts.is_unchecked()
}

fn trace_within(files: &[RuleFile], budget: Arc<Budget>) -> (Vec<Rule>, Vec<Diagnostic>) {
    let mut trace = run_all(files, budget);
    trace.diagnostics.extend(std::mem::take(&mut trace.contacts).unknown());
    trace.rules.sort_by(|a, b| a.place.cmp(&b.place));
    trace.diagnostics.sort_by(|a, b| a.place.cmp(&b.place));
    shorten(&mut trace.diagnostics);
    (trace.rules, trace.diagnostics)
}

fn run_all(files: &[RuleFile], budget: Arc<Budget>) -> Trace<'_> {
    let mut trace = Trace { budget, ..Trace::default() };
    for file in files {
        if trace.files.insert(&file.name, &file.text).is_some() {
            let place = Place { file: file.name.as_str().into(), line: 1, column: 1 };
            let message = format!("two rule files are named `{}`", file.name);
            trace.diagnostics.push(mistake(place, message, "give each file its own name"));
        }
    }
    for name in trace.files.keys().copied().collect::<Vec<_>>() {
        if trace.is_over(name) {
            trace.contacts.add(name, BTreeSet::new(), None);
            break;
        }
        trace.run(name);
    }
    trace
}

/// Cuts a list that nobody would read to its end, and says so where it is cut.
fn shorten(diagnostics: &mut Vec<Diagnostic>) {
    let Some(next) = diagnostics.get(DIAGNOSTICS_MAX).map(|next| next.place.clone()) else { return };
    diagnostics.truncate(DIAGNOSTICS_MAX);
    let message = format!("there are more than {DIAGNOSTICS_MAX} errors; the others are not listed");
    diagnostics.push(mistake(next, message, "correct those before it first"));
}

#[derive(Default)]
struct Trace<'a> {
    files: BTreeMap<&'a str, &'a str>,
    done: BTreeMap<&'a str, Exports>,
    active: Vec<&'a str>,
    names: BTreeMap<String, Place>,
    rules: Vec<Rule>,
    contacts: Contacts,
    diagnostics: Vec<Diagnostic>,
    /// Bytes of the files that have been run.
    bytes: usize,
    budget: Arc<Budget>,
}

impl<'a> Trace<'a> {
    /// Whether the files together are too much to go on with `name`; says so.
    fn is_over(&mut self, name: &str) -> bool {
        let (what, help) = if self.budget.is_spent() {
            (format!("use more than {RULE_SET_OPERATIONS_MAX} operations"), "look for loops in those before this one")
        } else if self.bytes > RULE_SET_BYTES_MAX {
            (format!("have more than {RULE_SET_BYTES_MAX} bytes"), "leave out what is not needed")
        } else {
            return false;
        };
        let place = Place { file: name.into(), line: 1, column: 1 };
        self.diagnostics.push(mistake(place, format!("the rule files {what} together"), help));
        true
    }

    /// Runs a file unless that was done already, and gives what it exports.
    fn run(&mut self, name: &'a str) -> Exports {
        if let Some(exports) = self.done.get(name) {
            return exports.clone();
        }
        let text = self.files.get(name).copied().unwrap_or_default();
        if let Some(diagnostic) = too_large(name, text) {
            return self.without_exports(name, diagnostic);
        }
        let depth = self.active.len();
        self.active.push(name);
        self.bytes = self.bytes.saturating_add(text.len());
        let budget = Arc::clone(&self.budget);
        let mut import = |wanted: &str, place: Place| self.import(name, wanted, place);
        // A fault of the interpreter itself is a mistake of the file like any other: the host goes on.
        let run = AssertUnwindSafe(|| Run::new(Source::new(name, text), &budget, &mut import).finish());
        let finished = catch_unwind(run);
        self.active.truncate(depth);
        let Ok((tracer, exports, failed)) = finished else {
            let message = "the interpreter failed on this file";
            return self.without_exports(name, mistake(place_of(name), message, "look for what is unusual in it"));
        };
        if let Some((value, _)) = exports.iter().find(|(_, value)| copied(value) > CONSTANT_BYTES_MAX) {
            let message = format!("the exported `{value}` is larger than {CONSTANT_BYTES_MAX} bytes");
            self.diagnostics.extend(tracer.take().1);
            return self.without_exports(name, mistake(place_of(name), message, "split the list"));
        }
        if !budget.may_export(exports.values().map(|value| weigh(value).unwrap_or_default()).sum()) {
            let message = format!("the rule files export more than {EXPORTS_BYTES_MAX} bytes together");
            return self.without_exports(name, mistake(place_of(name), message, "export less"));
        }
        let (alarms, diagnostics) = tracer.take();
        // A mistake may have kept contacts from being exported: then each of them would be another mistake.
        let is_whole = (failed.is_empty() || exports.is_empty()) && !exports.values().any(symbol::is_poison);
        let exported = is_whole.then(|| exports.values().flat_map(symbol::contacts).collect());
        self.contacts.add(name, tracer.take_contacts(), exported);
        self.diagnostics.extend(diagnostics);
        for alarm in alarms {
            self.add(&alarm.lock(), &tracer.source, &failed);
        }
        self.done.insert(name, exports.clone());
        exports
    }

    /// Gives up a file: it exports nothing.
    fn without_exports(&mut self, name: &'a str, diagnostic: Diagnostic) -> Exports {
        self.diagnostics.push(diagnostic);
        self.contacts.add(name, BTreeSet::new(), None);
        self.done.insert(name, Exports::new());
        Exports::new()
    }

    /// What the file exports that `importer` calls `wanted`.
    fn import(&mut self, importer: &str, wanted: &str, place: Place) -> Result<Exports, Diagnostic> {
        let folder = importer.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let candidates = [
            format!("{folder}{wanted}.rhai"),
            format!("{folder}{wanted}"),
            format!("{wanted}.rhai"),
            wanted.to_owned(),
        ];
        let Some(name) =
            candidates.iter().find_map(|name| self.files.get_key_value(name.as_str()).map(|(name, _)| *name))
        else {
            let known = self.files.keys().map(|name| name.strip_suffix(".rhai").unwrap_or(name));
            let help = match nearest(wanted, known) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("put a file {wanted}.rhai into the rules folder"),
            };
            return Err(mistake(place, format!("there is no rule file `{wanted}`"), help));
        };
        if self.active.contains(&name) {
            let message = format!("`{wanted}` is already being read: these files import each other");
            return Err(mistake(place, message, "move what both need into a third file"));
        }
        if self.active.len() >= IMPORTS_MAX {
            let message = format!("more than {IMPORTS_MAX} files import each other in a row");
            return Err(mistake(place, message, "import what is needed directly"));
        }
        Ok(self.run(name))
    }

    /// Adds the rule of an alarm, and what is wrong with it.
    fn add(&mut self, alarm: &AlarmDraft, source: &Source, failed: &BTreeSet<usize>) {
        if let Some(first) = self.names.get(&alarm.name) {
            let message = format!("rule `{}` is already defined, at {first}", alarm.name);
            self.diagnostics.push(mistake(alarm.name_place.clone(), message, "give each rule its own name"));
        } else {
            self.names.insert(alarm.name.clone(), alarm.name_place.clone());
        }
        if !may_be_unfinished(alarm, source, failed) {
            self.check_parts(alarm);
        }
        if self.rules.len() >= RULES_MAX {
            let message = format!("there are more than {RULES_MAX} rules");
            self.diagnostics.push(mistake(alarm.place.clone(), message, "leave out what is not needed"));
            return;
        }
        self.rules.push(alarm.rule());
    }

    fn check_parts(&mut self, alarm: &AlarmDraft) {
        if matches!(alarm.when, Part::Missing) {
            let message = format!("the alarm `{}` has no `.when`", alarm.name);
            let help = "write .when(avg(\"benzene\", 10.minutes) > 30.ppb)";
            self.diagnostics.push(mistake(alarm.place.clone(), message, help));
        }
        if matches!(alarm.scope, Part::Missing) {
            let message = format!("the alarm `{}` has no `.scope`", alarm.name);
            self.diagnostics.push(mistake(alarm.place.clone(), message, "write .scope(stations(\"park/*\"))"));
        }
    }
}

/// Whether a mistake elsewhere may be the reason why parts of an alarm are missing.
fn may_be_unfinished(alarm: &AlarmDraft, source: &Source, failed: &BTreeSet<usize>) -> bool {
    let begin = source.statements().get(alarm.statement).map_or("", |statement| source.word(statement.first));
    let is_chain = begin == "alarm";
    failed.contains(&alarm.statement) || (!is_chain && !failed.is_empty())
}

/// The beginning of a file.
fn place_of(name: &str) -> Place {
    Place { file: name.into(), line: 1, column: 1 }
}

fn too_large(name: &str, text: &str) -> Option<Diagnostic> {
    let place = |line: usize| Place { file: name.into(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > RULE_FILE_BYTES_MAX {
        let message = format!("the file is larger than {RULE_FILE_BYTES_MAX} bytes");
        return Some(mistake(place(1), message, "split it into several files"));
    }
    if text.lines().count() > LINES_MAX {
        let message = format!("the file has more than {LINES_MAX} lines");
        return Some(mistake(place(1), message, "split it into several files"));
    }
    let long = text.lines().position(|line| line.len() > COLUMNS_MAX)?;
    let message = format!("the line is longer than {COLUMNS_MAX} bytes");
    Some(mistake(place(long + 1), message, "break it into several lines"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::RULE_OPERATIONS_MAX;
    use crate::rules::expr::{Comparison, Condition, Series, WindowFunction};
    use allocation_counter::measure;
    use proptest::prelude::*;

    fn file(name: &str, text: &str) -> RuleFile {
        RuleFile { name: name.to_owned(), text: text.to_owned() }
    }

    fn trace_one(text: &str) -> (Vec<Rule>, Vec<Diagnostic>) {
        trace(&[file("r.rhai", text)])
    }

    #[test]
    fn a_script_leaves_symbols_with_their_places() {
        let (rules, found) =
            trace_one("const TRIP = 30.ppb;\nalarm(\"a\").scope(\"park/*\").when(\n  avg(\"x\", 1.hour) > TRIP);");
        assert_eq!(found, []);
        let Condition::Compare {
            operator,
            left: Series::Window(term),
            right: Series::Number { value, unit, place, .. },
            ..
        } = &*rules[0].when
        else {
            panic!("{:?}", rules[0].when)
        };
        assert_eq!(
            (*operator, term.function, term.width_ms),
            (Comparison::Greater, WindowFunction::Avg, Some(3_600_000))
        );
        assert_eq!((term.place.line, term.place.column), (3, 3));
        assert_eq!((*value, *unit, place.line, place.column), (30.0, Some(crate::model::Unit::Ppb), 3, 22));
        assert_eq!(rules[0].places.scope.to_string(), "r.rhai:2:18");
        assert_eq!(rules[0].places.hold, rules[0].place);
    }

    #[test]
    fn and_binds_tighter_than_or_and_both_looser_than_comparisons() {
        let shape = |condition: &str| {
            let (rules, found) = trace_one(&format!("alarm(\"a\").scope(\"*\").when({condition});"));
            assert_eq!(found, [], "{condition}");
            shape_of(&rules[0].when)
        };
        let [a, b, c] = ["a", "b", "c"].map(|name| format!("last(\"{name}\") > 1.ppb"));
        assert_eq!(shape(&format!("{a} or {b} and {c}")), "(a|(b&c))");
        assert_eq!(shape(&format!("{a} and {b} or {c}")), "((a&b)|c)");
        assert_eq!(shape(&format!("not {a} and {b}")), "(!a&b)");
        assert_eq!(shape(&format!("not ({a} and {b}) or not not({c})")), "(!(a&b)|!!c)");
        assert_eq!(shape(&format!("!({a}) or not(({b}) and {c})")), "(!a|!(b&c))");
    }

    fn shape_of(condition: &Condition) -> String {
        match condition {
            Condition::Compare { left: Series::Window(term), .. } => term.channel.clone(),
            Condition::Compare { .. } => "?".to_owned(),
            Condition::And(a, b) => format!("({}&{})", shape_of(a), shape_of(b)),
            Condition::Or(a, b) => format!("({}|{})", shape_of(a), shape_of(b)),
            Condition::Not(a) => format!("!{}", shape_of(a)),
            _ => "?".to_owned(),
        }
    }

    #[test]
    fn a_byte_order_mark_changes_no_place_and_no_rule() {
        let text = "alarm(\"a\").scope(\"*\").when(last(\"x\") > 1.pbb);";
        let marked = format!("\u{feff}{text}");
        assert_eq!(trace_one(&marked), trace_one(text));
        assert_eq!(trace_one(&marked.replace("pbb", "ppb")).1, []);
    }

    #[test]
    fn mistakes_on_later_lines_stand_where_they_are_and_hide_no_other() {
        let text = "alarm(\"a\")\n    .scope(park/S1)\n    .when(avg('xy', 10 min) => 1,5.PPB AND last(y) > 2 ppb)\n    .hold(2.min);\n\
                    alarm(\"b\").scope(\"*\").when(last(\"x, 1.hour) > 3.ppb);\nalarm(\"c\").scope(\"*\").when(last(\"x\") > 3);";
        let found: Vec<String> = trace_one(text).1.iter().map(ToString::to_string).collect();
        let says: Vec<&str> = found.iter().filter_map(|one| one.split("; ").nth(1)).collect();
        let places: Vec<&str> = found.iter().filter_map(|one| one.split(": ").next()).collect();
        let help =
            ["write \"park/S1\"", "write \"xy\"", "write 10.minutes", "write `>=`", "write 1.5.ppb", "write `and`"];
        let more = ["write \"y\"", "write 2.ppb", "write 2.minutes", "write \"x\"", "write 3.ppb"];
        assert_eq!(says.get(..10), Some(&[&help[..], &more[..4]].concat()[..]), "{found:#?}");
        let lines = ["2:12", "3:15", "3:24", "3:29", "3:32", "3:40", "3:49", "3:56", "4:13", "5:33"];
        assert_eq!(
            places.get(..10),
            Some(&lines.map(|place| format!("r.rhai:{place}"))[..].iter().map(String::as_str).collect::<Vec<_>>()[..])
        );
    }

    #[test]
    fn plain_rhai_may_make_rules() {
        let text = r#"
            fn rule(name, limit) { alarm(name).scope("*").when(last(name.to_lower()) > limit) }
            let limits = #{ Benzene: 30.ppb, Toluene: 1.ppm * 2 };
            for name in limits.keys() { rule(name, limits[name]).hold(1.minute + 30.seconds); }
            let long = 1.hour * 2;
            if long > 90.minutes && limits.len() == 2 and "a" < "b" { rule("X", 1.ppb).title(`plain`); }
        "#;
        let (rules, found) = trace_one(text);
        assert_eq!(found, []);
        let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["Benzene", "Toluene", "X"]));
        assert!(rules.iter().filter(|rule| rule.name != "X").all(|rule| rule.hold_ms == 90_000));
    }

    #[test]
    fn an_imported_file_runs_once_and_gives_its_constants() {
        let files = [
            file("a.rhai", "import \"c\" as c; alarm(\"a\").scope(\"*\").when(last(\"x\") > c::LIMIT);"),
            file("b.rhai", "import \"c\" as c; alarm(\"b\").scope(\"*\").when(last(\"x\") > c::OTHER);"),
            file(
                "c.rhai",
                "export const LIMIT = 3.ppb; let two = LIMIT * 2; export two as OTHER; alarm(\"c\").scope(\"*\").when(last(\"x\") > two);",
            ),
        ];
        let (rules, found) = trace(&files);
        assert_eq!(found, []);
        assert_eq!(rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        let circle = [file("a.rhai", "import \"b\" as b;"), file("b.rhai", "import \"a\" as a;")];
        let (_, found) = trace(&circle);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place.to_string(), "b.rhai:1:8");
    }

    #[test]
    fn a_change_through_a_variable_is_kept() {
        let text = "let c = escalation(\"c\"); let a = alarm(\"a\"); a.scope(\"*\"); a.when(last(\"x\") > 1.ppb); a.escalate(c);\n\
                    a.hold(2.minutes); c.step(1.minute, contact(\"d\"), \"app\");";
        let (rules, found) = trace_one(text);
        assert_eq!(found, []);
        assert_eq!((rules[0].hold_ms, rules[0].chain.steps.len()), (120_000, 1));
    }

    #[test]
    fn hostile_scripts_end_within_their_operations() {
        let scripts = [
            "loop { }",
            "let i = 0; while true { i += 1; }",
            "fn f(x) { f(x + 1) } f(0);",
            "let s = \"x\"; loop { s += s; }",
            "let a = [1]; loop { a += a; }",
            "let a = []; loop { a.push(a); }",
            "let m = #{}; let i = 0; loop { m[i.to_string()] = m; i += 1; }",
            "let s = last(\"x\"); loop { s = s + 1.ppb; }",
            "let c = last(\"x\") > 1.ppb; loop { c = not(c); }",
            "let x = \"x\"; x.pad(1000000000, 'x');",
            "range(0, 1000000000).map(|x| loop {});",
            "loop { alarm(\"a\" + 1); }",
            "loop { zzz; }",
            "loop { avgg(1); }",
            "loop { 3.foo; }",
            "loop { alarm(3); }",
            "loop { last(\"x\") > \"3\"; }",
        ];
        for script in scripts {
            let budget = Arc::<Budget>::default();
            let (_, found) = trace_within(&[file("r.rhai", script)], Arc::clone(&budget));
            assert!(!found.is_empty(), "{script}");
            // The last mistake may count for more than was left.
            let operations = budget.operations();
            assert!(operations < RULE_OPERATIONS_MAX + 10_000, "{script}: {operations} operations");
        }
    }

    /// Texts that are hard to take apart, with so many pieces each.
    fn hostile_texts(count: usize) -> Vec<String> {
        const PIECES: [&str; 19] = [
            "(",
            ")",
            "not ",
            "a;",
            "f(",
            "`${",
            "/*",
            "1.",
            "x::",
            "|a|",
            "|a| ",
            "{",
            "\n",
            "let a=1\n",
            "#{",
            "\"a\"+",
            "f(|x| y, ",
            "|x| {",
            "l.map(|x| ",
        ];
        let mut texts = PIECES.map(|piece| piece.repeat(count)).to_vec();
        texts.push((0..count / 4).map(|n| format!("f{n}(x{n});\n")).collect());
        texts.push((0..count / 100).map(|n| format!("fn f{n}() {{ x + }}\n")).collect());
        texts.push((0..count / 4).map(|n| format!("let f{n} = |x| x{n};\n")).collect());
        texts
    }

    #[test]
    fn twice_the_hostile_text_is_twice_the_work() {
        const PIECES: usize = 2_500;
        for (once, twice) in hostile_texts(PIECES).iter().zip(hostile_texts(2 * PIECES)) {
            let [once_taken, twice_taken] = [once.as_str(), &twice].map(|text| measure(|| drop(trace_one(text))));
            let head: String = once.chars().take(20).collect();
            let is_linear = |once: u64, twice: u64, base: u64| twice < 3 * once + base;
            assert!(
                is_linear(once_taken.count_total, twice_taken.count_total, 10_000)
                    && is_linear(once_taken.bytes_total, twice_taken.bytes_total, 1 << 20),
                "{head}: {once_taken:?}, {twice_taken:?}"
            );
        }
    }

    #[test]
    fn a_list_of_mistakes_without_end_is_cut() {
        let files: Vec<RuleFile> =
            (0..5).map(|n| file(&format!("{n}.rhai"), &"zzz;\n".replace("zzz", "a+").repeat(700))).collect();
        let (_, found) = trace(&files);
        assert_eq!(found.len(), DIAGNOSTICS_MAX + 1);
        assert!(found[DIAGNOSTICS_MAX].message.starts_with("there are more than"), "{}", found[DIAGNOSTICS_MAX]);
    }

    const GOOD: &str = r#"import "c" as who;
const TRIP = 30.ppb; // trip
fn twice(x) { x * 2 }
let chain = escalation("e").step(0.minutes, contact("d"), ["app", "sms"]).step(15.minutes, [contact("f")], "phone");
alarm("a").title("B {value}").priority("high").scope(stations("park/*"))
    .when(avg("b", 10.minutes).coverage(75.percent) > TRIP and not last("t") > twice(500.ppb))
    .hold(2.minutes).quorum(2).clear_when(avg("b", 10.minutes) < 25.ppb, 10.minutes).on_missing("keep", 5.minutes).escalate(chain);
for i in 0..3 { alarm(`s${i}`).scope("*").when(max("b", 5.minutes) / min("b", 1.hour) > i + 1 or count("b", 1.day) <= 3); }
"#;

    #[test]
    fn the_file_that_is_mutated_below_is_good() {
        let (rules, found) = trace(&[file("c.rhai", ""), file("r.rhai", GOOD)]);
        assert_eq!((rules.len(), found), (4, Vec::new()));
    }

    fn mutated(edits: &[(prop::sample::Index, u8, String)]) -> String {
        let mut letters: Vec<char> = GOOD.chars().collect();
        for (at, kind, text) in edits {
            let place = at.index(letters.len() + 1);
            let end = (place + usize::from(*kind % 12)).min(letters.len());
            letters.splice(place..end, text.chars());
        }
        letters.into_iter().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}", code in "[a-z0-9 .,;:(){}\\[\\]\"'`$#&|!<>=+*/\n-]{0,120}") {
            let _ = trace_one(&text);
            let (rules, found) = trace_one(&code);
            prop_assert!(rules.is_empty() || found.iter().all(|diagnostic| diagnostic.place.line >= 1));
        }

        #[test]
        fn no_change_of_a_good_file_makes_it_panic(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), "[a-z0-9 .,;(){}\\[\\]\"`&|!<>=+*/\n-]{0,4}"), 1..4),
        ) {
            let text = mutated(&edits);
            let (_, found) = trace(&[file("c.rhai", ""), file("r.rhai", &text)]);
            let lines = text.lines().count().max(1);
            for diagnostic in found {
                prop_assert!(usize::try_from(diagnostic.place.line).unwrap() <= lines + 1, "{}", diagnostic);
                prop_assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty());
            }
        }
    }
}
