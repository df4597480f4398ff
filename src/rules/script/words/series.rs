//! Functions that leave a value over time, and what such a value can be told.

use super::super::builder::misplaced;
use super::super::call::{Call, DAY_MS, Signature};
use super::super::symbol::{self, Symbol};
use super::super::tracer::{Fault, Outcome, fault};
use crate::base::limits::{NAME_BYTES_MAX, PARAM_EXCEPTIONS_MAX, PLAN_NODES_MAX, WINDOW_MS_MAX};
use crate::rules::expr::{Param, Series, WindowFunction, WindowTerm};
use crate::verdict::Place;
use std::sync::Arc;

const WINDOW_TAKES: &str = "a channel's name and a duration";
const TERM: &str = "a windowed term";
/// Values that one mean may take.
const MEAN_COUNT_MAX: i64 = 400;

/// Functions over windows and stations.
pub(super) static FUNCTIONS: [Signature; 9] = [
    function("sum", WINDOW_TAKES, "sum(\"benzene\", 1.hour)", &[2]),
    function("delta", WINDOW_TAKES, "delta(\"benzene\", 10.minutes)", &[2]),
    function("increase", WINDOW_TAKES, "increase(\"energy\", 1.hour)", &[2]),
    function("rate", WINDOW_TAKES, "rate(\"benzene\", 10.minutes)", &[2]),
    function("stddev", WINDOW_TAKES, "stddev(\"benzene\", 1.hour)", &[2]),
    function(
        "percentile",
        "a channel's name, a duration and a share",
        "percentile(\"benzene\", 1.hour, 95.percent)",
        &[3],
    ),
    function("spread", "a windowed term, or a channel's name", "spread(avg(\"benzene\", 14.days))", &[1]),
    function("day", "a time zone", "day(\"Asia/Shanghai\")", &[1]),
    function("param", "a name and a value", "param(\"trip\", 30.ppb)", &[2]),
];

/// What terms can be told.
pub(super) static METHODS: [Signature; 4] = [
    method("at_least", TERM, "a number of valid samples", "avg(\"benzene\", 24.hours).at_least(20)", &[1]),
    method("ago", TERM, "a duration", "avg(\"benzene\", 1.hour).ago(24.hours)", &[1]),
    method(
        "at",
        "a windowed term or a parameter",
        "a station, and for a parameter its value there",
        "avg(\"wind speed\", 10.minutes).at(\"park/mast\")",
        &[1, 2],
    ),
    method(
        "mean_of",
        "a windowed term or a spread",
        "how many values",
        "spread(avg(\"benzene\", 14.days)).mean_of(26)",
        &[1],
    ),
];

const fn function(
    name: &'static str,
    takes: &'static str,
    example: &'static str,
    counts: &'static [usize],
) -> Signature {
    Signature { name, receiver: None, takes, example, counts }
}

const fn method(
    name: &'static str,
    receiver: &'static str,
    takes: &'static str,
    example: &'static str,
    counts: &'static [usize],
) -> Signature {
    Signature { name, receiver: Some(receiver), takes, example, counts }
}

/// Runs a call of one of these.
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    match call.signature.name {
        "sum" => window(call, WindowFunction::Sum),
        "delta" => window(call, WindowFunction::Delta),
        "increase" => window(call, WindowFunction::Increase),
        "rate" => window(call, WindowFunction::Rate),
        "stddev" => window(call, WindowFunction::Stddev),
        "percentile" => {
            let quantile = call.share(2)?;
            window(call, WindowFunction::Percentile { quantile })
        }
        "spread" => spread(call),
        "param" => param(call),
        "day" => call.zone(0).map(|zone| Symbol::Day(Arc::new(zone))),
        "at_least" => at_least(call),
        "ago" => ago(call),
        "at" => at(call),
        _ => mean_of(call),
    }
}

fn symbol_of(series: Series, nodes: usize) -> Symbol {
    Symbol::Series(Arc::new(series), nodes)
}

fn window(call: &Call<'_>, function: WindowFunction) -> Outcome<Symbol> {
    let (channel, width) = (call.name(0, 2 * NAME_BYTES_MAX + 1), call.width(1));
    let (channel, (width_ms, day)) = (channel?, width?);
    let term = WindowTerm { day, ..WindowTerm::new(function, channel, Some(width_ms), call.place.clone()) };
    Ok(symbol_of(Series::Window(term), 1))
}

/// `coverage(channel, window)`, and `.coverage(share)` of a mean; `None` for what the builder knows.
pub(super) fn coverage(call: &Call<'_>) -> Option<Outcome<Symbol>> {
    if call.arg(0).is_string() {
        return Some(window(call, WindowFunction::Coverage));
    }
    let Some(Symbol::Series(series, nodes)) = symbol::symbol(call.arg(0)) else { return None };
    let Series::Mean { inner, count, step_ms, place, .. } = series.as_ref() else { return None };
    let told = call.share(1).map(|coverage_min| {
        let (inner, place) = (inner.clone(), place.clone());
        symbol_of(Series::Mean { inner, count: *count, step_ms: *step_ms, coverage_min, place }, nodes)
    });
    Some(told)
}

fn spread(call: &Call<'_>) -> Outcome<Symbol> {
    let place = call.place.clone();
    if call.arg(0).is_string() {
        let channel = call.name(0, 2 * NAME_BYTES_MAX + 1)?;
        let term = WindowTerm::new(WindowFunction::Last, channel, None, place.clone());
        return Ok(symbol_of(Series::Spread { inner: Arc::new(Series::Window(term)), place }, 2));
    }
    let Symbol::Series(inner, nodes) = call.symbol(0)? else { return call.wrong(0) };
    if !matches!(*inner, Series::Window(_) | Series::Binary { .. }) {
        return call.wrong(0);
    }
    Ok(symbol_of(Series::Spread { inner, place }, nodes + 1))
}

/// A number with or without a unit, as an argument.
fn number(call: &Call<'_>, index: usize) -> Outcome<Series> {
    let place = call.place_of(index);
    if let Some(value) = symbol::number(call.arg(index)) {
        return Ok(Series::Number { value, unit: None, is_per_hour: false, place });
    }
    match symbol::symbol(call.arg(index)) {
        Some(Symbol::Series(series, _)) => match (*series).clone() {
            Series::Number { value, unit, is_per_hour, .. } => Ok(Series::Number { value, unit, is_per_hour, place }),
            _ => call.wrong(index),
        },
        _ => call.wrong(index),
    }
}

fn param(call: &Call<'_>) -> Outcome<Symbol> {
    let (name, default) = (call.name(0, NAME_BYTES_MAX), number(call, 1));
    let param = Param { name: name?, default: default?, exceptions: Vec::new(), place: call.place.clone() };
    Ok(symbol_of(Series::Param(Arc::new(param)), 1))
}

/// The receiver, if it is a windowed term.
fn received(call: &Call<'_>) -> Outcome<(Arc<Series>, usize)> {
    match symbol::symbol(call.arg(0)) {
        Some(Symbol::Series(series, nodes)) => Ok((series, nodes)),
        _ if symbol::is_poison(call.arg(0)) => Err(Fault::Silent),
        _ => misplaced(call),
    }
}

fn ago(call: &Call<'_>) -> Outcome<Symbol> {
    let (series, nodes) = received(call)?;
    let Series::Window(term) = series.as_ref() else { return misplaced(call) };
    let ago_ms = call.duration(1, 0)?;
    if term.day.is_some() && ago_ms % DAY_MS != 0 {
        let message = format!("{} is no whole number of days", symbol::duration_text(ago_ms));
        return fault(call.place_of(1), message, "a local day is so many days ago: write .ago(1.day)");
    }
    let lag_ms = term.lag_ms.saturating_add(ago_ms);
    check_reach(call, term.width_ms.unwrap_or(0).saturating_add(lag_ms), call.place_of(1))?;
    Ok(symbol_of(Series::Window(WindowTerm { lag_ms, ..term.clone() }), nodes))
}

/// `.at_least(samples)`: fewer valid samples leave the term unknown.
fn at_least(call: &Call<'_>) -> Outcome<Symbol> {
    let (series, nodes) = received(call)?;
    let Series::Window(term) = series.as_ref() else { return misplaced(call) };
    let whole = call.arg(1).as_int().ok().and_then(|count| u32::try_from(count).ok());
    let Some(samples_min) = whole.filter(|count| *count > 0) else {
        let help = "write a whole number from 1 on, such as .at_least(20); a share is .coverage(75.percent)";
        return fault(call.place_of(1), "valid samples are counted by a whole number", help);
    };
    Ok(symbol_of(Series::Window(WindowTerm { samples_min, ..term.clone() }), nodes))
}

fn check_reach(call: &Call<'_>, reach_ms: i64, place: Place) -> Outcome<()> {
    if reach_ms <= WINDOW_MS_MAX {
        return Ok(());
    }
    let message = format!("{} looks back {}", call.title(), symbol::duration_text(reach_ms));
    fault(place, message, format!("look back at most {}.days", WINDOW_MS_MAX / 86_400_000))
}

fn at(call: &Call<'_>) -> Outcome<Symbol> {
    let (series, nodes) = received(call)?;
    match (series.as_ref(), call.count()) {
        (Series::Window(term), 1) => {
            let station = Some(call.name(1, NAME_BYTES_MAX)?);
            Ok(symbol_of(Series::Window(WindowTerm { station, ..term.clone() }), nodes))
        }
        (Series::Param(param), 2) => {
            let globs = match symbol::symbol(call.arg(1)) {
                Some(Symbol::Stations(globs)) => Ok(globs),
                _ => call.name(1, NAME_BYTES_MAX),
            };
            let value = number(call, 2);
            if param.exceptions.len() >= PARAM_EXCEPTIONS_MAX {
                let message = format!("`{}` has more than {PARAM_EXCEPTIONS_MAX} values of its own", param.name);
                return fault(call.place_of(1), message, "group stations by a glob, such as \"park/north-*\"");
            }
            let mut param = (**param).clone();
            call.tracer.charge(param.exceptions.len().saturating_mul(size_of::<usize>()));
            param.exceptions.push(Arc::new((globs?, value?, call.place_of(1))));
            Ok(symbol_of(Series::Param(Arc::new(param)), nodes))
        }
        (Series::Window(_) | Series::Param(_), _) => {
            let help = "write avg(\"wind speed\", 10.minutes).at(\"park/mast\"), or param(\"trip\", 30.ppb).at(\"park/S3\", 20.ppb)";
            fault(call.place.clone(), "`.at` of a term takes a station, of a parameter a station and a value", help)
        }
        _ => misplaced(call),
    }
}

fn mean_of(call: &Call<'_>) -> Outcome<Symbol> {
    let (series, nodes) = received(call)?;
    let of_window = |series: &Series| match series {
        Series::Window(term) => term.width_ms,
        _ => None,
    };
    let step_ms = match series.as_ref() {
        Series::Spread { inner, .. } => of_window(inner),
        other => of_window(other),
    };
    let Some(step_ms) = step_ms else { return misplaced(call) };
    let Some(count) = call.arg(1).as_int().ok().filter(|count| (2..=MEAN_COUNT_MAX).contains(count)) else {
        let help = format!("write a whole number from 2 to {MEAN_COUNT_MAX}, such as .mean_of(26)");
        return fault(call.place_of(1), "a mean is taken of a whole number of values", help);
    };
    check_reach(call, count.saturating_mul(step_ms), call.place_of(1))?;
    let copies = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(nodes);
    if copies > PLAN_NODES_MAX {
        let message = format!("this expression has more than {PLAN_NODES_MAX} parts");
        return fault(call.place.clone(), message, "take the mean of fewer values");
    }
    let (inner, place) = (series, call.place.clone());
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Ok(symbol_of(Series::Mean { inner, count, step_ms, coverage_min: 0.0, place }, copies + 1))
}
