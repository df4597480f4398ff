//! The wind rose: 16 directions by classes of speed.

use super::labels::write_legend;
use crate::trace::report::input::ReportWind;
use crate::trace::report::svg::{Anchor, Canvas, nice_step};
use crate::trace::report::text::{Escaped, number, percent};
use std::fmt::Write;

/// Names of the directions, clockwise from north.
const DIRECTIONS: [&str; 16] =
    ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
/// Classes of speed: lower end in m/s, name, class of the style sheet.
const CLASSES: [(f64, &str, &str); 4] = [
    (0.5, "0.5 to 2 m/s", "wind-1"),
    (2.0, "2 to 4 m/s", "wind-2"),
    (4.0, "4 to 6 m/s", "wind-3"),
    (6.0, "6 m/s and more", "wind-4"),
];
/// Size of the drawing, and the radius of the rose in it.
const SIZE: f64 = 480.0;
const RADIUS: f64 = 190.0;
/// Half of the angle of one sector in degrees.
const HALF_DEG: f64 = 11.25;
/// Share of a sector's angle that its wedge fills.
const FILL: f64 = 0.86;

/// Shares of the samples by direction and class of speed, and of calm ones.
struct Shares {
    sectors: [[f64; CLASSES.len()]; DIRECTIONS.len()],
    calm: f64,
}

impl Shares {
    fn of(samples: &[(f64, f64)]) -> Option<Self> {
        let valid: Vec<&(f64, f64)> =
            samples.iter().filter(|(speed, from)| speed.is_finite() && from.is_finite()).collect();
        let one = 1.0 / valid.len() as f64;
        let mut shares = Self { sectors: [[0.0; CLASSES.len()]; DIRECTIONS.len()], calm: 0.0 };
        for (speed, from) in &valid {
            let class = CLASSES.iter().rposition(|(least, ..)| speed >= least);
            let cell = shares.sectors.get_mut(sector(*from)).zip(class).and_then(|(row, class)| row.get_mut(class));
            *cell.unwrap_or(&mut shares.calm) += one;
        }
        (!valid.is_empty()).then_some(shares)
    }

    /// The direction with the greatest share, and this share.
    fn most(&self) -> (&'static str, f64) {
        let sums = self.sectors.iter().map(|row| row.iter().sum::<f64>());
        let sums = DIRECTIONS.iter().zip(sums);
        sums.fold(("N", 0.0), |best, (name, share)| if share > best.1 { (name, share) } else { best })
    }
}

/// Index of the sector of a direction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rest of 16 is from 0 to 15")]
fn sector(from_deg: f64) -> usize {
    (from_deg / (2.0 * HALF_DEG)).round().rem_euclid(16.0) as usize
}

/// Writes the wind rose, or why there is none.
pub(in crate::trace::report) fn wind_rose(wind: &ReportWind, out: &mut String) {
    let station = Escaped(&wind.station);
    let Some(shares) = Shares::of(&wind.samples) else {
        let _ = writeln!(out, "<p>Station {station} has no valid wind in this time.</p>");
        return;
    };
    let (most, share) = shares.most();
    let calm = shares.calm;
    out.push_str("<figure class=\"rose\">\n");
    let alternative = format!(
        "Wind rose of {}: most often from {most} ({:.0} % of the samples); {:.0} % calm",
        wind.station,
        100.0 * share,
        100.0 * calm
    );
    draw(&shares, &alternative, out);
    let shapes = CLASSES.map(|(_, name, class)| (format!(r#"<rect class="{class}" width="16" height="16"/>"#), name));
    let shapes: Vec<(&str, &str)> = shapes.iter().map(|(shape, name)| (shape.as_str(), *name)).collect();
    write_legend(&shapes, out);
    let _ = writeln!(
        out,
        "<figcaption>Directions that the wind came from at {station}, as shares of {} samples. Most often: {most} ({}). Below 0.5 m/s \
         (calm): {}.</figcaption>\n</figure>",
        wind.samples.len(),
        percent(share),
        percent(calm)
    );
}

fn draw(shares: &Shares, alternative: &str, out: &mut String) {
    let mut canvas = Canvas::new(SIZE, SIZE);
    let (middle, top) = (SIZE / 2.0, shares.most().1.max(0.01));
    let ring = nice_step(top, 3.0);
    let scale = RADIUS / top.max(ring);
    let at = |degrees: f64, radius: f64| {
        let angle = degrees.to_radians();
        (middle + radius * angle.sin(), middle - radius * angle.cos())
    };
    for place in 1..=4 {
        let share = f64::from(place) * ring;
        if share * scale <= RADIUS * 1.001 {
            canvas.circle((middle, middle), share * scale, "grid ring");
        }
    }
    for (place, row) in shares.sectors.iter().enumerate() {
        let bearing = place as f64 * 2.0 * HALF_DEG;
        let mut inner = 0.0;
        for (share, (_, _, class)) in row.iter().zip(CLASSES) {
            let outer = inner + share * scale;
            if outer > inner {
                canvas.polygon(&wedge(bearing, inner, outer, at), class);
            }
            inner = outer;
        }
    }
    for place in 1..=4 {
        let share = f64::from(place) * ring;
        if share * scale <= RADIUS * 1.001 {
            let (x, y) = at(HALF_DEG, share * scale);
            canvas.text((x, y + 5.0), Anchor::Middle, "tick halo", &format!("{} %", number(100.0 * share)));
        }
    }
    for (name, bearing) in [("N", 0.0), ("E", 90.0), ("S", 180.0), ("W", 270.0)] {
        let (x, y) = at(bearing, RADIUS + 26.0);
        canvas.text((x, y + 8.0), Anchor::Middle, "compass", name);
    }
    canvas.finish("rose-drawing", alternative, out);
}

fn wedge(bearing: f64, inner: f64, outer: f64, at: impl Fn(f64, f64) -> (f64, f64)) -> Vec<(f64, f64)> {
    let half = HALF_DEG * FILL;
    let arc = [-1.0, -0.5, 0.0, 0.5, 1.0];
    let outside = arc.iter().map(|part| at(bearing + part * half, outer));
    let inside = arc.iter().rev().map(|part| at(bearing + part * half, inner));
    outside.chain(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_calm_has_no_direction() {
        let samples = [(1.0, 359.0), (1.0, 11.0), (7.0, 12.0), (0.2, 90.0), (f64::NAN, 5.0)];
        let shares = Shares::of(&samples).unwrap();
        assert_eq!((shares.sectors[0][0], shares.sectors[1][3], shares.calm), (0.5, 0.25, 0.25));
        assert_eq!(shares.most(), ("N", 0.5));
        assert!(Shares::of(&[]).is_none());
        for from in [-720.0, 1e300, 348.75, 348.8] {
            assert!(sector(from) < 16);
        }
    }
}
