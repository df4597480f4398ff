//! Directions and run states: the engine against a plain look at all samples, with gaps and flags.
#![cfg(test)]

use proptest::prelude::*;
use proptest::sample::select;
use vocdb::base::ExactDirection;
use vocdb::rules::{Engine, RuleFile, Site, compile};
use vocdb::verdict::{Truth, Verdict};
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Quality, Sample, StationId, Timestamp, Unit};

const RULES: &str = r#"
    alarm("wind").scope("S").when(avg("d", 5.minutes).coverage(40.percent) > 180.deg);
    alarm("off").scope("S").when(is_off("s"));
    alarm("on").scope("S").when(is_on("s", 3.minutes));
    alarm("flagged").scope("S").when(last("d", 3.minutes) > 0.deg and flag("calibration"));
"#;

fn site() -> Site {
    let channel = |name: &str, unit| Channel::quantity(name, unit).unwrap();
    let channels = vec![channel("d", Unit::Degree), channel("s", Unit::One)];
    let log = Instrument::new("log", Interval::MINUTE, channels).unwrap();
    Site { id: StationId::new(1), name: "S".to_owned(), instruments: vec![(InstrumentId::new(1), log)] }
}

fn any_samples() -> impl Strategy<Value = Vec<Option<[Sample; 2]>>> {
    let quality =
        || prop_oneof![5 => Just(Quality::Normal), 1 => select(vec![Quality::Calibration, Quality::BelowDetection])];
    let degrees = prop_oneof![3 => 0.0_f64..360.0, 1 => select(vec![0.0, 90.0, 180.0, 270.0, 360.0])];
    let direction = (prop::option::weighted(0.8, degrees), quality());
    let state = (prop::option::weighted(0.8, select(vec![0.0, 1.0])), quality());
    let sample = |(value, quality)| Sample { value, quality };
    let frame = (direction, state).prop_map(move |(direction, state)| [sample(direction), sample(state)]);
    prop::collection::vec(prop::option::weighted(0.85, frame), 1..120)
}

/// The samples of a channel in the last so many minutes up to `end`.
fn window(samples: &[Option<[Sample; 2]>], channel: usize, end: usize, minutes: usize) -> Vec<Sample> {
    samples[(end + 1).saturating_sub(minutes)..=end].iter().flatten().map(|frame| frame[channel]).collect()
}

fn expected(rule: &str, samples: &[Option<[Sample; 2]>], end: usize) -> Truth {
    let valid = |channel, minutes| window(samples, channel, end, minutes).into_iter().filter_map(|one| one.valid());
    let newest = |channel, minutes| valid(channel, minutes).next_back();
    let truth = |holds: Option<bool>| holds.map_or(Truth::Unknown, Truth::from);
    match rule {
        "wind" => {
            let mut arrows = ExactDirection::default();
            let values: Vec<f64> = valid(0, 5).collect();
            values.iter().rev().for_each(|value| arrows.add(*value));
            let mean = arrows.mean(values.len() as u64).filter(|_| values.len() >= 2);
            truth(mean.map(|mean| mean > 180.0))
        }
        "off" => truth(newest(1, 1).map(|state| state == 0.0)),
        "on" => truth(newest(1, 3).map(|state| state == 1.0)),
        _ => {
            let seen = window(samples, 0, end, 1);
            let flag = truth((!seen.is_empty()).then(|| seen.iter().any(|one| one.quality == Quality::Calibration)));
            truth(newest(0, 3).map(|direction| direction > 0.0)).and(flag)
        }
    }
}

proptest! {
    #![proptest_config(super::cases(300))]

    #[test]
    fn directions_and_run_states_are_what_the_samples_say(samples in any_samples()) {
        let file = RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() };
        let plans = compile(&[file], &[site()]).unwrap().plans;
        let names: Vec<String> = plans.iter().map(|plan| plan.spec.rule.clone()).collect();
        let mut engine = Engine::new(plans);
        let mut said = Vec::new();
        let mut first = None;
        for (frame, minute) in samples.iter().zip(0_i64..) {
            let Some(frame) = frame else { continue };
            first.get_or_insert(usize::try_from(minute).unwrap());
            let mut batch = Batch::new();
            batch.push_samples(InstrumentId::new(1), Timestamp::from_ms(minute * 60_000), frame.iter().copied());
            let mut sink = |verdict: &Verdict<'_>| {
                let end = usize::try_from(verdict.instant.as_ms() / 60_000).unwrap();
                said.push((verdict.spec, end, verdict.trip));
            };
            engine.push(batch.frame(0).unwrap(), Timestamp::from_ms(minute * 60_000), &mut sink);
        }
        let last = samples.iter().rposition(Option::is_some);
        let instants = first.zip(last).map_or(0, |(first, last)| last + 1 - first);
        prop_assert_eq!(said.len(), instants * names.len());
        for (spec, end, trip) in said {
            prop_assert_eq!(trip, expected(&names[spec], &samples, end), "{} at {}", names[spec], end);
        }
    }
}

#[test]
fn a_mean_of_mean_directions_is_refused() {
    let text = r#"alarm("mean").scope("S").when(avg("d", 5.minutes).mean_of(3) > 180.deg);"#;
    let file = RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() };
    let error = compile(&[file], &[site()]).unwrap_err().to_string();
    assert!(error.contains("is not the vector mean; take one average over the whole time"), "{error}");
}
