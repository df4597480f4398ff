//! Functions that leave a truth over time: flags, silence, stuck values, run states.

use super::super::call::{Call, Signature};
use super::super::symbol::Symbol;
use super::super::tracer::{Outcome, fault};
use crate::base::limits::NAME_BYTES_MAX;
use crate::model::Quality;
use crate::rules::expr::Condition;
use crate::rules::nearest::suggest;
use std::sync::Arc;

/// The share of expected samples that `stuck` asks for where the rule names none.
const STUCK_COVERAGE_MIN: f64 = 0.75;

const STATE_TAKES: &str = "a channel that reports a run state and optionally a duration";

/// All of them.
pub(super) static FUNCTIONS: [Signature; 5] = [
    function(
        "flag",
        "a quality flag and optionally a channel and a duration",
        "flag(\"calibration\", \"benzene\", 10.minutes)",
        &[1, 2, 3],
    ),
    function("silent", "optionally an instrument, and a duration", "silent(\"gc\", 15.minutes)", &[1, 2]),
    function(
        "stuck",
        "a channel, a duration and optionally a share",
        "stuck(\"benzene\", 2.hours, 75.percent)",
        &[2, 3],
    ),
    function("is_on", STATE_TAKES, "is_on(\"SB1\", 5.minutes)", &[1, 2]),
    function("is_off", STATE_TAKES, "is_off(\"SB1\", 5.minutes)", &[1, 2]),
];

const fn function(
    name: &'static str,
    takes: &'static str,
    example: &'static str,
    counts: &'static [usize],
) -> Signature {
    Signature { name, receiver: None, takes, example, counts }
}

/// Runs a call of one of these.
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    let condition = match call.signature.name {
        "flag" => flag(call),
        "silent" => silent(call),
        "stuck" => stuck(call),
        name => run_state(call, name == "is_on"),
    };
    condition.map(|condition| Symbol::Condition(Arc::new(condition), 1))
}

fn channel(call: &Call<'_>, index: usize) -> Outcome<String> {
    call.name(index, 2 * NAME_BYTES_MAX + 1)
}

fn width(call: &Call<'_>, index: usize) -> Outcome<Option<i64>> {
    if call.count() > index { call.duration(index, 1).map(Some) } else { Ok(None) }
}

fn flag(call: &Call<'_>) -> Outcome<Condition> {
    let name = call.text(0)?;
    let Some(quality) = Quality::ALL.into_iter().find(|quality| quality.name() == name) else {
        let names = Quality::ALL.map(Quality::name);
        let help = suggest(&name.to_lowercase(), &names, &format!("there are {}", names.join(", ")));
        return fault(call.place_of(0), format!("there is no quality flag `{name}`"), help);
    };
    let channel = if call.count() > 1 { channel(call, 1).map(Some) } else { Ok(None) };
    let (channel, width_ms) = (channel?, width(call, 2)?);
    Ok(Condition::Flag { quality, channel, width_ms, place: call.place.clone() })
}

fn silent(call: &Call<'_>) -> Outcome<Condition> {
    let has_name = call.count() > 1;
    let instrument = if has_name { call.name(0, NAME_BYTES_MAX).map(Some) } else { Ok(None) };
    let width_ms = call.duration(usize::from(has_name), 1);
    Ok(Condition::Silent { instrument: instrument?, width_ms: width_ms?, place: call.place.clone() })
}

fn stuck(call: &Call<'_>) -> Outcome<Condition> {
    let (channel, width_ms) = (channel(call, 0), call.duration(1, 1));
    let coverage_min = if call.count() > 2 { call.share(2) } else { Ok(STUCK_COVERAGE_MIN) };
    let (channel, width_ms, coverage_min) = (channel?, width_ms?, coverage_min?);
    Ok(Condition::Stuck { channel, width_ms, coverage_min, place: call.place.clone() })
}

fn run_state(call: &Call<'_>, is_on: bool) -> Outcome<Condition> {
    let (channel, width_ms) = (channel(call, 0), width(call, 1));
    Ok(Condition::RunState { channel: channel?, width_ms: width_ms?, is_on, place: call.place.clone() })
}
