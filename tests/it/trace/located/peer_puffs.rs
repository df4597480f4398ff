//! The puff model against the published output of another one: DLQ (W. Daniels 2024), at METEC's eight sensors for each of five units.
//!
//! The peer's rules, some of which its output alone tells: a minute is labelled by its end; the wind between two minutes is interpolated
//! with shares of 0/59 to 59/59, so that the last second of a minute has the next minute's wind; a puff's age is a whole number of seconds;
//! no wind is too light; day lasts from 7 to 18 h of local time; and places
//! are metres of UTM zone 13, which the file of positions rounds. Two things differ. The peer leaves out a puff that is further than 80 m from
//! every sensor: in light wind by day such a wide puff still matters. And its switch between day and night falls somewhere within a minute:
//! the ten minutes after each switch are not compared.

use super::cases::{PPM_PER_KG_M3, number, rows, text};
use std::collections::BTreeMap;
use vocdb::trace::{
    Puff, PuffPath, Receptor, Spread, Stability, StabilityMix, WindSeries, WindStep, puff_concentrations,
};

/// First minutes of the hours that are compared: a night of 1.6 m/s, an afternoon of 4.7, an evening of 2.6, a morning of 5.2, and the calmest
/// hour of the data, a sunrise of 0.6 m/s.
const HOURS: [usize; 5] = [180, 900, 1_150, 2_040, 3_310];
const MINUTES: usize = 50;
/// Every so many minutes are compared: the sum over 72,000 puffs takes its time.
const EVERY: usize = 4;
/// Seconds after which a puff is dropped.
const AGE_MAX_S: usize = 1_200;
/// Values in ppm above which a relative difference says something: the file has zeros below 5e-5.
const PPM_MIN: f64 = 0.01;

/// Distance from the nearest sensor in metres beyond which the peer leaves a puff out.
const PEER_REACH_M: f64 = 80.0;

/// Metres east and north in UTM zone 13 (Krueger's series, to the third order in n).
fn utm_13(latitude: f64, longitude: f64) -> (f64, f64) {
    let flattening = 1.0 / 298.257_223_563;
    let n: f64 = flattening / (2.0 - flattening);
    let radius = 6_378_137.0 / (1.0 + n) * (1.0 + n * n / 4.0 + n.powi(4) / 64.0);
    let alpha = [
        n / 2.0 - 2.0 / 3.0 * n * n + 5.0 / 16.0 * n.powi(3),
        13.0 / 48.0 * n * n - 3.0 / 5.0 * n.powi(3),
        61.0 / 240.0 * n.powi(3),
    ];
    let (phi, lambda) = (latitude.to_radians(), (longitude + 105.0).to_radians());
    let s = 2.0 * n.sqrt() / (1.0 + n);
    let t = (phi.sin().atanh() - s * (s * phi.sin()).atanh()).sinh();
    let xi = t.atan2(lambda.cos());
    let eta = (lambda.sin() / (1.0 + t * t).sqrt()).atanh();
    let (mut east, mut north) = (eta, xi);
    for (order, alpha) in (1_u8..).zip(alpha) {
        let twice = 2.0 * f64::from(order);
        east += alpha * (twice * xi).cos() * (twice * eta).sinh();
        north += alpha * (twice * xi).sin() * (twice * eta).cosh();
    }
    (500_000.0 + 0.9996 * radius * east, 0.9996 * radius * north)
}

/// The points of a file in metres of UTM, seen from the tank.
fn utm_points(file: &str) -> BTreeMap<String, Receptor> {
    let tank = utm_13(40.595_79, -105.139_86);
    let point = |f: &[&str]| {
        let (east, north) = utm_13(number(f[1]), number(f[0]));
        Receptor { east_m: east - tank.0, north_m: north - tank.1, height_m: number(f[2]) }
    };
    rows(&text(file)).map(|f| (f[3].to_owned(), point(&f))).collect()
}

/// The peer's classes by wind speed and time of day.
fn stability(speed_m_s: f64, is_day: bool) -> StabilityMix {
    use Stability::{A, B, C, D, E, F};
    let [day, night] = if speed_m_s < 2.0 {
        [StabilityMix::of(A, B), StabilityMix::of(E, F)]
    } else if speed_m_s < 3.0 {
        [StabilityMix::pure(B), StabilityMix::of(E, F)]
    } else if speed_m_s < 5.0 {
        [StabilityMix::of(B, C), StabilityMix::of(D, E)]
    } else if speed_m_s < 6.0 {
        [StabilityMix::of(C, D), StabilityMix::pure(D)]
    } else {
        [StabilityMix::pure(D), StabilityMix::pure(D)]
    };
    if is_day { day } else { night }
}

/// The wind of each second of a range of minutes, interpolated as the peer does.
fn seconds(minutes: &[(f64, f64, bool)]) -> WindSeries {
    let mut steps = Vec::new();
    for pair in minutes.windows(2) {
        let [start, end] =
            [pair[0], pair[1]].map(|(speed, from, _)| WindStep::new(speed, from, StabilityMix::pure(Stability::D)));
        for second in 0..60_u8 {
            let share = f64::from(second) / 59.0;
            let mix = |a: f64, b: f64| a + (b - a) * share;
            let (east, north) = (mix(start.toward_east, end.toward_east), mix(start.toward_north, end.toward_north));
            let speed_m_s = mix(start.speed_m_s, end.speed_m_s);
            steps.push(Some(WindStep {
                toward_east: east / east.hypot(north),
                toward_north: north / east.hypot(north),
                speed_m_s,
                stability: stability(speed_m_s, pair[0].2),
            }));
        }
    }
    WindSeries { step_s: 1.0, steps }
}

/// The minutes of wind from the first row of the peer's output on: speed, direction, and whether it is day.
fn winds(from: &str) -> Vec<(f64, f64, bool)> {
    let readings = text("metec/ch4_wind_1min.csv");
    let minute = |f: Vec<&str>| {
        // Local time is six hours behind UTC in May.
        let hour = (number(&f[0][11..13]) + 18.0).rem_euclid(24.0);
        (number(f[1]), number(f[2]), (7.0..=18.0).contains(&hour))
    };
    rows(&readings).skip_while(|f| f[0] != from).map(minute).collect()
}

/// A column of the peer's output: a source of 1 g/s, and a sensor.
struct Column<'a> {
    unit: Receptor,
    sensor: Receptor,
    sensors: &'a BTreeMap<String, Receptor>,
}

impl Column<'_> {
    /// The mean of 60 seconds in ppm by the model of the crate.
    fn mean_ppm(&self, wind: &WindSeries, end: usize) -> f64 {
        let puff = Puff {
            path: PuffPath::Straight,
            age_max_s: AGE_MAX_S as f64,
            spread_scale: 1.0,
            source_height_m: self.unit.height_m,
            blur_m: 0.0,
            speed_min_m_s: 0.0,
        };
        let source = (self.unit.east_m, self.unit.north_m);
        let each = puff_concentrations(wind, puff, source, &self.sensor, end - 60..end);
        each.iter().flatten().sum::<f64>() / 60.0 * PPM_PER_KG_M3 / 1_000.0
    }

    /// The same by a plain sum over all puffs, without those that the peer leaves out: the ones far from every sensor.
    fn mean_ppm_of_near_puffs(&self, wind: &WindSeries, end: usize) -> f64 {
        let mut sum = 0.0;
        for (second, age) in (end - 60..end).flat_map(|second| (1..AGE_MAX_S.min(second)).map(move |age| (second, age)))
        {
            let step = wind.steps[second - age].unwrap();
            let travelled = step.speed_m_s * age as f64;
            let east = self.unit.east_m + step.toward_east * travelled;
            let north = self.unit.north_m + step.toward_north * travelled;
            let distance = |sensor: &Receptor| (sensor.east_m - east).hypot(sensor.north_m - north);
            if self.sensors.values().all(|sensor| distance(sensor) > PEER_REACH_M) {
                continue;
            }
            let spread = Spread::rural(step.stability, travelled);
            let bell = |length: f64, width: f64| {
                (-0.5 * (length / width).powi(2)).exp() / (width * std::f64::consts::TAU.sqrt())
            };
            let [below, above] =
                [-1.0, 1.0].map(|sign| bell(self.sensor.height_m + sign * self.unit.height_m, spread.vertical_m));
            sum += bell(distance(&self.sensor), spread.across_m) * (below + above)
                / (spread.across_m * std::f64::consts::TAU.sqrt());
        }
        sum / 60.0 * PPM_PER_KG_M3 / 1_000.0
    }
}

#[test]
fn the_puff_model_gives_what_a_published_one_gives() {
    let peer = text("metec/peer_puff_ppm_per_g_s.csv");
    let names: Vec<&str> = peer.lines().next().unwrap().split(',').skip(1).collect();
    let golden: Vec<Vec<&str>> = rows(&peer).collect();
    let winds = winds(golden[0][0]);
    let (sensors, units) = (utm_points("metec/sensors.csv"), utm_points("metec/sources.csv"));
    let mut differences = Vec::new();
    for first in HOURS {
        let earliest = first.saturating_sub(AGE_MAX_S / 60 + 2);
        let wind = seconds(&winds[earliest..first + MINUTES + 1]);
        for (place, name) in names.iter().enumerate() {
            let (unit, sensor) = name.split_once('|').unwrap();
            let column = Column { unit: units[unit], sensor: sensors[sensor], sensors: &sensors };
            let expected = |minute: usize| number(golden[minute][place + 1]);
            for minute in (first..first + MINUTES).step_by(EVERY).filter(|minute| expected(*minute) > PPM_MIN) {
                // The label is the minute's end.
                let end = (minute - earliest) * 60;
                let off = |ppm: f64| (ppm / expected(minute) - 1.0).abs();
                let all = off(column.mean_ppm(&wind, end));
                let near = if all > 0.02 { off(column.mean_ppm_of_near_puffs(&wind, end)) } else { all };
                differences.push((all, near, format!("{name} at {}", golden[minute][0])));
            }
        }
    }
    let count = differences.len();
    let share =
        |of: &dyn Fn(&(f64, f64, String)) -> bool| differences.iter().filter(|it| of(it)).count() as f64 / count as f64;
    let (all_2, all_5) = (share(&|it| it.0 <= 0.02), share(&|it| it.0 <= 0.05));
    let (near_2, near_5) = (share(&|it| it.1 <= 0.02), share(&|it| it.1 <= 0.05));
    println!(
        "{count} values above {PPM_MIN} ppm: {:.2} % within 2 %, {:.2} % within 5 %",
        all_2 * 100.0,
        all_5 * 100.0
    );
    println!("without the puffs that the peer leaves out: {:.2} % and {:.2} %", near_2 * 100.0, near_5 * 100.0);
    differences.sort_by(|a, b| b.1.total_cmp(&a.1));
    differences.iter().take(10).for_each(|(all, near, name)| println!("{name}: {all:.4}, without far puffs {near:.4}"));
    assert!(count > 500, "{count} values were compared");
    assert!(near_2 >= 0.95 && near_5 >= 1.0, "{near_2:.4} within 2 %, {near_5:.4} within 5 %");
}
