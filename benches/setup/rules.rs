//! One rule with two windowed terms, as a plan and as an interpreted closure, over the district, for every bench of rules.

use super::setup::{Rows, instrument, station};
use vocdb::rules::{Engine, Plan, RuleFile, compile, sites_of};
use vocdb::verdict::Truth;
use vocdb::{Batch, Registry, Timestamp};
use vocdb_district::STATIONS;

const PLAN: &str = r#"alarm("rise").scope("district/*").when(avg("c00", 2.minutes) > 1.2 * avg("c00", 10.minutes));"#;
const CLOSURE: &str = r#"alarm("rise").scope("district/*").when_script(
    #{ now: avg("c00", 2.minutes) / 1.ppb, before: avg("c00", 10.minutes) / 1.ppb }, |s| s.now > 1.2 * s.before);"#;

/// The rule in both forms, bound to the district, and what both say about it.
pub(crate) struct Rise {
    pub(crate) plan: Vec<Plan>,
    pub(crate) closure: Vec<Plan>,
    /// Rows of every station in the order in which they would arrive.
    pub(crate) batch: Batch,
    /// How often the rule is asked over the batch.
    pub(crate) instants: u64,
    /// How often it trips.
    pub(crate) trips: u64,
}

impl Rise {
    /// The rule over so many rows of each station: at least 1,200, for both windows to move on. Ends where plan and closure do not say
    /// the same at every instant, or the rule says the same throughout.
    pub(crate) fn over(rows: usize) -> Self {
        let (registry, batch) = district(rows);
        let (plan, closure) = (plans(&registry, PLAN), plans(&registry, CLOSURE));
        let said = verdicts(&plan, &batch);
        assert_eq!(verdicts(&closure, &batch), said, "plan and closure say the same at every instant");
        let of = |truth: Truth| said.iter().filter(|(.., trip)| *trip == truth).count();
        assert!(of(Truth::True) > 0 && of(Truth::False) > 0, "the rule trips at some instants and not at others");
        Self { plan, closure, batch, instants: said.len() as u64, trips: of(Truth::True) as u64 }
    }
}

/// The stations, and their rows in turn.
fn district(rows: usize) -> (Registry, Batch) {
    let mut registry = Registry::default();
    let mut stations = Vec::new();
    for number in 0..STATIONS {
        let (of_station, of_instrument) = (registry.next_station_id(), registry.next_instrument_id());
        registry.insert_station(of_station, station(number));
        registry.insert_instrument(of_instrument, of_station, instrument());
        stations.push((of_instrument, Rows::of_station(number)));
    }
    let mut batch = Batch::new();
    for row in 0..rows {
        stations.iter().for_each(|(instrument, rows)| rows.push(&mut batch, *instrument, row..row + 1));
    }
    (registry, batch)
}

fn plans(registry: &Registry, text: &str) -> Vec<Plan> {
    let file = RuleFile { name: "rise.rhai".to_owned(), text: text.to_owned() };
    compile(&[file], &sites_of(registry)).unwrap().plans
}

/// What a rule says: of which station, at which instant, whether it trips.
fn verdicts(plans: &[Plan], batch: &Batch) -> Vec<(usize, Timestamp, Truth)> {
    let mut engine = Engine::new(plans.to_vec());
    let mut found = Vec::new();
    for frame in batch.frames() {
        engine.push(frame, frame.time, &mut |verdict| found.push((verdict.spec, verdict.instant, verdict.trip)));
    }
    found
}

/// Instants at which a rule trips.
pub(crate) fn count(engine: &mut Engine, batch: &Batch) -> u64 {
    let mut trips = 0;
    for frame in batch.frames() {
        engine.push(frame, frame.time, &mut |verdict| trips += u64::from(verdict.trip == Truth::True));
    }
    trips
}
