//! Alarms and escalation chains while a script is still adding to them.

use crate::base::limits::ON_MISSING_MS_DEFAULT;
use crate::rules::expr::{Condition, PriorityClause, Rule, RulePlaces};
use crate::verdict::{
    AcknowledgementPolicy, Chain, LatePolicy, MissingPolicy, Party, Place, Priority, Remind, Roster, Step,
};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an operator reads where the rule names no title.
const TITLE_DEFAULT: &str = "{rule} at {stations}: {value}";

/// A part of an alarm that must be there.
#[derive(Debug, Clone, Default)]
pub(super) enum Part<T> {
    /// It was not given.
    #[default]
    Missing,
    /// It was given, with a mistake that is on the list already.
    Broken,
    /// It is there.
    Given(T),
}

/// A chain of escalation steps, shared by all that hold it.
pub(super) type SharedChain = Arc<Mutex<ChainDraft>>;
/// A roster under construction and its name, shared by all that hold it.
pub(super) type SharedRoster = Arc<Mutex<(String, Arc<Roster>)>>;
/// An alarm, shared by all that hold it, so that a change through any of them is kept.
pub(super) type SharedAlarm = Arc<Mutex<AlarmDraft>>;

/// An escalation chain under construction.
#[derive(Debug, Clone)]
pub(super) struct ChainDraft {
    /// Its name.
    pub(super) name: String,
    /// Its steps so far.
    pub(super) steps: Vec<Step>,
    /// What follows the last step.
    pub(super) remind: Option<Remind>,
    /// The steps as the rules that use the chain share them; cleared by each change.
    shared: Option<Arc<[Step]>>,
}

/// Somebody who is told, for good or by the hour.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    /// Who, and how else.
    pub(super) party: Party,
    /// Who that is at which time, where it is a roster.
    pub(super) roster: Option<Arc<Roster>>,
}

impl ChainDraft {
    /// A chain without steps.
    pub(super) fn new(name: String) -> SharedChain {
        Arc::new(Mutex::new(Self { name, steps: Vec::new(), remind: None, shared: None }))
    }

    /// Adds a step for each contact at one time.
    pub(super) fn push(&mut self, after_ms: i64, recipients: Vec<Recipient>, ways: &[String]) {
        let step = |Recipient { party: Party { contact, fallback }, roster }| Step {
            after_ms,
            contact,
            ways: ways.to_vec(),
            fallback,
            roster,
        };
        self.shared = None;
        self.steps.extend(recipients.into_iter().map(step));
    }

    /// The chain so far. All rules that use it share its steps.
    fn chain(&mut self) -> Chain {
        let steps = Arc::clone(self.shared.get_or_insert_with(|| self.steps.clone().into()));
        Chain { name: self.name.clone(), steps, remind: self.remind }
    }
}

/// An alarm under construction.
#[derive(Debug)]
pub(super) struct AlarmDraft {
    /// Its name.
    pub(super) name: String,
    /// Where `alarm` stands.
    pub(super) place: Place,
    /// Where its name stands.
    pub(super) name_place: Place,
    /// The statement that made it.
    pub(super) statement: usize,
    /// The clauses that it has.
    pub(super) given: BTreeSet<&'static str>,
    /// Template of what people read.
    pub(super) title: Option<String>,
    /// How urgent.
    pub(super) priority: Priority,
    /// When it is more urgent.
    pub(super) priority_steps: Vec<PriorityClause>,
    /// The glob and where it stands.
    pub(super) scope: Part<(String, Place)>,
    /// The trip condition.
    pub(super) when: Part<Arc<Condition>>,
    /// For how long it must hold, and where that stands.
    pub(super) hold: (i64, Option<Place>),
    /// How many stations, and where that stands.
    pub(super) quorum: Option<(u32, Place)>,
    /// The clear condition and for how long it must hold.
    pub(super) clear_when: Option<(Arc<Condition>, i64)>,
    /// When it tells nobody, and how that is written.
    pub(super) suppress_when: Option<(Arc<Condition>, String)>,
    /// What to do about it.
    pub(super) guidance: String,
    /// Its grid.
    pub(super) every_ms: Option<i64>,
    /// For how long an instant waits for late frames.
    pub(super) lateness_ms: i64,
    /// Where the trip condition stands.
    pub(super) when_place: Option<Place>,
    /// Where the clear condition stands.
    pub(super) clear_place: Option<Place>,
    /// Whether it says what no data means.
    pub(super) has_on_missing: bool,
    /// What no data means, and after how long.
    pub(super) on_missing: (MissingPolicy, i64),
    /// After how long without a trip it closes by itself.
    pub(super) auto_close_ms: Option<i64>,
    /// Whether it stays until it is reset.
    pub(super) is_latching: bool,
    /// What late readings mean.
    pub(super) on_late: LatePolicy,
    /// What it asks of acknowledgements.
    pub(super) acknowledgement: AcknowledgementPolicy,
    /// Who is told.
    pub(super) chain: Option<SharedChain>,
}

impl AlarmDraft {
    /// An alarm with nothing but a name.
    pub(super) fn new(name: String, place: Place, name_place: Place, statement: usize) -> SharedAlarm {
        Arc::new(Mutex::new(Self {
            name,
            place,
            name_place,
            statement,
            given: BTreeSet::new(),
            title: None,
            priority: Priority::default(),
            priority_steps: Vec::new(),
            scope: Part::Missing,
            when: Part::Missing,
            hold: (0, None),
            quorum: None,
            clear_when: None,
            suppress_when: None,
            guidance: String::new(),
            every_ms: None,
            lateness_ms: 0,
            when_place: None,
            clear_place: None,
            has_on_missing: false,
            on_missing: (MissingPolicy::default(), ON_MISSING_MS_DEFAULT),
            auto_close_ms: None,
            is_latching: false,
            on_late: LatePolicy::default(),
            acknowledgement: AcknowledgementPolicy::default(),
            chain: None,
        }))
    }

    /// The rule. Its scope is empty and its condition broken where it has none that could be understood.
    pub(super) fn rule(&self) -> Rule {
        let (scope, scope_place) = match &self.scope {
            Part::Given((scope, place)) => (scope.as_str(), place),
            Part::Missing | Part::Broken => ("", &self.place),
        };
        let when = match &self.when {
            Part::Given(when) => Arc::clone(when),
            Part::Missing | Part::Broken => Arc::new(Condition::Broken),
        };
        let chain = self.chain.as_ref().map_or_else(Chain::default, |chain| chain.lock().chain());
        let or_rule = |place: Option<&Place>| place.unwrap_or(&self.place).clone();
        Rule {
            name: self.name.clone(),
            title: self.title.clone().unwrap_or_else(|| TITLE_DEFAULT.to_owned()),
            priority: self.priority,
            priority_steps: self.priority_steps.clone(),
            scope: scope.to_owned(),
            quorum: self.quorum.as_ref().map(|(count, _)| *count),
            when,
            suppress_when: self.suppress_when.clone(),
            guidance: self.guidance.clone(),
            every_ms: self.every_ms,
            lateness_ms: self.lateness_ms,
            hold_ms: self.hold.0,
            clear_when: self.clear_when.clone(),
            on_missing: self.on_missing.0,
            on_missing_ms: self.on_missing.1,
            has_on_missing: self.has_on_missing,
            auto_close_ms: self.auto_close_ms,
            is_latching: self.is_latching,
            on_late: self.on_late,
            acknowledgement: self.acknowledgement,
            chain,
            place: self.place.clone(),
            places: RulePlaces {
                scope: scope_place.clone(),
                quorum: or_rule(self.quorum.as_ref().map(|(_, place)| place)),
                hold: or_rule(self.hold.1.as_ref()),
                when: or_rule(self.when_place.as_ref()),
                clear_when: or_rule(self.clear_place.as_ref()),
                name: self.name_place.clone(),
            },
        }
    }
}
