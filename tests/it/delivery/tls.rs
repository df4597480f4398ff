//! Webhooks over https, mail over STARTTLS and TLS with a login: against real servers with certificates of an authority of the test's own.
#![cfg(test)]

use super::python::python;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use vocdb::Timestamp;
use vocdb::alarm::event::{Notification, Subject};
use vocdb::alarm::{AlarmId, Notifier, Outcome};
use vocdb::interop::mail::{Mail, MailError};
use vocdb::interop::webhook::Webhook;
use vocdb::rules::verdict::{Contact, Priority};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PASSWORD: &str = "correct horse";

/// An authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host, and its key.
    fn certificate(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// A server on a port of loopback, with a certificate for a host.
struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
    _files: tempfile::TempDir,
}

impl Server {
    fn start(kind: &str, authority: &Authority, host: &str) -> Self {
        let files = crate::scratch::dir();
        let (certificate, key) = authority.certificate(host);
        std::fs::write(files.path().join("certificate"), certificate).unwrap();
        std::fs::write(files.path().join("key"), key).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/delivery/servers.py");
        let mut command = python();
        command
            .args(["-W", "ignore", script, kind])
            .arg(files.path().join("certificate"))
            .arg(files.path().join("key"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        Self { child, lines, port, _files: files }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// What it says until it is stopped.
    fn rest(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.lines.by_ref().map(Result::unwrap).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn notification() -> Notification {
    Notification {
        id: "0123456789abcdef".to_owned(),
        alarm: Some(AlarmId(7)),
        subject: Subject::Step(0),
        repeat: 0,
        priority: Priority::High,
        contact: Contact("duty".to_owned()),
        way: "email".to_owned(),
        fallback: Vec::new(),
        text: "Benzene".to_owned(),
        created_at: Timestamp::from_ms(1_700_000_000_000),
        guidance: String::new(),
        retrips: 0,
    }
}

#[test]
fn a_webhook_over_https_is_delivered_where_the_certificate_holds() {
    let authority = Authority::new();
    let mut server = Server::start("https", &authority, "localhost");
    let webhook = Webhook::new(&format!("https://localhost:{}/alarms?token=hidden", server.port), SECRET).unwrap();
    let webhook = webhook.trusting(&authority.pem()).unwrap();
    assert_eq!(webhook.send(&notification()), Outcome::Delivered);
    assert_eq!(server.line(), "post 0123456789abcdef");
    assert!(!format!("{webhook:?} {}", webhook.endpoint()).contains("hidden"));
}

/// Tries a gateway that must refuse the server, and gives the reason.
fn refused(gateway: &dyn Notifier, server: Server) -> String {
    let Outcome::Retry { reason, .. } = gateway.send(&notification()) else { panic!("it was sent") };
    let came: Vec<String> = server.rest().into_iter().filter(|line| line != "refused").collect();
    assert!(came.is_empty(), "{came:?}");
    assert!(!reason.contains("hidden") && !reason.contains(PASSWORD), "{reason}");
    reason
}

#[test]
fn a_webhook_whose_certificate_does_not_hold_is_sent_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (host, trusted) in
        [("localhost", Some(&stranger)), ("elsewhere.example", Some(&authority)), ("localhost", None)]
    {
        let server = Server::start("https", &authority, host);
        let webhook = Webhook::new(&format!("https://localhost:{}/hidden", server.port), SECRET).unwrap();
        let webhook = match trusted {
            Some(authority) => webhook.trusting(&authority.pem()).unwrap(),
            None => webhook,
        };
        let reason = refused(&webhook, server);
        assert!(reason.contains("certificate"), "{reason}");
    }
    let webhook = || Webhook::new("https://localhost/", SECRET).unwrap();
    assert!(webhook().trusting("no certificate").is_err());
    assert!(webhook().trusting(&KeyPair::generate().unwrap().serialize_pem()).is_err());
}

type Open = fn(&str, u16, &str) -> Result<Mail, MailError>;
const WAYS: [(&str, Open); 2] = [("starttls", Mail::with_starttls), ("smtps", Mail::with_tls)];

fn mail(open: Open, port: u16, authority: &Authority) -> Mail {
    let mail = open("localhost", port, "vocdb@station.example").unwrap().trusting(&authority.pem()).unwrap();
    mail.with_address("duty", "duty@park.example").unwrap()
}

#[test]
fn mail_is_delivered_over_tls_with_a_login() {
    for (kind, open) in WAYS {
        let authority = Authority::new();
        let mut server = Server::start(kind, &authority, "localhost");
        let mail = mail(open, server.port, &authority).with_login("station", PASSWORD).unwrap();
        assert_eq!(mail.send(&notification()), Outcome::Delivered, "{kind}");
        assert_eq!(server.line(), "login station right");
        assert_eq!(server.line(), "mail from vocdb@station.example to duty@park.example");
    }
}

#[test]
fn a_wrong_login_is_refused_and_no_password_is_shown() {
    for (kind, open) in WAYS {
        let authority = Authority::new();
        let mut server = Server::start(kind, &authority, "localhost");
        let mail = mail(open, server.port, &authority).with_login("station", "hunter22").unwrap();
        let Outcome::Refused { reason } = mail.send(&notification()) else { panic!("{kind}") };
        assert_eq!(server.line(), "login station wrong");
        assert!(reason.contains("535") && reason.contains("***"), "{reason}");
        assert!(!format!("{mail:?} {reason} {}", mail.endpoint()).contains("hunter22"));
    }
    let plain = Mail::new("localhost", 25, "vocdb@station.example").unwrap();
    assert_eq!(plain.with_login("station", PASSWORD).unwrap_err(), MailError::LoginInTheClear);
}

#[test]
fn a_relay_whose_certificate_does_not_hold_is_sent_nothing() {
    for (kind, open) in WAYS {
        let (authority, stranger) = (Authority::new(), Authority::new());
        for (host, trusted) in [("localhost", &stranger), ("elsewhere.example", &authority)] {
            let server = Server::start(kind, &authority, host);
            let mail = mail(open, server.port, trusted).with_login("station", PASSWORD).unwrap();
            let reason = refused(&mail, server);
            assert!(reason.contains("certificate"), "{kind}: {reason}");
        }
        let wrong = open("localhost", 1, "vocdb@station.example").unwrap().trusting("no certificate");
        assert!(matches!(wrong, Err(MailError::Certificates { .. })));
    }
}
