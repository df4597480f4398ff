//! The rows of the outbox, indexed by what each step asks for: a long outbox costs a step no more than a short one.

use super::gateway::Ticket;
use crate::alarm::event::{AlarmId, Notification};
use crate::model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Where a row of the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// It is tried at a host time.
    Waiting(Timestamp),
    /// It is with the gateway, which has not begun with it.
    Queued,
    /// The gateway has begun with it, and has until this host time to answer.
    Leased(Timestamp),
    /// The gateway has answered; that is being recorded.
    Answered,
}

/// A row of the outbox.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// Place in the outbox: rows leave in the order in which they were written.
    pub(super) place: u64,
    pub(super) notification: Notification,
    pub(super) attempts: u32,
    pub(super) state: RowState,
    /// Whether the next way has been taken already.
    pub(super) is_dead: bool,
    /// Where a gateway has it.
    pub(super) held: Option<Held>,
}

/// How a gateway has a notification.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// [`Gateway::generation`].
    pub(super) generation: u64,
    /// Host time since when.
    pub(super) since: Timestamp,
    pub(super) ticket: Ticket,
}

/// Place of a row in the outbox, and its id.
type Place = (u64, String);

/// All rows, by id.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<String, Pending>,
    /// Rows that wait, by way: when they are tried.
    waiting: BTreeMap<String, BTreeSet<(Timestamp, Place)>>,
    /// Rows that a gateway has not begun with.
    queued: BTreeSet<Place>,
    /// Rows that a gateway has begun with, and until when it may answer.
    leased: BTreeSet<(Timestamp, Place)>,
    by_alarm: BTreeMap<AlarmId, BTreeSet<String>>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Pending> {
        self.rows.get(id)
    }

    /// All rows, in order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pending> {
        self.rows.values()
    }

    /// Adds a row, unless there is one of its id.
    pub(super) fn insert(&mut self, row: Pending) {
        let id = row.notification.id.clone();
        if self.rows.contains_key(&id) {
            return;
        }
        if let Some(alarm) = row.notification.alarm {
            self.by_alarm.entry(alarm).or_default().insert(id.clone());
        }
        self.index(&row);
        self.rows.insert(id, row);
    }

    /// Removes a row, and gives it back.
    pub(super) fn remove(&mut self, id: &str) -> Option<Pending> {
        let row = self.rows.remove(id)?;
        self.unindex(&row);
        if let Some(alarm) = row.notification.alarm
            && let Some(ids) = self.by_alarm.get_mut(&alarm)
        {
            ids.remove(id);
            if ids.is_empty() {
                self.by_alarm.remove(&alarm);
            }
        }
        Some(row)
    }

    /// Changes a row, if there is one of this id.
    pub(super) fn change<T>(&mut self, id: &str, make: impl FnOnce(&mut Pending) -> T) -> Option<T> {
        // Out of the map meanwhile, so that no index is ever of another state than its row.
        let mut row = self.rows.remove(id)?;
        self.unindex(&row);
        let made = make(&mut row);
        self.index(&row);
        self.rows.insert(id.to_owned(), row);
        Some(made)
    }

    fn index(&mut self, row: &Pending) {
        let place = (row.place, row.notification.id.clone());
        match row.state {
            RowState::Waiting(at) => {
                self.waiting.entry(row.notification.way.clone()).or_default().insert((at, place));
            }
            RowState::Queued => {
                self.queued.insert(place);
            }
            RowState::Leased(until) => {
                self.leased.insert((until, place));
            }
            RowState::Answered => {}
        }
    }

    fn unindex(&mut self, row: &Pending) {
        let place = (row.place, row.notification.id.clone());
        match row.state {
            RowState::Waiting(at) => {
                let Some(of_way) = self.waiting.get_mut(&row.notification.way) else { return };
                of_way.remove(&(at, place));
                if of_way.is_empty() {
                    self.waiting.remove(&row.notification.way);
                }
            }
            RowState::Queued => {
                self.queued.remove(&place);
            }
            RowState::Leased(until) => {
                self.leased.remove(&(until, place));
            }
            RowState::Answered => {}
        }
    }

    /// The rows that are due over some ways, in the order in which they were written.
    pub(super) fn due<'a>(&self, ways: impl Iterator<Item = &'a String>, now: Timestamp) -> Vec<String> {
        let of_ways = ways.filter_map(|way| self.waiting.get(way));
        in_order(of_ways.flat_map(|rows| rows.iter().take_while(|(at, _)| *at <= now)).map(|(_, place)| place))
    }

    /// The rows that wait for routes other than those that are meant.
    pub(super) fn waiting_elsewhere(&self, is_meant: impl Fn(&String) -> bool) -> impl Iterator<Item = &Pending> {
        let of_routes = self.waiting.iter().filter(move |(route, _)| !is_meant(route));
        of_routes.flat_map(|(_, places)| places).filter_map(|(_, (_, id))| self.rows.get(id))
    }

    /// The rows that a gateway has begun with and has not answered in time, in the order in which they were written.
    pub(super) fn overdue(&self, now: Timestamp) -> Vec<String> {
        in_order(self.leased.iter().take_while(|(until, _)| *until <= now).map(|(_, place)| place))
    }

    /// The rows that a gateway has not begun with, in the order in which they were written.
    pub(super) fn queued(&self) -> impl Iterator<Item = &Pending> {
        self.queued.iter().filter_map(|(_, id)| self.rows.get(id))
    }

    /// Whether a gateway has any row.
    pub(super) fn has_taken(&self) -> bool {
        !self.queued.is_empty() || !self.leased.is_empty()
    }

    /// The rows about an alarm, in order of their ids.
    pub(super) fn of_alarm(&self, alarm: AlarmId) -> impl Iterator<Item = &Pending> {
        self.by_alarm.get(&alarm).into_iter().flatten().filter_map(|id| self.rows.get(id))
    }
}

fn in_order<'a>(places: impl Iterator<Item = &'a Place>) -> Vec<String> {
    let mut places: Vec<&Place> = places.collect();
    places.sort_unstable();
    places.into_iter().map(|(_, id)| id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::event::Subject;
    use crate::verdict::{Contact, Priority};
    use proptest::prelude::*;

    fn row(place: u64, way: &str, alarm: u64) -> Pending {
        let notification = Notification {
            id: format!("{:02}", place * 37 % 50),
            alarm: Some(AlarmId(alarm)).filter(|alarm| alarm.0 > 0),
            subject: Subject::Step(0),
            repeat: 0,
            priority: Priority::High,
            contact: Contact("duty".to_owned()),
            way: way.to_owned(),
            fallback: Vec::new(),
            text: String::new(),
            created_at: Timestamp::from_ms(0),
            guidance: String::new(),
            retrips: 0,
        };
        Pending {
            place,
            notification,
            attempts: 0,
            state: RowState::Waiting(Timestamp::MIN),
            is_dead: false,
            held: None,
        }
    }

    fn any_state() -> impl Strategy<Value = RowState> {
        let at = || (0_i64..20).prop_map(Timestamp::from_ms);
        prop_oneof![
            at().prop_map(RowState::Waiting),
            Just(RowState::Queued),
            at().prop_map(RowState::Leased),
            Just(RowState::Answered),
        ]
    }

    /// Looks at every row.
    fn naive<'a>(rows: &'a Rows, is_wanted: impl Fn(&Pending) -> bool + 'a) -> Vec<String> {
        let mut wanted: Vec<&Pending> = rows.iter().filter(|row| is_wanted(row)).collect();
        wanted.sort_by_key(|row| row.place);
        wanted.into_iter().map(|row| row.notification.id.clone()).collect()
    }

    proptest! {
        #[test]
        fn each_index_is_what_a_look_at_every_row_finds(
            acts in prop::collection::vec((0_u8..6, 0_u64..50, any_state(), 0_u64..4), 0..200)
        ) {
            let mut rows = Rows::default();
            let ways = ["app".to_owned(), "sms".to_owned()];
            for (place, (act, number, state, alarm)) in (0..).zip(acts) {
                let id = format!("{number:02}");
                match act {
                    0..3 => rows.insert(row(place, &ways[usize::from(number % 2 == 0)], alarm)),
                    3 => drop(rows.remove(&id)),
                    _ => {
                        rows.change(&id, |row| row.state = state);
                    }
                }
                let now = Timestamp::from_ms(10);
                let is_due = |row: &Pending| matches!(row.state, RowState::Waiting(at) if at <= now);
                let due_over = |way: &'static str| move |row: &Pending| row.notification.way == way && is_due(row);
                prop_assert_eq!(rows.due(ways.iter(), now), naive(&rows, is_due));
                prop_assert_eq!(rows.due(ways.iter().take(1), now), naive(&rows, due_over("app")));
                let overdue = naive(&rows, |row| matches!(row.state, RowState::Leased(until) if until <= now));
                prop_assert_eq!(rows.overdue(now), overdue);
                let queued: Vec<String> = rows.queued().map(|row| row.notification.id.clone()).collect();
                prop_assert_eq!(queued, naive(&rows, |row| row.state == RowState::Queued));
                let is_taken = |row: &Pending| matches!(row.state, RowState::Queued | RowState::Leased(_));
                prop_assert_eq!(rows.has_taken(), rows.iter().any(is_taken));
                for alarm in (1..4).map(AlarmId) {
                    let of: Vec<&str> = rows.of_alarm(alarm).map(|row| row.notification.id.as_str()).collect();
                    let all = rows.iter().filter(|row| row.notification.alarm == Some(alarm));
                    prop_assert_eq!(of, all.map(|row| row.notification.id.as_str()).collect::<Vec<_>>());
                }
            }
        }
    }
}
