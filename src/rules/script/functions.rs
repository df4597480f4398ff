//! The functions of the rule language: windows over channels, and the beginnings of alarms, contacts and chains.

use super::builder::ways;
use super::call::{Call, Signature};
use super::draft::{AlarmDraft, ChainDraft};
use super::operators::check_size;
use super::symbol::Symbol;
use super::tracer::{Outcome, fault};
use crate::base::limits::{NAME_BYTES_MAX, RULES_MAX};
use crate::rules::expr::{Condition, Series, WindowFunction, WindowTerm};
use crate::verdict::{Contact, DEADLINE_RULE, Party, Roster};
use parking_lot::Mutex;
use std::sync::Arc;

/// The quantile of `baseline` where the rule names none.
const BASELINE_QUANTILE: f64 = 0.1;

const WINDOW_TAKES: &str = "a channel's name and a duration";

/// All functions.
pub(super) static FUNCTIONS: [Signature; 12] = [
    function("avg", WINDOW_TAKES, "avg(\"benzene\", 10.minutes)", &[2]),
    function("min", WINDOW_TAKES, "min(\"benzene\", 10.minutes)", &[2]),
    function("max", WINDOW_TAKES, "max(\"benzene\", 10.minutes)", &[2]),
    function("count", WINDOW_TAKES, "count(\"benzene\", 10.minutes)", &[2]),
    function("last", "a channel's name and optionally a duration", "last(\"benzene\")", &[1, 2]),
    function(
        "baseline",
        "a channel's name, a duration and optionally a share",
        "baseline(\"benzene\", 24.hours, 10.percent)",
        &[2, 3],
    ),
    function("stations", "globs over station names", "stations(\"park/*\")", &[1, 2, 3, 4, 5, 6]),
    function("alarm", "the rule's name", "alarm(\"benzene-high\")", &[1]),
    function(
        "contact",
        "a name and optionally a list of further notification channels",
        "contact(\"park-duty\", [\"phone\"])",
        &[1, 2],
    ),
    function("roster", "a name and a time zone", "roster(\"night-desk\", \"Asia/Shanghai\")", &[2]),
    function("escalation", "a name", "escalation(\"park-standard\")", &[1]),
    function("not", "a condition", "not(avg(\"benzene\", 10.minutes) > 30.ppb)", &[1]),
];

const fn function(
    name: &'static str,
    takes: &'static str,
    example: &'static str,
    counts: &'static [usize],
) -> Signature {
    Signature { name, receiver: None, takes, example, counts }
}

/// Runs a call of one of [`FUNCTIONS`].
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    match call.signature.name {
        "avg" => window(call, WindowFunction::Avg),
        "min" => window(call, WindowFunction::Min),
        "max" => window(call, WindowFunction::Max),
        "count" => window(call, WindowFunction::Count),
        "last" => window(call, WindowFunction::Last),
        "baseline" => {
            let quantile = if call.count() > 2 { call.share(2)? } else { BASELINE_QUANTILE };
            window(call, WindowFunction::Baseline { quantile })
        }
        "stations" => stations(call),
        "contact" => contact(call),
        "roster" => roster(call),
        "escalation" => call.name(0, NAME_BYTES_MAX).map(|name| Symbol::Chain(ChainDraft::new(name))),
        "alarm" => alarm(call),
        _ => negate(call),
    }
}

fn window(call: &Call<'_>, function: WindowFunction) -> Outcome<Symbol> {
    let channel = call.name(0, 2 * NAME_BYTES_MAX + 1);
    let width = if call.count() > 1 { call.width(1).map(Some) } else { Ok(None) };
    let (channel, width) = (channel?, width?);
    let (width_ms, day) = width.map_or((None, None), |(ms, day)| (Some(ms), day));
    let term = WindowTerm { day, ..WindowTerm::new(function, channel, width_ms, call.place.clone()) };
    Ok(Symbol::Series(Arc::new(Series::Window(term)), 1))
}

/// One or more globs, joined by `|`, which no station's name has in it.
fn stations(call: &Call<'_>) -> Outcome<Symbol> {
    let globs: Vec<Outcome<String>> = (0..call.count()).map(|index| call.name(index, NAME_BYTES_MAX)).collect();
    let globs = globs.into_iter().collect::<Outcome<Vec<String>>>()?;
    Ok(Symbol::Stations(globs.join("|")))
}

fn contact(call: &Call<'_>) -> Outcome<Symbol> {
    let contact = Contact(call.name(0, NAME_BYTES_MAX)?);
    call.tracer.name_contact(call.place_of(0), &contact.0);
    let fallback = if call.count() > 1 { ways(call, 1)? } else { Vec::new() };
    Ok(Symbol::Contact(Arc::new(Party { contact, fallback })))
}

fn roster(call: &Call<'_>) -> Outcome<Symbol> {
    let (name, zone) = (call.name(0, NAME_BYTES_MAX)?, call.zone(1)?);
    let roster = Roster { zone: zone.to_string(), shifts: Vec::new(), otherwise: Vec::new() };
    Ok(Symbol::Roster(Arc::new(Mutex::new((name, Arc::new(roster))))))
}

fn alarm(call: &Call<'_>) -> Outcome<Symbol> {
    let name = call.name(0, NAME_BYTES_MAX)?;
    if call.tracer.alarm_count() >= RULES_MAX {
        return fault(
            call.place.clone(),
            format!("there are more than {RULES_MAX} rules"),
            "leave out what is not needed",
        );
    }
    if name == DEADLINE_RULE {
        let message = format!("`{DEADLINE_RULE}` is the name of the alarms of overdue incidents");
        return fault(call.place_of(0), message, "choose another name");
    }
    let draft = AlarmDraft::new(name, call.place.clone(), call.place_of(0), call.tracer.statement());
    call.tracer.register(Arc::clone(&draft));
    Ok(Symbol::Alarm(draft))
}

fn negate(call: &Call<'_>) -> Outcome<Symbol> {
    match call.symbol(0)? {
        Symbol::Condition(condition, nodes) => {
            check_size(nodes, &call.place)?;
            Ok(Symbol::Condition(Arc::new(Condition::Not(condition)), nodes + 1))
        }
        _ => call.wrong(0),
    }
}
