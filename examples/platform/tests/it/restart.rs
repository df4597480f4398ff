//! The program itself: accounts, kills, restarts.

use crate::client::Client;
use crate::district::PASSWORD;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use vocdb::{Channel, Config, Database, Instrument, Interval, Timestamp, Unit};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vocdb-platform");

/// A platform that runs as a process of its own. It ends with the test.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Running {
    fn start(store: &Path, rules: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--store").arg(store).arg("--rules").arg(rules).args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        Self { child, output, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `accounts` with a text on standard input, and returns what it printed.
fn accounts(store: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new(PROGRAM);
    command.arg("accounts").args(arguments).arg("--store").arg(store);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn a_kill_loses_nothing_that_was_answered_and_sigterm_stops_in_good_order() {
    let folder = tempfile::tempdir().unwrap();
    let (store, rules) = (folder.path().join("park"), folder.path().join("rules"));
    let db = Database::open(&store, Config::default()).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    db.ensure_instrument("park/S1", Instrument::new("pid", Interval::MINUTE, vec![benzene]).unwrap()).unwrap();
    db.close().unwrap();
    std::fs::create_dir(&rules).unwrap();
    let rule = "alarm(\"high\").scope(stations(\"park/*\")).when(avg(\"benzene\", 10.minutes) > 30.ppb)\
        .escalate(escalation(\"desk\").step(0.minutes, contact(\"duty\"), \"app\"));";
    std::fs::write(rules.join("park.rhai"), rule).unwrap();
    for (name, role) in [("ada", "administrator"), ("dan", "duty-officer")] {
        let (is_good, text) = accounts(&store, &["add", name, "--role", role], &format!("{PASSWORD}\n"));
        assert!(is_good, "{text}");
    }

    let running = Running::start(&store, &rules);
    let mut ada = Client::logged_in(running.address, "ada", PASSWORD);
    let token = ada.token("/");
    let now = Timestamp::now();
    let frame = |minute: i64| {
        let time = now.plus_ms((minute - 20) * 60_000);
        format!(r#"{{"station":"park/S1","instrument":"pid","time":"{time}","values":{{"benzene":90.5}}}}"#)
    };
    let body = format!(r#"{{"frames":[{}]}}"#, (0..20).map(frame).collect::<Vec<_>>().join(","));
    let answer = crate::district::send(&mut ada, &token, &body);
    assert!(answer.contains("\"alarms_opened\":1"), "{answer}");
    ada.act("/alarms/1", "/alarms/1/acknowledge", &[("comment", "seen")]);
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);
    let (from, to) = (now.to_string(), now.plus_ms(3_600_000).to_string());
    let plan = [("stations", "park/*"), ("from", from.as_str()), ("to", to.as_str()), ("reason", "valve works")];
    ada.act("/maintenance", "/maintenance/plan", &plan);
    ada.act("/accounts", "/accounts/add", &[("name", "eve"), ("role", "leader"), ("password", PASSWORD)]);
    ada.act("/register", "/register/station", &[("station", "park/S2"), ("height", "3"), ("reason", "new site")]);
    running.kill();

    let running = Running::start(&store, &rules);
    // The session ended with the process.
    let mut old = Client::new(running.address);
    ada.cookies.clone_into(&mut old.cookies);
    assert_eq!(old.get("/alarms").header("location"), Some("/login"));
    let mut ada = Client::logged_in(running.address, "ada", PASSWORD);
    assert!(ada.page("/alarms/1").contains("acknowledged by ada: seen"));
    assert!(ada.page("/incidents/1").contains("calls"));
    assert!(ada.page("/station?name=park/S1").contains("valve works"));
    let audit = Client::logged_in(running.address, "eve", PASSWORD).page("/audit");
    for text in ["account `eve` added, leader", "station `park/S2` registered: new site", "valve works"] {
        assert!(audit.contains(text), "{text} is missing: {audit}");
    }
    assert!(ada.page("/api/stations").contains("90.5"));
    ada.act("/alarms/1", "/alarms/1/comment", &[("comment", "after the kill")]);

    let mut running = running;
    kill_process(Pid::from_child(&running.child), Signal::TERM).unwrap();
    let mut rest = String::new();
    running.output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "stopped\n");
    assert!(running.child.wait().unwrap().success());
    let explained = Database::open(&store, Config::default()).unwrap().explain(vocdb::AlarmId(1)).unwrap().unwrap();
    assert!(explained.to_string().contains("after the kill"), "{explained}");
}

#[test]
fn accounts_are_added_listed_and_removed_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("park");
    let (is_good, text) = accounts(&store, &["add", "olga", "--role", "operator"], "short\n");
    assert!(!is_good && text.contains("at least 10 characters"), "{text}");
    let (is_good, text) = accounts(&store, &["add", "olga", "--role", "king"], PASSWORD);
    assert!(!is_good && text.contains("duty-officer"), "{text}");
    assert!(accounts(&store, &["add", "olga", "--role", "operator"], PASSWORD).0);
    assert!(!accounts(&store, &["add", "olga", "--role", "leader"], PASSWORD).0);
    assert_eq!(accounts(&store, &["list"], ""), (true, "olga\toperator\n".to_owned()));
    let (is_good, token) = accounts(&store, &["token", "olga"], "");
    assert!(is_good && token.trim().len() == 64, "{token}");
    let file = std::fs::read_to_string(folder.path().join("park-accounts.json")).unwrap();
    assert!(file.contains("$argon2id$") && !file.contains(PASSWORD) && !file.contains(token.trim()), "{file}");
    assert!(accounts(&store, &["remove", "olga"], "").0);
    assert_eq!(accounts(&store, &["list"], "").1, "");
    assert!(!accounts(&store, &["token", "olga"], "").0);
}
