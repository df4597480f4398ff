//! Labels that do not cover each other, and legends.

use std::fmt::Write;

/// Writes a legend: each shape, drawn in a square of 16 units, with its words.
pub(super) fn write_legend(entries: &[(&str, &str)], out: &mut String) {
    out.push_str(r#"<ul class="legend">"#);
    for (shape, words) in entries {
        let _ =
            write!(out, r#"<li><svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>{words}</li>"#);
    }
    out.push_str("</ul>\n");
}

/// A label or a mark as a box: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

/// The areas that are taken.
pub(super) struct Labels {
    taken: Vec<Area>,
    width: f64,
    height: f64,
}

impl Labels {
    pub(super) const fn new(width: f64, height: f64) -> Self {
        Self { taken: Vec::new(), width, height }
    }

    /// Keeps labels off a mark.
    pub(super) fn keep_off(&mut self, (x, y): (f64, f64), radius: f64) {
        self.taken.push((x - radius, y - radius, x + radius, y + radius));
    }

    /// Finds a free place for a text of this size beside a point, and takes it: left end and base line. `None` if all are taken.
    pub(super) fn place(&mut self, (x, y): (f64, f64), (width, height): (f64, f64)) -> Option<(f64, f64)> {
        let gap = 13.0;
        let beside = [
            (x + gap, y - height / 2.0),
            (x - gap - width, y - height / 2.0),
            (x - width / 2.0, y - gap - height),
            (x - width / 2.0, y + gap),
            (x + gap, y - gap - height),
            (x + gap, y + gap),
            (x - gap - width, y - gap - height),
            (x - gap - width, y + gap),
        ];
        let area = |(left, top): (f64, f64)| (left, top, left + width, top + height);
        let free = beside.into_iter().map(area).find(|area| self.is_free(area))?;
        self.taken.push(free);
        Some((free.0, free.3 - height * 0.25))
    }

    fn is_free(&self, (left, top, right, bottom): &Area) -> bool {
        let is_inside = *left >= 0.0 && *top >= 0.0 && *right <= self.width && *bottom <= self.height;
        let meets = |other: &Area| *left < other.2 && other.0 < *right && *top < other.3 && other.1 < *bottom;
        is_inside && !self.taken.iter().any(meets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_one_place_do_not_cover_each_other() {
        let mut labels = Labels::new(400.0, 400.0);
        labels.keep_off((200.0, 200.0), 8.0);
        let placed: Vec<_> = (0..20).filter_map(|_| labels.place((200.0, 200.0), (60.0, 20.0))).collect();
        assert_eq!(placed.len(), 4, "{placed:?}");
        for (place, a) in placed.iter().enumerate() {
            let is_apart = |b: &(f64, f64)| (a.0 - b.0).abs() >= 60.0 || (a.1 - b.1).abs() >= 20.0;
            assert!(placed.iter().skip(place + 1).all(is_apart), "{placed:?}");
        }
        assert_eq!(labels.place((-500.0, 0.0), (60.0, 20.0)), None);
    }
}
