//! Notifications by mail, over SMTP.

use crate::alarm::event::Notification;
use crate::alarm::notify::{Notifier, Outcome};
use crate::rules::verdict::Contact;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
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
    #[error("`{address}` is no mail address: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

/// A mail relay that is spoken to in plain SMTP: one on this machine or in the same network, which looks after encryption itself.
///
/// The `Message-ID` of a notification is the same for every attempt, so that receivers can drop repeats.
///
/// ```
/// use vocdb::interop::mail::Mail;
/// let mail = Mail::new("127.0.0.1", 25, "vocdb@station.example")?.with_address("park-duty", "duty@park.example")?;
/// assert!(mail.with_address("bureau", "not an address").is_err());
/// # Ok::<(), vocdb::interop::mail::MailError>(())
/// ```
#[derive(Debug)]
pub struct Mail {
    transport: SmtpTransport,
    from: Mailbox,
    addresses: BTreeMap<Contact, Mailbox>,
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
        Ok(Self { transport, from: mailbox(from)?, addresses: BTreeMap::new() })
    }

    /// Adds the address of a contact: `duty@park.example` or `Duty Desk <duty@park.example>`.
    ///
    /// # Errors
    /// [`MailError::Address`].
    pub fn with_address(mut self, contact: &str, address: &str) -> Result<Self, MailError> {
        self.addresses.insert(Contact(contact.to_owned()), mailbox(address)?);
        Ok(self)
    }

    fn message(&self, notification: &Notification, to: &Mailbox) -> Result<Message, lettre::error::Error> {
        let first_line = notification.text.lines().next().unwrap_or_default();
        let subject: String =
            format!("[{}] {first_line}", notification.priority).chars().take(SUBJECT_CHARS_MAX).collect();
        let created_ms = u64::try_from(notification.created_at.as_ms()).unwrap_or(0);
        Message::builder()
            .message_id(Some(format!("<{}@{}>", notification.id, self.from.email.domain())))
            .date(UNIX_EPOCH + Duration::from_millis(created_ms))
            .from(self.from.clone())
            .to(to.clone())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", notification.text))
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
            Err(error) if error.is_permanent() => Outcome::Refused { reason: error.to_string() },
            Err(error) => Outcome::Retry { reason: error.to_string(), after_ms: None },
        }
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }
}
