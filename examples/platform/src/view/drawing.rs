//! A drawing, within a page or as a file of its own.

use crate::assets::DRAWING_STYLE;
use crate::headers::REPORT_POLICY;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};

/// Width of an entry of the legend of a file.
const ENTRY_WIDTH: f64 = 236.0;
/// Height of a row of the legend of a file.
const ENTRY_HEIGHT: f64 = 26.0;

/// An entry of a legend: a shape within a square of 24 units around the origin, and its words.
pub(crate) struct Entry {
    /// The shape.
    pub(crate) shape: Markup,
    /// The words.
    pub(crate) words: String,
}

impl Entry {
    /// An entry.
    pub(crate) fn new(shape: Markup, words: impl Into<String>) -> Self {
        Self { shape, words: words.into() }
    }
}

/// A drawing with its title, its words for readers who cannot see it, and its legend.
pub(crate) struct Drawing {
    /// Class that its style refers to.
    pub(crate) class: &'static str,
    /// Width and height in its own units.
    pub(crate) size: (f64, f64),
    /// Title.
    pub(crate) title: String,
    /// What can be seen in it.
    pub(crate) description: String,
    /// Whether it has links: its parts are then read one by one.
    pub(crate) has_links: bool,
    /// The shapes.
    pub(crate) content: Markup,
    /// The legend.
    pub(crate) legend: Vec<Entry>,
}

impl Drawing {
    /// The drawing within a page, without its legend. The style sheet of the page has its colours.
    pub(crate) fn picture(&self) -> Markup {
        self.svg(self.size, None, &html! {})
    }

    /// The drawing within a page, with its legend below it.
    pub(crate) fn within_page(&self) -> Markup {
        html! {
            (self.picture())
            @if !self.legend.is_empty() {
                ul.legend { @for entry in &self.legend {
                    li {
                        svg class=(format!("swatch {}", self.class)) viewBox="-12 -12 24 24" aria-hidden="true" { (entry.shape) }
                        (entry.words)
                    }
                } }
            }
        }
    }

    /// The drawing as a file of its own, with its colours and its legend within it.
    pub(crate) fn file(&self) -> Response {
        let (width, height) = self.size;
        let in_row = (1..=6_u8).rev().find(|count| f64::from(*count) * ENTRY_WIDTH <= width).unwrap_or(1);
        let mut entries = Vec::new();
        let mut rows = 0.0;
        for row in self.legend.chunks(usize::from(in_row)) {
            let y = height + ENTRY_HEIGHT * (rows + 0.5);
            for (place, entry) in (0_u8..).zip(row) {
                entries.push((16.0 + f64::from(place) * ENTRY_WIDTH, y, entry));
            }
            rows += 1.0;
        }
        let legend = html! {
            @for (x, y, entry) in &entries {
                g transform=(format!("translate({x} {y})")) {
                    g transform="scale(0.8)" { (entry.shape) }
                    text.words x="16" dy="0.35em" { (entry.words) }
                }
            }
        };
        let svg = self.svg((width, height + rows * ENTRY_HEIGHT), Some(DRAWING_STYLE), &legend);
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", svg.into_string());
        ([(CONTENT_TYPE, "image/svg+xml"), (CONTENT_SECURITY_POLICY, REPORT_POLICY)], text).into_response()
    }

    fn svg(&self, (width, height): (f64, f64), style: Option<&str>, below: &Markup) -> Markup {
        let role = if self.has_links { "group" } else { "img" };
        html! {
            svg class=(format!("drawing {}", self.class)) xmlns="http://www.w3.org/2000/svg" role=(role) aria-label=(self.title)
                viewBox=(format!("0 0 {width} {height}")) width=[style.map(|_| width)] height=[style.map(|_| height)] {
                title { (self.title) }
                desc { (self.description) }
                @if let Some(style) = style { style { (PreEscaped(style)) } }
                rect.ground width=(width) height=(height) {}
                (self.content)
                (below)
            }
        }
    }
}

/// A place in a drawing, to a tenth of a unit.
pub(crate) fn place(number: f64) -> String {
    format!("{:.1}", number.clamp(-1e5, 1e5))
}
