//! Values by the direction that the wind came from.

use crate::view::DIRECTIONS;

/// Number of sectors: the first one is around north, each reaches from its lower edge, included, to its upper one.
pub(super) const SECTORS: usize = 16;
/// Width of a sector in degrees.
pub(super) const SECTOR_DEG: f64 = 22.5;
/// Wind speed in m/s below which the air is calm: a vane then shows no direction.
pub(super) const CALM_BELOW_M_S: f64 = 0.5;
/// Names of the sectors.
pub(super) const NAMES: [&str; SECTORS] = DIRECTIONS;
/// Lower ends of the classes of speed in m/s.
pub(super) const SPEED_CLASSES: [f64; 4] = [CALM_BELOW_M_S, 2.0, 4.0, 6.0];
/// Classes of a concentration.
const LOAD_CLASSES: u8 = 5;
/// Share of the values that lie below the beginning of the highest class, or a little less.
const LOAD_QUANTILE: f64 = 0.95;

/// The values of a sector, or those of calm air.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    /// Number of values by class.
    pub(super) counts: Vec<u64>,
    /// Sum of the values.
    sum: f64,
    /// Greatest value.
    pub(super) greatest: Option<f64>,
}

impl Cell {
    /// Number of values.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Mean of the values.
    pub(super) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum / count as f64)
    }

    fn add(&mut self, class: usize, value: f64) {
        if let Some(count) = self.counts.get_mut(class) {
            *count += 1;
            self.sum += value;
            self.greatest = Some(self.greatest.map_or(value, |greatest| greatest.max(value)));
        }
    }
}

/// Values by sector and class. Calm air is counted apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rose {
    /// Lower ends of the classes; what is below the first one counts for the first one.
    pub(super) classes: Vec<f64>,
    /// The sectors, clockwise from north.
    pub(super) sectors: Vec<Cell>,
    /// The values in calm air.
    pub(super) calm: Cell,
}

impl Rose {
    /// A rose without values.
    pub(super) fn new(classes: &[f64]) -> Self {
        let cell = Cell { counts: vec![0; classes.len()], ..Cell::default() };
        Self { classes: classes.to_vec(), sectors: vec![cell.clone(); SECTORS], calm: cell }
    }

    /// A rose of values, each with the speed of its wind in m/s and the direction that it came from in degrees.
    pub(super) fn of(classes: &[f64], values: impl Iterator<Item = ((f64, f64), f64)>) -> Self {
        let mut rose = Self::new(classes);
        values.for_each(|(wind, value)| rose.add(wind, value));
        rose
    }

    fn add(&mut self, (speed, from_deg): (f64, f64), value: f64) {
        let class = self.classes.iter().rposition(|least| value >= *least).unwrap_or(0);
        let cell = if speed < CALM_BELOW_M_S { Some(&mut self.calm) } else { self.sectors.get_mut(sector(from_deg)) };
        if let Some(cell) = cell {
            cell.add(class, value);
        }
    }

    /// Number of values, those in calm air among them.
    pub(super) fn count(&self) -> u64 {
        self.sectors.iter().map(Cell::count).sum::<u64>() + self.calm.count()
    }

    /// The share of a number of values.
    pub(super) fn share(&self, count: u64) -> f64 {
        count as f64 / self.count().max(1) as f64
    }
}

/// Index of the sector of a direction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rest of a division by 16 is from 0 to 15"
)]
fn sector(from_deg: f64) -> usize {
    (from_deg / SECTOR_DEG).round().rem_euclid(SECTORS as f64) as usize
}

/// Lower ends of five classes of round numbers for a concentration: the highest one has about a twentieth of the values.
pub(super) fn load_classes(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let place = (0..values.len()).rev().find(|place| *place as f64 <= LOAD_QUANTILE * (values.len() as f64 - 1.0));
    let high = place.and_then(|place| values.get(place)).copied().unwrap_or(0.0).max(1e-9);
    let step = round_below(high / f64::from(LOAD_CLASSES - 1));
    (0..LOAD_CLASSES).map(|class| f64::from(class) * step).collect()
}

/// The greatest of 1, 2 and 5 times a power of ten that is not above a number.
fn round_below(number: f64) -> f64 {
    let power = 10.0_f64.powf(number.log10().floor());
    let factor = [5.0, 2.0, 1.0].into_iter().find(|factor| factor * power <= number).unwrap_or(1.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_has_its_lower_edge_and_north_is_around_zero() {
        let found = [0.0, 11.24, 11.25, 348.74, 348.75, 360.0, 720.0, 180.0].map(sector);
        assert_eq!(found, [0, 0, 1, 15, 0, 0, 0, 8]);
    }

    #[test]
    fn calm_air_has_no_direction_and_every_value_is_counted_once() {
        let values = [((0.4, 90.0), 3.0), ((0.5, 90.0), 1.0), ((3.0, 91.0), 7.0), ((9.0, 270.0), -2.0)];
        let rose = Rose::of(&[0.0, 2.0, 5.0], values.into_iter());
        assert_eq!((rose.calm.counts.as_slice(), rose.count()), (&[0, 1, 0][..], 4));
        let east = &rose.sectors[4];
        assert_eq!((east.counts.as_slice(), east.mean(), east.greatest), (&[1, 0, 1][..], Some(4.0), Some(7.0)));
        assert_eq!(rose.sectors[12].counts, [1, 0, 0]);
        assert_eq!(rose.share(rose.calm.count()), 0.25);
    }

    #[test]
    fn classes_are_round_and_the_highest_one_is_rare() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert_eq!(load_classes(values.iter().copied()), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(load_classes([4.0; 9].into_iter()), [0.0, 1.0, 2.0, 3.0, 4.0]);
        for none in [vec![], vec![f64::NAN], vec![0.0, 0.0], vec![-4.0]] {
            let classes = load_classes(none.into_iter());
            assert!(classes.windows(2).all(|pair| pair[0] < pair[1]), "{classes:?}");
        }
    }
}
