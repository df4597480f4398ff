//! `cargo bench --bench rules`: a rule with two windowed terms as a plan, and the same rule as an interpreted closure. Both must say the
//! same at every instant before either is timed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where its answer is wrong")]

mod setup;

use criterion::{BatchSize, Criterion, Throughput};
use setup::{Rows, instrument, station};
use vocdb::rules::verdict::Truth;
use vocdb::rules::{Engine, Plan, RuleFile, compile, sites_of};
use vocdb::{Batch, Registry, Timestamp};
use vocdb_district::STATIONS;

/// Rows of each station: long enough for both windows to move on.
const ROWS: usize = 1_200;

const PLAN: &str = r#"alarm("rise").scope("district/*").when(avg("c00", 2.minutes) > 1.2 * avg("c00", 10.minutes));"#;
const CLOSURE: &str = r#"alarm("rise").scope("district/*").when_script(
    #{ now: avg("c00", 2.minutes) / 1.ppb, before: avg("c00", 10.minutes) / 1.ppb }, |s| s.now > 1.2 * s.before);"#;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (registry, batch) = district();
    let (plan, closure) = (plans(&registry, PLAN), plans(&registry, CLOSURE));
    let expected = verdicts(&plan, &batch);
    assert_eq!(verdicts(&closure, &batch), expected, "plan and closure say the same at every instant");
    let of = |truth: Truth| expected.iter().filter(|(.., trip)| *trip == truth).count();
    assert!(of(Truth::True) > 0 && of(Truth::False) > 0, "the rule trips at some instants and not at others");
    let mut group = criterion.benchmark_group("rules/eval");
    group.throughput(Throughput::Elements(expected.len() as u64)).sample_size(10);
    for (name, plans) in [("plan", &plan), ("closure", &closure)] {
        group.bench_function(name, |bench| {
            bench.iter_batched_ref(
                || Engine::new(plans.clone()),
                |engine| count(engine, &batch),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();
}

/// The stations, and their rows in the order in which they would arrive.
fn district() -> (Registry, Batch) {
    let mut registry = Registry::default();
    let mut stations = Vec::new();
    for number in 0..STATIONS {
        let (of_station, of_instrument) = (registry.next_station_id(), registry.next_instrument_id());
        registry.insert_station(of_station, station(number));
        registry.insert_instrument(of_instrument, of_station, instrument());
        stations.push((of_instrument, Rows::of_station(number)));
    }
    let mut batch = Batch::new();
    for row in 0..ROWS {
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
        engine.push(frame, &mut |verdict| found.push((verdict.spec, verdict.instant, verdict.trip)));
    }
    found
}

/// Instants at which a rule trips.
fn count(engine: &mut Engine, batch: &Batch) -> u64 {
    let mut trips = 0;
    for frame in batch.frames() {
        engine.push(frame, &mut |verdict| trips += u64::from(verdict.trip == Truth::True));
    }
    trips
}
