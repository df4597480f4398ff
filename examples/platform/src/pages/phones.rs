//! The phones of a demo: what each recipient has received over which channel.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::phones::Message;
use crate::platform::Platform;
use crate::texts::Language;
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
    let language = visitor.language;
    let content = html! {
        p { (language.say("phones-meaning")) }
        div data-live="alarms" {
            (contacts(language, &messages, &asked.contact))
            (list(&platform, language, (&messages, &asked.contact)))
        }
    };
    Ok(page(&platform, &visitor, (Tab::Phones, &language.say("tab-phones")), &content))
}

/// The recipients with the number of their messages.
fn contacts(language: Language, messages: &[Message], asked: &str) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        *counts.entry(&message.contact).or_default() += 1;
    }
    let current = |is_current: bool| is_current.then_some("page");
    html! {
        nav.filters aria-label=(language.say("phones-recipients")) {
            a href="/phones" aria-current=[current(asked.is_empty())] { (language.fill("phones-all", &[("count", messages.len().into())])) }
            @for (contact, count) in &counts {
                a href=(format!("/phones?contact={}", query(contact))) aria-current=[current(asked == *contact)] translate="no" {
                    (contact) " (" (count) ")"
                }
            }
        }
    }
}

fn list(platform: &Platform, language: Language, (messages, asked): (&[Message], &str)) -> Markup {
    let shown = messages.iter().filter(|message| asked.is_empty() || message.contact == asked);
    let shown: Vec<&Message> = shown.take(SHOWN_MAX).collect();
    html! {
        @if shown.is_empty() { p { (language.say("phones-none")) } } @else {
            table.messages {
                thead { tr {
                    th { (language.say("label-time")) } th { (language.say("label-recipient")) } th { (language.say("label-route")) }
                    th { (language.say("label-message")) }
                } }
                tbody { @for message in shown {
                    tr {
                        td.time data-label=(language.say("label-time")) { (moment(&platform.zone, message.at)) }
                        th scope="row" translate="no" { (message.contact) }
                        td data-label=(language.say("label-route")) { (language.word("route", &message.route)) }
                        td.text data-label=(language.say("label-message")) {
                            (language.english(&message.text))
                            @if let Some(alarm) = message.alarm { " " a href=(format!("/alarms/{}", alarm.0)) translate="no" { (alarm) } }
                        }
                    }
                } }
            }
        }
    }
}
