//! Notifications by HTTP: a signed POST per notification, after the Standard Webhooks conventions. SMS and telephone gateways stand
//! behind such a webhook.

mod sign;

use crate::alarm::event::Notification;
use crate::alarm::notify::{Notifier, Outcome};
use crate::base::checksum::sha256;
use crate::base::clock::{Clock, SystemClock};
use crate::base::escape::Line;
use sign::Secret;
use std::sync::Arc;
use std::time::Duration;

/// For how long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Requests that may be under way at once.
const PARALLEL: usize = 8;
/// Hexadecimal digits by which addresses on one host are told apart.
const DIGEST_DIGITS: usize = 12;

/// Why a webhook cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The secret is no `whsec_` followed by 24 to 64 bytes in base64.
    #[error("the webhook's secret must be `whsec_` and 24 to 64 bytes in base64: {}", Line(.0))]
    Secret(String),
    /// The address is no `http://` or `https://` address; without what may be secret in it.
    #[error("the webhook's address `{}` is not an http:// or https:// address", Line(.0))]
    Address(String),
    /// The address begins with `https://`, which is not spoken without the feature `tls`; without what may be secret in it.
    #[error("the webhook's address `{}` needs TLS: build with the feature `tls`", Line(.0))]
    Encrypted(String),
    /// What should be certificates in PEM is not.
    #[error("the trusted certificates of the webhook are not PEM certificates: {}", Line(.0))]
    Certificates(String),
}

/// A gateway that is told by HTTP.
///
/// Each notification is a POST of `{"type", "timestamp", "data"}` as JSON with the headers `webhook-id` (the notification's id, the same
/// for every attempt), `webhook-timestamp` (seconds since 1970, of the attempt) and `webhook-signature` (`v1,` and the HMAC-SHA256 of
/// `id.timestamp.body` in base64). An answer of 2xx is delivered; 410 disables the
/// webhook, on record, until a rule set names its way anew; anything else, and no
/// answer within thirty seconds, is tried again, after what `Retry-After` says.
///
/// `https://` needs the feature `tls`: TLS 1.2 and 1.3, with the receiver's certificate checked against Mozilla's list of authorities or
/// against those that [`Webhook::trusting`] names. A receiver whose certificate does not hold is sent nothing, and asked again later.
/// What stands in the address behind the host, and before it, counts as secret: it is in no error, no log and no record.
///
/// ```
/// use vocdb::interop::webhook::Webhook;
/// let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// let gateway = Webhook::new("http://127.0.0.1:8080/alarms", secret)?;
/// assert!(Webhook::new("ftp://example.org", secret).is_err());
/// # Ok::<(), vocdb::interop::webhook::WebhookError>(())
/// ```
pub struct Webhook {
    url: String,
    secret: Secret,
    agent: ureq::Agent,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// A gateway at an address, with the secret that it shares with the receiver: `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    /// [`WebhookError`] for an address or a secret of another form.
    pub fn new(url: &str, secret: &str) -> Result<Self, WebhookError> {
        Self::with_clock(url, secret, Arc::new(SystemClock))
    }

    /// As [`Webhook::new`], with another clock than the system's for `webhook-timestamp`.
    ///
    /// # Errors
    /// As [`Webhook::new`].
    pub fn with_clock(url: &str, secret: &str, clock: Arc<dyn Clock>) -> Result<Self, WebhookError> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if scheme == "https" && !cfg!(feature = "tls") {
            return Err(WebhookError::Encrypted(shown(url)));
        }
        if !matches!(scheme.as_str(), "http" | "https") || url.parse::<ureq::http::Uri>().is_err() {
            return Err(WebhookError::Address(shown(url)));
        }
        let secret = Secret::parse(secret).map_err(WebhookError::Secret)?;
        let agent = settings().build().new_agent();
        Ok(Self { url: url.to_owned(), secret, agent, clock })
    }

    /// Trusts the authorities of these certificates (PEM, one or several), and no others.
    ///
    /// # Errors
    /// [`WebhookError::Certificates`].
    #[cfg(feature = "tls")]
    pub fn trusting(mut self, certificates: &str) -> Result<Self, WebhookError> {
        use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
        let mut found = Vec::new();
        for item in parse_pem(certificates.as_bytes()) {
            match item {
                Ok(PemItem::Certificate(certificate)) => found.push(certificate),
                Ok(_) => return Err(WebhookError::Certificates("there is something else among them".to_owned())),
                Err(error) => return Err(WebhookError::Certificates(error.to_string())),
            }
        }
        if found.is_empty() {
            return Err(WebhookError::Certificates("there is none".to_owned()));
        }
        let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(found))).build();
        self.agent = settings().tls_config(tls).build().new_agent();
        Ok(self)
    }

    fn post(&self, notification: &Notification) -> Outcome {
        let body = body(notification).to_string();
        let seconds = self.clock.now_ms().div_euclid(1_000);
        let request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", &notification.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", self.secret.sign(&notification.id, seconds, &body));
        let response = match request.send(body) {
            Ok(response) => response,
            Err(error) => {
                return Outcome::Retry { reason: error.to_string().replace(&self.url, "the address"), after_ms: None };
            }
        };
        let status = response.status().as_u16();
        match status {
            200..=299 => Outcome::Delivered,
            410 => Outcome::Gone { reason: "410 Gone: the receiver wants no more".to_owned() },
            _ => {
                let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let after_ms = after.and_then(|after| self.retry_after_ms(after));
                Outcome::Retry { reason: format!("HTTP status {status}"), after_ms }
            }
        }
    }

    /// What a `Retry-After` asks for: seconds, or a date.
    fn retry_after_ms(&self, text: &str) -> Option<i64> {
        if let Ok(seconds) = text.trim().parse::<u32>() {
            return Some(i64::from(seconds) * 1_000);
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(date.as_millisecond().saturating_sub(self.clock.now_ms()).max(0))
    }
}

impl Notifier for Webhook {
    fn send(&self, notification: &Notification) -> Outcome {
        self.post(notification)
    }

    /// Scheme and host of the address, and the beginning of a digest of all of it: what stands behind the host may be secret.
    fn endpoint(&self) -> String {
        let digest: String = sha256(self.url.as_bytes()).to_string().chars().take(DIGEST_DIGITS).collect();
        format!("{} ({digest})", shown(&self.url))
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }
}

fn settings() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
}

/// Scheme and host of an address.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}")
}

fn body(notification: &Notification) -> serde_json::Value {
    serde_json::json!({
        "type": "alarm.notification",
        "timestamp": notification.created_at.to_string(),
        "data": notification,
    })
}
