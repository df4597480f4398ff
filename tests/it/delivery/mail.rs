//! Mail against a real SMTP server: `python3 -m aiosmtpd`, which prints what it takes.
#![cfg(test)]

use super::python::python;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Stdio};
use vocdb::Timestamp;
use vocdb::alarm::event::{Notification, Subject};
use vocdb::alarm::{AlarmId, Notifier, Outcome};
use vocdb::interop::mail::Mail;
use vocdb::rules::verdict::{Contact, Priority};

/// A server on a port of loopback.
struct SmtpServer {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl SmtpServer {
    fn start() -> Self {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command = python();
        command.args(["-u", "-m", "aiosmtpd", "-n", "-l", &address, "-c", "aiosmtpd.handlers.Debugging", "stdout"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, port }
    }

    /// Sends until the server, which takes a while to start, has answered.
    fn send(&mut self, mail: &Mail, notification: &Notification) -> Outcome {
        loop {
            match mail.send(notification) {
                Outcome::Retry { reason, .. } if !reason.contains("transient error") => {
                    assert!(self.child.try_wait().unwrap().is_none(), "the server does not start: {reason}");
                    std::thread::yield_now();
                }
                outcome => return outcome,
            }
        }
    }

    /// The next message as it was taken.
    fn message(&mut self) -> Vec<String> {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines.find(|line| line.contains("MESSAGE FOLLOWS")).unwrap();
        lines.take_while(|line| !line.contains("END MESSAGE")).collect()
    }
}

fn notification(contact: &str) -> Notification {
    Notification {
        id: "0123456789abcdef".to_owned(),
        alarm: Some(AlarmId(7)),
        subject: Subject::Step(0),
        repeat: 0,
        priority: Priority::High,
        contact: Contact(contact.to_owned()),
        way: "email".to_owned(),
        fallback: Vec::new(),
        text: "Benzol 31 µg/m³ at park/S1".to_owned(),
        created_at: Timestamp::from_ms(1_700_000_000_000),
        guidance: String::new(),
        retrips: 0,
    }
}

fn mail(port: u16) -> Mail {
    let mail = Mail::new("127.0.0.1", port, "Station <vocdb@station.example>").unwrap();
    mail.with_address("duty", "Duty Desk <duty@park.example>").unwrap()
}

#[test]
fn a_notification_arrives_as_mail_with_the_same_message_id_every_time() {
    let mut server = SmtpServer::start();
    let mail = mail(server.port);
    for _ in 0..2 {
        assert_eq!(server.send(&mail, &notification("duty")), Outcome::Delivered);
        let message = server.message();
        for header in [
            "Message-ID: <0123456789abcdef@station.example>",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "To: \"Duty Desk\" <duty@park.example>",
        ] {
            assert!(message.iter().any(|line| line.eq_ignore_ascii_case(header)), "{header} in {message:#?}");
        }
        assert!(message.iter().any(|line| line.starts_with("Subject: ")), "{message:#?}");
    }
}

#[test]
fn a_contact_without_an_address_is_refused_and_a_server_that_is_not_there_is_tried_again() {
    let mail = mail(free_port());
    assert!(matches!(mail.send(&notification("head")), Outcome::Refused { reason } if reason.contains("head")));
    assert!(matches!(mail.send(&notification("duty")), Outcome::Retry { .. }));
}
