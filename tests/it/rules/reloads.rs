//! Rules loaded anew in the middle of holds and escalations: every alarm is carried, evaluated anew or closed, with its record, wherever
//! the power goes; and a file that is wrong changes nothing.
#![cfg(test)]

use crate::alarms::shift::{self, Act, Reference, Rules, SHIFT, Site, WAYS};
use crate::support::faulty::{Fault, FaultyStorage, Unsynced, scrambled};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use vocdb::alarm::event::{Carry, CloseReason, DeliveryResult, Notification};
use vocdb::alarm::{Alarm, Condition, Outcome};
use vocdb::{AlarmEvent, Database, Error, Notifier};

/// Acts behind a power cut after which everything must stand as if there had been none.
const ACTS_BEHIND: usize = 10;

/// A gateway that takes everything, and tells the test.
struct Gateway(Sender<Notification>);

impl Notifier for Gateway {
    fn send(&self, notification: &Notification) -> Outcome {
        let _ = self.0.send(notification.clone());
        Outcome::Delivered
    }
}

/// Opens the store at the time of an act, with a gateway for each way; what they take comes out of the channel.
fn open(site: &Site, number: usize) -> Result<(Database, Receiver<Notification>), Error> {
    let db = site.open(number)?;
    let (taken, receiver) = unbounded();
    for way in WAYS {
        db.connect(way, Arc::new(Gateway(taken.clone())))?;
    }
    Ok((db, receiver))
}

/// What becomes of a rule's alarm at a station when one rule set follows another.
fn fate(rule: &str, scope_key: &str, from: Rules, to: Rules) -> Result<Carry, CloseReason> {
    use Rules::{Base, Edited, Narrowed, Removed, Renamed, Renewed};
    match (rule, from, to) {
        ("warm", ..) => Ok(Carry::Unchanged),
        ("high", _, Renamed | Removed) | ("over", Renamed, Base | Edited | Renewed | Narrowed | Removed) => {
            Err(CloseReason::RuleRemoved)
        }
        ("high", _, Narrowed) if scope_key == "S/2" => Err(CloseReason::ScopeRemoved),
        ("high", Base | Narrowed, Edited | Renewed) | ("high", Edited | Renewed, Base | Narrowed) => {
            Ok(Carry::Reevaluated)
        }
        ("high", Edited, Renewed) | ("high", Renewed, Edited) => Ok(Carry::Renewed),
        _ => Ok(Carry::Unchanged),
    }
}

fn carried(events: &[AlarmEvent], rule: &str, scope_key: &str) -> Vec<(Option<u64>, Carry)> {
    let of_condition = events.iter().filter_map(|event| match event {
        AlarmEvent::Carried(one) if one.rule == rule && one.scope_key == scope_key => {
            Some((one.alarm.map(|id| id.0), one.carry))
        }
        _ => None,
    });
    of_condition.collect()
}

fn closed(events: &[AlarmEvent], alarm: &Alarm) -> Vec<CloseReason> {
    let of_alarm = events.iter().filter_map(|event| match event {
        AlarmEvent::Closed(one) if one.alarm == alarm.opened.alarm => Some(one.reason),
        _ => None,
    });
    of_alarm.collect()
}

#[test]
fn every_loading_in_a_shift_says_of_each_condition_under_way_what_becomes_of_it() {
    let mut reference = Reference::new();
    let mut in_force = Rules::Base;
    let (mut fates, mut phases) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..SHIFT.len() {
        let before = reference.before(number).clone();
        let events = reference.events_of(number).to_vec();
        let behind = reference.before(number + 1).clone();
        if shift::act(number) == Act::LoadBroken {
            assert_eq!(behind, before, "act {number}: a file that is wrong changes nothing");
        }
        let Act::Load(to) = shift::act(number) else { continue };
        for (rule, scope_key, condition) in &before.conditions {
            let alarm =
                before.alarms.iter().find(|alarm| alarm.key().to_string() == format!("`{rule}` at `{scope_key}`"));
            let found = carried(&events, rule, scope_key);
            match (fate(rule, scope_key, in_force, to), alarm) {
                (Ok(carry), Some(alarm)) => {
                    assert_eq!(found, [(Some(alarm.opened.alarm.0), carry)], "act {number}: `{rule}` at {scope_key}");
                    let still = behind.alarms.iter().find(|one| one.opened == alarm.opened);
                    assert_eq!(still, Some(alarm), "act {number}: an alarm that is carried stays as it is");
                    fates.insert(format!("{carry:?}"));
                }
                (Ok(carry), None) if *condition == Condition::Pending => {
                    assert_eq!(found, [(None, carry)], "act {number}: `{rule}` at {scope_key}");
                    fates.insert(format!("{carry:?} without an alarm"));
                }
                (Err(reason), Some(alarm)) => {
                    assert_eq!(closed(&events, alarm), [reason], "act {number}: `{rule}` at {scope_key}");
                    assert!(behind.alarms.iter().all(|one| one.opened != alarm.opened), "act {number}: it is closed");
                    fates.insert(format!("{reason:?}"));
                }
                _ => assert_eq!(found, [], "act {number}: `{rule}` at {scope_key}: nothing was under way"),
            }
            if alarm.is_some_and(|alarm| alarm.next_step_due().or(alarm.next_reminder().map(|(_, due)| due)).is_some())
            {
                phases.insert("escalating".to_owned());
            }
            phases.insert(format!("{condition:?}"));
        }
        in_force = to;
    }
    for wanted in ["Unchanged", "Renewed", "Reevaluated", "Reevaluated without an alarm", "RuleRemoved", "ScopeRemoved"]
    {
        assert!(fates.contains(wanted), "no loading shows {wanted}: {fates:?}");
    }
    for wanted in ["Pending", "Active", "Clearing", "escalating"] {
        assert!(phases.contains(wanted), "no loading meets {wanted}: {phases:?}");
    }
}

/// The files of the store before each act.
fn snapshots() -> Vec<Vec<(PathBuf, Vec<u8>)>> {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let site = Site::new(dir.path(), storage.clone());
    drop(site.set_up());
    let (db, _taken) = open(&site, 0).unwrap();
    let relative = |files: Vec<(PathBuf, Vec<u8>)>| -> Vec<(PathBuf, Vec<u8>)> {
        files.into_iter().map(|(path, bytes)| (path.strip_prefix(dir.path()).unwrap().to_owned(), bytes)).collect()
    };
    let mut snapshots = Vec::new();
    for number in 0..SHIFT.len() {
        snapshots.push(relative(storage.files()));
        site.take(&db, number).unwrap();
    }
    snapshots
}

/// How the power goes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    number: usize,
    changes: u64,
    is_done: bool,
    unsynced: Unsynced,
    /// The power goes once more during the opening that follows.
    again: Option<u64>,
}

/// Does one act with the power going after so many changes, and the acts behind it undisturbed. Says whether the power went at all.
fn cut_power(cut: Cut, before: &[(PathBuf, Vec<u8>)], reference: &mut Reference) -> bool {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let files: Vec<_> = before.iter().map(|(path, bytes)| (dir.path().join(path), bytes.clone())).collect();
    storage.replace(&files);
    let site = Site::new(dir.path(), storage.clone());
    let (db, taken) = open(&site, cut.number).unwrap();
    let events = db.subscribe();
    storage.set_fault(Fault::PowerFor { changes: cut.changes, is_done: cut.is_done });
    let _ = site.take(&db, cut.number);
    let is_off = storage.is_off();
    drop(db);
    let heard: Vec<AlarmEvent> = events.try_iter().collect();
    let mut sent: Vec<Notification> = taken.iter().collect();
    storage.restart(cut.unsynced);
    if let Some(changes) = cut.again {
        storage.set_fault(Fault::PowerFor { changes, is_done: cut.is_done });
        if let Ok((db, taken)) = open(&site, cut.number) {
            drop(db);
            sent.extend(taken.iter());
        }
        storage.restart(cut.unsynced);
    }
    let (db, taken) = open(&site, cut.number).unwrap();
    let known = db.events().unwrap();
    assert!(heard.iter().all(|event| known.contains(event)), "{cut:?}: what was published is there");
    let acknowledged = if is_off { cut.number } else { cut.number + 1 };
    let mut next = reference.assert_stands(&site.look(&db), acknowledged, &format!("{cut:?}"));
    let end = (cut.number + ACTS_BEHIND).min(SHIFT.len());
    while next < end {
        site.take(&db, next).unwrap_or_else(|error| panic!("{cut:?}, act {next}: {error}"));
        next += 1;
    }
    let (state, history) = site.look(&db);
    let expected = reference.before(next).clone();
    assert_eq!(history, reference.history[..expected.events], "{cut:?}");
    assert_eq!(state, expected, "{cut:?}: as if the power had stayed");
    db.drain().unwrap();
    let known = db.events().unwrap();
    drop(db);
    sent.extend(taken.iter());
    assert_tells_what_is_written(&known, &sent, &format!("{cut:?}"));
    is_off
}

/// Nobody was told what is not on record, what is on record as delivered was sent, and no step has two ids.
fn assert_tells_what_is_written(events: &[AlarmEvent], sent: &[Notification], context: &str) {
    let mut rows = BTreeSet::new();
    let mut steps = BTreeSet::new();
    let mut delivered = BTreeSet::new();
    for event in events {
        match event {
            AlarmEvent::Notification(row) => {
                assert!(rows.insert(row.id.as_str()), "{context}: {row:?} is there twice");
                let step = (row.alarm, row.subject, (row.repeat, row.retrips), &row.contact, row.way.as_str());
                assert!(steps.insert(step), "{context}: {row:?} has another id too");
            }
            AlarmEvent::Delivery(one) if one.result == DeliveryResult::Delivered => {
                assert!(delivered.insert(one.notification.as_str()), "{context}: {one:?} is there twice");
            }
            _ => {}
        }
    }
    assert!(sent.iter().all(|row| rows.contains(row.id.as_str())), "{context}: somebody was told what is not written");
}

#[test]
fn power_that_goes_anywhere_in_a_shift_of_loadings_and_deletions_leaves_it_as_if_it_had_stayed() {
    let mut reference = Reference::new();
    let (mut cuts, mut chance) = (0, 0);
    for (number, before) in snapshots().iter().enumerate() {
        for changes in 0.. {
            let mut is_off = false;
            for is_done in [false, true] {
                chance = scrambled(chance);
                let unsynced = Unsynced::all(chance % 97..chance % 97 + 1)[usize::try_from(chance % 4).unwrap()];
                let again = (chance % 3 == 0).then_some(chance / 3 % 6);
                let cut = Cut { number, changes, is_done, unsynced, again };
                is_off |= cut_power(cut, before, &mut reference);
                cuts += 1;
            }
            if !is_off {
                break;
            }
        }
    }
    println!("{cuts} power cuts");
    assert!(cuts > 4 * SHIFT.len(), "{cuts} power cuts are too few to show anything");
}
