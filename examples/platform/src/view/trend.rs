//! A channel over time as a drawing: values, gaps, flags, limits.

use super::{Drawing, Entry, Limit, minute, moment, number, place};
use crate::texts::Language;
use maud::html;
use vocdb::model::Zone;
use vocdb::{Quality, Sample, TimeRange, Timestamp};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 40.0;
/// Values that are drawn one by one; of more, the least and the greatest of each column.
const POINTS_MAX: usize = 1_500;
/// Columns of a drawing of many values.
const COLUMNS: usize = 600;

/// What a trend shows.
pub(crate) struct Trend<'a> {
    /// Title for readers who cannot see it.
    pub(crate) title: &'a str,
    /// Symbol of the unit.
    pub(crate) unit: &'a str,
    /// Samples in order of time.
    pub(crate) samples: &'a [(Timestamp, Sample)],
    /// The range that it spans.
    pub(crate) range: TimeRange,
    /// Milliseconds between two samples.
    pub(crate) interval_ms: i64,
    /// Limits.
    pub(crate) limits: &'a [Limit],
}

struct Scale {
    range: TimeRange,
    least: f64,
    greatest: f64,
}

impl Scale {
    fn x(&self, time: Timestamp) -> f64 {
        let width_ms = self.range.to.since_ms(self.range.from).max(1);
        LEFT + (WIDTH - LEFT - RIGHT) * time.since_ms(self.range.from) as f64 / width_ms as f64
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.least) / (self.greatest - self.least)
    }
}

/// The drawing.
pub(crate) fn trend(trend: &Trend<'_>, zone: &Zone, language: Language) -> Drawing {
    let (least, step, steps) = axis(trend);
    let scale = Scale { range: trend.range, least, greatest: least + step * f64::from(steps) };
    let bottom = HEIGHT - BOTTOM;
    let content = html! {
        @for number_of_step in 0..=steps {
            @let value = least + step * f64::from(number_of_step);
            @let y = place(scale.y(value));
            line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
            text.axis x=(LEFT - 8.0) y=(y) dy="0.35em" text-anchor="end" { (number(value)) }
        }
        line.axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(bottom) y2=(bottom) {}
        text.axis x=(LEFT) y=(HEIGHT - 8.0) { (minute(zone, trend.range.from)) }
        text.axis x=(WIDTH - RIGHT) y=(HEIGHT - 8.0) text-anchor="end" { (minute(zone, trend.range.to)) }
        @for limit in trend.limits {
            @let y = place(scale.y(limit.value));
            line.limit x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {
                title { (limit_words(trend, limit, language)) }
            }
        }
        path.series d=(path(trend, &scale)) {}
        @for (time, sample) in trend.samples.iter().filter(|(_, sample)| is_marked(sample)).take(POINTS_MAX) {
            circle.flagged cx=(place(scale.x(*time))) cy=(place(scale.y(sample.value.unwrap_or(least)))) r="4" {
                title { (moment(zone, *time)) ": " (language.word("flag", sample.quality.name())) }
            }
        }
    };
    Drawing {
        class: "trend",
        size: (WIDTH, HEIGHT),
        title: trend.title.to_owned(),
        description: description(trend, zone, language),
        has_links: false,
        content,
        legend: legend(trend, language),
    }
}

/// The range, the extremes and the limits in words.
fn description(trend: &Trend<'_>, zone: &Zone, language: Language) -> String {
    let valid = || trend.samples.iter().filter_map(|(_, sample)| sample.valid());
    let extremes = match (valid().reduce(f64::min), valid().reduce(f64::max)) {
        (Some(least), Some(greatest)) => {
            let (least, greatest) = (number(least).into(), number(greatest).into());
            let values = [("least", least), ("greatest", greatest), ("unit", trend.unit.into())];
            language.fill("trend-extremes", &values)
        }
        _ => language.say("trend-no-values").into_owned(),
    };
    let range = [minute(zone, trend.range.from), minute(zone, trend.range.to)];
    let [from, to] = range.map(Into::into);
    let values = [("from", from), ("to", to), ("extremes", extremes.into()), ("limits", trend.limits.len().into())];
    language.fill("trend-description", &values)
}

/// A limit with its value.
fn limit_words(trend: &Trend<'_>, limit: &Limit, language: Language) -> String {
    let value = format!("{} {}", number(limit.value), trend.unit);
    language.fill("trend-limit", &[("limit", limit.words(language).into()), ("value", value.into())])
}

fn legend(trend: &Trend<'_>, language: Language) -> Vec<Entry> {
    let mut entries = vec![Entry::new(html! { path.series d="M-11 0H11" {} }, language.say("trend-values"))];
    if trend.samples.iter().any(|(_, sample)| is_marked(sample)) {
        entries.push(Entry::new(html! { circle.flagged r="5" {} }, language.say("trend-flagged")));
    }
    for limit in trend.limits {
        let words = limit_words(trend, limit, language);
        entries.push(Entry::new(html! { line.limit x1="-11" x2="11" y1="0" y2="0" {} }, words));
    }
    entries
}

/// The axis of the values: its least value, a round step, and the number of steps. Zero is always on it.
fn axis(trend: &Trend<'_>) -> (f64, f64, u32) {
    let values = trend.samples.iter().filter_map(|(_, sample)| sample.value);
    let values = values.chain(trend.limits.iter().map(|limit| limit.value)).filter(|value| value.is_finite());
    let (least, greatest) =
        values.fold((0.0_f64, 0.0_f64), |(least, greatest), value| (least.min(value), greatest.max(value)));
    let quarter = if greatest > least { (greatest - least) * 1.04 / 4.0 } else { 0.25 };
    let power = 10.0_f64.powf(quarter.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= quarter).unwrap_or(10.0);
    let step = factor * power;
    let least = (least / step).floor() * step;
    let steps = (1..=6).find(|steps| least + step * f64::from(*steps) >= greatest).unwrap_or(6);
    (least, step, steps)
}

fn is_marked(sample: &Sample) -> bool {
    sample.quality != Quality::Normal
}

/// The line through the valid values, broken where values are missing.
fn path(trend: &Trend<'_>, scale: &Scale) -> String {
    let valid: Vec<(Timestamp, f64)> =
        trend.samples.iter().filter_map(|(time, sample)| Some((*time, sample.valid()?))).collect();
    let drawn = if valid.len() > POINTS_MAX { extremes(&valid) } else { valid };
    // Of many values, neighbours of the drawing are a column apart.
    let column_ms = trend.range.to.since_ms(trend.range.from) / i64::try_from(COLUMNS).unwrap_or(1);
    let gap_ms = if drawn.len() > COLUMNS { trend.interval_ms.max(column_ms) } else { trend.interval_ms } * 5 / 2;
    let mut text = String::new();
    let mut last: Option<Timestamp> = None;
    for (time, value) in drawn {
        let is_joined = last.is_some_and(|last| time.since_ms(last) <= gap_ms);
        let (x, y) = (scale.x(time), scale.y(value));
        text.push_str(&format!("{}{x:.1} {y:.1}", if is_joined { 'L' } else { 'M' }));
        if !is_joined {
            // A value without neighbours is a dot.
            text.push_str("h.1");
        }
        last = Some(time);
    }
    text
}

/// The least and the greatest value of each column, in order of time.
fn extremes(valid: &[(Timestamp, f64)]) -> Vec<(Timestamp, f64)> {
    let mut drawn = Vec::with_capacity(2 * COLUMNS);
    for column in valid.chunks(valid.len().div_ceil(COLUMNS)) {
        let least = column.iter().min_by(|one, other| one.1.total_cmp(&other.1));
        let greatest = column.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        let mut pair: Vec<(Timestamp, f64)> = least.into_iter().chain(greatest).copied().collect();
        pair.sort_by_key(|(time, _)| *time);
        drawn.extend(pair);
    }
    drawn
}
