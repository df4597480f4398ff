//! Notifications by mail, over SMTP.

use crate::alarm::event::Notification;
use crate::alarm::notify::{Notifier, Outcome};
use crate::base::escape::{Line, Lines};
use crate::verdict::Contact;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
#[cfg(feature = "tls")]
use lettre::transport::smtp::{
    SmtpTransportBuilder,
    authentication::Credentials,
    client::{Certificate, CertificateStore, Tls, TlsParameters},
};
use lettre::{SmtpTransport, Transport};
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

/// For how long a server may be silent.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a subject.
const SUBJECT_CHARS_MAX: usize = 120;
/// Messages that may be under way at once.
const PARALLEL: usize = 4;

/// Why mail cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// An address that is none.
    #[error("`{}` is not a mail address: {}", Line(address), Line(reason))]
    Address {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// What should be certificates in PEM is not, or TLS cannot be set up with them.
    #[error("the trusted certificates of mail cannot be used: {}", Line(reason))]
    Certificates {
        /// What is wrong.
        reason: String,
    },
    /// A login without TLS, which would send the password in the clear.
    #[error("a login needs TLS: use `Mail::with_tls` or `Mail::with_starttls`")]
    LoginInTheClear,
}

/// A mail relay: in plain SMTP one on this machine or in the same network, which looks after encryption itself; or, with the feature `tls`,
/// any one, with STARTTLS or with TLS from the first byte, and with a login. The relay's certificate must hold: else nothing is
/// sent, and it is tried again later.
///
/// The `Message-ID` of a notification is the same for every attempt, so that receivers can drop repeats.
///
/// ```
/// use vocdb::interop::mail::Mail;
/// let mail = Mail::new("127.0.0.1", 25, "vocdb@station.example")?.with_address("park-duty", "duty@park.example")?;
/// assert!(mail.with_address("bureau", "not an address").is_err());
/// # Ok::<(), vocdb::interop::mail::MailError>(())
/// ```
pub struct Mail {
    transport: SmtpTransport,
    from: Mailbox,
    addresses: BTreeMap<Contact, Mailbox>,
    relay: Relay,
    /// Never shown.
    password: Option<String>,
}

/// How the relay is spoken to.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "without `tls` the transport is never built again"))]
struct Relay {
    host: String,
    port: u16,
    security: Security,
    user: Option<String>,
    /// The certificates to trust, in PEM; Mozilla's list where there are none.
    certificates: Option<String>,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "without `tls` everything is plain"))]
enum Security {
    Plain,
    StartTls,
    Tls,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, addresses, relay, .. } = self;
        let mut shown = f.debug_struct("Mail");
        shown.field("from", from).field("addresses", addresses).field("relay", relay).finish_non_exhaustive()
    }
}

fn mailbox(address: &str) -> Result<Mailbox, MailError> {
    let wrong = |error: lettre::address::AddressError| MailError::Address {
        address: address.to_owned(),
        reason: error.to_string(),
    };
    address.parse::<Mailbox>().map_err(wrong)
}

impl Mail {
    /// Mail over the relay at `host` and `port`, from an address.
    ///
    /// # Errors
    /// [`MailError::Address`].
    pub fn new(host: &str, port: u16, from: &str) -> Result<Self, MailError> {
        let transport = SmtpTransport::builder_dangerous(host).port(port).timeout(Some(TIMEOUT)).build();
        let relay = Relay { host: host.to_owned(), port, security: Security::Plain, user: None, certificates: None };
        Ok(Self { transport, from: mailbox(from)?, addresses: BTreeMap::new(), relay, password: None })
    }

    /// Adds the address of a contact: `duty@park.example` or `Duty Desk <duty@park.example>`.
    ///
    /// # Errors
    /// [`MailError::Address`].
    pub fn with_address(mut self, contact: &str, address: &str) -> Result<Self, MailError> {
        self.addresses.insert(Contact(contact.to_owned()), mailbox(address)?);
        Ok(self)
    }

    /// What a server or a library said, without the password, should it stand there.
    fn reason(&self, error: &lettre::transport::smtp::Error) -> String {
        let text = error.to_string();
        match self.password.as_deref().filter(|password| !password.is_empty()) {
            Some(password) => text.replace(password, "***"),
            None => text,
        }
    }

    fn message(&self, notification: &Notification, to: &Mailbox) -> Result<Message, lettre::error::Error> {
        let first_line = notification.text.lines().next().unwrap_or_default();
        let subject: String =
            format!("[{}] {}", notification.priority, Line(first_line)).chars().take(SUBJECT_CHARS_MAX).collect();
        let created_ms = u64::try_from(notification.created_at.as_ms()).unwrap_or(0);
        Message::builder()
            .message_id(Some(format!("<{}@{}>", Line(&notification.id), self.from.email.domain())))
            .date(UNIX_EPOCH + Duration::from_millis(created_ms))
            .from(self.from.clone())
            .to(to.clone())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", Lines(&notification.text)))
    }
}

/// What needs TLS.
#[cfg(feature = "tls")]
impl Mail {
    /// Mail over a relay that is asked for TLS before anything else (STARTTLS, usually on port 587), and refused where it has none.
    ///
    /// ```
    /// use vocdb::interop::mail::Mail;
    /// let mail = Mail::with_starttls("mail.example", 587, "vocdb@station.example")?.with_login("station", "secret")?;
    /// assert!(!format!("{mail:?}").contains("secret"));
    /// # Ok::<(), vocdb::interop::mail::MailError>(())
    /// ```
    ///
    /// # Errors
    /// [`MailError::Address`]; [`MailError::Certificates`] where TLS cannot be set up.
    pub fn with_starttls(host: &str, port: u16, from: &str) -> Result<Self, MailError> {
        Self::secured(Security::StartTls, (host, port), from)
    }

    /// Mail over a relay that speaks TLS from the first byte (usually on port 465).
    ///
    /// # Errors
    /// [`MailError::Address`]; [`MailError::Certificates`] where TLS cannot be set up.
    pub fn with_tls(host: &str, port: u16, from: &str) -> Result<Self, MailError> {
        Self::secured(Security::Tls, (host, port), from)
    }

    /// Trusts the authorities of these certificates (PEM, one or several), and no others.
    ///
    /// # Errors
    /// [`MailError::Certificates`].
    pub fn trusting(mut self, certificates: &str) -> Result<Self, MailError> {
        self.relay.certificates = Some(certificates.to_owned());
        self.transport = self.secure_transport()?;
        Ok(self)
    }

    /// Logs in with a name and a password, which no error, no record and no `Debug` shows.
    ///
    /// # Errors
    /// [`MailError::LoginInTheClear`] where there is no TLS.
    pub fn with_login(mut self, user: &str, password: &str) -> Result<Self, MailError> {
        if self.relay.security == Security::Plain {
            return Err(MailError::LoginInTheClear);
        }
        self.relay.user = Some(user.to_owned());
        self.password = Some(password.to_owned());
        self.transport = self.secure_transport()?;
        Ok(self)
    }

    fn secured(security: Security, (host, port): (&str, u16), from: &str) -> Result<Self, MailError> {
        let mut mail = Self::new(host, port, from)?;
        mail.relay.security = security;
        mail.transport = mail.secure_transport()?;
        Ok(mail)
    }

    fn secure_transport(&self) -> Result<SmtpTransport, MailError> {
        let Relay { host, port, security, user, certificates } = &self.relay;
        let wrong = |error: lettre::transport::smtp::Error| MailError::Certificates { reason: error.to_string() };
        let mut parameters = TlsParameters::builder(host.clone());
        if let Some(certificates) = certificates {
            if !certificates.contains("-----BEGIN CERTIFICATE-----") {
                return Err(MailError::Certificates { reason: "there is none in PEM".to_owned() });
            }
            let certificate = Certificate::from_pem(certificates.as_bytes()).map_err(wrong)?;
            parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        let parameters = parameters.build().map_err(wrong)?;
        let tls = match security {
            Security::Plain => Tls::None,
            Security::StartTls => Tls::Required(parameters),
            Security::Tls => Tls::Wrapper(parameters),
        };
        let builder = SmtpTransport::builder_dangerous(host.as_str()).port(*port).timeout(Some(TIMEOUT)).tls(tls);
        let login = user.clone().zip(self.password.clone());
        let login = login.map(|(user, password)| Credentials::new(user, password));
        Ok(login.into_iter().fold(builder, SmtpTransportBuilder::credentials).build())
    }
}

impl Notifier for Mail {
    fn send(&self, notification: &Notification) -> Outcome {
        let Some(to) = self.addresses.get(&notification.contact) else {
            return Outcome::Refused { reason: format!("no mail address is known for {}", notification.contact.0) };
        };
        let message = match self.message(notification, to) {
            Ok(message) => message,
            Err(error) => return Outcome::Refused { reason: error.to_string() },
        };
        match self.transport.send(&message) {
            Ok(_) => Outcome::Delivered,
            Err(error) if error.is_permanent() => Outcome::Refused { reason: self.reason(&error) },
            Err(error) => Outcome::Retry { reason: self.reason(&error), after_ms: None },
        }
    }

    fn endpoint(&self) -> String {
        format!("smtp://{}:{}", self.relay.host, self.relay.port)
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::event::Subject;
    use crate::base::escape::is_plain;
    use crate::model::Timestamp;
    use crate::verdict::Priority;
    use proptest::prelude::*;

    fn notification(word: &str) -> Notification {
        Notification {
            id: word.to_owned(),
            alarm: None,
            subject: Subject::Closed,
            repeat: 0,
            priority: Priority::High,
            contact: Contact("duty".to_owned()),
            way: "email".to_owned(),
            fallback: Vec::new(),
            text: word.to_owned(),
            created_at: Timestamp::from_ms(1_700_000_000_000),
            guidance: String::new(),
            retrips: 0,
        }
    }

    /// Names of the headers, and the message as it goes out.
    fn sent(word: &str) -> (Vec<String>, String) {
        let mail = Mail::new("127.0.0.1", 25, "vocdb@station.example").unwrap();
        let message = mail.message(&notification(word), &"duty@park.example".parse().unwrap()).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        let names = headers.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        (names.map(|line| line.split(':').next().unwrap().to_owned()).collect(), text)
    }

    #[test]
    fn text_that_begins_a_header_or_ends_the_mail_does_neither() {
        let expected = sent("plain").0;
        for word in [
            "x\r\nBcc: evil@example.com\r\n\r\nbody",
            "first\r\n.\r\nMAIL FROM:<evil@x>",
            "\rX-Evil: 1",
            "苯超标\r\nX-Evil: 1",
        ] {
            let (headers, text) = sent(word);
            assert_eq!(headers, expected, "{text}");
        }
        let (_, text) = sent("red \x1b[31m");
        assert!(text.contains(r"Subject: [high] red \u{1b}[31m"), "{text}");
    }

    proptest! {
        #[test]
        fn mail_has_its_own_headers_and_no_control_characters(word in any::<String>(), more in "[\\r\\n\\t\\x00\\x1b\u{202e}:. a]{0,12}") {
            let (headers, text) = sent(&(word + more.as_str()));
            prop_assert_eq!(headers, sent("plain").0);
            prop_assert!(text.split("\r\n").all(is_plain), "{text:?}");
        }
    }
}
