//! Odour reports on the map: a mark with a number, and a cone to where the wind came from.

use super::labels::Labels;
use super::scale::{Scale, draw_cone};
use crate::trace::report::input::OdourRow;
use crate::trace::report::svg::{Anchor, Canvas};
use crate::trace::report::text::width;

/// Reports that are drawn.
const ODOURS_MAX: usize = 50;
/// Length of a cone in units of the drawing.
const CONE_LENGTH: f64 = 130.0;
/// Half the width of a mark, and the height of the letters of its number.
const MARK: f64 = 8.0;
const LETTER: f64 = 24.0;

/// Draws the reports that the map shows.
pub(super) fn draw(canvas: &mut Canvas, scale: &Scale, odours: &[OdourRow], labels: &mut Labels) {
    let shown = (1..).zip(odours).take(ODOURS_MAX);
    let shown: Vec<(i32, &OdourRow, (f64, f64))> =
        shown.filter_map(|(number, row)| Some((number, row, row.at.filter(|at| scale.shows(*at))?))).collect();
    for (_, row, _) in &shown {
        if let Some(cone) = &row.cone {
            draw_cone(canvas, scale, cone, (CONE_LENGTH, "odour-cone"));
        }
    }
    for (number, _, at) in shown {
        let (x, y) = scale.at(at);
        canvas.polygon(&[(x, y - MARK), (x + MARK, y + MARK), (x - MARK, y + MARK)], "odour-mark");
        labels.keep_off((x, y), MARK);
        let label = format!("O{number}");
        if let Some(place) = labels.place((x, y), (width(&label) * LETTER, LETTER + 2.0)) {
            canvas.text(place, Anchor::Start, "odour-name halo", &label);
        }
    }
}

/// The entries of the legend.
pub(super) fn legend(odours: &[OdourRow]) -> Vec<(&'static str, &'static str)> {
    let mut entries = Vec::new();
    if odours.iter().any(|row| row.at.is_some()) {
        entries.push((r#"<path class="odour-mark" d="M8 1L15 15H1z"/>"#, "odour report"));
    }
    if odours.iter().any(|row| row.cone.is_some_and(|cone| cone.half_angle_deg < 180.0)) {
        entries
            .push((r#"<path class="odour-cone" d="M8 15L1 1H15z"/>"#, "where the wind of an odour report came from"));
    }
    entries
}
