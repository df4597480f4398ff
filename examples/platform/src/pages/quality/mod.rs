//! Data quality: coverage of all channels, and flags and findings of a station.

mod gather;

use super::station::range_fields;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Tab, moment, number, page, query};
use crate::visit::Visitor;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use gather::{Closeup, CoveredStation, FINDINGS_MAX, Flags, QualityAsked, gather};
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::sync::Arc;
use vocdb::Quality;

/// Coverage below which a share is marked (Directive 2008/50/EC, annex VII: 75 % of an hour or a day).
const COVERAGE_MIN: f64 = 0.75;

/// `GET /quality?station=NAME&from=TIME&to=TIME`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    asked: Result<Query<QualityAsked>, QueryRejection>,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    let overview = platform.compute(move |platform| gather(platform, &asked)).await?;
    let content = html! {
        @if let Some(closeup) = &overview.closeup {
            (station(&platform, closeup, &overview.stations))
        }
        h2 { "Coverage of all stations" }
        p.soft {
            "Valid samples over the expected ones, up to now. The station's figure is that of its worst channel. Below "
            (percent(COVERAGE_MIN)) " it is marked. Choose a station for its flags and findings."
        }
        @if overview.stations.is_empty() { p { "The store has no stations." } } @else {
            table {
                thead { tr { th { "Station" } th { "Worst channel" } th.number { "24 hours" } th.number { "7 days" } } }
                tbody { @for station in &overview.stations { (covered(station)) } }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Quality, "Data quality"), &content))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A coverage; a small one is marked with a word.
fn coverage(share: f64) -> Markup {
    html! { (percent(share)) @if share < COVERAGE_MIN { " " span.flag { "low" } } }
}

fn covered(station: &CoveredStation) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("/quality?station={}", query(&station.name))) { (station.name) } }
            @match station.worst() {
                Some(worst) => {
                    td data-label="Worst channel" { (worst.instrument) "/" (worst.channel) }
                    td.number data-label="24 hours" { (coverage(worst.day)) }
                    td.number data-label="7 days" { (coverage(worst.week)) }
                }
                None => { td data-label="Worst channel" { span.soft { "no channels" } } td {} td {} }
            }
        }
    }
}

fn station(platform: &Platform, closeup: &Closeup, stations: &[CoveredStation]) -> Markup {
    let own = stations.iter().find(|station| station.name == closeup.name);
    html! {
        h2 { "Station " a href=(format!("/station?name={}", query(&closeup.name))) { (closeup.name) } }
        form.fields method="get" action="/quality" {
            input type="hidden" name="station" value=(closeup.name);
            (range_fields(platform, (closeup.range.from, closeup.range.to)))
            button { "Show" }
        }
        h3 { "Coverage and flags" }
        p.soft {
            "Flags and missing samples from " (moment(&platform.zone, closeup.range.from)) " to " (moment(&platform.zone, closeup.range.to)) "."
        }
        (flags(closeup, own))
        h3 { "Findings" }
        (findings(platform, closeup))
    }
}

/// Coverage and flags of each channel. Flags that no sample has are left out.
fn flags(closeup: &Closeup, own: Option<&CoveredStation>) -> Markup {
    let kinds: BTreeSet<Quality> = closeup.flags.iter().flat_map(|flags| flags.counts.keys().copied()).collect();
    let covered =
        |flags: &Flags| own?.channels.iter().find(|one| format!("{}/{}", one.instrument, one.channel) == flags.channel);
    html! {
        @if closeup.flags.is_empty() { p { "The station has no channels." } } @else {
            div.scroll tabindex="0" role="group" aria-label="Coverage and flags" {
                table {
                    thead { tr {
                        th { "Channel" } th.number { "24 hours" } th.number { "7 days" }
                        th.number { "Expected" } th.number { "Missing" }
                        @for kind in &kinds { th.number { (kind.name()) } }
                    } }
                    tbody { @for flags in &closeup.flags {
                        tr {
                            th scope="row" { (flags.channel) }
                            @match covered(flags) {
                                Some(one) => { td.number { (coverage(one.day)) } td.number { (coverage(one.week)) } }
                                None => { td {} td {} }
                            }
                            td.number { (flags.expected) }
                            td.number { (flags.missing()) }
                            @for kind in &kinds { td.number { (flags.counts.get(kind).copied().unwrap_or(0)) } }
                        }
                    } }
                }
            }
        }
    }
}

fn findings(platform: &Platform, closeup: &Closeup) -> Markup {
    html! {
        p.soft {
            "Tests of the readings of this station in the range, each against the range itself. Findings change no reading. Tests against other \
             stations and longer histories: " code { "vocdb quality" } "."
        }
        @if closeup.findings.is_empty() { p { "The tests found nothing." } } @else {
            p {
                (closeup.count) " findings"
                @if closeup.count > FINDINGS_MAX { ", of which the first " (FINDINGS_MAX) " are shown" }
                "."
            }
            table {
                thead { tr { th { "Test" } th { "Channel" } th { "Time" } th { "Reason" } th.number { "Measured" } th.number { "Expected" } } }
                tbody { @for found in &closeup.findings {
                    @let finding = &found.finding;
                    tr {
                        th scope="row" { (finding.test) }
                        td data-label="Channel" { (found.channel) }
                        td data-label="Time" {
                            (moment(&platform.zone, finding.from))
                            @if finding.to != finding.from { " to " (moment(&platform.zone, finding.to)) }
                        }
                        td data-label="Reason" { (finding.reason) }
                        td.number data-label="Measured" { (number(finding.measured)) }
                        td.number data-label="Expected" { (number(finding.expected)) }
                    }
                } }
            }
        }
    }
}
