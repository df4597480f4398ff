//! The methods of the rule language: what an alarm, a chain and a windowed term can be told.

use super::call::{Call, Signature};
use super::draft::{Part, Recipient, SharedAlarm, SharedChain, SharedRoster};
use super::symbol::{self, Symbol};
use super::text::TokenKind;
use super::tracer::{Outcome, fault, mistake};
use crate::base::escape::is_plain;
use crate::base::limits::{CHAIN_STEPS_MAX, NAME_BYTES_MAX, ROSTER_SHIFTS_MAX};
use crate::rules::expr::{Series, WindowTerm};
use crate::rules::nearest::suggest;
use crate::rules::roster::{hours, weekdays};
use crate::verdict::{Contact, MissingPolicy, Party, Place, Priority, ROUTES, Remind, Shift, is_route};
use rhai::Dynamic;
use std::sync::Arc;

/// Bytes of a title.
const TITLE_BYTES_MAX: usize = 1_000;
/// What a title may hold in braces.
const PLACEHOLDERS: [&str; 5] = ["value", "values", "stations", "rule", "since"];
const PLACEHOLDER_HELP: &str = "write {value}, {values}, {stations}, {rule} or {since}";
const ALARM: &str = "an alarm";
const CHAIN: &str = "an escalation chain";
const ROSTER: &str = "a roster";
/// Ways of one list.
const WAYS_MAX: usize = 20;
/// Bytes of one step, about.
const STEP_BYTES: usize = 256;
/// How often people may be reminded.
const REMINDERS_MAX: i64 = 1_000;

/// All methods.
pub(super) static METHODS: [Signature; 16] = [
    method("coverage", "a windowed term", "a share", "avg(\"benzene\", 10.minutes).coverage(75.percent)", &[1]),
    method("title", ALARM, "a text", ".title(\"Benzene {value} at {stations}\")", &[1]),
    method("priority", ALARM, "low, medium, high or urgent", ".priority(\"high\")", &[1]),
    method("scope", ALARM, "stations", ".scope(stations(\"park/*\"))", &[1]),
    method("when", ALARM, "a condition", ".when(avg(\"benzene\", 10.minutes) > 30.ppb)", &[1]),
    method("hold", ALARM, "a duration", ".hold(2.minutes)", &[1]),
    method("quorum", ALARM, "a number of stations", ".quorum(2)", &[1]),
    method(
        "clear_when",
        ALARM,
        "a condition and optionally a duration",
        ".clear_when(avg(\"benzene\", 10.minutes) < 25.ppb, 10.minutes)",
        &[1, 2],
    ),
    method("on_missing", ALARM, "unknown, keep or alarm, and a duration", ".on_missing(\"unknown\", 15.minutes)", &[2]),
    method("escalate", ALARM, "an escalation chain", ".escalate(escalation(\"park-standard\"))", &[1]),
    method("auto_close", ALARM, "a duration", ".auto_close(30.minutes)", &[1]),
    method("latch", ALARM, "nothing", ".latch()", &[0]),
    method("remind", CHAIN, "a duration and how often", ".remind(30.minutes, 4)", &[2]),
    method(
        "shift",
        ROSTER,
        "weekdays, hours, and a contact or a list of them",
        ".shift(\"mon-fri\", \"08:00-18:00\", contact(\"day-desk\"))",
        &[3],
    ),
    method("otherwise", ROSTER, "a contact or a list of them", ".otherwise(contact(\"night-desk\"))", &[1]),
    method(
        "step",
        CHAIN,
        "a duration, a contact or a list of them, and a list of notification channels",
        ".step(15.minutes, contact(\"park-duty\"), [\"app\", \"sms\"])",
        &[3],
    ),
];

const fn method(
    name: &'static str,
    receiver: &'static str,
    takes: &'static str,
    example: &'static str,
    counts: &'static [usize],
) -> Signature {
    Signature { name, receiver: Some(receiver), takes, example, counts }
}

/// Runs a call of one of [`METHODS`]; the result is what it was called on, so that the chain goes on.
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    let receiver = symbol::symbol(call.arg(0));
    match (call.signature.name, receiver) {
        ("coverage", Some(Symbol::Series(series, nodes))) => coverage(call, &series, nodes),
        ("step", Some(Symbol::Chain(chain))) => step(call, &chain).map(|()| Symbol::Chain(chain)),
        ("remind", Some(Symbol::Chain(chain))) => remind(call, &chain).map(|()| Symbol::Chain(chain)),
        ("shift", Some(Symbol::Roster(roster))) => shift(call, &roster).map(|()| Symbol::Roster(roster)),
        ("otherwise", Some(Symbol::Roster(roster))) => {
            let parties = parties(call, 1)?;
            if !roster.lock().1.otherwise.is_empty() {
                return fault(call.place.clone(), "the roster already has an `.otherwise`", "write it once");
            }
            Arc::make_mut(&mut roster.lock().1).otherwise = parties;
            Ok(Symbol::Roster(roster))
        }
        (name, Some(Symbol::Alarm(alarm))) if call.signature.receiver == Some(ALARM) => {
            tell(call, name, &alarm).map(|()| Symbol::Alarm(alarm))
        }
        _ => misplaced(call),
    }
}

/// What is called on something that it does not belong to.
pub(super) fn misplaced<T>(call: &Call<'_>) -> Outcome<T> {
    let owner = call.signature.receiver.unwrap_or_default();
    let what = symbol::describe(call.arg(0));
    let message = format!("{} belongs to {owner}, not to {what}", call.title());
    let help = format!("write {}, and look for a bracket that closes too late or too early", call.signature.example);
    fault(call.place.clone(), message, help)
}

fn coverage(call: &Call<'_>, series: &Series, nodes: usize) -> Outcome<Symbol> {
    let Series::Window(term) = series else { return misplaced(call) };
    let coverage_min = call.share(1)?;
    let term = WindowTerm { coverage_min, ..term.clone() };
    Ok(Symbol::Series(Arc::new(Series::Window(term)), nodes))
}

fn step(call: &Call<'_>, chain: &SharedChain) -> Outcome<()> {
    let after_ms = call.duration(1, 0);
    let recipients = recipients(call);
    let ways = ways(call, 3);
    let (after_ms, recipients, ways) = (after_ms?, recipients?, ways?);
    let mut chain = chain.lock();
    if let Some(before) = chain.steps.last().filter(|before| before.after_ms > after_ms) {
        let (now, before) = (symbol::duration_text(after_ms), symbol::duration_text(before.after_ms));
        let message = format!("this step comes after {now}, but the one before it after {before}");
        return fault(
            call.place_of(1),
            message,
            "write the steps in rising order of time, counted from the opening of the alarm",
        );
    }
    if chain.steps.len().saturating_add(recipients.len()) > CHAIN_STEPS_MAX {
        let message = format!("the escalation `{}` has more than {CHAIN_STEPS_MAX} steps", chain.name);
        return fault(call.place.clone(), message, "each contact of a list is a step; let a gateway reach a group");
    }
    let ways_bytes: usize = ways.iter().map(String::len).sum();
    call.tracer.charge(recipients.len().saturating_mul(STEP_BYTES + ways_bytes));
    chain.push(after_ms, recipients, &ways);
    Ok(())
}

/// Everybody that a step tells: contacts, and rosters that have somebody on duty at every hour.
fn recipients(call: &Call<'_>) -> Outcome<Vec<Recipient>> {
    let mut found = Vec::new();
    for value in list(call.arg(2)) {
        match symbol::symbol(&value) {
            Some(Symbol::Contact(party)) => found.push(Recipient { party: (*party).clone(), roster: None }),
            Some(Symbol::Roster(roster)) => {
                let (name, roster) = roster.lock().clone();
                if roster.otherwise.is_empty() {
                    let message = format!("the roster `{name}` may have hours without anybody on duty");
                    return fault(call.place_of(2), message, "add .otherwise(contact(\"night-desk\")) to the roster");
                }
                let party = Party { contact: Contact(name), fallback: Vec::new() };
                found.push(Recipient { party, roster: Some(roster) });
            }
            _ if symbol::is_poison(&value) => {}
            _ => return no_contact(call, 2, &value),
        }
    }
    Ok(found)
}

/// The contacts of an argument: one, or a list of them.
fn parties(call: &Call<'_>, index: usize) -> Outcome<Vec<Party>> {
    let mut found = Vec::new();
    for value in list(call.arg(index)) {
        match symbol::symbol(&value) {
            Some(Symbol::Contact(party)) => found.push((*party).clone()),
            _ if symbol::is_poison(&value) => {}
            _ => return no_contact(call, index, &value),
        }
    }
    if found.is_empty() { call.wrong(index) } else { Ok(found) }
}

fn no_contact<T>(call: &Call<'_>, index: usize, value: &Dynamic) -> Outcome<T> {
    let message = format!("{} is no contact", symbol::describe(value));
    fault(call.place_of(index), message, "write contact(\"park-duty\"), or a contact of an imported file")
}

fn remind(call: &Call<'_>, chain: &SharedChain) -> Outcome<()> {
    let every_ms = call.duration(1, 1)?;
    let Ok(times) = call.arg(2).as_int() else { return call.wrong(2) };
    let Some(times) = u32::try_from(times).ok().filter(|_| (1..=REMINDERS_MAX).contains(&times)) else {
        let message = format!("{times} reminders are not possible");
        return fault(call.place_of(2), message, format!("write a number from 1 to {REMINDERS_MAX}"));
    };
    let mut chain = chain.lock();
    if chain.remind.is_some() {
        return fault(call.place.clone(), "the escalation already has a `.remind`", "write it once");
    }
    chain.remind = Some(Remind { every_ms, times });
    Ok(())
}

fn shift(call: &Call<'_>, roster: &SharedRoster) -> Outcome<()> {
    let days = weekdays(&call.text(1)?).or_else(|(message, help)| fault(call.place_of(1), message, help));
    let hours = hours(&call.text(2)?).or_else(|(message, help)| fault(call.place_of(2), message, help));
    let parties = parties(call, 3);
    let (weekdays, (from_minute, to_minute), parties) = (days?, hours?, parties?);
    let mut roster = roster.lock();
    if roster.1.shifts.len() >= ROSTER_SHIFTS_MAX {
        let message = format!("the roster `{}` has more than {ROSTER_SHIFTS_MAX} shifts", roster.0);
        return fault(call.place.clone(), message, "split it into several rosters");
    }
    Arc::make_mut(&mut roster.1).shifts.push(Shift { weekdays, from_minute, to_minute, parties });
    Ok(())
}

/// The ways of an argument. A way may name a gateway of its own behind a colon: `sms:north`.
pub(super) fn ways(call: &Call<'_>, index: usize) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for value in list(call.arg(index)) {
        let Ok(way) = value.into_string() else { return call.wrong(index) };
        if !is_route(&way) || !is_plain(&way) {
            let kind = way.split(':').next().unwrap_or_default();
            let message = format!("`{way}` is not a notification channel");
            let help = suggest(kind, &ROUTES, "write \"app\", \"sms\", \"email\" or \"phone\"");
            return fault(call.place_of(index), message, help);
        }
        found.push(way);
    }
    if found.len() > WAYS_MAX || found.iter().any(|way| way.len() > NAME_BYTES_MAX) {
        let message = format!(
            "there are more than {WAYS_MAX} notification channels, or one is longer than {NAME_BYTES_MAX} bytes"
        );
        return fault(call.place_of(index), message, "leave out what is not needed");
    }
    if found.is_empty() { call.wrong(index) } else { Ok(found) }
}

/// The values of a list, or the one value that is no list.
fn list(value: &Dynamic) -> Vec<Dynamic> {
    value.clone().into_array().unwrap_or_else(|_| vec![value.clone()])
}

fn tell(call: &Call<'_>, name: &str, alarm: &SharedAlarm) -> Outcome<()> {
    match name {
        "title" => {
            let title = title(call)?;
            alarm.lock().title = Some(title);
        }
        "priority" => {
            let priority = word(call, &Priority::ALL.map(|priority| (priority.name(), priority)))?;
            alarm.lock().priority = priority;
        }
        "scope" => return scope(call, alarm),
        "when" => return when(call, alarm),
        "hold" => {
            let hold_ms = call.duration(1, 0)?;
            alarm.lock().hold = (hold_ms, Some(call.place_of(1)));
        }
        "quorum" => {
            let quorum = quorum(call)?;
            alarm.lock().quorum = Some((quorum, call.place_of(1)));
        }
        "clear_when" => {
            let condition = call.condition(1)?;
            let hold_ms = if call.count() > 1 { call.duration(2, 0)? } else { 0 };
            let mut alarm = alarm.lock();
            alarm.clear_when = Some((condition, hold_ms));
            alarm.clear_place = Some(call.place_of(1));
        }
        "on_missing" => {
            let policies = [MissingPolicy::Unknown, MissingPolicy::Keep, MissingPolicy::Alarm];
            let policy = word(call, &policies.map(|policy| (policy.name(), policy)));
            let after_ms = call.duration(2, 1);
            let mut alarm = alarm.lock();
            alarm.has_on_missing = true;
            alarm.on_missing = (policy?, after_ms?);
        }
        "auto_close" => {
            let auto_close_ms = call.duration(1, 1)?;
            alarm.lock().auto_close_ms = Some(auto_close_ms);
        }
        "latch" => alarm.lock().is_latching = true,
        _ => {
            let Symbol::Chain(chain) = call.symbol(1)? else { return call.wrong(1) };
            alarm.lock().chain = Some(chain);
        }
    }
    Ok(())
}

fn scope(call: &Call<'_>, alarm: &SharedAlarm) -> Outcome<()> {
    let place = call.place_of(1);
    let glob = match symbol::symbol(call.arg(1)) {
        Some(Symbol::Stations(glob)) => Ok((glob, glob_place(call).unwrap_or(place))),
        _ if call.arg(1).is_string() => call.name(1, NAME_BYTES_MAX).map(|glob| (glob, place)),
        _ => call.wrong(1),
    };
    let mut alarm = alarm.lock();
    alarm.scope = Part::Broken;
    alarm.scope = Part::Given(glob?);
    Ok(())
}

/// Where the glob of a `stations("glob")` stands that is written right here.
fn glob_place(call: &Call<'_>) -> Option<Place> {
    let source = &call.tracer.source;
    let token = call.token_of(1)?;
    let glob = (source.word(token) == "stations").then(|| source.argument(token, 0)).flatten()?;
    Some(source.place(glob))
}

fn when(call: &Call<'_>, alarm: &SharedAlarm) -> Outcome<()> {
    let mut alarm = alarm.lock();
    if !matches!(alarm.when, Part::Missing) {
        return fault(
            call.place.clone(),
            "the alarm already has a `.when`",
            "join the conditions with `and` or `or` in one `.when`",
        );
    }
    alarm.when = Part::Broken;
    alarm.when = Part::Given(call.condition(1)?);
    alarm.when_place = Some(call.place_of(1));
    Ok(())
}

fn quorum(call: &Call<'_>) -> Outcome<u32> {
    if call.arg(1).is_float() {
        return fault(call.place_of(1), "a quorum is a whole number of stations", "write .quorum(2)");
    }
    let Ok(count) = call.arg(1).as_int() else { return call.wrong(1) };
    match u32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => {
            let message = format!("a quorum of {count} stations is not possible");
            fault(call.place_of(1), message, "write how many stations must trip at the same time, 1 or more")
        }
    }
}

/// The first argument as one of a few words.
pub(super) fn word<T: Copy>(call: &Call<'_>, words: &[(&str, T)]) -> Outcome<T> {
    let given = call.text(1)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(*meaning);
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let all = format!("write one of \"{}\"", names.join("\", \""));
    let help = suggest(&given.to_lowercase(), &names, &all);
    fault(call.place_of(1), format!("{} does not know `{given}`", call.title()), help)
}

fn title(call: &Call<'_>) -> Outcome<String> {
    let source = &call.tracer.source;
    let token = call.token_of(1);
    if token
        .and_then(|token| source.token(token))
        .is_some_and(|token| token.kind == TokenKind::Template { interpolates: true })
    {
        let message = "a backtick text is filled in once, when the rules load";
        return fault(
            call.place_of(1),
            message,
            "write the title between double quotes, with {value}, {values}, {stations}, {rule} or {since}",
        );
    }
    let title = call.name(1, TITLE_BYTES_MAX)?;
    check_placeholders(call, &title);
    Ok(title)
}

/// Reports every `{word}` of a title that stands for nothing.
fn check_placeholders(call: &Call<'_>, title: &str) {
    let mut rest = title;
    while let Some((before, after)) = rest.split_once('{') {
        let offset = title.len() - rest.len() + before.len();
        let Some((word, tail)) = after.split_once('}') else {
            let message = "a `{` of the title has no `}`";
            call.tracer.report(mistake(brace_place(call, title, offset), message, PLACEHOLDER_HELP));
            return;
        };
        if !PLACEHOLDERS.contains(&word) {
            let help = suggest(word.trim(), &PLACEHOLDERS, PLACEHOLDER_HELP);
            let message = format!("the title cannot show `{{{word}}}`");
            call.tracer.report(mistake(brace_place(call, title, offset), message, help));
        }
        rest = tail;
    }
}

/// Where a brace of the title stands, if the title is written right here and without escapes; else where the title stands.
fn brace_place(call: &Call<'_>, title: &str, offset: usize) -> Place {
    let place = call.place_of(1);
    let is_here = call.token_of(1).is_some_and(|token| call.tracer.source.word(token) == format!("\"{title}\""));
    let before = title.get(..offset).filter(|_| is_here).map_or(0, |before| 1 + before.chars().count());
    Place { column: place.column.saturating_add(u32::try_from(before).unwrap_or_default()), ..place }
}
