//! Functions that leave a truth over time: flags, silence, stuck values, run states.

use super::super::call::{Call, Signature};
use super::super::operators::check_size;
use super::super::symbol::{self, Symbol};
use super::super::tracer::{Outcome, fault};
use crate::base::limits::NAME_BYTES_MAX;
use crate::model::{LocalHours, Quality};
use crate::rules::expr::{Condition, Series};
use crate::rules::getter::number_text;
use crate::rules::nearest::suggest;
use std::sync::Arc;

/// The share of expected samples that `stuck` asks for where the rule names none.
const STUCK_COVERAGE_MIN: f64 = 0.75;

/// Bytes of what is counted, as evidence shows it.
const COUNTED_TEXT_BYTES_MAX: usize = 200;

const STATE_TAKES: &str = "a channel that reports a run state and optionally a duration";

/// All of them.
pub(super) static FUNCTIONS: [Signature; 7] = [
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
    function(
        "exceedances",
        "a condition, a number and a duration",
        "exceedances(avg(\"benzene\", 10.minutes) > 30.ppb, 3, 24.hours)",
        &[3],
    ),
    function("within_hours", "a time zone and two hours", "within_hours(\"Asia/Shanghai\", 22, 6)", &[3]),
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
    if call.signature.name == "exceedances" {
        return exceedances(call);
    }
    let condition = match call.signature.name {
        "flag" => flag(call),
        "silent" => silent(call),
        "stuck" => stuck(call),
        "within_hours" => within_hours(call),
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

/// So many evaluation times within a duration at which a condition was true.
fn exceedances(call: &Call<'_>) -> Outcome<Symbol> {
    let Symbol::Condition(inner, nodes) = call.symbol(0)? else { return call.wrong(0) };
    let count = call.arg(1).as_int().ok().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
    let Some(least) = count else {
        let help = "write a whole number from 1 on, such as 3";
        return fault(call.place_of(1), "exceedances are counted by a whole number", help);
    };
    let width_ms = call.duration(2, 1)?;
    match uncountable(&inner) {
        Some("spread") => {
            let help = "count the condition of each station, or compare the spread itself";
            return fault(call.place_of(0), "a spread is not counted: it is over several stations", help);
        }
        Some(_) => {
            let help = "join the two with `and` instead";
            return fault(call.place_of(0), "exceedances are not counted within exceedances", help);
        }
        None => {}
    }
    check_size(nodes + 2, &call.place)?;
    let text = call.token.and_then(|token| call.tracer.source.text_of_argument(token, 0)).unwrap_or_default();
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    while text.len() > COUNTED_TEXT_BYTES_MAX {
        text.pop();
    }
    let condition = Condition::Exceedances { inner, text, least, width_ms, place: call.place.clone() };
    Ok(Symbol::Condition(Arc::new(condition), nodes + 2))
}

/// The word of a condition that is not counted.
fn uncountable(condition: &Condition) -> Option<&'static str> {
    match condition {
        Condition::Exceedances { .. } => Some("exceedances"),
        Condition::Compare { left, right, .. } => (has_spread(left) || has_spread(right)).then_some("spread"),
        Condition::And(left, right) | Condition::Or(left, right) => uncountable(left).or_else(|| uncountable(right)),
        Condition::Not(inner) => uncountable(inner),
        _ => None,
    }
}

fn has_spread(series: &Series) -> bool {
    match series {
        Series::Spread { .. } => true,
        Series::Mean { inner, .. } => has_spread(inner),
        Series::Binary { left, right, .. } => has_spread(left) || has_spread(right),
        _ => false,
    }
}

/// Hours by the clock of a place.
fn within_hours(call: &Call<'_>) -> Outcome<Condition> {
    let (zone, from, to) = (call.zone(0), hour(call, 1, 23), hour(call, 2, 24));
    let (zone, from, to) = (zone?, from?, to?);
    let Some(hours) = LocalHours::new(zone, from, to) else {
        let (message, help) = if from == to {
            ("these hours have the same begin and end", "write the hour after the last one as the second: 22, 6")
        } else {
            ("these hours are the whole day", "remove the condition, or write fewer hours")
        };
        return fault(call.place_of(1), message, help);
    };
    Ok(Condition::WithinHours { hours, place: call.place.clone() })
}

/// A whole hour of the day.
fn hour(call: &Call<'_>, index: usize, greatest: i64) -> Outcome<i64> {
    let Some(number) = symbol::number(call.arg(index)) else { return call.wrong(index) };
    let whole = call.arg(index).as_int().ok().filter(|hour| (0..=greatest).contains(hour));
    whole.map_or_else(
        || {
            let message = format!("{} is no hour of the day", number_text(number));
            fault(call.place_of(index), message, format!("write a whole number from 0 to {greatest}"))
        },
        Ok,
    )
}

fn run_state(call: &Call<'_>, is_on: bool) -> Outcome<Condition> {
    let (channel, width_ms) = (channel(call, 0), width(call, 1));
    Ok(Condition::RunState { channel: channel?, width_ms: width_ms?, is_on, place: call.place.clone() })
}
