//! Windows, truths and the grid: the engine against a naive evaluation of every instant over all frames, and restarts against none.
#![cfg(test)]

mod backtest;
mod causes;
mod clocks;
mod language;
mod late;
mod local;
mod naive;
mod never;
mod notified;
mod overdue;
mod raised;
mod reloads;
mod restarts;
mod steps;
mod values;
mod wind;

use language::{FAST_S, RandomRule, file_of, instrument, instrument_id, sites};
use naive::{Frames, NaivePlan, Saying};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};
use std::collections::VecDeque;
use steps::any_stepped_rule;
use vocdb::alarm::{Machine, RuleSetRef};
use vocdb::rules::{Engine, Plan, RuleFile, Site, compile};
use vocdb::verdict::{Evidence, Shown, Truth, Verdict};
use vocdb::{AlarmEvent, Batch, Frame, InstrumentId, Quality, Sample, StationId, Timestamp};

/// When the random frames begin; no multiple of any interval.
const BEGIN_MS: i64 = 1_700_000_003_000;
/// After so many frames the engine has dropped the old samples of every instrument.
const FRAMES_PER_TRIM: usize = 32 * 16;
/// The number of a station beside the random ones.
const FILLER: u32 = 100;

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// A frame comes in.
    Arrival(RandomFrame),
    /// Time passes.
    Idle { pass_s: i64 },
}

/// A frame of one of the stations.
#[derive(Debug, Clone)]
pub(crate) struct RandomFrame {
    station: u32,
    is_slow: bool,
    /// By how many slots time has moved on before it,
    advance: i64,
    /// and by how many the frame is late.
    late: i64,
    jitter_ms: i64,
    samples: [Sample; 2],
    /// Whether the engine drops old samples behind it.
    is_trimmed: bool,
}

/// The number of cases: `PROPTEST_CASES`, or else `usual` times the effort of the run. Every run tries the same ones, so that a failure is the
/// change's; `PROPTEST_RNG_SEED` sets others.
pub(crate) fn cases(usual: u32) -> Config {
    let wished = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let usual = || u32::try_from(crate::support::scratch::amount(usual as usize)).unwrap();
    Config {
        cases: wished.unwrap_or_else(usual),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_seed: match Config::default().rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            wished => wished,
        },
        ..Config::default()
    }
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let value = prop_oneof![
        12 => (-300_i32..1_500).prop_map(|thousandths| Some(f64::from(thousandths) / 1_000.0)),
        3 => select(vec![Some(0.0), Some(-0.0), Some(0.5), Some(1.25)]),
        2 => Just(None),
    ];
    let quality = prop_oneof![
        10 => Just(Quality::Normal),
        1 => select(vec![Quality::BelowDetection, Quality::Calibration, Quality::Suspect, Quality::LinkFault]),
    ];
    (value, quality).prop_map(|(value, quality)| Sample { value, quality })
}

pub(crate) fn any_frame() -> impl Strategy<Value = RandomFrame> {
    let advance = prop_oneof![10 => 0_i64..2, 2 => 2_i64..6, 1 => 6_i64..60];
    let late = prop_oneof![12 => Just(0_i64), 3 => 1_i64..4, 2 => 4_i64..40];
    let jitter = prop_oneof![4 => Just(-3_000_i64), 1 => 0_i64..10_000];
    let samples = [any_sample(), any_sample()];
    let station = prop_oneof![2 => Just(0_u32), 3 => 0_u32..4];
    (station, prop::bool::weighted(0.15), advance, late, jitter, samples, prop::bool::weighted(0.03)).prop_map(
        |(station, is_slow, advance, late, jitter_ms, samples, is_trimmed)| RandomFrame {
            station,
            is_slow,
            advance,
            late,
            jitter_ms,
            samples,
            is_trimmed,
        },
    )
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        20 => any_frame().prop_map(Happening::Arrival),
        1 => (0_i64..400).prop_map(|pass_s| Happening::Idle { pass_s }),
    ]
}

/// Where in time the random frames are.
#[derive(Debug, Default)]
pub(crate) struct Slots(i64);

impl Slots {
    /// Instrument, time and samples of a frame.
    pub(crate) fn place(&mut self, frame: &RandomFrame) -> (InstrumentId, i64, Vec<Sample>) {
        self.0 += frame.advance;
        let ms = BEGIN_MS + (self.0 - frame.late) * FAST_S * 1_000 + frame.jitter_ms;
        let channels = if frame.is_slow { 1 } else { 2 };
        (instrument_id(frame.station, frame.is_slow), ms, frame.samples[..channels].to_vec())
    }

    /// Time passes. Returns what time it is then.
    const fn pass(&mut self, pass_s: i64) -> i64 {
        self.0 += pass_s / FAST_S;
        self.now_ms()
    }

    const fn now_ms(&self) -> i64 {
        BEGIN_MS + self.0 * FAST_S * 1_000
    }
}

/// Truths, names and bits of what was said.
fn bits(evidence: &[Evidence]) -> Vec<String> {
    let number = |value: Option<f64>| value.map(f64::to_bits);
    let terms = |one: &Evidence| {
        let term = |t: &vocdb::verdict::TermValue| {
            format!("{} {:?} {:?} {} {:?} {:?}", t.label, number(t.value), t.value, t.unit, t.coverage, t.flags)
        };
        one.terms.iter().map(term).collect::<Vec<_>>().join("; ")
    };
    let line = |one: &Evidence| {
        format!("{} {:?} {:?} {:?} | {}", one.station, one.trip, number(one.value), one.value, terms(one))
    };
    evidence.iter().map(line).collect()
}

/// A rule over a station of its own, whose frames only bring the next trim nearer.
fn filler_plans() -> Vec<Plan> {
    let text = "alarm(\"filler\").scope(\"filler\").when(last(\"x\") > 1.ppm);".to_owned();
    let instruments = vec![(InstrumentId::new(FILLER), instrument(false))];
    let site = Site { id: StationId::new(FILLER), name: "filler".to_owned(), instruments };
    compile(&[RuleFile { name: "filler.rhai".to_owned(), text }], &[site]).unwrap().plans
}

/// The engine and the naive evaluation side by side, each with an alarm machine behind it.
struct Pair {
    engine: Engine,
    machine: Machine,
    naive: Vec<NaivePlan>,
    naive_machine: Machine,
    frames: Frames,
}

impl Pair {
    fn new(rules: &[RandomRule]) -> Self {
        let file = file_of(rules);
        let mut plans = compile(std::slice::from_ref(&file), &sites())
            .unwrap_or_else(|found| panic!("{}\n{found}", file.text))
            .plans;
        plans.extend(filler_plans());
        let specs: Vec<_> = plans.iter().map(|plan| plan.spec.clone()).collect();
        let [mut machine, mut naive_machine] = [Machine::default(), Machine::default()];
        machine.install(specs.clone(), RuleSetRef::default());
        naive_machine.install(specs, RuleSetRef::default());
        let random = plans.iter().filter(|plan| plan.spec.rule != "filler");
        let naive = random.map(|plan| NaivePlan::new(plan.clone(), rules)).collect();
        let engine = Engine::new(plans);
        Self { engine, machine, naive, naive_machine, frames: Frames::default() }
    }

    /// Lets one thing happen to both, and compares everything that either says.
    /// Returns whether the two can be compared further.
    fn happen(&mut self, happening: &Happening, slots: &mut Slots) -> Result<bool, TestCaseError> {
        let mut said = VecDeque::new();
        let mut events = Vec::new();
        let (machine, plans) = (&mut self.machine, self.naive.len());
        let mut sink = |verdict: &Verdict<'_>| {
            if verdict.spec >= plans {
                return;
            }
            let Verdict { instant, watermark, trip, clear, absent, suppressed, evidence, shown, .. } = *verdict;
            let steps = verdict.priority_steps.to_vec();
            let is_suppressed = suppressed.is_some();
            said.push_back((
                verdict.spec,
                Saying {
                    ms: instant.as_ms(),
                    watermark_ms: watermark.as_ms(),
                    trip,
                    clear,
                    steps,
                    absent: absent.to_vec(),
                    is_suppressed,
                    evidence: evidence(),
                    shown: Shown { terms: Vec::new(), ..shown() },
                },
            ));
            events.extend(machine.verdict(verdict, instant));
        };
        let mut of = None;
        let now_ms = match happening {
            Happening::Idle { pass_s } => {
                let now_ms = slots.pass(*pass_s);
                self.naive.iter_mut().for_each(|plan| plan.wait(now_ms));
                self.engine.idle(Timestamp::from_ms(now_ms), &mut sink);
                now_ms
            }
            Happening::Arrival(frame) => {
                let (id, ms, samples) = slots.place(frame);
                let now_ms = slots.now_ms();
                let now = Timestamp::from_ms(now_ms);
                let mut batch = Batch::new();
                batch.push_samples(id, Timestamp::from_ms(ms), samples.iter().copied());
                self.engine.push(batch.frame(0).unwrap(), now, &mut sink);
                if frame.is_trimmed {
                    self.trim(now);
                }
                let newest_ms = self.frames.newest_ms(id);
                let counts = self.frames.put(id, (ms, now_ms), samples);
                let frames = &self.frames;
                self.naive.iter_mut().filter(|plan| plan.reads(id)).for_each(|plan| {
                    plan.go_back(frames, (id, now_ms), counts);
                    plan.begin(ms);
                });
                if self.engine.lacks_samples() {
                    // There is no store here to refill it from.
                    return Ok(false);
                }
                if counts.is_none() && newest_ms.is_some_and(|newest_ms| ms <= newest_ms) {
                    // An old frame lets no time pass: nothing is due by it.
                    prop_assert!(said.is_empty() && events.is_empty(), "an old frame gave verdicts: {said:#?}");
                    return Ok(true);
                }
                of = Some(id);
                now_ms
            }
        };
        self.compare((said, &events), now_ms, of)?;
        Ok(true)
    }

    /// Lets the engine drop old samples.
    fn trim(&mut self, now: Timestamp) {
        let filler = Frame::new(InstrumentId::new(FILLER), Timestamp::from_ms(BEGIN_MS), &[None, None]);
        let fillers = Batch::from_iter(std::iter::repeat_n(filler, FRAMES_PER_TRIM));
        fillers.frames().for_each(|filler| self.engine.push(filler, now, &mut |_| {}));
    }

    /// After a frame of an instrument, or time that passed: only rules that read that instrument have anything to say then.
    fn compare(
        &mut self,
        (mut said, events): (VecDeque<(usize, Saying)>, &[AlarmEvent]),
        now_ms: i64,
        of: Option<InstrumentId>,
    ) -> Result<(), TestCaseError> {
        let mut expected_events = Vec::new();
        let naive = self.naive.iter_mut().enumerate();
        for (index, naive) in naive.filter(|(_, plan)| of.is_none_or(|of| plan.reads(of))) {
            for expected in naive.due(&self.frames, now_ms) {
                let last = naive.last.replace(expected.clone());
                let (evidence, shown) = (|| expected.evidence.clone(), || expected.shown.clone());
                let suppressed = expected.is_suppressed.then_some(naive.plan.suppress_text.as_str());
                let verdict = Verdict {
                    spec: index,
                    instant: Timestamp::from_ms(expected.ms),
                    watermark: Timestamp::from_ms(expected.watermark_ms),
                    is_live: true,
                    trip: expected.trip,
                    clear: expected.clear,
                    priority_steps: &expected.steps,
                    absent: &expected.absent,
                    suppressed,
                    fault: None,
                    evidence: &evidence,
                    shown: &shown,
                };
                let happened = self.naive_machine.verdict(&verdict, verdict.instant);
                if let Some((alarm, priority)) = naive.course.take(&happened, (expected.ms, &expected.steps)) {
                    let found = self.naive_machine.alarm(alarm).map(|alarm| alarm.priority);
                    prop_assert_eq!(found, Some(priority), "at {}: {:?}", expected.ms, naive.course);
                }
                expected_events.extend(happened);
                match said.pop_front_if(|(spec, found)| *spec == index && found.ms == expected.ms) {
                    Some((_, found)) => agree(&found, &expected)?,
                    None => {
                        let is_like_the_last = last.as_ref().is_some_and(|last| expected.says_no_more_than(last));
                        prop_assert!(is_like_the_last, "skipped: {expected:?}, last: {last:?}");
                    }
                }
            }
        }
        prop_assert!(said.is_empty(), "verdicts that nobody expected: {said:#?}");
        prop_assert_eq!(events, expected_events.as_slice());
        Ok(())
    }
}

fn agree(found: &Saying, expected: &Saying) -> Result<(), TestCaseError> {
    prop_assert_eq!(bits(&found.evidence), bits(&expected.evidence), "at {}", found.ms);
    prop_assert_eq!(&found.shown, &expected.shown, "at {}", found.ms);
    prop_assert_eq!(found.watermark_ms, expected.watermark_ms, "at {}", found.ms);
    prop_assert_eq!((found.trip, found.clear), (expected.trip, expected.clear), "at {}", found.ms);
    prop_assert_eq!(&found.steps, &expected.steps, "at {}", found.ms);
    prop_assert_eq!(found.is_suppressed, expected.is_suppressed, "at {}", found.ms);
    prop_assert_eq!(&found.absent, &expected.absent, "at {}", found.ms);
    Ok(())
}

#[test]
fn a_station_that_brings_a_long_backlog_is_seen_again_afterwards() {
    let plans = filler_plans();
    let (mut engine, step_ms) = (Engine::new(plans), FAST_S * 1_000);
    let begin = Timestamp::from_ms(BEGIN_MS).ceil_to(step_ms);
    let frame = |slot: i64, value: f64| {
        let values = [Some(value), None];
        Batch::from_iter([Frame::new(InstrumentId::new(FILLER), begin.plus_ms(slot * step_ms), &values)])
    };
    engine.push(frame(0, 0.0).frame(0).unwrap(), begin, &mut |_| {});
    engine.idle(begin.plus_ms(5_000 * step_ms), &mut |_| {});
    for slot in 1..=2_000 {
        engine.push(frame(slot, 0.0).frame(0).unwrap(), begin.plus_ms(5_000 * step_ms), &mut |_| {});
    }
    let mut trips = Vec::new();
    let now = begin.plus_ms(5_001 * step_ms);
    engine.push(frame(5_001, 2.0).frame(0).unwrap(), now, &mut |verdict| trips.push(verdict.trip));
    assert_eq!(trips.last(), Some(&Truth::True));
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_verdict_is_what_a_naive_look_at_all_frames_gives(
        rules in prop::collection::vec(any_stepped_rule(), 1..4), happenings in prop::collection::vec(any_happening(), 1..90)
    ) {
        let mut pair = Pair::new(&rules);
        let mut slots = Slots::default();
        for happening in &happenings {
            if !pair.happen(happening, &mut slots)? {
                break;
            }
        }
    }
}

#[test]
fn a_rule_is_suppressed_while_its_condition_holds_and_says_by_what() {
    let text = "alarm(\"a\").scope(\"in/in/in/S0\").when(last(\"x\") > 1.ppm)\n\
        .suppress_when(flag(\"calibration\",  \"y\", 30.seconds)\n or last(\"y\") > 5.ppm);";
    let plans = compile(&[RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }], &sites()).unwrap().plans;
    let mut engine = Engine::new(plans);
    let sample = |value, quality| Sample { value: Some(value), quality };
    let second = [
        sample(0.0, Quality::Normal),
        sample(0.0, Quality::Calibration),
        sample(0.0, Quality::Normal),
        sample(0.0, Quality::Normal),
        sample(0.0, Quality::Normal),
        sample(9.0, Quality::Normal),
        Sample::MISSING,
    ];
    let mut said = Vec::new();
    for (second, slot) in second.into_iter().zip(1..) {
        let mut batch = Batch::new();
        let samples = [sample(2.0, Quality::Normal), second];
        batch.push_samples(instrument_id(0, false), Timestamp::from_ms(slot * 10_000), samples);
        engine.push(batch.frame(0).unwrap(), Timestamp::from_ms(slot * 10_000), &mut |verdict| {
            said.push((verdict.trip, verdict.suppressed.map(str::to_owned)));
        });
    }
    let quiet = || Some("flag(\"calibration\", \"y\", 30.seconds) or last(\"y\") > 5.ppm".to_owned());
    let by_what: Vec<Option<String>> = said.iter().map(|(_, by)| by.clone()).collect();
    assert_eq!(by_what, [None, quiet(), quiet(), quiet(), None, quiet(), None]);
    assert!(said.iter().all(|(trip, _)| *trip == Truth::True), "a suppressed rule trips as ever");
}
