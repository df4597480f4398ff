//! The phones of a demo: what each recipient has received over which channel.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::phones::Message;
use crate::platform::Platform;
use crate::view::{Tab, moment, page, query};
use crate::visit::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Messages of a page; the newest.
const SHOWN_MAX: usize = 200;

/// Whose messages are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    contact: String,
}

/// `GET /phones`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let phones = platform.phones.as_ref().ok_or(Failure::NotFound)?;
    let messages = phones.messages();
    let content = html! {
        p { "What the people of the demo receive. Each row is a notification that was delivered; the newest is first." }
        div data-live="alarms" {
            (contacts(&messages, &asked.contact))
            (list(&platform, &messages, &asked.contact))
        }
    };
    Ok(page(&platform, &visitor, (Tab::Phones, "Phones"), &content))
}

/// The recipients with the number of their messages.
fn contacts(messages: &[Message], asked: &str) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        *counts.entry(&message.contact).or_default() += 1;
    }
    let current = |is_current: bool| is_current.then_some("page");
    html! {
        nav.filters aria-label="Recipients" {
            a href="/phones" aria-current=[current(asked.is_empty())] { "all (" (messages.len()) ")" }
            @for (contact, count) in &counts {
                a href=(format!("/phones?contact={}", query(contact))) aria-current=[current(asked == *contact)] {
                    (contact) " (" (count) ")"
                }
            }
        }
    }
}

fn list(platform: &Platform, messages: &[Message], asked: &str) -> Markup {
    let shown = messages.iter().filter(|message| asked.is_empty() || message.contact == asked);
    let shown: Vec<&Message> = shown.take(SHOWN_MAX).collect();
    html! {
        @if shown.is_empty() { p { "Nobody has received anything yet." } } @else {
            table.messages {
                thead { tr { th { "Time" } th { "Recipient" } th { "Channel" } th { "Message" } } }
                tbody { @for message in shown {
                    tr {
                        td.time data-label="Time" { (moment(&platform.zone, message.at)) }
                        th scope="row" { (message.contact) }
                        td data-label="Channel" { (message.route) }
                        td.text data-label="Message" {
                            (message.text)
                            @if let Some(alarm) = message.alarm { " " a href=(format!("/alarms/{}", alarm.0)) { (alarm) } }
                        }
                    }
                } }
            }
        }
    }
}
