//! Data quality: coverage of all channels, and flags and findings of a station.

mod gather;

use super::station::range_fields;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
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
    let language = visitor.language;
    let content = html! {
        @if let Some(closeup) = &overview.closeup {
            (station(&platform, language, (closeup, &overview.stations)))
        }
        h2 { (language.say("quality-all")) }
        p.soft { (language.fill("quality-meaning", &[("least", percent(COVERAGE_MIN).into())])) }
        @if overview.stations.is_empty() { p { (language.say("quality-no-stations")) } } @else {
            table {
                thead { tr {
                    th { (language.say("label-station")) } th { (language.say("quality-worst")) }
                    th.number { (language.say("quality-day")) } th.number { (language.say("quality-week")) }
                } }
                tbody { @for station in &overview.stations { (covered(language, station)) } }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Quality, &language.say("quality-title")), &content))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A coverage; a small one is marked with a word.
fn coverage(language: Language, share: f64) -> Markup {
    html! { (percent(share)) @if share < COVERAGE_MIN { " " span.flag { (language.say("quality-low")) } } }
}

fn covered(language: Language, station: &CoveredStation) -> Markup {
    html! {
        tr {
            th scope="row" translate="no" { a href=(format!("/quality?station={}", query(&station.name))) { (station.name) } }
            @match station.worst() {
                Some(worst) => {
                    td data-label=(language.say("quality-worst")) translate="no" { (worst.instrument) "/" (worst.channel) }
                    td.number data-label=(language.say("quality-day")) { (coverage(language, worst.day)) }
                    td.number data-label=(language.say("quality-week")) { (coverage(language, worst.week)) }
                }
                None => { td data-label=(language.say("quality-worst")) { span.soft { (language.say("quality-no-channels")) } } td {} td {} }
            }
        }
    }
}

fn station(platform: &Platform, language: Language, (closeup, stations): (&Closeup, &[CoveredStation])) -> Markup {
    let own = stations.iter().find(|station| station.name == closeup.name);
    let link = html! { a href=(format!("/station?name={}", query(&closeup.name))) translate="no" { (closeup.name) } };
    let ends = [("from", closeup.range.from), ("to", closeup.range.to)];
    let ends = ends.map(|(name, time)| (name, moment(&platform.zone, time).into()));
    html! {
        h2 { (language.frame("station-title", &[("station", link)])) }
        form.fields method="get" action="/quality" {
            input type="hidden" name="station" value=(closeup.name);
            (range_fields(platform, language, (closeup.range.from, closeup.range.to)))
            button { (language.say("show")) }
        }
        h3 { (language.say("quality-flags")) }
        p.soft { (language.fill("quality-range", &ends)) }
        (flags(language, closeup, own))
        h3 { (language.say("quality-findings")) }
        (findings(platform, language, closeup))
    }
}

/// Coverage and flags of each channel. Flags that no sample has are left out.
fn flags(language: Language, closeup: &Closeup, own: Option<&CoveredStation>) -> Markup {
    let kinds: BTreeSet<Quality> = closeup.flags.iter().flat_map(|flags| flags.counts.keys().copied()).collect();
    let covered =
        |flags: &Flags| own?.channels.iter().find(|one| format!("{}/{}", one.instrument, one.channel) == flags.channel);
    html! {
        @if closeup.flags.is_empty() { p { (language.say("quality-station-without-channels")) } } @else {
            div.scroll tabindex="0" role="group" aria-label=(language.say("quality-flags")) {
                table {
                    thead { tr {
                        th { (language.say("label-channel")) }
                        th.number { (language.say("quality-day")) } th.number { (language.say("quality-week")) }
                        th.number { (language.say("quality-expected")) } th.number { (language.say("quality-missing")) }
                        @for kind in &kinds { th.number { (language.word("flag", kind.name())) } }
                    } }
                    tbody { @for flags in &closeup.flags {
                        tr {
                            th scope="row" translate="no" { (flags.channel) }
                            @match covered(flags) {
                                Some(one) => { td.number { (coverage(language, one.day)) } td.number { (coverage(language, one.week)) } }
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

fn findings(platform: &Platform, language: Language, closeup: &Closeup) -> Markup {
    html! {
        p.soft { (language.frame("quality-tests", &[("command", html! { code translate="no" { "vocdb quality" } })])) }
        @if closeup.findings.is_empty() { p { (language.say("quality-nothing-found")) } } @else {
            p {
                (language.fill("quality-count", &[("count", closeup.count.into())]))
                @if closeup.count > FINDINGS_MAX { " " (language.fill("quality-first", &[("count", FINDINGS_MAX.into())])) }
            }
            table {
                thead { tr {
                    th { (language.say("quality-test")) } th { (language.say("label-channel")) } th { (language.say("label-time")) }
                    th { (language.say("label-reason")) } th.number { (language.say("quality-measured")) }
                    th.number { (language.say("quality-expected")) }
                } }
                tbody { @for found in &closeup.findings {
                    @let finding = &found.finding;
                    tr {
                        th scope="row" { (language.word("test", finding.test.name())) }
                        td data-label=(language.say("label-channel")) translate="no" { (found.channel) }
                        td data-label=(language.say("label-time")) {
                            (moment(&platform.zone, finding.from))
                            @if finding.to != finding.from { " – " (moment(&platform.zone, finding.to)) }
                        }
                        td data-label=(language.say("label-reason")) { (language.english(&finding.reason)) }
                        td.number data-label=(language.say("quality-measured")) { (number(finding.measured)) }
                        td.number data-label=(language.say("quality-expected")) { (number(finding.expected)) }
                    }
                } }
            }
        }
    }
}
