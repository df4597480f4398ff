//! Line charts of the readings, one for each station.

use crate::model::{TimeRange, Timestamp};
use crate::trace::report::input::{AlarmSpan, Report, ReportChannel, StationSeries};
use crate::trace::report::svg::{Anchor, Canvas, line_path, nice_ticks, time_ticks};
use crate::trace::report::text::{Escaped, moment, number};
use std::fmt::Write;

/// Stations that have a chart of their own.
const CHARTS_MAX: usize = 24;
/// Size of one chart in its own units.
const SIZE: (f64, f64) = (720.0, 220.0);
/// Edges of the plot: left, right, top, bottom.
const PLOT: (f64, f64, f64, f64) = (74.0, 708.0, 12.0, 162.0);
/// Intervals without a value that break the line.
const GAP_INTERVALS: i64 = 2;
/// Alarm spans that are shaded.
const SPANS_MAX: usize = 200;

/// What all charts share.
struct Frame<'a> {
    report: &'a Report,
    channel: &'a ReportChannel,
    low: f64,
    high: f64,
}

/// Writes a chart for each station, those with the greatest values first.
pub(in crate::trace::report) fn readings(report: &Report, channel: &ReportChannel, out: &mut String) {
    let mut series: Vec<(&StationSeries, (Timestamp, f64))> =
        channel.series.iter().filter_map(|one| Some((one, greatest(one, report.span)?))).collect();
    series.sort_by(|(a, (_, x)), (b, (_, y))| y.total_cmp(x).then_with(|| a.station.cmp(&b.station)));
    if series.is_empty() {
        out.push_str("<p>No station has a valid reading in this time.</p>\n");
        return;
    }
    let limits = channel.limits.iter().map(|limit| limit.value).filter(|value| value.is_finite());
    let least = series.iter().flat_map(|(one, _)| one.values.iter().map(|(_, value)| *value)).fold(0.0, f64::min);
    let most = series.iter().map(|(_, (_, value))| *value).chain(limits).fold(0.0, f64::max);
    let high = if most > least { most + 0.05 * (most - least) } else { least + 1.0 };
    let frame = Frame { report, channel, low: least, high };
    let (name, unit) = (Escaped(&channel.name), Escaped(&channel.unit));
    let _ = writeln!(out, r#"<figure class="charts">"#);
    for (one, peak) in series.iter().take(CHARTS_MAX) {
        let (at, value) = (moment(&report.zone, peak.0), number(peak.1));
        let station = Escaped(&one.station);
        let _ = writeln!(
            out,
            r#"<div class="chart"><p class="chart-title"><strong>{station}</strong> greatest {value} {unit} <span class="nowrap">at {at}</span></p>"#
        );
        frame.chart(
            one,
            &format!("{} at {}: greatest {value} {} at {at}", channel.name, one.station, channel.unit),
            out,
        );
        out.push_str("</div>\n");
    }
    let _ = write!(
        out,
        "<figcaption>Concentration of {name} in {unit}, with one scale for all stations and the station with the greatest value first. \
         Shaded: time of an alarm at the station. A line breaks where nothing valid was measured. Times are those of {}. The greatest value \
         is that of one reading in the time shown; the value in the title of an alarm is the one that opened it, such as a mean.",
        Escaped(&report.zone)
    );
    for limit in &channel.limits {
        let _ = write!(out, " Dashed: {} ({} {unit}).", Escaped(&limit.label), number(limit.value));
    }
    let more = series.len().saturating_sub(CHARTS_MAX);
    if more > 0 {
        let _ = write!(out, " {more} further stations had smaller values and are listed under data quality.");
    }
    out.push_str("</figcaption>\n</figure>\n");
}

/// Whether an alarm is about the station of a chart. One that names no station is about all of them.
fn is_of(alarm: &AlarmSpan, series: &StationSeries) -> bool {
    // Stations with several instruments have a chart for each: STATION/INSTRUMENT.
    let is_same = |station: &String| {
        series.station.strip_prefix(station.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    alarm.stations.is_empty() || alarm.stations.iter().any(is_same)
}

fn greatest(series: &StationSeries, span: TimeRange) -> Option<(Timestamp, f64)> {
    let within = series.values.iter().filter(|(time, value)| span.contains(*time) && value.is_finite());
    within.copied().reduce(|best, next| if next.1 > best.1 { next } else { best })
}

impl Frame<'_> {
    fn x(&self, time: Timestamp) -> f64 {
        let TimeRange { from, to } = self.report.span;
        let share = time.since_ms(from) as f64 / to.since_ms(from).max(1) as f64;
        PLOT.0 + share.clamp(0.0, 1.0) * (PLOT.1 - PLOT.0)
    }

    fn y(&self, value: f64) -> f64 {
        PLOT.3 - (value - self.low) / (self.high - self.low) * (PLOT.3 - PLOT.2)
    }

    fn chart(&self, series: &StationSeries, alternative: &str, out: &mut String) {
        let mut canvas = Canvas::new(SIZE.0, SIZE.1);
        for alarm in self.report.alarms.iter().filter(|alarm| is_of(alarm, series)).take(SPANS_MAX) {
            let (left, right) = (self.x(alarm.since), self.x(alarm.closed_at.unwrap_or(self.report.span.to)));
            canvas.rect((left, PLOT.2), (right - left, PLOT.3 - PLOT.2), "alarm-span");
        }
        for tick in nice_ticks(self.low, self.high, 4.0) {
            canvas.line((PLOT.0, self.y(tick)), (PLOT.1, self.y(tick)), "grid");
            canvas.text((PLOT.0 - 8.0, self.y(tick) + 7.0), Anchor::End, "tick", &number(tick));
        }
        self.times(&mut canvas);
        for limit in self.channel.limits.iter().filter(|limit| limit.value.is_finite()) {
            canvas.line((PLOT.0, self.y(limit.value)), (PLOT.1, self.y(limit.value)), "limit");
        }
        let span = self.report.span;
        let values = series.values.iter().copied();
        let values = values.filter(|(time, value)| span.contains(*time) && value.is_finite());
        let gap_ms = series.interval.as_ms().saturating_mul(GAP_INTERVALS);
        canvas.path(&line_path(values, gap_ms, |time, value| (self.x(time), self.y(value))), "series");
        canvas.finish("chart-drawing", alternative, out);
    }

    fn times(&self, canvas: &mut Canvas) {
        canvas.line((PLOT.0, PLOT.3), (PLOT.1, PLOT.3), "axis");
        for (time, label) in time_ticks(self.report.span, &self.report.zone, 5) {
            let x = self.x(time);
            canvas.line((x, PLOT.3), (x, PLOT.3 + 6.0), "axis");
            for (line, text) in [26.0, 50.0].into_iter().zip(label.lines()) {
                let anchor = if x > PLOT.1 - 60.0 { Anchor::End } else { Anchor::Middle };
                canvas.text((x, PLOT.3 + line), anchor, "tick", text);
            }
        }
    }
}
