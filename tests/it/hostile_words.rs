//! Text from outside: whatever a person, a gateway or a file says, nothing that is shown moves a cursor, forges a line or hides a character.
#![cfg(test)]

use crate::alarms::machine::{judge, spec};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use vocdb::alarm::event::{
    Acknowledged, Delivery, DeliveryResult, EndpointChange, Notification, Opened, Operated, OperatorAction, Subject,
    SystemAlarm,
};
use vocdb::alarm::report::{Audit, Explanation};
use vocdb::alarm::{
    AlarmError, AlarmKey, AlarmRecord, ConsoleNotifier, DisabledEndpoint, Machine, Metrics, Notifier, OutboxRow,
    RowState, RuleSetRef, Scripted,
};
use vocdb::base::checksum::Digest;
use vocdb::base::escape::{Line, is_plain};
use vocdb::interop::csv::{CsvError, RejectReason, Rejection};
use vocdb::rules::{Diagnostic, Diagnostics, RuleFile, compile};
use vocdb::verdict::{AlarmSpec, Contact, Place, Priority, Truth};
use vocdb::{AlarmEvent, AlarmId, Channel, Error, Instrument, Interval, Station, TimeRange, Timestamp, Unit};

/// Text as somebody would write it who means harm, with a mark by which it is found again.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé苯µ³👩 ]{0,4}".prop_map(|plain| plain),
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "\n",
            "\r\n",
            "\t",
            "\0",
            "\x1b[2J",
            "\x1b]0;owned\x07",
            "\u{9b}31m",
            "\u{202e}",
            "\u{2066}",
            "\u{2028}",
            "\u{2029}",
            "\u{200b}",
            "\u{feff}",
            "\u{7f}",
            "\nalarm #9 (closed): forged",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| format!("mark{}", pieces.concat()))
}

/// Whether a text of `lines` lines shows nothing as it must not be shown; `None` where the number of lines is not known.
fn assert_shown(shown: &str, lines: Option<usize>) -> Result<(), TestCaseError> {
    prop_assert!(shown.lines().all(is_plain), "{shown:?}");
    prop_assert!(!shown.contains('\r'), "{shown:?}");
    if let Some(lines) = lines {
        prop_assert_eq!(shown.lines().count(), lines, "{:?}", shown);
    }
    Ok(())
}

fn notification(word: &str) -> Notification {
    Notification {
        id: word.to_owned(),
        alarm: Some(AlarmId(1)),
        subject: Subject::Step(0),
        repeat: 0,
        priority: Priority::High,
        contact: Contact(word.to_owned()),
        way: word.to_owned(),
        fallback: vec![word.to_owned()],
        text: word.to_owned(),
        created_at: Timestamp::from_ms(0),
        guidance: word.to_owned(),
        retrips: 0,
    }
}

/// An alarm of a rule of which every text is the word, and everything that people and gateways say about it.
fn history(word: &str) -> Vec<AlarmEvent> {
    let place = Place { file: word.into(), line: 1, column: 1 };
    let text = || word.to_owned();
    let spec = AlarmSpec {
        rule: text(),
        title: text(),
        guidance: text(),
        hold_ms: 0,
        place,
        ..spec("r", &[(0, word, &[word])])
    };
    let mut machine = Machine::default();
    let mut events = machine.load(vec![spec], RuleSetRef { hash: Digest([7; 32]) }, Timestamp::from_ms(0));
    events.extend(judge(&mut machine, 0, Truth::True, Truth::False));
    events.extend(machine.tick(Timestamp::from_ms(1_700_000_000_000), None));
    let (by, comment, at, alarm) = (text(), text(), Timestamp::from_ms(0), AlarmId(1));
    events.push(AlarmEvent::Acknowledged(Acknowledged { alarm, by, comment, at, expires_at: None, needed: 0 }));
    let action = OperatorAction::HandOver { to: text() };
    let (rule, scope_key, by, comment) = (text(), text(), text(), text());
    events.push(AlarmEvent::Operated(Operated { alarm: Some(alarm), rule, scope_key, action, by, comment, at }));
    events.push(AlarmEvent::Notification(notification(word)));
    let result = |retry: bool| match retry {
        true => DeliveryResult::Retry { at, reason: text() },
        false => DeliveryResult::Refused { reason: text() },
    };
    let tried = |retry| AlarmEvent::Delivery(Delivery { notification: text(), attempt: 1, at, result: result(retry) });
    events.extend([tried(true), tried(false)]);
    let (contact, way, next_way) = (Contact(text()), text(), Some(text()));
    let system = SystemAlarm { alarm: Some(alarm), notification: text(), contact, way, next_way, reason: text(), at };
    events.push(AlarmEvent::SystemAlarm(system));
    let change =
        EndpointChange { way: text(), endpoint: text(), is_disabled: true, reason: text(), notification: None, at };
    events.push(AlarmEvent::EndpointChanged(change));
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("VOCDB_LONG").is_some() { 5_000 } else { 200 }))]
    #[test]
    fn reports_show_hostile_words_as_escapes_and_json_keeps_them(word in hostile()) {
        let events = history(&word);
        let sentences: Vec<String> = events.iter().filter_map(|event| Some(event.sentence()?.1)).collect();
        prop_assert!(sentences.len() >= 6);
        sentences.iter().try_for_each(|said| assert_shown(said, Some(1)))?;
        let explanation = Explanation::of(&events, AlarmId(1)).unwrap();
        let plain = Explanation::of(&history("plain"), AlarmId(1)).unwrap();
        // The guidance has as many lines as it was given; nothing else may add one.
        let more = word.lines().count() - 1;
        assert_shown(&explanation.to_string(), Some(plain.to_string().lines().count() + more))?;
        for entry in vocdb::trace::timeline(&events, AlarmId(1)) {
            assert_shown(&entry.what, Some(1))?;
        }
        assert_shown(&Metrics::of(&events, TimeRange::new(Timestamp::MIN, Timestamp::MAX)).to_string(), None)?;
        for record in AlarmRecord::all(&events) {
            assert_shown(&record.next.unwrap().to_string(), Some(1))?;
        }
        let taken = events.iter().find(|event| matches!(event, AlarmEvent::Acknowledged(_))).unwrap();
        prop_assert_eq!(&taken.to_json().unwrap()["comment"], &word);
    }

    #[test]
    fn audits_and_gateways_show_hostile_words_as_escapes(word in hostile()) {
        let row = OutboxRow { notification: notification(&word), attempts: 1, state: RowState::Queued, has_gateway: true };
        let (way, endpoint, reason) = (word.clone(), word.clone(), word.clone());
        let disabled = DisabledEndpoint { way, endpoint, since: Timestamp::from_ms(0), reason };
        let audit = Audit { rules: None, alarms: Vec::new(), outbox: vec![row], held: Vec::new(), disabled: vec![disabled] };
        assert_shown(&audit.to_string(), Some(6))?;
        let shown = Arc::new(Mutex::new(Vec::new()));
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        ConsoleNotifier::new(Shared(Arc::clone(&shown))).send(&notification(&word));
        let shown = String::from_utf8(shown.lock().unwrap().clone()).unwrap();
        assert_shown(&shown, None)?;
        prop_assert!(shown.lines().skip(1).all(|line| line.starts_with("        ")), "{shown:?}");
    }

    #[test]
    fn errors_show_hostile_words_as_escapes(word in hostile()) {
        let key = AlarmKey::new(word.as_str(), word.as_str());
        let at = Timestamp::from_ms(0);
        let mut shown = vec![
            key.to_string(),
            AlarmError::NoCondition(key).to_string(),
            AlarmError::AlreadyAcknowledged { alarm: AlarmId(1), by: word.clone(), at }.to_string(),
            Error::UnknownStation { name: word.clone(), known: String::new() }.to_string(),
            Error::UnknownChannel { station: "S".to_owned(), channel: word.clone(), known: String::new() }.to_string(),
            word.parse::<Unit>().unwrap_err().to_string(),
            word.parse::<Interval>().unwrap_err().to_string(),
            word.parse::<Timestamp>().unwrap_err().to_string(),
            word.parse::<Scripted>().unwrap_err(),
            vocdb::rules::testing::parse_series(&word.replace(char::is_whitespace, "")).unwrap_err().to_string(),
            CsvError::Stopped { name: word.clone() }.to_string(),
            Rejection { line: 1, column: Some(word.clone()), text: word.clone(), reason: RejectReason::BadTime }.to_string(),
        ];
        let refused = [
            Station::new(word.as_str()).err(),
            Channel::quantity(word.as_str(), Unit::Ppm).err(),
            Instrument::new(word.as_str(), Interval::MINUTE, vec![Channel::quantity("x", Unit::Ppm).unwrap()]).err(),
        ];
        prop_assert!(is_plain(&word) || refused.iter().all(Option::is_some), "{word:?}");
        shown.extend(refused.into_iter().flatten().map(|error| error.to_string()));
        shown.iter().try_for_each(|text| assert_shown(text, Some(1)))?;
    }

    #[test]
    fn rules_refuse_names_that_cannot_be_seen_and_diagnostics_escape_them(word in hostile()) {
        let quoted: String = word.chars().map(|letter| format!("\\U{:08x}", u32::from(letter))).collect();
        let (ways, name) = ("[\"app\"]", "\"duty\"");
        let rule = |name: &str, contact: &str, ways: &str| {
            format!("alarm({name}).scope(\"S\").when(last(\"x\") > 1.ppm).escalate(escalation(\"e\").step(0.minutes, contact({contact}), {ways}));")
        };
        let hostile = format!("\"{quoted}\"");
        let texts = [rule(&hostile, name, ways), rule("\"r\"", &hostile, ways), rule("\"r\"", name, &format!("[\"sms:{quoted}\"]"))];
        for text in texts {
            let (_, found) = vocdb::rules::trace(&[RuleFile { name: word.clone(), text }]);
            let errors = found.iter().filter(|one| !one.is_warning).count();
            prop_assert!(is_plain(&word) == (errors == 0), "{word:?}: {found:?}");
            let count = found.len();
            assert_shown(&Diagnostics(found).to_string(), Some(count))?;
        }
        let unknown = RuleFile { name: "r.rhai".to_owned(), text: format!("alarm(\"r\").priority({hostile});") };
        let Err(found) = compile(&[unknown], &[]) else { panic!("the priority is not known") };
        let place = Place { file: word.as_str().into(), line: 1, column: 1 };
        let one = Diagnostic { place, message: word.clone(), help: word.clone(), is_warning: false };
        assert_shown(&found.to_string(), Some(found.0.len()))?;
        assert_shown(&one.to_string(), Some(1))?;
    }
}

#[test]
fn an_opening_keeps_its_title_in_the_ledger_and_messages_escape_it() {
    let word = "a\u{202e}b\nclosed: forged";
    let events = history(word);
    let title = |event: &AlarmEvent| {
        if let AlarmEvent::Opened(opened) = event { Some(Opened::clone(opened).title) } else { None }
    };
    assert_eq!(events.iter().find_map(title).unwrap(), word);
    let text =
        |event: &AlarmEvent| if let AlarmEvent::Notification(row) = event { Some(row.text.clone()) } else { None };
    let text = events.iter().find_map(text).unwrap();
    assert_eq!(text.lines().next().unwrap(), Line(word).to_string());
}
