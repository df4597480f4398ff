//! Forms, each with the token of its visitor.

use crate::visit::{TOKEN_FIELD, Visitor};
use maud::{Markup, html};

/// A form of one button.
pub(crate) struct Form<'a> {
    /// Where it is sent.
    pub(crate) action: &'a str,
    /// Text of the button.
    pub(crate) button: &'a str,
    /// The fields.
    pub(crate) fields: Markup,
}

impl Form<'_> {
    /// The form of a visitor.
    pub(crate) fn of(self, visitor: &Visitor) -> Markup {
        let Self { action, button, fields } = self;
        html! {
            form method="post" action=(action) {
                (hidden_token(visitor))
                (fields)
                button { (button) }
            }
        }
    }
}

/// The hidden field with the token.
pub(crate) fn hidden_token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(visitor.form_token); }
}

/// A value as a part of a query: everything but letters and digits is escaped.
pub(crate) fn query(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
