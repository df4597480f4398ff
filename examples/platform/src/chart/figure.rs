//! The chart of a page: the drawing, and what its script needs to make it one to explore.

use super::Chart;
use crate::platform::Platform;
use crate::view::{moment, number};
use maud::{Markup, html};
use vocdb::Quality;

const HOUR_MS: i64 = 3_600_000;
/// Readings of the table.
const LISTED: usize = 10;
/// How the chart is used without a mouse, and with one.
const HELP: &str = "Drag to zoom, double-click for the whole range. Keys: arrows move the cursor, + and - zoom, Escape shows the whole range.";

impl Chart {
    /// The chart within a page. Readers without script see the drawing; a chart of a span up to the newest reading follows new readings.
    pub(crate) fn figure(&self, platform: &Platform, span: Option<u16>) -> Markup {
        let span_ms = span.map(|hours| i64::from(hours) * HOUR_MS);
        let valid: Vec<&str> = Quality::ALL.iter().filter(|flag| flag.is_valid()).map(|flag| flag.name()).collect();
        html! {
            link rel="stylesheet" href="/assets/uplot/uPlot.min.css";
            link rel="stylesheet" href="/assets/chart.css";
            figure.chart data-chart data-station=(self.station) data-channel=(self.channel) data-unit=(self.unit)
                data-zone=(platform.zone_name) data-from=(self.range.from) data-to=(self.range.to) data-span-ms=[span_ms]
                data-interval-ms=(self.interval_ms) data-valid=(valid.join(",")) data-time="Time" data-value="Value"
                data-mean="Mean" data-flagged="With a flag" data-min="Least" data-max="Greatest" data-help=(HELP)
                data-whole="Whole range" {
                (self.drawing(&platform.zone).picture())
            }
            script src="/assets/uplot/uPlot.iife.min.js" defer {}
            script src="/assets/chart.js" defer {}
        }
    }

    /// The newest readings as a table.
    pub(crate) fn newest(&self, platform: &Platform) -> Markup {
        html! {
            h2 { "Newest readings of " (self.channel) }
            div.scroll tabindex="0" role="group" aria-label={ "Newest readings of " (self.channel) } {
                table.newest {
                    thead { tr { th { "Time" } th { "Value" } th { "Flag" } } }
                    tbody { @for (time, sample) in self.samples.iter().rev().take(LISTED) {
                        tr {
                            th scope="row" { (moment(&platform.zone, *time)) }
                            td.figure {
                                @match sample.value { Some(value) => { (number(value)) " " (self.unit) } None => "no value" }
                            }
                            td { (sample.quality.name()) }
                        }
                    } }
                }
            }
        }
    }
}
