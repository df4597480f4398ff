//! The chart of a page: the drawing, and what its script needs to make it one to explore.

use super::Chart;
use crate::platform::Platform;
use crate::texts::Language;
use crate::view::{moment, number};
use maud::{Markup, html};
use std::collections::BTreeMap;
use vocdb::Quality;

const HOUR_MS: i64 = 3_600_000;
/// Readings of the table.
const LISTED: usize = 10;

impl Chart {
    /// The chart within a page. Readers without script see the drawing; a chart of a span up to the newest reading follows new readings.
    pub(crate) fn figure(&self, platform: &Platform, language: Language, span: Option<u16>) -> Markup {
        let span_ms = span.map(|hours| i64::from(hours) * HOUR_MS);
        let valid: Vec<&str> = Quality::ALL.iter().filter(|flag| flag.is_valid()).map(|flag| flag.name()).collect();
        html! {
            link rel="stylesheet" href="/assets/uplot/uPlot.min.css";
            link rel="stylesheet" href="/assets/chart.css";
            figure.chart data-chart data-station=(self.station) data-channel=(self.channel) data-unit=(self.unit)
                data-zone=(platform.zone_name) data-from=(self.range.from) data-to=(self.range.to) data-span-ms=[span_ms]
                data-interval-ms=(self.interval_ms) data-valid=(valid.join(",")) data-flags=(flags(language))
                data-detection=(language.say("limit-detection")) data-time=(language.say("label-time"))
                data-value=(language.say("label-value")) data-mean=(language.say("chart-mean"))
                data-flagged=(language.say("chart-flagged")) data-min=(language.say("chart-least"))
                data-max=(language.say("chart-greatest")) data-help=(language.say("chart-help"))
                data-whole=(language.say("chart-whole")) {
                (self.drawing(&platform.zone, language).picture())
            }
            script src="/assets/uplot/uPlot.iife.min.js" defer {}
            script src="/assets/chart.js" defer {}
        }
    }

    /// The newest readings as a table.
    pub(crate) fn newest(&self, platform: &Platform, language: Language) -> Markup {
        let title = language.fill("chart-newest", &[("channel", (&self.channel).into())]);
        html! {
            h2 { (title) }
            div.scroll tabindex="0" role="group" aria-label=(title) {
                table.newest {
                    thead { tr {
                        th { (language.say("label-time")) } th { (language.say("label-value")) } th { (language.say("label-flag")) }
                    } }
                    tbody { @for (time, sample) in self.samples.iter().rev().take(LISTED) {
                        tr {
                            th scope="row" { (moment(&platform.zone, *time)) }
                            td.figure {
                                @match sample.value {
                                    Some(value) => span translate="no" { (number(value)) " " (self.unit) },
                                    None => (language.say("no-value")),
                                }
                            }
                            td { (language.word("flag", sample.quality.name())) }
                        }
                    } }
                }
            }
        }
    }
}

/// The words for the flags of readings, and for means, by their names in JSON.
fn flags(language: Language) -> String {
    let flags = Quality::ALL.iter().map(|flag| (flag.name(), language.word("flag", flag.name())));
    let words: BTreeMap<_, _> = flags.chain([("mean", language.say("chart-mean"))]).collect();
    serde_json::to_string(&words).unwrap_or_default()
}
