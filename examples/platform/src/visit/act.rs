//! A form that was sent: its visitor and its fields, once the form token is right.

use super::visitor::Visitor;
use crate::accounts::token_digest;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Text, Value};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use std::sync::Arc;

/// Name of the field with the form token.
pub(crate) const TOKEN_FIELD: &str = "token";
/// Characters of a field of one line.
const LINE_CHARS_MAX: usize = 200;
/// Characters of a comment.
const TEXT_CHARS_MAX: usize = 4_000;

/// A form that was sent by a page of this platform. No route takes a form in another way.
#[derive(Debug)]
pub(crate) struct Act {
    /// The sender.
    pub(crate) visitor: Visitor,
    /// The fields.
    pub(crate) fields: Fields,
}

/// The fields of a form, in their order.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text of a field without the white space around it; empty if it is missing.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Failure> {
        self.within(name, TEXT_CHARS_MAX)
    }

    /// The text of a field of one line.
    pub(crate) fn line(&self, name: &str) -> Result<&str, Failure> {
        self.within(name, LINE_CHARS_MAX)
    }

    /// The text of a field of one line that must not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        let line = self.line(name)?;
        if line.is_empty() {
            Err(Failure::Invalid(Text::new("field-empty").with("field", label(name))))
        } else {
            Ok(line)
        }
    }

    /// The number in a field.
    pub(crate) fn number(&self, name: &str) -> Result<f64, Failure> {
        let number = self.required(name)?.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| Failure::Invalid(Text::new("field-no-number").with("field", label(name))))
    }

    /// All fields of a name, as they were sent.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn within(&self, name: &str, chars_max: usize) -> Result<&str, Failure> {
        let text = self.all(name).next().unwrap_or_default().trim();
        if text.chars().count() > chars_max {
            let text = Text::new("field-too-long").with("field", label(name));
            return Err(Failure::Invalid(text.with("count", chars_max)));
        }
        Ok(text)
    }
}

/// Labels of fields, by the names of the fields.
const LABELS: [(&str, &str); 23] = [
    ("alarm", "label-alarm"),
    ("comment", "label-comment"),
    ("east", "map-east"),
    ("height", "register-height"),
    ("incident", "join-incident"),
    ("instrument", "label-instrument"),
    ("interval", "register-interval"),
    ("intensity", "odour-intensity"),
    ("kind", "outcome-kind"),
    ("latitude", "odour-latitude"),
    ("longitude", "odour-longitude"),
    ("name", "login-name"),
    ("north", "map-north"),
    ("outcome", "label-outcome"),
    ("reason", "label-reason"),
    ("reporter", "odour-reporter"),
    ("site", "label-site"),
    ("station", "label-station"),
    ("stations", "tab-stations"),
    ("time", "odour-time"),
    ("to", "label-recipient"),
    ("until", "label-until"),
    ("words", "odour-words"),
];

/// What a reader knows a field by.
pub(crate) fn label(name: &str) -> Value {
    let label = LABELS.iter().find(|(field, _)| *field == name);
    label.map_or_else(|| Value::from(name), |(_, label)| Value::Message(label))
}

impl FromRequest<Arc<Platform>> for Act {
    type Rejection = Failure;

    async fn from_request(request: Request, platform: &Arc<Platform>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, platform).await?;
        if visitor.is_program {
            return Err(Failure::Refused(Text::new("form-of-program")));
        }
        let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), platform).await;
        let Form(pairs) = form.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
            _ => Failure::Invalid(Text::new("form-unreadable")),
        })?;
        let fields = Fields(pairs);
        let sent = fields.all(TOKEN_FIELD).next().unwrap_or_default();
        // Digests are compared, so the time of the comparison says nothing about the token.
        if token_digest(sent) != token_digest(&visitor.form_token) {
            return Err(Failure::Refused(Text::new("form-outdated")));
        }
        Ok(Self { visitor, fields })
    }
}
