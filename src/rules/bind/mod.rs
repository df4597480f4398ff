//! Binds traced rules to stations: channels become windows, units become factors, globs become lists of stations.

mod advice;
mod channels;
mod cover;
mod firing;
mod hysteresis;
mod lower;
mod memory;
mod params;
mod shown;
mod species;
mod units;
mod windows;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::expr::{PriorityClause, Rule};
use super::nearest::closest;
use super::plan::{Member, Node, Plan, Program, Site};
use crate::base::checksum::{Digest, sha256};
use crate::base::limits::COUNTED_TIMES_MAX;
use crate::model::glob;
use crate::model::{Interval, StationId};
use crate::verdict::{AlarmSpec, Place, PriorityStep, Uncovered};
pub use advice::advise_sound;
use channels::mistake;
pub use cover::{Stage, Staging};
use lower::{Lowering, channels_of};
pub(super) use memory::{WindowMemory, estimate};
use shown::{TripPart, has_spread};
pub(super) use species::check_species;
use std::collections::{BTreeMap, BTreeSet};
use units::Value;
use windows::Looked;

/// Binds rules to stations: a plan per rule with a quorum, and a plan per rule and station without one.
///
/// A rule with a mistake at any of its stations gives no plan at all.
#[must_use]
pub fn bind(rules: &[Rule], sites: &[Site]) -> (Vec<Plan>, Vec<Diagnostic>) {
    let (plans, diagnostics, _) = bind_staged(rules, sites, &Staging::default());
    (plans, diagnostics)
}

/// As [`bind`], for stations some of which were registered after the rules were loaded: a rule that cannot be bound to one of these leaves
/// it out, and says so.
pub(super) fn bind_staged(
    rules: &[Rule],
    sites: &[Site],
    staging: &Staging,
) -> (Vec<Plan>, Vec<Diagnostic>, Vec<Uncovered>) {
    let mut sorted: Vec<&Site> = sites.iter().collect();
    sorted.sort_by_key(|site| site.id);
    let (mut plans, mut diagnostics, mut uncovered) = (Vec::new(), Vec::new(), Vec::new());
    for rule in rules {
        let mut binding = Binding { rule, staging, mistakes: Vec::new(), told: BTreeSet::new(), uncovered: Vec::new() };
        plans.extend(binding.plans(&sorted));
        diagnostics.append(&mut binding.mistakes);
        uncovered.append(&mut binding.uncovered);
    }
    (plans, Diagnostics::sorted(diagnostics).0, uncovered)
}

/// The rules that can run with some of the stations they are meant for, without values for stations that are not among these; and the
/// names of the other rules, each with what it lacks.
pub(super) fn for_sites(rules: Vec<Rule>, sites: &[Site]) -> (Vec<Rule>, Vec<(String, String)>) {
    let is_there = |globs: &str| sites.iter().any(|site| glob::fits(globs, &site.name));
    let (mut present, mut left_out) = (Vec::new(), Vec::new());
    for mut rule in rules {
        if let Some(lack) = channels::lack(&rule, sites) {
            left_out.push((rule.name, lack));
            continue;
        }
        params::retain(&mut rule, &is_there);
        present.push(rule);
    }
    (present, left_out)
}

struct Binding<'a> {
    rule: &'a Rule,
    staging: &'a Staging,
    mistakes: Vec<Diagnostic>,
    /// Stations that the rule leaves out.
    uncovered: Vec<Uncovered>,
    /// Where something was said of a station, and what, whichever station it was: of the others the same is not said again.
    told: BTreeSet<(Place, String)>,
}

/// A station's part of a plan, and what the plan must know of it.
struct Bound {
    member: Member,
    /// Names of the channels that its windows read.
    channels: Vec<String>,
    step_ms: i64,
    asks_silence: bool,
    parts: Vec<TripPart>,
    /// Where each window is asked for.
    looked: Vec<Looked>,
    /// Where each count is asked for.
    counted: Vec<Place>,
}

impl Binding<'_> {
    fn plans(&mut self, sites: &[&Site]) -> Vec<Plan> {
        let rule = self.rule;
        let scope: Vec<&Site> = sites.iter().copied().filter(|site| glob::fits(&rule.scope, &site.name)).collect();
        self.mistakes.extend(hysteresis::check_order(rule));
        if scope.is_empty() {
            // A rule without a scope has that mistake on the list already.
            self.mistakes.extend((!rule.scope.is_empty()).then(|| unknown_stations(rule, sites)));
            self.mistakes.extend(params::unknown(rule, sites));
            self.mistakes.extend(check_species(rule).mistakes);
            return Vec::new();
        }
        let quorum = rule.quorum.map(|quorum| usize::try_from(quorum).unwrap_or(usize::MAX));
        if let Some(quorum) = quorum.filter(|quorum| *quorum > scope.len() && !self.staging.is_rebinding()) {
            let message = format!("a quorum of {quorum} is more than the {} stations of `{}`", scope.len(), rule.scope);
            self.mistakes.push(mistake(&rule.places.quorum, message, format!("write {} or less", scope.len())));
        }
        self.mistakes.extend(params::unknown(rule, sites));
        let bound: Vec<Option<Bound>> = scope.iter().filter_map(|site| self.covered(site, sites)).collect();
        let Some(mut bound) = bound.into_iter().collect::<Option<Vec<Bound>>>() else { return Vec::new() };
        let looked: BTreeMap<StationId, Vec<Looked>> =
            bound.iter_mut().map(|bound| (bound.member.station, std::mem::take(&mut bound.looked))).collect();
        if self.mistakes.iter().any(|mistake| !mistake.is_warning) {
            return Vec::new();
        }
        if self.staging.is_rebinding()
            && let Some(quorum) = quorum.filter(|quorum| *quorum > bound.len())
        {
            let reason = format!("a quorum of {quorum} is more than the {} stations of `{}`", bound.len(), rule.scope);
            self.uncovered.push(Uncovered { rule: rule.name.clone(), station: rule.scope.clone(), reason });
            return Vec::new();
        }
        let counted: Vec<Place> = bound.first_mut().map(|bound| std::mem::take(&mut bound.counted)).unwrap_or_default();
        let plans: Vec<Plan> = match quorum.or_else(|| has_spread(rule).then_some(1)) {
            Some(quorum) => self.joint(bound, quorum).into_iter().collect(),
            None => {
                bound.into_iter().map(|bound| self.plan(bound.member.station_name.clone(), vec![bound], 1)).collect()
            }
        };
        self.check_hold(&plans);
        self.check_counts(&plans, &counted);
        self.check_firing(&plans, &looked);
        if self.mistakes.iter().any(|mistake| !mistake.is_warning) { Vec::new() } else { plans }
    }

    /// A station's part of the rule: with all of its instruments, or with as many as an earlier binding knew. `None` where the rule leaves
    /// the station out; `Some(None)` where it may not.
    pub(super) fn covered(&mut self, site: &Site, sites: &[&Site]) -> Option<Option<Bound>> {
        let Some(stage) = self.staging.stages.get(&site.id) else { return Some(self.bound(site, sites)) };
        if site.instruments.is_empty() && !stage.is_required {
            return None;
        }
        let mut reason = None;
        for count in &stage.instruments {
            let part = Site { instruments: site.instruments.iter().take(*count).cloned().collect(), ..site.clone() };
            let (mistakes, told) = (self.mistakes.len(), self.told.clone());
            let bound = self.bound(&part, sites);
            let error = self.mistakes.iter().skip(mistakes).find(|mistake| !mistake.is_warning);
            if bound.is_some() && error.is_none() {
                return Some(bound);
            }
            reason = reason.or_else(|| error.map(|error| format!("{}; {}", error.message, error.help)));
            self.mistakes.truncate(mistakes);
            self.told = told;
        }
        if stage.is_required {
            return Some(self.bound(site, sites));
        }
        self.leave_out(&site.name, reason.unwrap_or_default());
        None
    }

    pub(super) fn leave_out(&mut self, station: &str, reason: String) {
        self.uncovered.push(Uncovered { rule: self.rule.name.clone(), station: station.to_owned(), reason });
    }

    /// One plan over all stations, with every value in the unit of the first one.
    fn joint(&mut self, mut bound: Vec<Bound>, quorum: usize) -> Option<Plan> {
        let first = bound.first()?.parts.clone();
        let mut left_out = Vec::new();
        for station in bound.iter_mut().skip(1) {
            for (part, first) in station.parts.iter_mut().zip(&first) {
                let (Some(first), Some(value)) = (&first.value, part.value.take()) else { continue };
                let unit = value.unit;
                match value.converted(first.unit, first.gas.as_ref()) {
                    Ok(value) => part.value = Some(value),
                    Err(error) if self.staging.may_leave_out(station.member.station) => {
                        self.leave_out(&station.member.station_name, error.to_string());
                        left_out.push(station.member.station);
                        break;
                    }
                    Err(error) => {
                        let name = &station.member.station_name;
                        let message =
                            format!("station `{name}` measures in {unit}, the first of the scope in {}", first.unit);
                        self.mistakes.push(mistake(&self.rule.places.scope, message, error.to_string()));
                        return None;
                    }
                }
            }
        }
        bound.retain(|part| !left_out.contains(&part.member.station));
        Some(self.plan(self.rule.scope.clone(), bound, quorum))
    }

    fn plan(&self, scope_key: String, bound: Vec<Bound>, quorum: usize) -> Plan {
        let rule = self.rule;
        let shown = bound.first().and_then(|bound| bound.parts.iter().find_map(|part| part.value.as_ref()));
        let unit = shown.map_or_else(|| "1".to_owned(), Value::unit_text);
        let least_ms = bound.iter().map(|bound| bound.step_ms).min().unwrap_or(1);
        let step_ms = rule.every_ms.unwrap_or(least_ms);
        let asks_silence = bound.iter().any(|bound| bound.asks_silence);
        let suppress_text = rule.suppress_when.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        let spec = AlarmSpec {
            rule: rule.name.clone(),
            scope_key,
            title: rule.title.clone(),
            guidance: rule.guidance.clone(),
            priority: rule.priority,
            priority_steps: rule.priority_steps.iter().map(priority_step).collect(),
            hold_ms: rule.hold_ms,
            clear_hold_ms: rule.clear_when.as_ref().map_or(0, |(_, hold_ms)| *hold_ms),
            on_missing: rule.on_missing,
            on_missing_ms: rule.on_missing_ms,
            auto_close_ms: rule.auto_close_ms,
            is_latching: rule.is_latching,
            on_late: rule.on_late,
            acknowledgement: rule.acknowledgement,
            chain: rule.chain.clone(),
            channels: bound.first().map_or_else(Vec::new, |bound| bound.channels.clone()),
            logic: Digest::default(),
            unit,
            place: rule.place.clone(),
        };
        let member = |bound: Bound| {
            let terms = bound.parts.into_iter().map(TripPart::into_term).collect();
            Member { terms, ..bound.member }
        };
        let members = bound.into_iter().map(member).collect();
        let lateness_ms = rule.lateness_ms;
        let mut plan = Plan { spec, step_ms, lateness_ms, asks_silence, suppress_text, quorum, members };
        plan.spec.logic = logic(&plan);
        plan
    }

    fn bound(&mut self, site: &Site, sites: &[&Site]) -> Option<Bound> {
        let rule = self.rule;
        let clear = rule.clear_when.as_ref().map(|(condition, _)| &**condition);
        let channels = channels_of(&std::iter::once(&*rule.when).chain(clear).collect::<Vec<_>>());
        let mut lowering = Lowering::new(site, sites, &channels);
        let when = lowering.condition(&rule.when);
        let parts = std::mem::take(&mut lowering.parts);
        let clear = clear.map(|condition| lowering.condition(condition));
        let steps: Vec<Option<Program>> =
            rule.priority_steps.iter().map(|step| lowering.condition(&step.condition)).collect();
        let suppress = rule.suppress_when.as_ref().map(|(condition, _)| lowering.condition(condition));
        let of_site = std::mem::take(&mut lowering.mistakes);
        self.say_of_station(&site.name, of_site);
        let whole = |program: Option<Option<Program>>| program.map_or(Some(None), |program| program.map(Some));
        let (when, clear) = (when?, whole(clear)?);
        let suppress = whole(suppress);
        let priority_steps = steps.into_iter().collect::<Option<Vec<Program>>>()?;
        let (station, station_name) = (site.id, site.name.clone());
        let looked = lowering.looks.looked;
        let member = Member {
            station,
            station_name,
            windows: lowering.looks.windows,
            when,
            clear,
            terms: Vec::new(),
            suppress: None,
            priority_steps,
            spreads: lowering.spreads,
            scripts: lowering.scripts,
            hours: lowering.hours,
            counts: lowering.counts,
        };
        if member.windows.is_empty() {
            let help =
                "join it with a condition on a channel: avg(\"benzene\", 10.minutes) > 30.ppb and within_hours(..)";
            self.say_of_station(&site.name, [mistake(&rule.places.when, "the rule reads no channel", help)]);
            return None;
        }
        self.say_of_station(&site.name, hysteresis::check(rule, &member));
        self.say_of_station(&site.name, hysteresis::check_strictness(rule, &member));
        let member = Member { suppress: suppress?, ..member };
        let names = member.windows.iter().filter_map(|window| {
            let (_, instrument) = site.instruments.iter().find(|(id, _)| *id == window.instrument)?;
            instrument.channels().get(window.channel).map(|channel| channel.name().to_owned())
        });
        let channels: BTreeSet<String> = names.collect();
        let step_ms = lowering.looks.step_ms.unwrap_or(1);
        let (channels, asks_silence) = (channels.into_iter().collect(), lowering.asks_silence);
        let counted = lowering.counted;
        Some(Bound { member, channels, step_ms, asks_silence, parts, looked, counted })
    }

    /// Notes what is wrong at one station, unless the same is wrong at one before.
    fn say_of_station(&mut self, name: &str, mistakes: impl IntoIterator<Item = Diagnostic>) {
        for mistake in mistakes {
            let whoever = mistake.message.replace(&format!("`{name}`"), "");
            if self.told.insert((mistake.place.clone(), whoever)) {
                self.mistakes.push(mistake);
            }
        }
    }

    /// Checks whether each plan can open. Of stations whose programs and windows are alike, one is looked at.
    fn check_firing(&mut self, plans: &[Plan], looked: &BTreeMap<StationId, Vec<Looked>>) {
        let mut last: Option<(&Member, Option<Diagnostic>)> = None;
        for plan in plans {
            let mut never = Vec::new();
            for member in &plan.members {
                if let Some((_, known)) = last.as_ref().filter(|(other, _)| firing::is_alike(other, member)) {
                    never.extend(known.clone().map(|known| (member, known)));
                    continue;
                }
                let looked = looked.get(&member.station).map_or(&[][..], Vec::as_slice);
                let found = firing::findings(self.rule, plan, member, looked);
                self.say_of_station(&member.station_name, found.warnings);
                never.extend(found.never.clone().map(|never| (member, never)));
                last = Some((member, found.never));
            }
            if plan.members.len() < plan.quorum.saturating_add(never.len()) {
                never.into_iter().for_each(|(member, never)| self.say_of_station(&member.station_name, [never]));
            }
        }
    }

    /// Checks whether each count can be reached, and whether it counts no more evaluation times than are looked at.
    fn check_counts(&mut self, plans: &[Plan], counted: &[Place]) {
        for plan in plans {
            let counts = plan.members.first().map_or(&[][..], |member| &member.counts[..]);
            for (count, place) in counts.iter().zip(counted) {
                let times = count.width_ms / plan.step_ms.max(1);
                let [width, step] = [count.width_ms, plan.step_ms]
                    .map(|ms| Interval::from_ms(ms).map_or_else(|_| format!("{ms} ms"), |i| i.to_string()));
                let found = if i64::from(count.least) > times {
                    let message = format!(
                        "{} exceedances in {width} are never counted: there are {times} evaluation times, every {step}",
                        count.least
                    );
                    mistake(place, message, "write a smaller number, or a longer time")
                } else if times > COUNTED_TIMES_MAX {
                    let message = format!("{width} has {times} evaluation times, more than {COUNTED_TIMES_MAX}");
                    mistake(place, message, "write a shorter time, or a longer evaluation step with .every(..)")
                } else {
                    continue;
                };
                self.say_of_station(&plan.spec.scope_key, [found]);
            }
        }
    }

    fn check_hold(&mut self, plans: &[Plan]) {
        let rule = self.rule;
        let short = plans.iter().map(|plan| plan.step_ms).find(|step_ms| (1..*step_ms).contains(&rule.hold_ms));
        if let Some(step_ms) = short {
            let [hold, step] = [rule.hold_ms, step_ms]
                .map(|ms| Interval::from_ms(ms).map_or_else(|_| format!("{ms} ms"), |i| i.to_string()));
            let message = format!("the hold time of {hold} is shorter than the {step} between samples");
            let help = "it has no effect; write a longer one, or remove it";
            self.mistakes.push(Diagnostic { is_warning: true, ..mistake(&rule.places.hold, message, help) });
        }
    }
}

fn priority_step(clause: &PriorityClause) -> PriorityStep {
    let PriorityClause { priority, fall_ms, text, .. } = clause;
    PriorityStep { priority: *priority, fall_ms: *fall_ms, condition: text.clone() }
}

/// A digest of everything that decides the verdicts of a plan.
fn logic(plan: &Plan) -> Digest {
    let Plan { spec: _, step_ms, lateness_ms, asks_silence, suppress_text, quorum, members } = plan;
    let whole = (step_ms, lateness_ms, asks_silence, suppress_text, quorum, members);
    sha256(format!("{whole:?}").as_bytes())
}

fn unknown_stations(rule: &Rule, sites: &[&Site]) -> Diagnostic {
    let names: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
    let help = match closest(&rule.scope, names.iter().copied()) {
        Some(close) => format!("the nearest station is \"{close}\""),
        None => "register stations first".to_owned(),
    };
    // The rule comes alive with the first station that fits.
    Diagnostic { is_warning: true, ..mistake(&rule.places.scope, format!("no station matches `{}`", rule.scope), help) }
}

/// Nodes are plain values, so that programs can be compared and copied without a thought.
const _: () = assert!(size_of::<Node>() <= 16);
