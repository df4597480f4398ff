//! A real child process that records the steps of a case, killed with SIGKILL: what it was promised is in the ledger, in order, and a step that
//! was being recorded is there whole or not at all.

use super::{STORE, XorShift};
use crate::support::scratch::amount;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::trace::incident::{Finding, IncidentId, Opening, Outcome, Step, Suspect};
use vocdb::{Config, Database, Durability, Timestamp};

const NOW_MS: i64 = 1_700_000_000_000;
/// Steps of one case, its opening and its end among them.
const STEPS: u64 = 8;

fn open(dir: &std::path::Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Always, clock, ..Config::default() }).unwrap()
}

/// The case and the step within it of a number.
fn place(number: u64) -> (IncidentId, u64) {
    (IncidentId(number / STEPS + 1), number % STEPS)
}

/// Does the step of a number.
fn take(db: &Database, number: u64) {
    let (case, step) = place(number);
    let comment = format!("step {number}");
    let step = match step {
        0 => {
            let from = Timestamp::from_ms(NOW_MS - 1_000);
            let opened = db.open_incident(Opening::new(format!("case {number}"), from), "duty officer", &comment);
            return assert_eq!(opened.unwrap(), case);
        }
        1 => Step::Suspected(Suspect { site: "tank".to_owned(), probability: Some(0.8), factors: Vec::new() }),
        7 => Step::Closed(Outcome::NoViolation),
        _ => Step::Found(Finding { text: comment.clone(), site: None, found_by: None, found_at: None }),
    };
    db.step_incident(case, step, "duty officer", &comment).unwrap();
}

/// How many steps a store has, each as it was recorded.
fn recorded(db: &Database) -> u64 {
    let mut count = 0;
    for case in db.incidents() {
        let first = (case.opened.incident.0 - 1) * STEPS;
        assert_eq!((case.opened.reason.as_str(), first), (format!("step {first}").as_str(), count));
        let comments: Vec<String> = case.steps.iter().map(|step| step.comment.clone()).collect();
        let wanted: Vec<String> = (1..=comments.len() as u64).map(|step| format!("step {}", first + step)).collect();
        assert_eq!(comments, wanted);
        assert_eq!(case.outcome.is_some(), comments.len() as u64 == STEPS - 1);
        count += 1 + comments.len() as u64;
    }
    count
}

/// Not a test of its own: the one below starts it in a process of its own, and kills it.
#[test]
#[ignore = "the child process of the test below, which runs it"]
fn child_that_records_steps_until_it_is_killed() {
    let db = open(std::path::Path::new(&std::env::var(STORE).expect("started by the test below")));
    let mut out = std::io::stdout().lock();
    for number in recorded(&db).. {
        take(&db, number);
        writeln!(out, "\nrecorded {}", number + 1).unwrap();
    }
}

#[test]
fn every_recorded_step_of_a_case_is_there_after_a_kill() {
    let dir = crate::support::scratch::dir();
    let mut random = XorShift(0x51_7C_C1_B7_27_22_0A_95);
    let mut before = 0;
    for round in 0..amount(20) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "crash::cases::child_that_records_steps_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ]);
        command.env(STORE, dir.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut promised = before;
        let mut note = |line: &str| {
            let count = line.strip_prefix("recorded ").and_then(|count| count.parse().ok());
            promised = count.unwrap_or(promised);
            u64::from(count.is_some())
        };
        let (mut heard, wanted) = (0, 1 + random.below(40) as u64);
        while heard < wanted {
            heard += note(&lines.next().expect("the child ended before it was killed").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            note(&line);
        }
        let found = recorded(&open(dir.path()));
        assert!(found == promised || found == promised + 1, "round {round}: {found} steps of {promised} promised");
        before = found;
    }
}
