//! Webhooks over https, mail over STARTTLS and TLS with a login: against real servers with certificates of an authority of the test's own.
#![cfg(test)]

use super::servers::{Offers, Received, Server, read_line, smtp};
use base64::Engine as _;
use crossbeam_channel::Sender;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use vocdb::Timestamp;
use vocdb::alarm::event::{Notification, Subject};
use vocdb::alarm::{AlarmId, Notifier, Outcome};
use vocdb::interop::mail::{Mail, MailError};
use vocdb::interop::webhook::Webhook;
use vocdb::verdict::{Contact, Priority};

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
    fn certificate(&self, host: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        (certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

/// What a server of the test speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Https,
    /// SMTP that begins in the clear.
    StartTls,
    /// SMTP in TLS from the first byte.
    Smtps,
}

/// A server with a certificate of an authority for a host.
fn server(kind: Kind, authority: &Authority, host: &str) -> Server {
    let (certificate, key) = authority.certificate(host);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    Server::start(Arc::new(move |stream, received| serve(kind, stream, &config, received)))
}

fn serve(
    kind: Kind,
    mut stream: TcpStream,
    config: &Arc<ServerConfig>,
    received: &Sender<Received>,
) -> std::io::Result<()> {
    if kind == Kind::StartTls {
        stream.write_all(b"220 localhost\r\n")?;
        let offers = Offers { starttls: true, login: None };
        if smtp(&mut stream, offers, received)?.is_none() {
            return Ok(());
        }
    }
    let session = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    if kind == Kind::Https {
        return webhook(&mut stream, received);
    }
    if kind == Kind::Smtps {
        stream.write_all(b"220 localhost\r\n")?;
    }
    smtp(&mut stream, Offers { starttls: false, login: Some(check_login) }, received).map(drop)
}

/// Answers one POST.
fn webhook(stream: &mut (impl Read + Write), received: &Sender<Received>) -> std::io::Result<()> {
    let (mut id, mut body_bytes) = (String::new(), 0);
    loop {
        let line = read_line(stream)?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => value.clone_into(&mut id),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => body_bytes = value.parse().unwrap(),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; body_bytes])?;
    let _ = received.send(Received::Post(id));
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
    stream.flush()
}

/// A server that repeats a wrong password in its refusal, which no reason may show.
fn check_login(text: &str) -> (String, Result<(), String>) {
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    let [_, user, password] = decoded.split('\0').collect::<Vec<_>>()[..] else { panic!("{decoded:?}") };
    let is_right = (user, password) == ("station", PASSWORD);
    (user.to_owned(), is_right.then_some(()).ok_or_else(|| format!("535 5.7.8 the password {password} is wrong")))
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
    let server = server(Kind::Https, &authority, "localhost");
    let webhook = Webhook::new(&format!("https://localhost:{}/alarms?token=hidden", server.port), SECRET).unwrap();
    let webhook = webhook.trusting(&authority.pem()).unwrap();
    assert_eq!(webhook.send(&notification()), Outcome::Delivered);
    assert_eq!(server.next(), Received::Post("0123456789abcdef".to_owned()));
    assert!(!format!("{webhook:?} {}", webhook.endpoint()).contains("hidden"));
}

/// Tries a gateway that must refuse the server, and gives the reason.
fn refused(gateway: &dyn Notifier, server: Server) -> String {
    let Outcome::Retry { reason, .. } = gateway.send(&notification()) else { panic!("it was sent") };
    assert_eq!(server.rest(), [], "what came before TLS was refused");
    assert!(!reason.contains("hidden") && !reason.contains(PASSWORD), "{reason}");
    reason
}

#[test]
fn a_webhook_whose_certificate_does_not_hold_is_sent_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (host, trusted) in
        [("localhost", Some(&stranger)), ("elsewhere.example", Some(&authority)), ("localhost", None)]
    {
        let server = server(Kind::Https, &authority, host);
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
const ROUTES: [(Kind, Open); 2] = [(Kind::StartTls, Mail::with_starttls), (Kind::Smtps, Mail::with_tls)];

fn mail(open: Open, port: u16, authority: &Authority) -> Mail {
    let mail = open("localhost", port, "vocdb@station.example").unwrap().trusting(&authority.pem()).unwrap();
    mail.with_address("duty", "duty@park.example").unwrap()
}

#[test]
fn mail_is_delivered_over_tls_with_a_login() {
    for (kind, open) in ROUTES {
        let authority = Authority::new();
        let server = server(kind, &authority, "localhost");
        let mail = mail(open, server.port, &authority).with_login("station", PASSWORD).unwrap();
        assert_eq!(mail.send(&notification()), Outcome::Delivered, "{kind:?}");
        assert_eq!(server.next(), Received::Login { user: "station".to_owned(), is_right: true });
        let Received::Mail { from, to, .. } = server.next() else { panic!("{kind:?}: no mail was received") };
        assert_eq!((from.as_str(), to), ("vocdb@station.example", vec!["duty@park.example".to_owned()]));
    }
}

#[test]
fn a_wrong_login_is_refused_and_no_password_is_shown() {
    for (kind, open) in ROUTES {
        let authority = Authority::new();
        let server = server(kind, &authority, "localhost");
        let mail = mail(open, server.port, &authority).with_login("station", "hunter22").unwrap();
        let Outcome::Refused { reason } = mail.send(&notification()) else { panic!("{kind:?}") };
        assert_eq!(server.next(), Received::Login { user: "station".to_owned(), is_right: false });
        assert!(reason.contains("535") && reason.contains("***"), "{reason}");
        assert!(!format!("{mail:?} {reason} {}", mail.endpoint()).contains("hunter22"));
    }
    let plain = Mail::new("localhost", 25, "vocdb@station.example").unwrap();
    assert_eq!(plain.with_login("station", PASSWORD).unwrap_err(), MailError::LoginInTheClear);
}

#[test]
fn a_relay_whose_certificate_does_not_hold_is_sent_nothing() {
    for (kind, open) in ROUTES {
        let (authority, stranger) = (Authority::new(), Authority::new());
        for (host, trusted) in [("localhost", &stranger), ("elsewhere.example", &authority)] {
            let server = server(kind, &authority, host);
            let mail = mail(open, server.port, trusted).with_login("station", PASSWORD).unwrap();
            let reason = refused(&mail, server);
            assert!(reason.contains("certificate"), "{kind:?}: {reason}");
        }
        let wrong = open("localhost", 1, "vocdb@station.example").unwrap().trusting("no certificate");
        assert!(matches!(wrong, Err(MailError::Certificates { .. })));
    }
}
