//! A grid of square cells, in local metres.

/// A regular grid; cells are counted row by row from the south-west.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    /// Middle of the first cell, metres east.
    pub(crate) west_m: f64,
    /// Middle of the first cell, metres north.
    pub(crate) south_m: f64,
    /// Side of a cell in metres.
    pub(crate) step_m: f64,
    /// Number of columns.
    pub(crate) columns: usize,
    /// Number of rows.
    pub(crate) rows: usize,
}

/// A rectangle in local metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) west_m: f64,
    pub(crate) south_m: f64,
    pub(crate) east_m: f64,
    pub(crate) north_m: f64,
}

impl Extent {
    /// Returns the smallest rectangle around points; `None` without a point.
    pub(crate) fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        points.into_iter().fold(None, |extent: Option<Self>, (east, north)| {
            let all = extent.unwrap_or(Self { west_m: east, south_m: north, east_m: east, north_m: north });
            Some(Self {
                west_m: all.west_m.min(east),
                south_m: all.south_m.min(north),
                east_m: all.east_m.max(east),
                north_m: all.north_m.max(north),
            })
        })
    }

    /// Returns the rectangle with a margin in metres on all sides.
    pub(crate) fn with_margin(self, margin_m: f64) -> Self {
        Self {
            west_m: self.west_m - margin_m,
            south_m: self.south_m - margin_m,
            east_m: self.east_m + margin_m,
            north_m: self.north_m + margin_m,
        }
    }

    /// Returns the smallest rectangle that holds this one and points.
    pub(crate) fn including(self, points: &[(f64, f64)]) -> Self {
        let corners = [(self.west_m, self.south_m), (self.east_m, self.north_m)];
        Self::around(points.iter().copied().chain(corners)).unwrap_or(self)
    }

    /// Returns the part of this rectangle inside another.
    pub(crate) fn within(self, other: Self) -> Self {
        Self {
            west_m: self.west_m.max(other.west_m),
            south_m: self.south_m.max(other.south_m),
            east_m: self.east_m.min(other.east_m),
            north_m: self.north_m.min(other.north_m),
        }
    }

    /// Whether a point lies in the rectangle or on its rim.
    pub(crate) fn holds(self, east_m: f64, north_m: f64) -> bool {
        (self.west_m..=self.east_m).contains(&east_m) && (self.south_m..=self.north_m).contains(&north_m)
    }

    /// Returns the lengths of the sides, east and north, in metres.
    pub(crate) fn size_m(self) -> (f64, f64) {
        (self.east_m - self.west_m, self.north_m - self.south_m)
    }

    /// Returns the length of the diagonal in metres.
    pub(crate) fn diagonal_m(self) -> f64 {
        let (east, north) = self.size_m();
        east.hypot(north)
    }
}

impl Grid {
    /// Creates the grid that covers a rectangle with at most about `cells_max` cells, no smaller than `step_min_m`.
    pub(crate) fn covering(extent: Extent, cells_max: usize, step_min_m: f64) -> Self {
        let (width, height) = extent.size_m();
        let step_m = (width * height / cells_max.max(1) as f64).sqrt().max(step_min_m);
        // Cells are counted after a division by the step, which bounds them by about `cells_max` each.
        let count = |length: f64| (length / step_m).round().clamp(1.0, 1e4);
        let (columns, rows) = (count(width), count(height));
        let first = |from: f64, length: f64, count: f64| from + (length - (count - 1.0) * step_m) / 2.0;
        Self {
            west_m: first(extent.west_m, width, columns),
            south_m: first(extent.south_m, height, rows),
            step_m,
            columns: whole(columns),
            rows: whole(rows),
        }
    }

    /// Creates the grid of one cell around a point.
    pub(crate) const fn point(east_m: f64, north_m: f64) -> Self {
        Self { west_m: east_m, south_m: north_m, step_m: 1e-3, columns: 1, rows: 1 }
    }

    /// Returns the number of cells.
    pub(crate) const fn cells(&self) -> usize {
        self.columns * self.rows
    }

    /// Returns the grid cut into bands of whole rows with at most so many cells, but at least one row.
    pub(crate) fn bands(self, cells_max: usize) -> impl Iterator<Item = Self> {
        let rows_max = (cells_max / self.columns.max(1)).max(1);
        (0..self.rows).step_by(rows_max).map(move |first| Self {
            south_m: self.south_m + first as f64 * self.step_m,
            rows: rows_max.min(self.rows - first),
            ..self
        })
    }

    /// Returns the middle of a cell, metres east and north.
    pub(crate) fn middle(&self, cell: usize) -> (f64, f64) {
        let (row, column) = (cell / self.columns.max(1), cell % self.columns.max(1));
        (self.west_m + column as f64 * self.step_m, self.south_m + row as f64 * self.step_m)
    }

    /// Returns the columns and rows whose middles lie within a distance of a point, as ranges.
    pub(crate) fn near(
        &self,
        east_m: f64,
        north_m: f64,
        radius_m: f64,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let range = |middle: f64, first: f64, count: usize| {
            let from = ((middle - radius_m - first) / self.step_m).ceil().max(0.0);
            let to = ((middle + radius_m - first) / self.step_m).floor() + 1.0;
            let to = to.min(count as f64).max(from);
            whole(from.min(to))..whole(to)
        };
        (range(east_m, self.west_m, self.columns), range(north_m, self.south_m, self.rows))
    }
}

/// The whole number of a count that was computed as a float.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "callers clamp to 0..=1e9 before")]
pub(crate) fn whole(count: f64) -> usize {
    count.clamp(0.0, 1e9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_covers_its_extent_evenly() {
        let extent = Extent { west_m: -50.0, south_m: 0.0, east_m: 50.0, north_m: 200.0 };
        let grid = Grid::covering(extent, 200, 1.0);
        assert_eq!((grid.columns, grid.rows, grid.step_m), (10, 20, 10.0));
        assert_eq!((grid.middle(0), grid.middle(199)), ((-45.0, 5.0), (45.0, 195.0)));
        let (columns, rows) = grid.near(0.0, 100.0, 6.0);
        assert_eq!((columns, rows), (4..6, 9..11));
        assert_eq!(grid.near(-500.0, 100.0, 6.0).0.len(), 0);
    }
}
