//! The drawing of a rose.

use super::count::{NAMES, Rose, SECTOR_DEG};
use crate::texts::Language;
use crate::view::{Drawing, Entry, number, place};
use maud::{Markup, html};

/// Size of the drawing, and the radius of the rose in it.
const SIZE: f64 = 480.0;
const RADIUS: f64 = 185.0;
/// Share of a sector's angle that its wedge fills.
const FILL: f64 = 0.88;

/// What a rose shows, in words.
pub(super) struct Words<'a> {
    /// Title.
    pub(super) title: &'a str,
    /// Beginning of the names of classes: `wind` or `load`.
    pub(super) classes: &'static str,
    /// Unit of the classes.
    pub(super) unit: &'a str,
    /// Language.
    pub(super) language: Language,
}

/// The drawing: shares of the values by sector, stacked by class.
pub(super) fn draw(rose: &Rose, words: &Words<'_>) -> Drawing {
    let language = words.language;
    let shares = rose.sectors.iter().map(|cell| rose.share(cell.count()));
    let (most, greatest) = NAMES
        .iter()
        .zip(shares)
        .fold(("N", 0.0), |best, (name, share)| if share > best.1 { (*name, share) } else { best });
    let ring = ring_step(greatest.max(0.01));
    let per_share = RADIUS / greatest.max(ring);
    let rings: Vec<f64> =
        (1..=4_u8).map(|step| f64::from(step) * ring).filter(|share| share * per_share <= RADIUS * 1.001).collect();
    let content = html! {
        @for share in &rings { circle.ring cx=(SIZE / 2.0) cy=(SIZE / 2.0) r=(place(share * per_share)) {} }
        (wedges(rose, words, per_share))
        @for share in &rings {
            @let (x, y) = at(SECTOR_DEG / 2.0, share * per_share);
            text.tick.halo x=(place(x)) y=(place(y)) dy="0.35em" text-anchor="middle" { (number(100.0 * share)) " %" }
        }
        @for (name, bearing) in [("N", 0.0), ("E", 90.0), ("S", 180.0), ("W", 270.0)] {
            @let (x, y) = at(bearing, RADIUS + 24.0);
            text.compass x=(place(x)) y=(place(y)) dy="0.35em" text-anchor="middle" { (language.word("direction", name)) }
        }
    };
    Drawing {
        class: "rose",
        size: (SIZE, SIZE),
        title: words.title.to_owned(),
        description: description(rose, (most, greatest), language),
        has_links: false,
        content,
        legend: legend(rose, words),
    }
}

fn description(rose: &Rose, (most, greatest): (&str, f64), language: Language) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let values = [
        ("count", rose.count().into()),
        ("direction", language.word("direction", most).into()),
        ("share", percent(greatest).into()),
        ("calm", percent(rose.share(rose.calm.count())).into()),
    ];
    language.fill("rose-description", &values)
}

fn wedges(rose: &Rose, words: &Words<'_>, per_share: f64) -> Markup {
    let mut shapes: Vec<(String, usize, String)> = Vec::new();
    for (index, (cell, name)) in rose.sectors.iter().zip(NAMES).enumerate() {
        let mut inner = 0.0;
        for (class, count) in cell.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let outer = inner + rose.share(*count) * per_share;
            let title = format!(
                "{}, {}: {:.1} %",
                words.language.word("direction", name),
                class_words(rose, class, (words.unit, words.language)),
                100.0 * rose.share(*count)
            );
            shapes.push((wedge(index as f64 * SECTOR_DEG, inner, outer), class, title));
            inner = outer;
        }
    }
    html! {
        @for (path, class, title) in &shapes {
            path class=(format!("wedge {}-{class}", words.classes)) d=(path) { title { (title) } }
        }
    }
}

fn wedge(bearing: f64, inner: f64, outer: f64) -> String {
    let half = SECTOR_DEG / 2.0 * FILL;
    let point = |angle: f64, radius: f64| {
        let (x, y) = at(bearing + angle, radius);
        format!("{} {}", place(x), place(y))
    };
    let arc = |radius: f64, sweep: u8| format!("A{} {} 0 0 {sweep} ", place(radius), place(radius));
    format!(
        "M{}L{}{}{}L{}{}{}z",
        point(-half, inner),
        point(-half, outer),
        arc(outer, 1),
        point(half, outer),
        point(half, inner),
        arc(inner, 0),
        point(-half, inner)
    )
}

/// A place at a bearing and a distance from the middle.
fn at(bearing: f64, radius: f64) -> (f64, f64) {
    let (sin, cos) = bearing.to_radians().sin_cos();
    (SIZE / 2.0 + radius * sin, SIZE / 2.0 - radius * cos)
}

/// A round share of which at most four fit.
fn ring_step(greatest: f64) -> f64 {
    let steps = [0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.2, 0.25];
    steps.into_iter().find(|step| greatest / step <= 4.0).unwrap_or(0.25)
}

/// A class in words.
pub(super) fn class_words(rose: &Rose, class: usize, (unit, language): (&str, Language)) -> String {
    let end = |place: usize| rose.classes.get(place).map(|value| number(*value));
    let unit = ("unit", unit.into());
    match (class, end(class), end(class + 1)) {
        (0, _, Some(end)) if rose.classes.first() == Some(&0.0) => {
            language.fill("rose-below", &[("end", end.into()), unit])
        }
        (_, Some(begin), Some(end)) => {
            language.fill("rose-between", &[("begin", begin.into()), ("end", end.into()), unit])
        }
        (_, Some(begin), None) => language.fill("rose-above", &[("begin", begin.into()), unit]),
        _ => language.say("rose-all").into_owned(),
    }
}

fn legend(rose: &Rose, words: &Words<'_>) -> Vec<Entry> {
    let shape = |class: usize| {
        html! { rect class=(format!("{}-{class}", words.classes)) x="-9" y="-9" width="18" height="18" {} }
    };
    (0..rose.classes.len())
        .map(|class| Entry::new(shape(class), class_words(rose, class, (words.unit, words.language))))
        .collect()
}
