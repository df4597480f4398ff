//! Labels that do not cover each other, nor the marks.

/// Distance of a label from the middle of its mark.
const GAP: f64 = 18.0;

/// A label or a mark as a box: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

/// The place of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Label {
    /// End of the text that its anchor names.
    pub(super) x: f64,
    /// Base line.
    pub(super) y: f64,
    /// `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
}

/// The areas that are taken.
pub(super) struct Labels {
    taken: Vec<Area>,
    size: (f64, f64),
}

impl Labels {
    /// A drawing of a size without labels.
    pub(super) const fn new(size: (f64, f64)) -> Self {
        Self { taken: Vec::new(), size }
    }

    /// Keeps labels off a mark.
    pub(super) fn keep_off(&mut self, (x, y): (f64, f64), radius: f64) {
        self.taken.push((x - radius, y - radius, x + radius, y + radius));
    }

    /// Takes a free place for a text of a size beside a point. `None` if there is none.
    pub(super) fn place(&mut self, (x, y): (f64, f64), (width, height): (f64, f64)) -> Option<Label> {
        let (right, left, middle) = ((x + GAP, "start"), (x - GAP, "end"), (x, "middle"));
        let (over, level, under) = (y - GAP - height, y - height / 2.0, y + GAP);
        let beside = [
            (right, level),
            (left, level),
            (middle, over),
            (middle, under),
            (right, over),
            (right, under),
            (left, over),
            (left, under),
        ];
        let area = |(x, anchor): (f64, &str), top: f64| {
            let begin = match anchor {
                "end" => x - width,
                "middle" => x - width / 2.0,
                _ => x,
            };
            (begin, top, begin + width, top + height)
        };
        let ((x, anchor), top) = beside.into_iter().find(|(end, top)| self.is_free(&area(*end, *top)))?;
        self.taken.push(area((x, anchor), top));
        Some(Label { x, y: top + height * 0.75, anchor })
    }

    fn is_free(&self, (left, top, right, bottom): &Area) -> bool {
        let is_inside = *left >= 0.0 && *top >= 0.0 && *right <= self.size.0 && *bottom <= self.size.1;
        let meets = |other: &Area| *left < other.2 && other.0 < *right && *top < other.3 && other.1 < *bottom;
        is_inside && !self.taken.iter().any(meets)
    }
}

/// The width of a text in heights of its letters, on the safe side.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|char| if char < '\u{2e80}' { 0.6 } else { 1.0 }).sum()
}

/// The beginning of a text that is at most so wide.
pub(super) fn cut(text: &str, width_max: f64) -> String {
    let mut wide = 0.0;
    let mut cut = String::new();
    for char in text.chars() {
        wide += width(char.encode_utf8(&mut [0; 4]));
        if wide > width_max {
            cut.push('…');
            return cut;
        }
        cut.push(char);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_one_place_cover_neither_each_other_nor_the_mark() {
        let mut labels = Labels::new((400.0, 400.0));
        labels.keep_off((200.0, 200.0), 10.0);
        let placed: Vec<_> = (0..20).filter_map(|_| labels.place((200.0, 200.0), (60.0, 20.0))).collect();
        assert_eq!(placed.len(), 4, "{placed:?}");
        for (place, one) in placed.iter().enumerate() {
            let begin = |label: &Label| match label.anchor {
                "end" => label.x - 60.0,
                "middle" => label.x - 30.0,
                _ => label.x,
            };
            let is_apart = |other: &Label| (begin(one) - begin(other)).abs() >= 60.0 || (one.y - other.y).abs() >= 20.0;
            assert!(placed.iter().skip(place + 1).all(is_apart), "{placed:?}");
        }
        assert_eq!(labels.place((-500.0, 0.0), (60.0, 20.0)), None);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("park/S1", 12.0), "park/S1");
        assert_eq!(cut(&"x".repeat(50), 3.0), "xxxxx…");
        assert_eq!(cut("化工园区", 2.0), "化工…");
    }
}
