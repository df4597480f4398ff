//! Operators at a database: what they do is on record before the call returns, and outlives a restart.
#![cfg(test)]

use super::{BEGIN_MS, Host};
use vocdb::alarm::event::{CloseReason, OperatorAction, Shelving};
use vocdb::alarm::{AlarmError, AlarmKey, NextStep};
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, AlarmId, Error, TimeRange, Timestamp};

const RULES: &str = r#"
    let desk = roster("desk", "UTC").shift("daily", "06:00-22:00", contact("day")).otherwise(contact("night", ["phone"]));
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm).latch()
        .escalate(escalation("chain").step(0.minutes, desk, "sms").step(10.minutes, contact("head"), "sms").remind(5.minutes, 2));
"#;

const ONE: AlarmId = AlarmId(1);

fn key() -> AlarmKey {
    AlarmKey::new("high", "S")
}

fn sentences(host: &Host) -> Vec<String> {
    host.db.events().unwrap().iter().filter_map(|event| Some(event.sentence()?.1)).collect()
}

#[test]
fn what_operators_do_outlives_a_restart_and_is_told_by_the_explanation() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    host.db.acknowledge(ONE, "anna", "going").unwrap();
    host.db.comment(ONE, "anna", "valve 3").unwrap();
    host.db.hand_over(ONE, "bert", "anna", "end of shift").unwrap();
    let until = Shelving::Until(Timestamp::from_ms(BEGIN_MS + 60_000));
    host.db.shelve(&key(), until, "bert", "known").unwrap();
    host.db.unacknowledge(ONE, "bert", "cannot").unwrap();
    host.db.take_out_of_service(&key(), "bert", "broken").unwrap();
    let before = (host.db.alarms(), host.db.silences(), host.db.audit());
    assert_eq!(before.0[0].owner.as_deref(), Some("bert"));
    let silent = NextStep::Silent { why: "shelved by bert, out of service by bert".to_owned(), until: None };
    assert_eq!(before.2.alarms, [(ONE, silent)]);
    drop(host);
    let host = Host::open(dir.path(), 10_000);
    assert_eq!((host.db.alarms(), host.db.silences(), host.db.audit()), before);
    host.advance_to(90_000);
    host.db.return_to_service(&key(), "anna", "mended").unwrap();
    host.read(61_000, 0.5);
    host.db.reset_latch(ONE, "anna", "looked").unwrap();
    let explanation = host.db.explain(ONE).unwrap().unwrap();
    let text = explanation.to_string();
    for part in [
        "alarm #1 (closed): 1.5 ppm at S",
        "rule `high` at `S`, medium, r.rhai:3:5",
        "last(x) = 1.5 ppm, 100 % of the samples",
        "step 1: desk (night) over sms",
        "handed over to bert by anna: end of shift",
        "no longer shelved: its time is over",
        "cleared, and latched until somebody resets it",
        "closed: its latch was reset",
        "night over sms (step 1)",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(host.db.explain(AlarmId(2)).unwrap().is_none());
}

#[test]
fn what_makes_no_sense_is_refused_and_leaves_no_record() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let records = host.db.stats().unwrap().ledger_records;
    let refused = host.db.reset_latch(ONE, "anna", "");
    assert!(matches!(refused, Err(Error::Alarm(AlarmError::NotLatched(ONE)))), "{refused:?}");
    let refused = host.db.unacknowledge(ONE, "anna", "");
    assert!(matches!(refused, Err(Error::Alarm(AlarmError::NotAcknowledged(ONE)))), "{refused:?}");
    let nobody = [host.db.acknowledge(ONE, " ", "seen"), host.db.switch_rules_off("", "why not")];
    assert!(nobody.iter().all(|one| matches!(one, Err(Error::Alarm(AlarmError::Nobody)))), "{nobody:?}");
    let refused = host.db.unshelve(&AlarmKey::new("high", "T"), "anna", "");
    assert!(matches!(refused, Err(Error::Alarm(AlarmError::NoCondition(_)))), "{refused:?}");
    assert_eq!(host.db.stats().unwrap().ledger_records, records);
}

#[test]
fn a_broken_file_changes_nothing_in_the_middle_of_a_chain() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let before = (host.db.alarms(), host.db.conditions(), host.db.stats().unwrap().ledger_records);
    for text in ["alarm(\"high\").scope(\"S\").when(last(\"y\") > 1.ppm);", "alarm(", "loop {}", ""] {
        let files = vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }];
        assert!(host.db.load_rule_files(files).is_err(), "{text}");
        assert_eq!((host.db.alarms(), host.db.conditions(), host.db.stats().unwrap().ledger_records), before);
    }
    host.advance_to(600_000);
    assert_eq!(host.db.alarms()[0].steps_taken, 2);
}

#[test]
fn switching_all_rules_off_is_on_record_and_outlives_a_restart() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    host.db.switch_rules_off("anna", "moving house").unwrap();
    let events = host.db.events().unwrap();
    let off =
        |event: &AlarmEvent| matches!(event, AlarmEvent::Operated(o) if o.action == OperatorAction::SwitchRulesOff);
    let gone = |event: &AlarmEvent| matches!(event, AlarmEvent::Closed(c) if c.reason == CloseReason::RuleRemoved);
    assert_eq!((events.iter().filter(|e| off(e)).count(), events.iter().filter(|e| gone(e)).count()), (1, 1));
    assert!(sentences(&host).contains(&"all rules switched off by anna: moving house".to_owned()));
    drop(host);
    let host = Host::open(dir.path(), 1_000);
    host.read(1_000, 9.0);
    assert_eq!((host.db.alarms().len(), host.db.conditions().len()), (0, 0));
}

#[test]
fn the_metrics_of_a_chattering_rule_agree_with_a_count_by_hand() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(&RULES.replace(".latch()", ""));
    for second in 1..10 {
        host.clock.set_ms(BEGIN_MS + 10_000 * second);
        host.read(10_000 * second, if second % 2 == 0 { 2.0 } else { 0.5 });
    }
    let range = TimeRange::new(Timestamp::from_ms(BEGIN_MS), Timestamp::from_ms(BEGIN_MS + 600_000));
    let metrics = host.db.alarm_metrics(range).unwrap();
    // Opened at 0, 20, 40, 60 and 80 s, closed ten seconds later each.
    let of_key = metrics.by_key[&key()].clone();
    assert_eq!((metrics.openings, metrics.rate_mean, metrics.stale.len()), (5, 5.0, 0));
    assert_eq!((of_key.openings, of_key.open_ms, of_key.chattering, of_key.fleeting), (5, 50_000, 3, 5));
    assert_eq!(metrics.offenders(), [(&key(), 5, 1.0)]);
    let half = TimeRange::new(Timestamp::from_ms(BEGIN_MS + 25_000), Timestamp::from_ms(BEGIN_MS + 65_000));
    let metrics = host.db.alarm_metrics(half).unwrap();
    assert_eq!(
        (metrics.openings, metrics.by_key[&key()].open_ms),
        (2, 20_000),
        "40-50, 60-65, and 25-30 of the second"
    );
}
