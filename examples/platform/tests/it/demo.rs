//! The demo at a reduced rate: its truth, its pages, its history.

use crate::client::Client;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use vocdb_platform::demo::{Demo, DemoOptions, Outcome, Scale};

const PASSWORD: &str = "a night in the park";
const SMALL: Scale = Scale { stations: 6, species: 12, interval_s: 10 };

fn options(folder: &Path, scale: Scale) -> DemoOptions {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    DemoOptions { scale, password: Some(PASSWORD.to_owned()), ..DemoOptions::new(folder.join("demo"), listen) }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs a demo to its end, and returns its outcome and its history.
fn run(scale: Scale) -> (Outcome, String) {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let mut demo = Demo::start(options(folder.path(), scale)).await.unwrap();
        let ended = demo.finished().await;
        demo.stop().await.unwrap();
        ended.unwrap()
    })
}

#[test]
fn two_runs_have_the_same_history_byte_by_byte() {
    let (first, second) = (run(SMALL), run(SMALL));
    assert!(first.0.alarms > 0 && first.0.delivered > 0, "{}", first.0);
    for kind in
        ["alarm_opened ", "escalation_step ", "delivery ", "alarm_acknowledged ", "incident_opened ", "incident_step "]
    {
        assert!(first.1.lines().any(|line| line.starts_with(kind)), "no {kind}: {}", first.0);
    }
    let differs = first.1.lines().zip(second.1.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None);
    assert_eq!(first.1.len(), second.1.len());
    assert_eq!(first.0.suspects, second.0.suspects);
}

#[test]
fn the_sites_at_fault_are_the_first_suspects_and_the_pages_show_the_night() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let mut demo = runtime.block_on(Demo::start(options(folder.path(), Scale::REDUCED))).unwrap();
    let (outcome, _) = runtime.block_on(demo.finished()).unwrap();
    assert!(outcome.is_truth() && outcome.gap() > 0.1, "{outcome}");
    assert_eq!(outcome.incidents, 1, "{outcome}");
    assert!(outcome.to_string().contains("truth=right"), "{outcome}");

    assert_eq!(Client::new(demo.address()).get("/phones").status, 303);
    let mut officer = Client::logged_in(demo.address(), "duty officer", PASSWORD);
    assert!(officer.page("/alarms").contains("benzene"));
    let incident = officer.page("/incidents/1");
    for text in ["north tank farm", "styrene plant", "torn", "oxidiser", "violation"] {
        assert!(incident.contains(text), "{text}: {incident}");
    }
    let phones = officer.page("/phones");
    for text in ["href=\"/phones?contact=leader\"", "sms", "phone", "email", "app"] {
        assert!(phones.contains(text), "{text}: {phones}");
    }
    let leader = officer.page("/phones?contact=leader");
    assert!(
        leader.contains("<th scope=\"row\" translate=\"no\">leader</th>")
            && !leader.contains("<th scope=\"row\" translate=\"no\">duty officer</th>")
    );
    assert!(officer.page("/incidents/1/report").contains("north tank farm"));
    let report = std::fs::read_to_string(folder.path().join("demo/incident-1.html")).unwrap();
    assert!(report.contains("styrene plant"));

    // What people do once the night is over is recorded and delivered.
    let mut administrator = Client::logged_in(demo.address(), "administrator", PASSWORD);
    let comment = [("step", "comment"), ("comment", "thank you all")];
    administrator.act("/incidents/1", "/incidents/1/step", &comment);
    assert!(officer.page("/incidents/1").contains("thank you all"));
    runtime.block_on(demo.stop()).unwrap();
}

#[test]
fn a_stopped_demo_closes_its_store_and_a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let slow = DemoOptions { speed: Some(1.0), ..options(folder.path(), SMALL) };
    let demo = runtime.block_on(Demo::start(slow)).unwrap();
    let mut visitor = Client::new(demo.address());
    assert!(visitor.page("/").contains("park/S01"));
    assert!(demo.is_running());
    runtime.block_on(demo.stop()).unwrap();
    let db = vocdb::Database::open(folder.path().join("demo/park"), vocdb::Config::default()).unwrap();
    assert!(db.registry().station_named("park/S21").is_some());
    drop(db);
    let refused = runtime.block_on(Demo::start(options(folder.path(), SMALL))).unwrap_err();
    assert!(refused.contains("is not empty"), "{refused}");
}

#[test]
fn the_program_runs_the_demo_up_to_a_time_and_prints_the_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.txt");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vocdb-platform"));
    command.args(["--demo", "--demo-until", "20:30", "--demo-scale", "6,12,10", "--demo-history"]).arg(&history);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    // Half an hour: 6 stations and the mast every ten seconds, ten units every minute.
    assert!(text.contains("demo: rows=1560 values=13620 alarms=0 incidents=0"), "{text}");
    assert!(text.contains("account \"duty officer\" (duty officer), password "), "{text}");
    assert!(std::fs::read_to_string(history).unwrap().contains("rule_set_loaded "));
}
