//! Air that reaches the park anyway. The shape of its day comes from measurements at a roadside in London (`examples/data/aqroadside`).

/// Hours of a day.
const HOURS: usize = 24;
/// The measurements: a header, then a row for each hour.
const MEASURED: &str = include_str!("../../../../data/aqroadside/2000_2004.csv");

/// The species whose day another one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Shape {
    /// Traffic: the day of benzene.
    Traffic,
    /// Long-lived gases: the day of ethane.
    LongLived,
    /// Plants in the sun: the day of isoprene.
    Plants,
}

/// Means of the hours of a day, each divided by the mean of the day.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::demo) struct Background {
    traffic: [f64; HOURS],
    long_lived: [f64; HOURS],
    plants: [f64; HOURS],
}

impl Background {
    /// Reads the measurements.
    pub(in crate::demo) fn measured() -> Result<Self, String> {
        Ok(Self { traffic: day_of("benzene")?, long_lived: day_of("ethane")?, plants: day_of("isoprene")? })
    }

    /// The level at a local hour of the day, as a multiple of the mean of the day.
    pub(in crate::demo) fn level(&self, shape: Shape, hour: f64) -> f64 {
        let day = match shape {
            Shape::Traffic => &self.traffic,
            Shape::LongLived => &self.long_lived,
            Shape::Plants => &self.plants,
        };
        let before = hour.rem_euclid(HOURS as f64);
        // Means of hours belong to their middles.
        let place = (before - 0.5).rem_euclid(HOURS as f64);
        let at = |hour: usize| day.get(hour % HOURS).copied().unwrap_or(1.0);
        let first = (0..HOURS).take_while(|hour| (*hour as f64) <= place).last().unwrap_or(0);
        let share = place - first as f64;
        (1.0 - share) * at(first) + share * at(first + 1)
    }
}

/// The day of a measured column.
fn day_of(column: &str) -> Result<[f64; HOURS], String> {
    let mut lines = MEASURED.lines();
    let header = lines.next().unwrap_or_default();
    let place = header.split(',').position(|name| name == column);
    let place = place.ok_or_else(|| format!("the roadside measurements have no column `{column}`"))?;
    let mut sums = [(0.0, 0_u32); HOURS];
    for line in lines {
        let hour = line.get(11..13).and_then(|hour| hour.parse::<usize>().ok());
        let value = line.split(',').nth(place).and_then(|value| value.parse::<f64>().ok());
        if let (Some(sum), Some(value)) = (hour.and_then(|hour| sums.get_mut(hour)), value) {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    let means = sums.map(|(sum, count)| sum / f64::from(count.max(1)));
    let mean = means.iter().sum::<f64>() / HOURS as f64;
    if mean > 0.0 { Ok(means.map(|hour| hour / mean)) } else { Err(format!("column `{column}` has no values")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_peaks_by_day_and_every_day_has_a_mean_of_one() {
        let background = Background::measured().unwrap();
        for shape in [Shape::Traffic, Shape::LongLived, Shape::Plants] {
            let mean = (0..240).map(|tenth| background.level(shape, f64::from(tenth) / 10.0)).sum::<f64>() / 240.0;
            assert!((mean - 1.0).abs() < 1e-9, "{shape:?}: {mean}");
        }
        assert!(background.level(Shape::Traffic, 17.5) > 1.5 * background.level(Shape::Traffic, 3.5));
        assert!((background.level(Shape::Traffic, 24.0) - background.level(Shape::Traffic, 0.0)).abs() < 1e-9);
    }
}
