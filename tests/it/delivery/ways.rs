//! Dead letters, later messages that take the place of earlier ones, leases, and gateways that ask for patience.
#![cfg(test)]

use super::{BEGIN_MS, BOUND, Host, delivered, retry};
use vocdb::alarm::event::{DeliveryResult, SystemAlarm};
use vocdb::alarm::{Outcome, RowState};
use vocdb::{AlarmEvent, Timestamp};

const RULES: &str = r#"
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm)
        .escalate(escalation("chain").step(0.minutes, contact("duty", ["phone", "email"]), "sms"));
"#;

fn system_alarms(host: &Host) -> Vec<SystemAlarm> {
    let of_event = |event| match event {
        AlarmEvent::SystemAlarm(system) => Some(system),
        _ => None,
    };
    host.db.events().unwrap().into_iter().filter_map(of_event).collect()
}

fn results(host: &Host) -> Vec<DeliveryResult> {
    host.deliveries().into_iter().map(|delivery| delivery.result).collect()
}

#[test]
fn a_dead_letter_tries_the_next_way_of_the_contact_and_raises_a_system_alarm() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let sms = host.connect("sms", |_| Outcome::Refused { reason: "no such number".to_owned() });
    let phone = host.connect("phone", |_| Outcome::Refused { reason: "no tone".to_owned() });
    let first = sms.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let second = phone.recv_timeout(BOUND).unwrap();
    assert_eq!((second.contact, second.subject, second.text), (first.contact, first.subject, first.text));
    assert_ne!(second.id, first.id);
    host.db.drain().unwrap();
    drop(host);
    let host = Host::open(dir.path(), 1_000);
    assert_eq!(host.outbox(), 1, "the last way outlives a restart");
    let email = host.connect("email", delivered);
    assert_eq!(email.recv_timeout(BOUND).unwrap().fallback, Vec::<String>::new());
    host.settle(0);
    let next: Vec<Option<String>> = system_alarms(&host).into_iter().map(|system| system.next_way).collect();
    assert_eq!(next, [Some("phone".to_owned()), Some("email".to_owned())]);
    assert_eq!(host.db.audit().outbox, []);
}

#[test]
fn a_way_that_fails_six_times_is_dead_once_and_is_tried_all_the_same() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let sms = host.connect("sms", |_| retry());
    let phone = host.connect("phone", delivered);
    let mut now_ms = 0;
    for pause_s in [5, 30, 120, 300, 900, 3_600, 3_600] {
        sms.recv_timeout(BOUND).unwrap();
        host.db.drain().unwrap();
        now_ms += pause_s * 1_000;
        host.advance_to(now_ms);
    }
    sms.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    assert_eq!((phone.len(), system_alarms(&host).len(), host.outbox()), (1, 1, 1));
    let system = system_alarms(&host).remove(0);
    assert_eq!((system.way.as_str(), system.reason.as_str()), ("sms", "6 attempts failed; the last: busy"));
}

#[test]
fn a_closing_takes_the_place_of_a_message_that_never_left() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let opening = host.notifications().remove(0);
    host.read(1_000, 0.5);
    assert_eq!(host.outbox(), 1);
    let closing = host.notifications().remove(1);
    assert_eq!(results(&host), [DeliveryResult::Superseded { by: closing.id.clone() }]);
    drop(host);
    let host = Host::open(dir.path(), 2_000);
    let sms = host.connect("sms", delivered);
    host.settle(0);
    assert_eq!((sms.recv_timeout(BOUND).unwrap(), sms.len()), (closing, 0));
    assert_eq!(host.db.explain(vocdb::AlarmId(1)).unwrap().unwrap().told.len(), 2, "{opening:?}");
}

#[test]
fn an_attempt_that_gets_no_answer_is_given_up_and_made_again_by_another_thread() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let (hanging, release) = host.connect_hanging("sms");
    let first = hanging.recv_timeout(BOUND).unwrap();
    // The thread has said that it has begun before it hangs.
    host.db.advance().unwrap();
    assert_eq!(host.db.audit().outbox[0].state, RowState::Leased(Timestamp::from_ms(BEGIN_MS + 120_000)));
    host.advance_to(120_000);
    let at = Timestamp::from_ms(BEGIN_MS + 125_000);
    assert_eq!(results(&host), [DeliveryResult::Retry { at, reason: "no answer within 120 s".to_owned() }]);
    host.advance_to(125_000);
    assert_eq!(hanging.recv_timeout(BOUND).unwrap(), first, "under the same id");
    drop(release);
    host.settle(0);
    let delivered = results(&host).into_iter().filter(|result| *result == DeliveryResult::Delivered).count();
    assert_eq!(delivered, 1, "two answers are one delivery");
}

#[test]
fn a_gateway_that_asks_for_patience_is_left_alone_for_so_long() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let patient = |_: &_| Outcome::Retry { reason: "busy".to_owned(), after_ms: Some(60_000) };
    let taken = host.connect("sms", patient);
    taken.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let at = Timestamp::from_ms(BEGIN_MS + 60_000);
    assert_eq!(results(&host), [DeliveryResult::Retry { at, reason: "busy".to_owned() }]);
}

#[test]
fn a_gateway_that_asks_for_a_day_keeps_nobody_from_the_next_way_for_longer_than_the_priority_allows() {
    // The pause that is asked for at each attempt, and after how many of them the next way is tried.
    for (priority, pause_ms, expected) in [
        ("urgent", 86_400_000, 1),
        ("urgent", i64::MAX, 1),
        ("urgent", 59_000, 2),
        ("high", 86_400_000, 1),
        ("high", 299_000, 2),
        ("medium", 1_801_000, 1),
        ("medium", 900_000, 3),
        ("low", 7_201_000, 1),
    ] {
        let dir = crate::support::scratch::dir();
        let rules = RULES.replace(".title", &format!(".priority(\"{priority}\").title"));
        let host = Host::open(dir.path(), 0).alarmed_by(&rules);
        let ask = move |_: &_| Outcome::Retry { reason: "busy".to_owned(), after_ms: Some(pause_ms) };
        let sms = host.connect("sms", ask);
        let phone = host.connect("phone", delivered);
        let (mut attempts, mut now_ms) = (0, 0);
        while phone.is_empty() && attempts < 9 {
            sms.recv_timeout(BOUND).unwrap();
            host.db.drain().unwrap();
            host.db.advance().unwrap();
            host.db.drain().unwrap();
            attempts += 1;
            if phone.is_empty() {
                now_ms += pause_ms;
                host.advance_to(now_ms);
            }
        }
        assert_eq!((attempts, phone.len()), (expected, 1), "{priority} {pause_ms}");
        let system = system_alarms(&host).remove(0);
        assert_eq!((system.way.as_str(), system.next_way.as_deref()), ("sms", Some("phone")));
        assert!(system.reason.contains(&format!("{priority} priority waits")), "{system:?}");
        // The first way is tried again when it asked for it, and the next one is not tried twice.
        let at = host.db.audit().outbox[0].state;
        let RowState::Waiting(at) = at else { panic!("{at:?}") };
        assert_eq!(at.since_ms(Timestamp::from_ms(BEGIN_MS + now_ms)), pause_ms.min(86_400_000));
        drop((host, sms, phone));
        let host = Host::open(dir.path(), at.since_ms(Timestamp::from_ms(BEGIN_MS)));
        let sms = host.connect("sms", delivered);
        sms.recv_timeout(BOUND).unwrap();
        host.db.drain().unwrap();
        assert_eq!((host.outbox(), system_alarms(&host).len()), (0, 1));
    }
}

#[test]
fn the_audit_names_what_waits_for_a_way_without_a_gateway() {
    let dir = crate::support::scratch::dir();
    let host = Host::open(dir.path(), 0).alarmed_by(RULES);
    let audit = host.db.audit();
    assert_eq!((audit.alarms.len(), audit.stranded().count()), (1, 1));
    let text = audit.to_string();
    assert!(text.contains("#1 nothing: its chain is complete"), "{text}");
    assert!(text.contains("sms to duty, step 1: no gateway is connected"), "{text}");
}
