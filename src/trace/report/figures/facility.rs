//! The run states of a treatment unit and its standby units.

use super::gaps::gaps;
use super::labels::write_legend;
use crate::model::{TimeRange, Timestamp};
use crate::trace::facility::RunState;
use crate::trace::report::input::{Report, TreatmentUnits, UnitStates};
use crate::trace::report::svg::{Anchor, Canvas, time_ticks};
use crate::trace::report::text::{Escaped, cut, moment};
use std::fmt::Write;

/// Width of the drawing, and the edges of the bars in it.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 12.0;
const RIGHT: f64 = 708.0;
/// Height of one unit's row, and of its bar.
const ROW: f64 = 66.0;
const BAR: f64 = 30.0;
/// Width of a name in heights of its letters.
const NAME_WIDTH: f64 = 22.0;
/// Standby units that are drawn.
const UNITS_MAX: usize = 12;
/// Width below which a span is not drawn.
const SPAN_MIN: f64 = 0.3;
/// Gaps that are hatched.
const GAPS_MAX: usize = 200;
/// Alarm spans that are shaded.
const ALARMS_MAX: usize = 200;

/// Writes the states as bars, with the gaps hatched.
pub(in crate::trace::report) fn facility(report: &Report, units: &TreatmentUnits, out: &mut String) {
    let rows: Vec<(&str, &UnitStates)> = std::iter::once(("duty", &units.duty))
        .chain(units.standby.iter().map(|unit| ("standby", unit)))
        .take(UNITS_MAX)
        .collect();
    let bottom = 10.0 + rows.len() as f64 * ROW;
    let mut canvas = Canvas::new(WIDTH, bottom + 62.0);
    let place = |time: Timestamp| x(report.span, time);
    for alarm in report.alarms.iter().take(ALARMS_MAX) {
        let (left, right) = (place(alarm.since), place(alarm.closed_at.unwrap_or(report.span.to)));
        canvas.rect((left, 0.0), (right - left, bottom), "alarm-span");
    }
    let mut seen: Vec<Option<RunState>> = Vec::new();
    for (number, (_, unit)) in rows.iter().enumerate() {
        let top = 10.0 + number as f64 * ROW;
        for span in &unit.spans {
            let (left, right) = (place(span.range.from), place(span.range.to));
            if right - left >= SPAN_MIN {
                canvas.rect((left, top + 30.0), (right - left, BAR), class(span.state));
                seen.push(span.state);
            }
        }
    }
    let found = gaps(units);
    for gap in found.iter().take(GAPS_MAX) {
        hatch(&mut canvas, (place(gap.from), 10.0 + 30.0), (place(gap.to), 10.0 + 30.0 + BAR));
        let last = 10.0 + (rows.len().saturating_sub(1)) as f64 * ROW + 30.0;
        canvas.rect((place(gap.from), 36.0), (place(gap.to) - place(gap.from), last + BAR - 32.0), "gap");
    }
    for (number, (role, unit)) in rows.iter().enumerate() {
        let at = (LEFT, 32.0 + number as f64 * ROW);
        canvas.text(at, Anchor::Start, "tick halo", &format!("{role}: {}", cut(&unit.name, NAME_WIDTH)));
    }
    times(report, &mut canvas, bottom);
    let (duty, count) = (&units.duty.name, found.len());
    out.push_str("<figure class=\"facility\">\n");
    canvas.finish("facility-drawing", &format!("Run states of {duty} and its standby units: {count} gaps"), out);
    legend(&seen, !found.is_empty(), out);
    let (from, to) = (moment(&report.zone, report.span.from), moment(&report.zone, report.span.to));
    let _ = writeln!(
        out,
        "<figcaption>Run states of {} and its standby units from {from} to {to}. Framed and hatched: times in which all of them \
         reported that they did not run. Shaded: time of an alarm.</figcaption>\n</figure>",
        Escaped(duty)
    );
}

fn x(span: TimeRange, time: Timestamp) -> f64 {
    let share = time.since_ms(span.from) as f64 / span.to.since_ms(span.from).max(1) as f64;
    LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
}

const fn class(state: Option<RunState>) -> &'static str {
    match state {
        Some(RunState::Running) => "state-running",
        Some(RunState::Off) => "state-off",
        Some(RunState::Calibrating) => "state-calibrating",
        Some(RunState::Maintenance) => "state-maintenance",
        Some(RunState::Alarm) => "state-alarm",
        Some(RunState::BlowBack) => "state-blow-back",
        None => "state-unknown",
    }
}

/// Slanted lines within a box.
fn hatch(canvas: &mut Canvas, (left, top): (f64, f64), (right, bottom): (f64, f64)) {
    let height = bottom - top;
    let mut path = String::new();
    let mut start = left - height;
    while start < right {
        let (from, to) = (start.max(left), (start + height).min(right));
        if to > from {
            let _ = write!(path, "M{from:.1} {:.1}L{to:.1} {:.1}", bottom - (from - start), bottom - (to - start));
        }
        start += 9.0;
    }
    canvas.path(&path, "hatch");
}

fn times(report: &Report, canvas: &mut Canvas, bottom: f64) {
    canvas.line((LEFT, bottom + 4.0), (RIGHT, bottom + 4.0), "axis");
    for (time, label) in time_ticks(report.span, &report.zone, 5) {
        let at = x(report.span, time);
        canvas.line((at, bottom + 4.0), (at, bottom + 10.0), "axis");
        let anchor = if at > RIGHT - 60.0 {
            Anchor::End
        } else if at < LEFT + 60.0 {
            Anchor::Start
        } else {
            Anchor::Middle
        };
        for (line, text) in [32.0, 56.0].into_iter().zip(label.lines()) {
            canvas.text((at, bottom + line), anchor, "tick", text);
        }
    }
}

fn legend(seen: &[Option<RunState>], has_gap: bool, out: &mut String) {
    let states = [
        Some(RunState::Running),
        Some(RunState::Off),
        Some(RunState::Calibrating),
        Some(RunState::Maintenance),
        Some(RunState::Alarm),
        Some(RunState::BlowBack),
        None,
    ];
    let shown = states.into_iter().filter(|state| seen.contains(state));
    let mut entries: Vec<(String, &str)> = shown
        .map(|state| {
            let shape = format!(r#"<rect class="{}" x="1" y="1" width="14" height="14"/>"#, class(state));
            (shape, state.map_or("no report", RunState::name))
        })
        .collect();
    if has_gap {
        let shape = r#"<path class="hatch" d="M0 8L8 0M0 16L16 0M8 16L16 8"/><rect class="gap" x="1" y="1" width="14" height="14"/>"#;
        entries.push((shape.to_owned(), "gap: nothing ran"));
    }
    let entries: Vec<(&str, &str)> = entries.iter().map(|(shape, words)| (shape.as_str(), *words)).collect();
    write_legend(&entries, out);
}
