//! Ticks of axes at round numbers and times.

use crate::model::{TimeRange, Timestamp, Zone};

/// Minutes between ticks of time.
const TICK_MINUTES: &[i64] =
    &[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200, 144_000, 525_600, 5_256_000];
/// Minutes of a day.
const DAY_MINUTES: i64 = 1_440;
/// Ticks of one axis.
const TICKS_MAX: usize = 60;

/// A step of 1, 2 or 5 times a power of ten, of which about `count` fit into a length.
pub(in crate::trace::report) fn nice_step(length: f64, count: f64) -> f64 {
    let raw = length / count;
    if !(raw.is_finite() && raw > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= raw * 0.999).unwrap_or(10.0);
    step * power
}

/// Round numbers between two ends.
pub(in crate::trace::report) fn nice_ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let step = nice_step(high - low, count);
    let first = (low / step - 1e-9).ceil();
    let ticks = (0..TICKS_MAX).map(|place| (first + place as f64) * step);
    ticks.take_while(|tick| tick.is_finite() && *tick <= high + step * 1e-9).collect()
}

/// Round local times within a range, at most `count`, each with its label. The date stands where it begins or changes.
pub(in crate::trace::report) fn time_ticks(range: TimeRange, zone: &Zone, count: i64) -> Vec<(Timestamp, String)> {
    let length_ms = range.to.since_ms(range.from).max(1);
    let fits = |minutes: &&i64| length_ms / (**minutes * 60_000) < count;
    let minutes = TICK_MINUTES.iter().find(fits).copied().unwrap_or(5_256_000);
    let step_ms = minutes * 60_000;
    let offset_ms = zone.offset_ms(range.from);
    let first = range.from.plus_ms(offset_ms).ceil_to(step_ms).plus_ms(-offset_ms);
    let mut date = String::new();
    let mut ticks = Vec::new();
    let mut time = first;
    while time <= range.to && ticks.len() < TICKS_MAX {
        let shown = zone.show(time).to_string();
        let (day, clock) = shown.split_once('T').unwrap_or((&shown, ""));
        let clock: String = clock.chars().take(5).collect();
        let label = match (day == date, minutes >= DAY_MINUTES) {
            (_, true) => day.to_owned(),
            (true, false) => clock,
            (false, false) => format!("{clock}\n{day}"),
        };
        day.clone_into(&mut date);
        ticks.push((time, label));
        time = time.plus_ms(step_ms);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within_the_ends() {
        assert_eq!(nice_ticks(0.0, 41.0, 4.0), [0.0, 20.0, 40.0]);
        assert_eq!(nice_ticks(0.0, 1.0, 4.0), [0.0, 0.5, 1.0]);
        assert_eq!((nice_step(730.0, 5.0), nice_step(0.0, 4.0)), (200.0, 1.0));
        assert!(nice_ticks(0.0, f64::MAX, 4.0).len() < 60 && nice_ticks(5.0, 5.0, 4.0).len() < 60);
    }

    #[test]
    fn ticks_of_time_are_round_in_the_zone() {
        let zone: Zone = "Asia/Kolkata".parse().unwrap();
        let from: Timestamp = "2024-06-01T17:00:00Z".parse().unwrap();
        let ticks = time_ticks(TimeRange::new(from, from.plus_ms(5 * 3_600_000)), &zone, 6);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["23:00\n2024-06-01", "00:00\n2024-06-02", "01:00", "02:00", "03:00"]);
        let month = time_ticks(TimeRange::new(from, from.plus_ms(30 * 86_400_000)), &zone, 6);
        assert!(month.len() <= 7 && month.iter().all(|(_, label)| label.len() == 10), "{month:?}");
        assert!(time_ticks(TimeRange::new(from, from), &zone, 6).len() <= 1);
    }
}
