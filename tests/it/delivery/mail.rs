//! Mail against an SMTP server on loopback.
#![cfg(test)]

use super::servers::{Offers, Received, Server, free_port, smtp};
use std::io::Write;
use std::sync::Arc;
use vocdb::Timestamp;
use vocdb::alarm::event::{Notification, Subject};
use vocdb::alarm::{AlarmId, Notifier, Outcome};
use vocdb::interop::mail::Mail;
use vocdb::verdict::{Contact, Priority};

fn server() -> Server {
    Server::start(Arc::new(|mut stream, received| {
        stream.write_all(b"220 localhost\r\n")?;
        smtp(&mut stream, Offers::default(), received).map(drop)
    }))
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
    let server = server();
    let mail = mail(server.port);
    for _ in 0..2 {
        assert_eq!(mail.send(&notification("duty")), Outcome::Delivered);
        let Received::Mail { from, to, lines: message } = server.next() else { panic!("no mail was received") };
        assert_eq!((from.as_str(), to.as_slice()), ("vocdb@station.example", &["duty@park.example".to_owned()][..]));
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
