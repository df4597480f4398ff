//! Binds traced rules to stations: channels become windows, units become factors, globs become lists of stations.

mod channels;
mod glob;
mod lower;
mod units;

use super::diagnostic::Diagnostic;
use super::expr::{Condition, Rule, Series};
use super::nearest::closest;
use super::plan::{Member, Node, Plan, Program, Site};
use super::verdict::AlarmSpec;
use crate::base::checksum::{Digest, sha256};
use crate::model::Interval;
use channels::mistake;
use lower::Lowering;
use std::collections::BTreeSet;
use units::Value;

/// Binds rules to stations: a plan per rule with a quorum, and a plan per rule and station without one.
///
/// A rule with a mistake at any of its stations gives no plan at all.
#[must_use]
pub fn bind(rules: &[Rule], sites: &[Site]) -> (Vec<Plan>, Vec<Diagnostic>) {
    let mut sorted: Vec<&Site> = sites.iter().collect();
    sorted.sort_by_key(|site| site.id);
    let (mut plans, mut diagnostics) = (Vec::new(), Vec::new());
    for rule in rules {
        let mut binding = Binding { rule, mistakes: Vec::new() };
        plans.extend(binding.plans(&sorted));
        diagnostics.append(&mut binding.mistakes);
    }
    diagnostics.sort_by(|a, b| (&a.place, a.is_warning).cmp(&(&b.place, b.is_warning)));
    diagnostics.dedup_by(|later, earlier| later.place == earlier.place);
    (plans, diagnostics)
}

struct Binding<'a> {
    rule: &'a Rule,
    mistakes: Vec<Diagnostic>,
}

/// A station's part of a plan, and what the plan must know of it.
struct Bound {
    member: Member,
    /// Names of the channels that its windows read.
    channels: Vec<String>,
    step_ms: i64,
    value: Value,
}

impl Binding<'_> {
    fn plans(&mut self, sites: &[&Site]) -> Vec<Plan> {
        let rule = self.rule;
        let scope: Vec<&Site> = sites.iter().copied().filter(|site| glob::fits(&rule.scope, &site.name)).collect();
        if scope.is_empty() {
            self.mistakes.push(unknown_stations(rule, sites));
            return Vec::new();
        }
        let quorum = rule.quorum.map(|quorum| usize::try_from(quorum).unwrap_or(usize::MAX));
        if let Some(quorum) = quorum.filter(|quorum| *quorum > scope.len()) {
            let message = format!("a quorum of {quorum} is more than the {} stations of `{}`", scope.len(), rule.scope);
            self.mistakes.push(mistake(&rule.places.quorum, message, format!("write {} or less", scope.len())));
        }
        let bound: Vec<Option<Bound>> = scope.iter().map(|site| self.bound(site)).collect();
        let Some(bound) = bound.into_iter().collect::<Option<Vec<Bound>>>() else { return Vec::new() };
        if !self.mistakes.is_empty() {
            return Vec::new();
        }
        let plans: Vec<Plan> = match quorum {
            Some(quorum) => self.joint(bound, quorum).into_iter().collect(),
            None => {
                bound.into_iter().map(|bound| self.plan(bound.member.station_name.clone(), vec![bound], 1)).collect()
            }
        };
        self.check_hold(&plans);
        plans
    }

    /// One plan over all stations, with every value in the unit of the first one.
    fn joint(&mut self, mut bound: Vec<Bound>, quorum: usize) -> Option<Plan> {
        let first = bound.first()?.value.clone();
        for part in bound.iter_mut().skip(1) {
            match part.value.clone().converted(first.unit, first.gas.as_ref()) {
                Ok(value) => part.value = value,
                Err(error) => {
                    let name = &part.member.station_name;
                    let message = format!(
                        "station `{name}` measures in {}, the first of the scope in {}",
                        part.value.unit, first.unit
                    );
                    self.mistakes.push(mistake(&self.rule.places.scope, message, error.to_string()));
                    return None;
                }
            }
        }
        Some(self.plan(self.rule.scope.clone(), bound, quorum))
    }

    fn plan(&self, scope_key: String, bound: Vec<Bound>, quorum: usize) -> Plan {
        let rule = self.rule;
        let unit = bound.first().map_or("1", |bound| bound.value.unit.symbol()).to_owned();
        let step_ms = bound.iter().map(|bound| bound.step_ms).min().unwrap_or(1);
        let spec = AlarmSpec {
            rule: rule.name.clone(),
            scope_key,
            title: rule.title.clone(),
            priority: rule.priority,
            hold_ms: rule.hold_ms,
            clear_hold_ms: rule.clear_when.as_ref().map_or(0, |(_, hold_ms)| *hold_ms),
            on_missing: rule.on_missing,
            on_missing_ms: rule.on_missing_ms,
            auto_close_ms: rule.auto_close_ms,
            is_latching: rule.is_latching,
            chain: rule.chain.clone(),
            channels: bound.first().map_or_else(Vec::new, |bound| bound.channels.clone()),
            logic: Digest::default(),
            unit,
            place: rule.place.clone(),
        };
        let member = |bound: Bound| Member { value: Program(bound.value.nodes), ..bound.member };
        let mut plan = Plan { spec, step_ms, quorum, members: bound.into_iter().map(member).collect() };
        plan.spec.logic = sha256(format!("{step_ms} {quorum} {:?}", plan.members).as_bytes());
        plan
    }

    fn bound(&mut self, site: &Site) -> Option<Bound> {
        let rule = self.rule;
        let mut lowering = Lowering::new(site);
        let when = lowering.condition(&rule.when);
        let clear = rule.clear_when.as_ref().map(|(condition, _)| lowering.condition(condition));
        let value = when.as_ref().and_then(|_| lowering.series(shown(&rule.when)));
        self.mistakes.append(&mut lowering.mistakes);
        let clear = clear.map_or(Some(None), |clear| clear.map(Some))?;
        let (when, value, step_ms) = (when?, value?, lowering.step_ms.unwrap_or(1));
        let (station, station_name) = (site.id, site.name.clone());
        let member =
            Member { station, station_name, windows: lowering.windows, when, clear, value: Program::default() };
        let names = member.windows.iter().filter_map(|window| {
            let (_, instrument) = site.instruments.iter().find(|(id, _)| *id == window.instrument)?;
            instrument.channels().get(window.channel).map(|channel| channel.name().to_owned())
        });
        let channels: BTreeSet<String> = names.collect();
        Some(Bound { channels: channels.into_iter().collect(), member, step_ms, value })
    }

    fn check_hold(&mut self, plans: &[Plan]) {
        let rule = self.rule;
        let short = plans.iter().map(|plan| plan.step_ms).find(|step_ms| (1..*step_ms).contains(&rule.hold_ms));
        if let Some(step_ms) = short {
            let [hold, step] = [rule.hold_ms, step_ms]
                .map(|ms| Interval::from_ms(ms).map_or_else(|_| format!("{ms} ms"), |i| i.to_string()));
            let message = format!("the hold time of {hold} is shorter than the {step} from one sample to the next");
            let help = "it works like no hold time; write a longer one or none";
            self.mistakes.push(Diagnostic { is_warning: true, ..mistake(&rule.places.hold, message, help) });
        }
    }
}

/// What people are shown: the left side of the first comparison, or its right side where the left one is a constant.
fn shown(condition: &Condition) -> &Series {
    match condition {
        Condition::Compare { left, right, .. } => {
            if has_window(left) {
                left
            } else {
                right
            }
        }
        Condition::And(left, _) | Condition::Or(left, _) => shown(left),
        Condition::Not(inner) => shown(inner),
    }
}

fn has_window(series: &Series) -> bool {
    match series {
        Series::Number { .. } => false,
        Series::Window(_) => true,
        Series::Binary { left, right, .. } => has_window(left) || has_window(right),
    }
}

fn unknown_stations(rule: &Rule, sites: &[&Site]) -> Diagnostic {
    let names: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
    let help = match closest(&rule.scope, names.iter().copied()) {
        Some(close) => format!("the nearest station is \"{close}\""),
        None => "register stations first".to_owned(),
    };
    mistake(&rule.places.scope, format!("no station fits `{}`", rule.scope), help)
}

/// Nodes are plain values, so that programs can be compared and copied without a thought.
const _: () = assert!(size_of::<Node>() <= 16);
