//! Areas that are made of square cells.

use super::canvas::Coordinate;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Cells from the first one to the farthest.
const CELLS_MAX: f64 = 1e6;

/// The path around square cells, from their middles and their side, with `place` from metres to the drawing.
pub(in crate::trace::report) fn area_path(
    middles: &[(f64, f64)],
    side: f64,
    place: impl Fn(f64, f64) -> (f64, f64),
) -> String {
    let Some(&(east, north)) = middles.first() else { return String::new() };
    if !(side.is_finite() && side > 0.0 && east.is_finite() && north.is_finite()) {
        return String::new();
    }
    let cell = |at: &(f64, f64)| (index((at.0 - east) / side), index((at.1 - north) / side));
    let cells: BTreeSet<(i64, i64)> = middles.iter().map(cell).collect();
    let corner = |column: i64, row: i64| place(east + (column as f64 - 0.5) * side, north + (row as f64 - 0.5) * side);
    let mut path = String::new();
    // One rectangle for each run of cells from south to north.
    let mut run: Option<(i64, i64, i64)> = None;
    for (column, row) in cells {
        run = match run {
            Some((same, first, behind)) if same == column && behind == row => Some((same, first, row + 1)),
            done => {
                done.into_iter().for_each(|run| rectangle(run, corner, &mut path));
                Some((column, row, row + 1))
            }
        };
    }
    run.into_iter().for_each(|run| rectangle(run, corner, &mut path));
    path
}

fn rectangle((column, first, behind): (i64, i64, i64), corner: impl Fn(i64, i64) -> (f64, f64), path: &mut String) {
    let ((left, bottom), (right, top)) = (corner(column, first), corner(column + 1, behind));
    let [left, bottom, right, top] = [left, bottom, right, top].map(Coordinate);
    let _ = write!(path, "M{left} {bottom}H{right}V{top}H{left}z");
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "the value is clamped to the range")]
fn index(value: f64) -> i64 {
    value.round().clamp(-CELLS_MAX, CELLS_MAX) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_one_column_are_one_rectangle() {
        let path = area_path(&[(5.0, 5.0), (5.0, 15.0), (15.0, 5.0)], 10.0, |east, north| (east, -north));
        assert_eq!(path, "M0 0H10V-20H0zM10 0H20V-10H10z");
        assert_eq!(area_path(&[], 10.0, |east, north| (east, north)), "");
        assert_eq!(area_path(&[(0.0, 0.0)], 0.0, |east, north| (east, north)), "");
    }
}
