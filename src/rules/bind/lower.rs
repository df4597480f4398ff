//! Turns a rule's conditions into programs for one station.

use super::channels::{self, Found, mistake};
use super::units::{self, Gas, Value};
use crate::model::{Interval, Unit};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Series, WindowFunction, WindowTerm};
use crate::rules::plan::{Node, Program, Site, WindowSpec};

/// The work for one station.
pub(super) struct Lowering<'a> {
    site: &'a Site,
    /// The windows that the programs read.
    pub(super) windows: Vec<WindowSpec>,
    /// The least interval of the instruments used.
    pub(super) step_ms: Option<i64>,
    /// What is wrong.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl<'a> Lowering<'a> {
    /// Nothing done yet.
    pub(super) const fn new(site: &'a Site) -> Self {
        Self { site, windows: Vec::new(), step_ms: None, mistakes: Vec::new() }
    }

    /// The program of a condition; `None` where a mistake was noted.
    pub(super) fn condition(&mut self, condition: &Condition) -> Option<Program> {
        self.truth(condition).map(Program)
    }

    fn truth(&mut self, condition: &Condition) -> Option<Vec<Node>> {
        match condition {
            Condition::Compare { operator, left, right, place } => {
                let (left, right) = (self.series(left), self.series(right));
                let aligned = units::align(left?, right?, place);
                let (left, right) = self.note(aligned)?;
                let mut nodes = left.nodes;
                nodes.extend(right.nodes);
                nodes.push(Node::Compare(*operator));
                Some(nodes)
            }
            Condition::And(left, right) => self.both(left, right, Node::And),
            Condition::Or(left, right) => self.both(left, right, Node::Or),
            Condition::Not(inner) => {
                let mut nodes = self.truth(inner)?;
                nodes.push(Node::Not);
                Some(nodes)
            }
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
            Series::Number { value, unit, place } => {
                Some(Value::constant(*value, unit.unwrap_or(Unit::One), place.clone()))
            }
            Series::Window(term) => self.window(term),
            Series::Binary { operator, left, right, place } => {
                let (left, right) = (self.series(left), self.series(right));
                let joined = units::join(*operator, left?, right?, place);
                self.note(joined)
            }
        }
    }

    fn window(&mut self, term: &WindowTerm) -> Option<Value> {
        let site = self.site;
        let found = self.note(channels::find(site, &term.channel, &term.place))?;
        let unit = found.channel.unit();
        if unit == Unit::Degree && term.function == WindowFunction::Avg {
            let help = "averages of a direction need the vector mean, which is not available yet; use last";
            self.mistakes.push(mistake(&term.place, format!("`{}` is a direction", term.channel), help));
            return None;
        }
        let interval_ms = found.instrument.interval().as_ms();
        self.step_ms = Some(self.step_ms.map_or(interval_ms, |least| least.min(interval_ms)));
        let is_count = term.function == WindowFunction::Count;
        let unit = if is_count { Unit::One } else { unit };
        let spec = specify(term, &found, unit);
        let slot = self.windows.iter().position(|known| *known == spec).unwrap_or(self.windows.len());
        if slot == self.windows.len() {
            self.windows.push(spec);
        }
        let Ok(slot) = u16::try_from(slot) else {
            self.mistakes.push(mistake(&term.place, "the rule has too many windows", "split it into several rules"));
            return None;
        };
        let gas = if is_count { None } else { Some(Gas::of(found.channel)) };
        Some(Value { nodes: vec![Node::Window(slot)], unit, gas, constant: None, place: term.place.clone() })
    }

    fn note<T>(&mut self, outcome: Result<T, Diagnostic>) -> Option<T> {
        outcome.map_err(|diagnostic| self.mistakes.push(diagnostic)).ok()
    }
}

fn specify(term: &WindowTerm, found: &Found<'_>, unit: Unit) -> WindowSpec {
    let interval = found.instrument.interval();
    let width_ms = term.width_ms.unwrap_or(interval.as_ms());
    let expected = u32::try_from(width_ms / interval.as_ms()).unwrap_or(u32::MAX).max(1);
    WindowSpec {
        instrument: found.id,
        channel: found.index,
        function: term.function,
        width_ms,
        expected,
        coverage_min: term.coverage_min,
        label: label(term),
        unit: unit.symbol().to_owned(),
    }
}

/// The term as the operator wrote it: `avg(methane, 15 min)`.
fn label(term: &WindowTerm) -> String {
    let function = match term.function {
        WindowFunction::Avg => "avg",
        WindowFunction::Min => "min",
        WindowFunction::Max => "max",
        WindowFunction::Last => "last",
        WindowFunction::Count => "count",
        WindowFunction::Baseline { .. } => "baseline",
    };
    let width = term.width_ms.and_then(|width_ms| Interval::from_ms(width_ms).ok());
    width.map_or_else(
        || format!("{function}({})", term.channel),
        |width| format!("{function}({}, {width})", term.channel),
    )
}
