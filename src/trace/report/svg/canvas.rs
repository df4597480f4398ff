//! One drawing.

use crate::trace::report::text::Escaped;
use std::fmt::{self, Display, Write};

/// Largest coordinate: what lies farther out is not seen.
const COORDINATE_MAX: f64 = 1e5;

/// A coordinate with one decimal place at most.
pub(in crate::trace::report) struct Coordinate(pub(in crate::trace::report) f64);

impl Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.0.is_finite() { self.0.clamp(-COORDINATE_MAX, COORDINATE_MAX) } else { 0.0 };
        let tenths = (value * 10.0).round();
        // Avoids a negative zero.
        let tenths = if tenths == 0.0 { 0.0 } else { tenths };
        if tenths % 10.0 == 0.0 { write!(f, "{:.0}", tenths / 10.0) } else { write!(f, "{:.1}", tenths / 10.0) }
    }
}

/// Points of a polygon.
struct Points<'a>(&'a [(f64, f64)]);

impl Display for Points<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(x, y)| write!(f, "{},{} ", Coordinate(*x), Coordinate(*y)))
    }
}

/// The side of a point on which a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trace::report) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A drawing with its own units. Style sheets set colours and sizes by the class of each shape.
pub(in crate::trace::report) struct Canvas {
    width: f64,
    height: f64,
    shapes: String,
}

impl Canvas {
    pub(in crate::trace::report) const fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: String::new() }
    }

    pub(in crate::trace::report) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(Coordinate);
        let _ = writeln!(self.shapes, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    pub(in crate::trace::report) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let [x, y, width, height] = [x, y, width.max(0.0), height.max(0.0)].map(Coordinate);
        let _ = writeln!(self.shapes, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#);
    }

    pub(in crate::trace::report) fn circle(&mut self, (x, y): (f64, f64), radius: f64, class: &str) {
        let [x, y, radius] = [x, y, radius].map(Coordinate);
        let _ = writeln!(self.shapes, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#);
    }

    pub(in crate::trace::report) fn polygon(&mut self, points: &[(f64, f64)], class: &str) {
        let _ = writeln!(self.shapes, r#"<polygon class="{class}" points="{}"/>"#, Points(points));
    }

    pub(in crate::trace::report) fn path(&mut self, path: &str, class: &str) {
        if !path.is_empty() {
            let _ = writeln!(self.shapes, r#"<path class="{class}" d="{path}"/>"#);
        }
    }

    pub(in crate::trace::report) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let [x, y] = [x, y].map(Coordinate);
        let (anchor, text) = (anchor.name(), Escaped(text));
        let _ = writeln!(self.shapes, r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#);
    }

    /// Writes the drawing with a text alternative.
    pub(in crate::trace::report) fn finish(self, class: &str, alternative: &str, out: &mut String) {
        let (width, height) = (Coordinate(self.width), Coordinate(self.height));
        let label = Escaped(alternative);
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             aria-label=\"{label}\">\n{}</svg>\n",
            self.shapes
        );
    }
}
