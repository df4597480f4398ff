//! From files to plans: traces rule files, binds the rules, and tells every mistake at once.

use super::bind::{Staging, WindowMemory, advise_sound, bind_staged, estimate, for_sites};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::expr::Rule;
use super::plan::{Plan, Site};
use super::script::{RuleFile, trace};
use crate::base::checksum::sha256;
use crate::verdict::Uncovered;

/// A rule set, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// A plan per rule with a quorum, and a plan per rule and station without one.
    pub plans: Vec<Plan>,
    /// What deserves a look.
    pub warnings: Diagnostics,
    /// SHA-256 over names and texts of the files: which rule set this is.
    pub hash: [u8; 32],
    /// Name and scope of each rule, in order of the files.
    pub scopes: Vec<(String, String)>,
    /// Stations registered since loading that a rule's scope has and that it cannot be bound to.
    pub uncovered: Vec<Uncovered>,
    /// What the windows of the plans take in memory.
    memory: WindowMemory,
}

impl Compiled {
    /// Refuses rules whose windows, once they are full, take more than so many bytes of memory.
    pub(crate) fn check_memory(&self, bytes_max: u64) -> Result<(), Diagnostics> {
        self.memory.over(bytes_max).map_or(Ok(()), |error| Err(Diagnostics(vec![error])))
    }
}

/// Compiles rule files for stations.
///
/// # Errors
/// Every mistake of every file, warnings included, in order of file, line and column, if any of them is an error.
pub fn compile(files: &[RuleFile], sites: &[Site]) -> Result<Compiled, Diagnostics> {
    compile_staged(files, sites, &Staging::default())
}

/// As [`compile`], for stations some of which were registered after the rules were loaded: rules that cannot be bound to one of these go on
/// without it ([`Compiled::uncovered`]).
///
/// # Errors
/// As for [`compile`].
pub fn compile_staged(files: &[RuleFile], sites: &[Site], staging: &Staging) -> Result<Compiled, Diagnostics> {
    let (rules, found) = trace(files);
    compile_rules((files, rules), found, (sites, staging))
}

/// As [`compile`], for some of the stations that the files are meant for: rules that lack a station, channel or instrument are left out, and
/// so are values for other stations. Also returns the names of the rules left out, each with what it lacks.
///
/// # Errors
/// As for [`compile`].
pub(crate) fn compile_part(
    files: &[RuleFile],
    sites: &[Site],
) -> Result<(Compiled, Vec<(String, String)>), Diagnostics> {
    let (rules, found) = trace(files);
    let (rules, left_out) = for_sites(rules, sites);
    Ok((compile_rules((files, rules), found, (sites, &Staging::default()))?, left_out))
}

fn compile_rules(
    (files, rules): (&[RuleFile], Vec<Rule>),
    mut found: Vec<Diagnostic>,
    (sites, staging): (&[Site], &Staging),
) -> Result<Compiled, Diagnostics> {
    let (plans, bound, uncovered) = bind_staged(&rules, sites, staging);
    found.extend(bound);
    found.extend(advise_sound(&rules, &found));
    let (memory, heavy) = estimate(&rules, &plans);
    found.extend(heavy);
    let found = Diagnostics::sorted(found);
    if found.errors().next().is_some() {
        return Err(found);
    }
    let scopes = rules.into_iter().map(|rule| (rule.name, rule.scope)).collect();
    Ok(Compiled { plans, warnings: found, hash: hash(files), scopes, uncovered, memory })
}

/// SHA-256 over the files in order of their names, each name and text after its length as a little-endian `u64`.
fn hash(files: &[RuleFile]) -> [u8; 32] {
    let mut sorted: Vec<&RuleFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bytes = Vec::new();
    for text in sorted.iter().flat_map(|file| [&file.name, &file.text]) {
        bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    sha256(&bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Instrument, InstrumentId, Interval, StationId, Unit};
    use crate::rules::expr::{Arithmetic, Comparison, WindowFunction};
    use crate::rules::plan::{Member, Node, Program, TripTerm, WindowSpec};
    use crate::rules::read_folder;
    use crate::verdict::{
        AcknowledgementPolicy, AlarmSpec, Chain, Contact, LatePolicy, MissingPolicy, Place, Priority, Step,
    };
    use std::path::Path;

    /// Where the golden text of this release is to be written, so that it can be looked at.
    const GOLDEN: &str = "VOCDB_RULES_GOLDEN";

    fn file(name: &str, text: &str) -> RuleFile {
        RuleFile { name: name.to_owned(), text: text.to_owned() }
    }

    fn sites() -> Vec<Site> {
        let gc = [
            Channel::species("benzene", Unit::Ppb),
            Channel::species("toluene", Unit::Ppm),
            Channel::quantity("voc", Unit::Ppm),
            Channel::quantity("wind direction", Unit::Degree),
            Channel::species("ozone", Unit::Ppb),
        ];
        let gc = Instrument::new("gc", Interval::MINUTE, gc.into_iter().map(Result::unwrap).collect()).unwrap();
        let second = Channel::species("ozone", Unit::Ppb).unwrap();
        let second = Instrument::new("uv", Interval::seconds(10).unwrap(), vec![second]).unwrap();
        let site = |n: u32| Site {
            id: StationId::new(n),
            name: format!("park/S{n}"),
            instruments: vec![(InstrumentId::new(2 * n), gc.clone()), (InstrumentId::new(2 * n + 1), second.clone())],
        };
        (1..=3).map(site).collect()
    }

    fn set(text: &str) -> Vec<RuleFile> {
        let contacts = "export const DUTY = contact(\"park-duty\"); export const B = contact(\"b\");";
        let circle = "import \"circle\" as me;";
        let mut files = vec![file("r.rhai", text)];
        if text.contains("contacts") {
            files.insert(0, file("contacts.rhai", contacts));
        }
        for (name, text_of) in [
            (
                "teams",
                "export const A = [contact(\"anna\"), #{ b: contact(\"berta\") }]; export const C = roster(\"c\", \"UTC\").shift(\"mon\", \"08:00-18:00\", contact(\"cleo\")).otherwise(contact(\"cleo\"));",
            ),
            ("broken_list", "export const A = contact(\"anna\", [\"fon\"]);"),
        ] {
            if text.contains(name) {
                files.push(file(&format!("{name}.rhai"), text_of));
            }
        }
        if text.contains("circle") {
            files.push(file("circle.rhai", circle));
        }
        files
    }

    fn told(text: &str) -> String {
        match compile(&set(text), &sites()) {
            Ok(compiled) if compiled.warnings.0.is_empty() => "nothing".to_owned(),
            Ok(compiled) => compiled.warnings.to_string(),
            Err(found) => found.to_string(),
        }
    }

    /// A golden text: a line of code, then what is said about it, each line indented by four spaces.
    #[test]
    fn every_mistake_is_told_where_it_stands_and_how_it_is_mended() {
        let golden = include_str!("golden/mistakes.txt");
        let codes = golden.lines().filter(|line| !line.starts_with("    ") && !line.is_empty());
        let told: String = codes.map(|code| format!("{code}\n    {}\n", told(code).replace('\n', "\n    "))).collect();
        if let Ok(to) = std::env::var(GOLDEN) {
            std::fs::write(to, &told).unwrap();
        }
        for (number, (told, golden)) in (1..).zip(told.lines().zip(golden.lines())) {
            assert_eq!(told, golden, "line {number}");
        }
        assert_eq!(told.lines().count(), golden.lines().count());
    }

    #[test]
    fn many_mistakes_of_one_file_are_told_at_once() {
        let told = told(include_str!("golden/ten.rhai")) + "\n";
        assert_eq!(told, include_str!("golden/ten.txt"));
    }

    fn one(text: &str) -> Plan {
        let mut plans = compile(&set(text), &sites()).unwrap_or_else(|found| panic!("{found}")).plans;
        assert_eq!(plans.len(), 1, "{text}");
        plans.remove(0)
    }

    /// The nodes of the trip condition at `park/S1`, the value's nodes and its unit.
    fn programs(condition: &str) -> (Vec<Node>, Vec<Node>, String) {
        let plan = one(&format!("alarm(\"a\").scope(\"park/S1\").when({condition});"));
        let member = plan.members.into_iter().next().unwrap();
        (member.when.0, member.terms[0].value.0.clone(), plan.spec.unit)
    }

    const GOOD: &str = r#"
        import "contacts" as who;
        const TRIP = 30.ppb;
        let chain = escalation("standard").step(0.minutes, who::DUTY, ["app", "sms"]).step(15.minutes, [who::DUTY, who::B], "phone");
        alarm("high")
            .title("Benzene {value} at {stations}").priority("high").scope(stations("park/*"))
            .when(avg("benzene", 10.minutes).coverage(75.percent) > TRIP and not last("toluene") > 500.ppb)
            .hold(2.minutes).quorum(2)
            .clear_when(avg("benzene", 10.minutes).coverage(75.percent) < 25.ppb, 10.minutes)
            .on_missing("keep", 5.minutes).escalate(chain);
    "#;

    fn term(value: Node, unit: &str, is_low: bool) -> TripTerm {
        let value = Program(vec![value]);
        TripTerm { label: String::new(), value, unit: unit.to_owned(), is_low, truths: 1 }
    }

    /// A window of the instrument at `park/S1` that sends every minute.
    fn window(
        (channel, function): (usize, WindowFunction),
        (width_ms, expected): (i64, u32),
        (label, unit): (&str, &str),
    ) -> WindowSpec {
        WindowSpec {
            instrument: InstrumentId::new(2),
            channel,
            function,
            width_ms,
            lag_ms: 0,
            interval_ms: 60_000,
            expected,
            coverage_min: 0.0,
            samples_min: 0,
            day: None,
            label: label.to_owned(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn a_rule_becomes_one_plan_over_its_stations() {
        let plan = one(GOOD);
        let (sms, phone) = (vec!["app".to_owned(), "sms".to_owned()], vec!["phone".to_owned()]);
        let step = |after_ms, contact: &str, ways: &[String]| Step {
            after_ms,
            contact: Contact(contact.to_owned()),
            ways: ways.to_vec(),
            ..Step::default()
        };
        let steps = vec![step(0, "park-duty", &sms), step(900_000, "park-duty", &phone), step(900_000, "b", &phone)];
        let spec = AlarmSpec {
            rule: "high".to_owned(),
            scope_key: "park/*".to_owned(),
            title: "Benzene {value} at {stations}".to_owned(),
            guidance: String::new(),
            priority: Priority::High,
            priority_steps: Vec::new(),
            hold_ms: 120_000,
            clear_hold_ms: 600_000,
            on_missing: MissingPolicy::Keep,
            on_missing_ms: 300_000,
            auto_close_ms: None,
            is_latching: false,
            on_late: LatePolicy::Record,
            acknowledgement: AcknowledgementPolicy::default(),
            chain: Chain { name: "standard".to_owned(), steps: steps.into(), remind: None },
            channels: vec!["benzene".to_owned(), "toluene".to_owned()],
            logic: plan.spec.logic,
            unit: "ppb".to_owned(),
            place: Place { file: "r.rhai".into(), line: 5, column: 9 },
        };
        assert_eq!((plan.spec, plan.step_ms, plan.quorum), (spec, 60_000, 2));
        let names: Vec<&str> = plan.members.iter().map(|member| member.station_name.as_str()).collect();
        assert_eq!(names, ["park/S1", "park/S2", "park/S3"]);
        let member = Member {
            station: StationId::new(1),
            station_name: "park/S1".to_owned(),
            windows: vec![
                WindowSpec {
                    coverage_min: 0.75,
                    ..window((0, WindowFunction::Avg), (600_000, 10), ("avg(benzene, 10 min)", "ppb"))
                },
                window((1, WindowFunction::Last), (60_000, 1), ("last(toluene)", "ppm")),
            ],
            when: Program(vec![
                Node::Window(0),
                Node::Number(30.0),
                Node::Compare(Comparison::Greater),
                Node::Window(1),
                Node::Number(0.5),
                Node::Compare(Comparison::Greater),
                Node::Not,
                Node::And,
            ]),
            clear: Some(Program(vec![Node::Window(0), Node::Number(25.0), Node::Compare(Comparison::Less)])),
            terms: vec![term(Node::Window(0), "ppb", false), term(Node::Window(1), "ppm", true)],
            suppress: None,
            priority_steps: Vec::new(),
            spreads: Vec::new(),
            scripts: Vec::new(),
            hours: Vec::new(),
            counts: Vec::new(),
        };
        assert_eq!(plan.members[0], member);
    }

    #[test]
    fn without_a_quorum_every_station_has_a_plan_of_its_own() {
        let text = "let a = alarm(\"a\"); a.scope(\"park/**\"); a.when(max(\"uv/ozone\", 1.minute) > 60.ppb); a.hold(10.seconds);";
        let compiled = compile(&set(text), &sites()).unwrap();
        assert!(compiled.warnings.0.iter().all(|found| found.is_warning && found.place.line == 1));
        let keys: Vec<&str> = compiled.plans.iter().map(|plan| plan.spec.scope_key.as_str()).collect();
        assert_eq!(keys, ["park/S1", "park/S2", "park/S3"]);
        let plan = &compiled.plans[2];
        assert_eq!((plan.step_ms, plan.quorum, plan.members.len(), plan.spec.hold_ms), (10_000, 1, 1, 10_000));
        let window = &plan.members[0].windows[0];
        assert_eq!((window.instrument, window.channel, window.expected), (InstrumentId::new(7), 0, 6));
        assert_eq!(plan.spec.title, "{rule} at {stations}: {value}");
        assert_eq!(plan.members[0].clear, None);
    }

    #[test]
    fn constants_take_the_unit_of_the_channel() {
        use Node::{Compare, Number, Window};
        let greater = Compare(Comparison::Greater);
        let (when, value, unit) = programs("avg(\"toluene\", 1.hour) > 9.ppb");
        assert_eq!((when, value, unit.as_str()), (vec![Window(0), Number(0.009), greater], vec![Window(0)], "ppm"));
        let (when, value, unit) = programs("9.ppb + 1.ppb > avg(\"toluene\", 1.hour)");
        assert_eq!((when, value, unit.as_str()), (vec![Number(0.01), Window(0), greater], vec![Window(0)], "ppm"));
        let (when, ..) = programs("last(\"toluene\") > 1.ppm - 500.ppb");
        assert_eq!(when, [Window(0), Number(0.5), greater]);
        let (when, ..) = programs("last(\"benzene\") > 10.ug_m3");
        let Number(ppb) = when[1] else { panic!("{when:?}") };
        assert!((ppb - 10.0 * 24.465 / 78.114).abs() < 1e-3, "{ppb}");
        let (when, ..) = programs("-last(\"benzene\") > -(3 * 10.ppb)");
        let minus = Node::Arithmetic(Arithmetic::Multiply);
        assert_eq!(when, [Number(-1.0), Window(0), minus, Number(-30.0), greater]);
    }

    #[test]
    fn the_right_channel_takes_the_unit_of_the_left_one() {
        use Node::{Compare, Number, Window};
        let times = Node::Arithmetic(Arithmetic::Multiply);
        let (when, _, unit) = programs("last(\"toluene\") > last(\"benzene\")");
        assert_eq!(when, [Window(0), Window(1), Number(0.001), times, Compare(Comparison::Greater)]);
        assert_eq!(unit, "ppm");
        let (when, value, unit) = programs("max(\"benzene\", 5.minutes) / last(\"toluene\") - 1 >= 3");
        let (over, minus) = (Node::Arithmetic(Arithmetic::Divide), Node::Arithmetic(Arithmetic::Subtract));
        let ratio = [Window(0), Window(1), Number(1000.0), times, over, Number(1.0), minus];
        assert_eq!((value.as_slice(), unit.as_str()), (ratio.as_slice(), "1"));
        assert_eq!(when[ratio.len()..], [Number(3.0), Compare(Comparison::GreaterOrEqual)]);
        let (when, _, unit) =
            programs("count(\"benzene\", 1.hour) < 30 or baseline(\"benzene\", 1.day, 5.percent) > 1.ppb");
        assert_eq!((when.len(), unit.as_str()), (7, "1"));
    }

    #[test]
    fn stations_of_one_quorum_may_measure_in_different_units() {
        let mut sites = sites();
        let ppm = Instrument::new(
            "gc",
            Interval::seconds(30).unwrap(),
            vec![Channel::species("benzene", Unit::Ppm).unwrap()],
        )
        .unwrap();
        sites[1].instruments = vec![(InstrumentId::new(40), ppm)];
        let files = set("alarm(\"a\").scope(\"park/*\").quorum(2).when(last(\"benzene\") > 500.ppb);");
        let plan = compile(&files, &sites).unwrap().plans.remove(0);
        assert_eq!((plan.spec.unit.as_str(), plan.step_ms), ("ppb", 30_000));
        assert_eq!(plan.members[1].when.0[1], Node::Number(0.5));
        assert_eq!(
            plan.members[1].terms[0].value.0,
            [Node::Window(0), Node::Number(1000.0), Node::Arithmetic(Arithmetic::Multiply)]
        );
        assert_eq!(plan.members[1].windows[0].unit, "ppm");
    }

    #[test]
    fn the_shipped_example_compiles_without_a_word() {
        let methane = Channel::species("methane", Unit::Ppm).unwrap();
        let sensor = Instrument::new("sensor", Interval::MINUTE, vec![methane]).unwrap();
        let site = |n: u32| Site {
            id: StationId::new(n),
            name: format!("metec/fence-{n}"),
            instruments: vec![(InstrumentId::new(n), sensor.clone())],
        };
        let sites: Vec<Site> = (1..=8).map(site).collect();
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
        let compiled = compile(&read_folder(&dir).unwrap(), &sites).unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(compiled.warnings, Diagnostics::default());
        assert_eq!(
            (compiled.plans.len(), compiled.plans[0].members.len(), compiled.plans[0].spec.unit.as_str()),
            (1, 8, "ppm")
        );
    }

    #[test]
    fn the_largest_expressions_fit_on_the_stack() {
        let text = "let s = last(\"benzene\"); for i in 0..495 { s = s + 1.ppb; }\n\
                    let c = s > 1.ppb; for i in 0..8 { c = not c; } alarm(\"a\").scope(\"park/S1\").when(c);";
        assert_eq!(one(text).members[0].when.0.len(), 991 + 2 + 8);
        let deep = format!(
            "alarm(\"a\").scope(\"park/S1\").when({}last(\"benzene\") > 1.ppb{});",
            "(".repeat(40),
            ")".repeat(40)
        );
        assert_eq!(one(&deep).members[0].when.0.len(), 3);
    }

    #[test]
    fn the_hash_names_the_files_and_their_texts_in_any_order() {
        let hash_of = |files: &[RuleFile]| compile(files, &sites()).unwrap().hash;
        let (a, b) = (file("a.rhai", "let x = 1;"), file("b.rhai", ""));
        assert_eq!(hash_of(&[a.clone(), b.clone()]), hash_of(&[b.clone(), a.clone()]));
        assert_ne!(hash_of(&[a.clone(), b]), hash_of(&[a.clone(), file("b.rhai", " ")]));
        assert_ne!(hash_of(&[file("a;", ";")]), hash_of(&[file("a", ";;")]));
    }
}
