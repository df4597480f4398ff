//! State of the machine for checkpoints. It is stored as names, states and their places in columns, so that what many have in common takes few bytes.

use super::condition::ConditionState;
use crate::alarm::event::AlarmId;
use crate::base::bytes::runs::{Columns, integer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

type Conditions<'a> = Vec<(Cow<'a, str>, Cow<'a, str>, Cow<'a, ConditionState>)>;

/// What of the machine is not in its events: the conditions that are not plainly normal, by rule and scope. One whose alarm is open, with
/// nothing else under way, follows from the events and is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MachineState<'a> {
    #[serde(serialize_with = "serialize", deserialize_with = "deserialize")]
    pub(crate) conditions: Vec<(Cow<'a, str>, Cow<'a, str>, Cow<'a, ConditionState>)>,
}

impl MachineState<'_> {
    /// The same, for as long as it is wanted.
    #[must_use]
    pub fn into_owned(self) -> MachineState<'static> {
        let owned = |(rule, scope_key, state): (Cow<'_, str>, Cow<'_, str>, Cow<'_, ConditionState>)| {
            (Cow::Owned(rule.into_owned()), Cow::Owned(scope_key.into_owned()), Cow::Owned(state.into_owned()))
        };
        MachineState { conditions: self.conditions.into_iter().map(owned).collect() }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    /// Each rule and each scope once.
    names: Vec<Cow<'a, str>>,
    /// Each state once, without its alarm.
    states: Vec<ConditionState>,
    /// Of each condition: rule, scope, state, and alarm or zero.
    conditions: Columns<4>,
}

/// Numbers for values in the order in which they first come.
struct Numbers<K>(BTreeMap<K, i64>);

impl<K: Ord> Numbers<K> {
    /// The number of a value, and whether it is new.
    fn of(&mut self, value: K) -> (i64, bool) {
        let next = integer(self.0.len());
        let number = *self.0.entry(value).or_insert(next);
        (number, number == next)
    }
}

fn serialize<S: Serializer>(conditions: &Conditions<'_>, to: S) -> Result<S::Ok, S::Error> {
    let mut stored = Stored { names: Vec::new(), states: Vec::new(), conditions: Columns::default() };
    let (mut names, mut states) = (Numbers(BTreeMap::new()), Numbers(BTreeMap::new()));
    for (rule, scope_key, state) in conditions {
        let [rule, scope_key] = [rule, scope_key].map(|name| {
            let (number, is_new) = names.of(name.as_ref());
            if is_new {
                stored.names.push(Cow::Borrowed(name.as_ref()));
            }
            number
        });
        let alarm = state.alarm.and_then(|alarm| i64::try_from(alarm.0).ok()).unwrap_or(0);
        let (number, is_new) = states.of(state.parts());
        if is_new {
            stored.states.push(ConditionState { alarm: None, ..state.as_ref().clone() });
        }
        stored.conditions.push([rule, scope_key, number, alarm]);
    }
    stored.serialize(to)
}

fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Conditions<'static>, D::Error> {
    let Stored { names, states, conditions } = Stored::deserialize(from)?;
    let name = |number: i64| usize::try_from(number).ok().and_then(|number| names.get(number));
    let condition = |[rule, scope_key, state, alarm]: [i64; 4]| {
        let state = usize::try_from(state).ok().and_then(|state| states.get(state))?;
        let alarm = u64::try_from(alarm).ok().filter(|alarm| *alarm > 0).map(AlarmId);
        let owned = |name: &Cow<'_, str>| Cow::Owned(name.clone().into_owned());
        Some((owned(name(rule)?), owned(name(scope_key)?), Cow::Owned(ConditionState { alarm, ..state.clone() })))
    };
    Ok(conditions.rows().filter_map(condition).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::state::Phase;
    use crate::alarm::state::priority::HeldSteps;
    use crate::model::Timestamp;
    use crate::verdict::{Priority, PriorityStep, Truth};
    use proptest::prelude::*;

    fn any_state() -> impl Strategy<Value = ConditionState> {
        let instant = || (0_i64..4).prop_map(|second| Timestamp::from_ms(1_750_000_000_000 + second * 1_000));
        let phase = prop_oneof![
            Just(Phase::Normal),
            Just(Phase::Active),
            instant().prop_map(|since| Phase::Pending { since }),
            instant().prop_map(|since| Phase::Clearing { since }),
        ];
        let absent = prop::collection::vec(prop::sample::select(vec!["S1".to_owned(), "S2".to_owned()]), 0..3);
        let times = (prop::option::of(instant()), prop::option::of(instant()));
        let alarm = prop::option::of((1_u64..9).prop_map(AlarmId));
        let truth = || prop::sample::select(vec![Truth::False, Truth::Unknown, Truth::True]);
        let truths = prop::collection::vec(([truth(), truth(), truth()], instant()), 0..3);
        (phase, times, any::<bool>(), alarm, (absent, truths)).prop_map(|(phase, times, is_unknown, alarm, rest)| {
            let ((missing_since, quiet_since), (absent, truths)) = (times, rest);
            let mut steps = HeldSteps::default();
            let fall_ms = 1_000;
            let step = PriorityStep { priority: Priority::High, fall_ms, condition: String::new() };
            truths.iter().for_each(|(truths, at)| steps.take(&vec![step.clone(); truths.len()], truths, *at));
            ConditionState { phase, missing_since, is_unknown, alarm, quiet_since, absent, steps }
        })
    }

    proptest! {
        #[test]
        fn conditions_come_back(
            conditions in prop::collection::vec((0_usize..4, 0_usize..4, any_state()), 0..40)
        ) {
            let name = |number: usize| Cow::Owned(["high", "low", "park/S1", ""][number].to_owned());
            let conditions = conditions.into_iter().map(|(one, other, state)| (name(one), name(other), Cow::Owned(state)));
            let state = MachineState { conditions: conditions.collect() };
            let bytes = bincode::serialize(&state).unwrap();
            let again: MachineState<'static> = bincode::deserialize(&bytes).unwrap();
            prop_assert_eq!(again, state);
        }
    }

    #[test]
    fn conditions_that_are_unknown_alike_take_the_bytes_of_their_names() {
        let bytes = |rules: usize| {
            let state = ConditionState {
                missing_since: Some(Timestamp::from_ms(1_750_000_000_000)),
                is_unknown: true,
                ..ConditionState::default()
            };
            let names: Vec<(String, String)> = (0..rules)
                .flat_map(|rule| (0..100).map(move |station| (format!("rule-{rule}"), format!("park/S{station}"))))
                .collect();
            let condition = |(rule, scope): &(String, String)| {
                (Cow::Owned(rule.clone()), Cow::Owned(scope.clone()), Cow::Owned(state.clone()))
            };
            bincode::serialize(&MachineState { conditions: names.iter().map(condition).collect() }).unwrap().len()
        };
        let more = bytes(60) - bytes(10);
        assert!(more < 50 * 100, "{more} bytes for 5,000 further conditions of 50 rules");
    }
}
