//! Turns a rule's conditions into programs for one station.

use super::channels::{self, mistake};
use super::glob;
use super::shown::TripPart;
use super::units::{self, Basis, Value};
use super::windows::{self, Looks};
use crate::model::{Interval, LocalHours, Unit};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Comparison, Condition, Param, Series, WindowFunction, WindowTerm};
use crate::rules::getter::number_text;
use crate::rules::interpreted::Script;
use crate::rules::plan::{CountSpec, HoursSpec, Node, Program, Site};
use crate::verdict::Place;

/// The work for one station.
pub(super) struct Lowering<'a> {
    /// The station.
    site: &'a Site,
    /// What its programs look at.
    pub(super) looks: Looks<'a>,
    /// The channels that the rule reads at the station, with their places: what a flag without a channel is asked of.
    channels: &'a [(String, Place)],
    /// What the plan's spreads are taken over.
    pub(super) spreads: Vec<Program>,
    /// The closures that are asked.
    pub(super) scripts: Vec<Script>,
    /// The hours that are asked for.
    pub(super) hours: Vec<HoursSpec>,
    /// What is counted.
    pub(super) counts: Vec<CountSpec>,
    /// Place of each of them in the rule file.
    pub(super) counted: Vec<Place>,
    /// Whether silence is asked for.
    pub(super) asks_silence: bool,
    /// The parts of the conditions so far, in order.
    pub(super) parts: Vec<TripPart>,
    /// Whether what is lowered now stands under an odd number of `not`.
    is_negated: bool,
    /// By how much terms that are lowered now look back.
    lag_ms: i64,
    /// What is wrong.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl<'a> Lowering<'a> {
    /// Nothing done yet.
    pub(super) const fn new(site: &'a Site, sites: &'a [&'a Site], channels: &'a [(String, Place)]) -> Self {
        Self {
            site,
            looks: Looks::new(site, sites),
            channels,
            spreads: Vec::new(),
            scripts: Vec::new(),
            hours: Vec::new(),
            counts: Vec::new(),
            counted: Vec::new(),
            asks_silence: false,
            parts: Vec::new(),
            is_negated: false,
            lag_ms: 0,
            mistakes: Vec::new(),
        }
    }

    /// The program of a condition; `None` where a mistake was noted.
    pub(super) fn condition(&mut self, condition: &Condition) -> Option<Program> {
        self.truth(condition).map(Program)
    }

    fn truth(&mut self, condition: &Condition) -> Option<Vec<Node>> {
        match condition {
            Condition::Compare { operator, left: measured, right, place } => {
                let (left, right) = (self.series(measured), self.series(right));
                let aligned = units::align(left?, right?, place);
                let (left, right) = self.note(aligned)?;
                self.mistakes.extend(units::check_detection(&left, &right));
                let part = TripPart::of_comparison((&left, &right), measured, *operator);
                self.parts.push(TripPart { is_low: part.is_low != self.is_negated, ..part });
                let mut nodes = left.nodes;
                nodes.extend(right.nodes);
                nodes.push(Node::Compare(*operator));
                Some(nodes)
            }
            Condition::And(left, right) => self.both(left, right, Node::And),
            Condition::Or(left, right) => self.both(left, right, Node::Or),
            Condition::Not(inner) => {
                self.is_negated = !self.is_negated;
                let nodes = self.truth(inner);
                self.is_negated = !self.is_negated;
                let mut nodes = nodes?;
                nodes.push(Node::Not);
                Some(nodes)
            }
            Condition::Flag { quality, channel, width_ms, place } => {
                self.flag(WindowFunction::Flagged(*quality), channel.as_ref(), *width_ms, place)
            }
            Condition::Silent { instrument, width_ms, place } => self.silent(instrument.as_deref(), *width_ms, place),
            Condition::Stuck { channel, width_ms, coverage_min, place } => {
                let term = windows::term(WindowFunction::Stuck, channel, Some(*width_ms), place);
                let slot = self.slot(&WindowTerm { coverage_min: *coverage_min, ..term })?;
                self.show("stuck", &[Some(channel), duration(Some(*width_ms)).as_deref()], 1);
                Some(vec![Node::Holds(slot)])
            }
            Condition::RunState { channel, width_ms, is_on, place } => {
                self.run_state(channel, *width_ms, *is_on, place)
            }
            Condition::WithinHours { hours, place } => self.within_hours(hours, place),
            Condition::Exceedances { inner, text, least, width_ms, place } => {
                self.exceedances(inner, text, (*least, *width_ms), place)
            }
            Condition::Script { script, terms, .. } => self.script(script, terms),
            Condition::Broken => None,
        }
    }

    fn both(&mut self, left: &Condition, right: &Condition, node: Node) -> Option<Vec<Node>> {
        let (left, right) = (self.truth(left), self.truth(right));
        let mut nodes = left?;
        nodes.extend(right?);
        nodes.push(node);
        Some(nodes)
    }

    /// The program of a series; `None` where a mistake was noted.
    pub(super) fn series(&mut self, series: &Series) -> Option<Value> {
        match series {
            Series::Number { value, unit, is_per_hour, place } => {
                if !value.is_finite() {
                    let help = "write a number that a measurement can reach";
                    self.mistakes.push(mistake(place, format!("{} is not a finite number", number_text(*value)), help));
                    return None;
                }
                let number = Value::constant(*value, unit.unwrap_or(Unit::One), place.clone());
                Some(Value { is_per_hour: *is_per_hour, ..number })
            }
            Series::Window(term) => {
                let lagged = WindowTerm { lag_ms: term.lag_ms.saturating_add(self.lag_ms), ..term.clone() };
                let looked = self.looks.window(&lagged);
                self.note(looked)
            }
            Series::Param(param) => self.param(param),
            Series::Spread { inner, place } => self.spread(inner, place),
            Series::Mean { inner, count, step_ms, coverage_min, place } => {
                self.mean(inner, (*count, *step_ms), *coverage_min, place)
            }
            Series::Binary { operator, left, right, place } => {
                let (left, right) = (self.series(left), self.series(right));
                let joined = units::join(*operator, left?, right?, place);
                self.note(joined)
            }
        }
    }

    fn spread(&mut self, inner: &Series, place: &Place) -> Option<Value> {
        let value = self.series(inner)?;
        if value.unit == Unit::Degree && value.basis != Basis::Difference {
            let help = "compare the direction of each station, or take its average";
            return self.note(Err(mistake(place, "directions have no least and no greatest, and so no spread", help)));
        }
        let program = Program(value.nodes);
        let slot = self.spreads.iter().position(|known| *known == program).unwrap_or(self.spreads.len());
        if slot == self.spreads.len() {
            self.spreads.push(program);
        }
        let slot = self.note(windows::narrow(slot, place))?;
        let (nodes, basis) = (vec![Node::Spread(slot)], Basis::Difference);
        Some(Value { nodes, basis, detection_limit: None, constant: None, ..value })
    }

    /// The value for this station: of the last exception that fits, or else the default.
    fn param(&mut self, param: &Param) -> Option<Value> {
        let chosen = param.exceptions.iter().rev().find(|one| glob::fits(&one.0, &self.site.name));
        let chosen = chosen.map_or(&param.default, |one| &one.1);
        self.series(chosen)
    }

    /// The same series at instants before, one after the other, the oldest last.
    fn mean(&mut self, inner: &Series, (count, step_ms): (u32, i64), share: f64, place: &Place) -> Option<Value> {
        let (before_ms, mut nodes, mut first) = (self.lag_ms, Vec::new(), None);
        for number in 0..i64::from(count) {
            self.lag_ms = before_ms.saturating_add(number.saturating_mul(step_ms));
            let value = self.series(inner);
            self.lag_ms = before_ms;
            let value = value?;
            nodes.extend(value.nodes.iter().copied());
            first.get_or_insert(value);
        }
        let known_min = (0..=count).find(|known| f64::from(*known) >= share * f64::from(count)).unwrap_or(count);
        let [count, known_min] =
            [count, known_min].map(|number| windows::narrow(usize::try_from(number).unwrap_or(usize::MAX), place));
        let node = Node::Mean(self.note(count)?, self.note(known_min)?);
        nodes.push(node);
        let first = first?;
        if first.unit == Unit::Degree {
            let message = "the mean of several averages of a direction is not the vector mean";
            return self.note(Err(mistake(place, message.to_owned(), "take one average over the whole time")));
        }
        Some(Value { nodes, detection_limit: None, ..first })
    }

    fn flag(
        &mut self,
        function: WindowFunction,
        channel: Option<&String>,
        width_ms: Option<i64>,
        place: &Place,
    ) -> Option<Vec<Node>> {
        let named: Vec<&String> =
            channel.map_or_else(|| self.channels.iter().map(|(name, _)| name).collect(), |c| vec![c]);
        if named.is_empty() {
            let help = "name one: flag(\"calibration\", \"benzene\")";
            self.mistakes.push(mistake(place, "the rule reads no channel whose flag could be checked", help));
            return None;
        }
        let slots: Vec<Option<u16>> =
            named.into_iter().map(|name| self.slot(&windows::term(function, name, width_ms, place))).collect();
        if let WindowFunction::Flagged(quality) = function {
            let channel = channel.map(String::as_str);
            self.show("flag", &[Some(quality.name()), channel, duration(width_ms).as_deref()], slots.len());
        }
        any_of(slots)
    }

    fn silent(&mut self, instrument: Option<&str>, width_ms: i64, place: &Place) -> Option<Vec<Node>> {
        self.asks_silence = true;
        let looked = self.looks.silence(instrument, width_ms, place);
        let slots = self.note(looked)?;
        self.show("silent", &[instrument, duration(Some(width_ms)).as_deref()], slots.len());
        let mut nodes = Vec::new();
        for (place, slot) in slots.into_iter().enumerate() {
            nodes.push(Node::Holds(slot));
            nodes.extend((place > 0).then_some(Node::And));
        }
        Some(nodes)
    }

    fn run_state(&mut self, channel: &str, width_ms: Option<i64>, is_on: bool, place: &Place) -> Option<Vec<Node>> {
        let term = windows::term(WindowFunction::Last, channel, width_ms, place);
        let looked = self.looks.window(&term);
        let value = self.note(looked)?;
        if !value.is_plain() {
            let message = format!("`{channel}` is measured in {}: it is not a run state", value.unit_text());
            let help = "a run state is a channel of plain numbers, 0 for off and 1 for on";
            self.mistakes.push(mistake(place, message, help));
            return None;
        }
        let mut nodes: Vec<Node> = value
            .nodes
            .iter()
            .map(|node| if let Node::Window(slot) = node { Node::Holds(*slot) } else { *node })
            .collect();
        nodes.extend((!is_on).then_some(Node::Not));
        let word = if is_on { "is_on" } else { "is_off" };
        self.show(word, &[Some(channel), duration(width_ms).as_deref()], 1);
        Some(nodes)
    }

    fn within_hours(&mut self, hours: &LocalHours, place: &Place) -> Option<Vec<Node>> {
        let known = self.hours.iter().position(|known| known.hours == *hours);
        let slot = known.unwrap_or(self.hours.len());
        if known.is_none() {
            let label = format!("within_hours({hours})");
            self.hours.push(HoursSpec { hours: hours.clone(), label });
        }
        self.show("within_hours", &[Some(&hours.to_string())], 1);
        let slot = self.note(windows::narrow(slot, place))?;
        Some(vec![Node::Hours(slot)])
    }

    fn exceedances(
        &mut self,
        inner: &Condition,
        text: &str,
        (least, width_ms): (u32, i64),
        place: &Place,
    ) -> Option<Vec<Node>> {
        // The parts of what is counted are no parts of the rule's condition.
        let (parts, is_negated) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.is_negated));
        let nodes = self.truth(inner);
        (self.parts, self.is_negated) = (parts, is_negated);
        let (count, width) = (least.to_string(), duration(Some(width_ms)));
        self.show("exceedances", &[Some(text), Some(&count), width.as_deref()], 1);
        let label = format!("exceedances({text}, {count}, {})", width.unwrap_or_default());
        let spec = CountSpec { program: Program(nodes?), width_ms, least, label };
        let slot = self.counts.iter().position(|known| *known == spec).unwrap_or(self.counts.len());
        if slot == self.counts.len() {
            self.counts.push(spec);
            self.counted.push(place.clone());
        }
        let slot = self.note(windows::narrow(slot, place))?;
        let limit = Node::Number(f64::from(least));
        Some(vec![Node::Counted(slot), limit, Node::Compare(Comparison::GreaterOrEqual)])
    }

    fn script(&mut self, script: &Script, terms: &[(String, Series)]) -> Option<Vec<Node>> {
        let (mut nodes, mut is_whole, mut first) = (Vec::new(), true, None);
        for (name, series) in terms {
            let Some(value) = self.series(series) else {
                is_whole = false;
                continue;
            };
            if !value.is_plain() {
                let unit = value.unit_text();
                let message = format!("`{name}` is in {unit}, and a closure receives plain numbers only");
                let help = match units::one_of(&value) {
                    Some(one) => format!("divide it by the unit that the closure expects: {one}"),
                    None => "divide it by a quantity of its kind".to_owned(),
                };
                self.mistakes.push(mistake(&value.place, message, help));
                is_whole = false;
            }
            nodes.extend(value.nodes.iter().copied());
            first.get_or_insert(value);
        }
        self.parts.push(TripPart { label: String::new(), value: first, is_low: false, truths: 1 });
        let slot = u16::try_from(self.scripts.len()).ok().filter(|_| is_whole)?;
        self.scripts.push(script.clone());
        nodes.push(Node::Script(slot));
        Some(nodes)
    }

    /// Notes a part of a condition that has no value.
    fn show(&mut self, word: &str, arguments: &[Option<&str>], truths: usize) {
        let arguments: Vec<&str> = arguments.iter().copied().flatten().collect();
        let contrary = if self.is_negated { "not " } else { "" };
        let label = format!("{contrary}{word}({})", arguments.join(", "));
        self.parts.push(TripPart { label, value: None, is_low: false, truths });
    }

    fn slot(&mut self, term: &WindowTerm) -> Option<u16> {
        let looked = self.looks.slot(term);
        self.note(looked)
    }

    fn note<T>(&mut self, outcome: Result<T, Diagnostic>) -> Option<T> {
        outcome.map_err(|diagnostic| self.mistakes.push(diagnostic)).ok()
    }
}

/// A duration in words.
fn duration(ms: Option<i64>) -> Option<String> {
    Interval::from_ms(ms?).ok().map(|interval| interval.to_string())
}

/// Whether any of these windows holds.
fn any_of(slots: Vec<Option<u16>>) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    for (place, slot) in slots.into_iter().collect::<Option<Vec<u16>>>()?.into_iter().enumerate() {
        nodes.push(Node::Holds(slot));
        nodes.extend((place > 0).then_some(Node::Or));
    }
    Some(nodes)
}

/// The channels that a rule reads at its own stations, each once.
pub(super) fn channels_of(conditions: &[&Condition]) -> Vec<(String, Place)> {
    let mut found: Vec<(String, Place)> = Vec::new();
    let mut note = |name: &str, place: &Place| {
        if found.iter().all(|(known, _)| known != name) {
            found.push((name.to_owned(), place.clone()));
        }
    };
    conditions.iter().for_each(|condition| channels::walk(condition, &mut note));
    found
}
