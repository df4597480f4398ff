//! Hostile text on its way to the terminal: comments, reasons of gateways, cells of files and names of files.

use super::{command, run, run_with};
use std::sync::Arc;
use vocdb::alarm::Outcome;
use vocdb::alarm::event::Notification;
use vocdb::base::escape::is_plain;
use vocdb::rules::RuleFile;
use vocdb::trace::incident::Step;
use vocdb::{Batch, Channel, Config, Database, Error, Instrument, Interval, Notifier, Station, Timestamp, Unit};

const HOSTILE: &str = "busy \x1b[31mred\x1b]0;owned\x07\u{202e}\u{9b}2J\r\nalarm #9 (closed): forged";
const RULES: &str = r#"alarm("high").scope("S").when(last("x") > 1.ppm)
    .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));"#;

struct Evil;

impl Notifier for Evil {
    fn send(&self, _: &Notification) -> Outcome {
        Outcome::Gone { reason: HOSTILE.to_owned() }
    }

    fn endpoint(&self) -> String {
        HOSTILE.to_owned()
    }
}

#[test]
fn hostile_comments_and_reasons_are_escaped_in_text_and_exact_in_json() {
    let dir = crate::support::scratch::dir();
    let config = || Config::default();
    let db = Database::open(dir.path().join("store"), config()).unwrap();
    let station = db.register_station(Station::new("S").unwrap()).unwrap();
    let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
    let pid = db.register_instrument(station, Instrument::new("pid", Interval::SECOND, channels).unwrap()).unwrap();
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() }]).unwrap();
    assert!(matches!(db.connect(HOSTILE, Arc::new(Evil)), Err(Error::Model(_))), "a way's name is one line");
    db.connect("app", Arc::new(Evil)).unwrap();
    let mut batch = Batch::new();
    batch.push_values(pid, Timestamp::from_ms(1_700_000_000_000), &[Some(2.0)]);
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.advance().unwrap();
    let alarm = db.alarms()[0].opened.alarm;
    db.drain().unwrap();
    db.comment(alarm, "Anna", HOSTILE).unwrap();
    assert!(db.comment(alarm, HOSTILE, "who is it").is_err());
    assert!(db.hand_over(alarm, HOSTILE, "Anna", "").is_err());
    assert!(db.acknowledge(alarm, "Anna", &"w".repeat(1 << 20)).is_err());
    assert!(db.alarms()[0].acknowledged.is_none(), "what is refused changes nothing");
    let opening = db.opening_of_alarm(alarm).unwrap();
    let incident = db.open_incident(opening, "Anna", HOSTILE).unwrap();
    db.step_incident(incident, Step::Commented, "Anna", HOSTILE).unwrap();
    assert!(db.step_incident(incident, Step::Commented, HOSTILE, "a comment").is_err());
    db.close().unwrap();

    for arguments in [
        &["alarms", "list", "store"][..],
        &["alarms", "show", "store", "1"],
        &["alarms", "explain", "store", "1"],
        &["incident", "list", "store"],
        &["incident", "show", "store", "1"],
    ] {
        let text = run(dir.path(), arguments).printed();
        assert!(text.lines().all(is_plain), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("alarm #9")), "{text}");
        let json = run_with(dir.path(), arguments, &["--json"]).printed();
        assert!(json.lines().all(is_plain), "{json:?}");
        json.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
    }
    let text = run(dir.path(), &["alarms", "explain", "store", "1"]).printed();
    assert!(text.contains(r"\u{1b}[31mred\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J\r\nalarm #9"), "{text}");
    let error = run(dir.path(), &["alarms", "ack", "store", "1", "--by", "a\u{202e}b"]);
    assert_eq!(error.code, Some(2));
    assert!(error.err.contains(r"a\u{202e}b") && error.err.lines().all(is_plain), "{:?}", error.err);
}

#[test]
fn hostile_cells_and_names_of_files_are_escaped_in_reports_of_an_import() {
    let dir = crate::support::scratch::dir();
    let name = "a\u{202e}\x1b[2J.csv";
    std::fs::write(
        dir.path().join(name),
        "time,x\n2024-06-01T00:00:00Z,1\n2024-06-01T00:01:00Z,\"\x1b[31m7\nforged\u{202e}\"\n",
    )
    .unwrap();
    let import = |file: &str, more: &[&str]| {
        let fixed = ["import", "store", file, "--station", "S", "--instrument", "i", "--interval", "1m"];
        let output = command(dir.path(), &[&fixed[..], more].concat()).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (out, err) = import(name, &["--time", "time", "--new-quantity", "--channel", "x=x:ppm"]);
    assert!(out.lines().all(is_plain) && err.lines().all(is_plain), "{out:?} {err:?}");
    assert!(out.contains(r"\u{1b}[31m7\nforged\u{202e}"), "{out} {err}");
    let (json, _) = import(name, &["--time", "time", "--new-quantity", "--channel", "x=x:ppm", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(is_plain(json.trim_end()), "{json:?}");
    assert_eq!(object["rejections"][0]["text"], "\x1b[31m7\nforged\u{202e}");
    let (out, err) = import("no\x1b[2Jfile\n.csv", &["--time", "time", "--new-quantity", "--channel", "x=x:ppm"]);
    assert!(out.is_empty() && err.lines().count() == 1 && err.lines().all(is_plain), "{err:?}");
}
