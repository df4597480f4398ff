//! The answer of a location, as JSON and as text.

use serde::Serialize;
use std::fmt::Write;
use vocdb::Timestamp;
use vocdb::base::escape::Line;
use vocdb::trace::{NamedSource, RankedSite, SeparateSource, Survey, Verdict};

/// Kilograms an hour in a kilogram a second, and likewise for volumes.
const PER_HOUR: f64 = 3_600.0;

/// A point in degrees.
#[derive(Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// A rate of release.
#[derive(Debug, Serialize)]
struct Rate {
    value: f64,
    unit: &'static str,
    low: f64,
    high: f64,
}

/// A sector that opens from a point.
#[derive(Debug, Serialize)]
struct SectorLine {
    lat: f64,
    lon: f64,
    bearing_deg: f64,
    half_angle_deg: f64,
}

/// One of two sources.
#[derive(Debug, Serialize)]
struct SourceLine {
    lat: f64,
    lon: f64,
    rate: f64,
    rate_unit: &'static str,
    share: f64,
}

/// A site with its factors.
#[derive(Debug, Serialize)]
struct SiteLine {
    name: String,
    /// Probability and place; none if the source is not located.
    probability: Option<f64>,
    place: Option<f64>,
    in_sector: Option<bool>,
    fingerprint: f64,
    fingerprint_similarity: Option<f64>,
    fingerprint_explanation: Option<String>,
    evidence: f64,
    evidence_found: Vec<String>,
    distance_m: Option<f64>,
}

/// The credible level of a point.
#[derive(Debug, Serialize)]
struct Level {
    lat: f64,
    lon: f64,
    credible_level: Option<f64>,
    in_sector: Option<bool>,
}

/// Everything that a location says.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    verdict: &'static str,
    reason: String,
    /// Time of the readings.
    from: Timestamp,
    to: Timestamp,
    mode: Option<Point>,
    area50_m2: Option<f64>,
    area90_m2: Option<f64>,
    rate: Option<Rate>,
    sector: Option<SectorLine>,
    /// Two sources at a time, if they explain the readings clearly better than one.
    two_sources: Vec<SourceLine>,
    sites: Vec<SiteLine>,
    at: Vec<Level>,
    stations: usize,
    wind: String,
    notes: Vec<String>,
}

impl Answer {
    /// Puts a location into degrees.
    pub(crate) fn new(survey: &Survey, named: &NamedSource, at: &[(f64, f64)]) -> Self {
        let NamedSource { location, sites, two } = named;
        let location = location.reported();
        let is_located = location.verdict == Verdict::Located;
        let range = survey.range();
        let degrees = |(east, north): (f64, f64)| {
            let (lat, lon) = survey.frame.to_wgs84(east, north);
            Point { lat: rounded(lat, 7), lon: rounded(lon, 7) }
        };
        let unit = if survey.is_mass { "kg/h" } else { "m3/h" };
        let rate = location.rate.map(|rate| Rate {
            value: rate.kg_s * PER_HOUR,
            unit,
            low: rate.low_kg_s * PER_HOUR,
            high: rate.high_kg_s * PER_HOUR,
        });
        let sector = location.sector.map(|sector| {
            let Point { lat, lon } = degrees((sector.east_m, sector.north_m));
            SectorLine {
                lat,
                lon,
                bearing_deg: rounded(sector.bearing_deg, 1),
                half_angle_deg: rounded(sector.half_angle_deg, 1),
            }
        });
        let source = |source: &SeparateSource| {
            let Point { lat, lon } = degrees((source.east_m, source.north_m));
            SourceLine { lat, lon, rate: source.kg_s * PER_HOUR, rate_unit: unit, share: source.share }
        };
        let level = |&(lat, lon): &(f64, f64)| {
            let (east, north) = survey.frame.to_local(lat, lon);
            let in_sector = location.sector.map(|sector| sector.holds(east, north));
            Level { lat, lon, credible_level: location.credible_level(east, north), in_sector }
        };
        Self {
            verdict: location.verdict.name(),
            reason: location.reason.clone(),
            from: range.from,
            to: range.to,
            mode: location.mode.map(degrees),
            area50_m2: location.area_m2(0.5),
            area90_m2: location.area_m2(0.9),
            rate,
            sector,
            two_sources: two.iter().filter(|_| is_located).map(source).collect(),
            sites: sites.iter().map(|site| SiteLine::new(site, is_located)).collect(),
            at: at.iter().map(level).collect(),
            stations: survey.stations.len(),
            wind: survey.wind_station.clone(),
            notes: survey.notes.clone(),
        }
    }

    /// Returns the answer in words.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.verdict.replace('_', " "), self.reason);
        if let Some(Point { lat, lon }) = &self.mode {
            let _ = writeln!(text, "most probable place: {lat:.6}, {lon:.6}");
        }
        if let (Some(half), Some(most)) = (self.area50_m2, self.area90_m2) {
            let _ = writeln!(text, "50 % area: {half:.0} m2; 90 % area: {most:.0} m2");
        }
        if let Some(Rate { value, unit, low, high }) = &self.rate {
            let _ = writeln!(text, "rate: {value:.3} {unit} (90 %: {low:.3} to {high:.3})");
        }
        if let Some(SectorLine { lat, lon, bearing_deg, half_angle_deg }) = &self.sector {
            let _ =
                writeln!(text, "direction: {bearing_deg:.0} +- {half_angle_deg:.0} degrees from {lat:.6}, {lon:.6}");
        }
        for SourceLine { lat, lon, rate, rate_unit, share } in &self.two_sources {
            let percent = 100.0 * share;
            let _ = writeln!(
                text,
                "one of two sources: {lat:.6}, {lon:.6}; {rate:.3} {rate_unit}; {percent:.0} % of the readings"
            );
        }
        self.write_sites(&mut text);
        for Level { lat, lon, credible_level, in_sector } in &self.at {
            let _ = match (credible_level, in_sector) {
                (Some(level), _) => {
                    let level = 100.0 * level;
                    let scale = "0 % at the most probable place, 100 % at the rim";
                    writeln!(text, "at {lat}, {lon}: credible level {level:.1} % ({scale})")
                }
                (None, Some(true)) => writeln!(text, "at {lat}, {lon}: in this direction"),
                (None, Some(false)) => writeln!(text, "at {lat}, {lon}: not in this direction"),
                (None, None) => writeln!(text, "at {lat}, {lon}: no level"),
            };
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {}", Line(note));
        }
        text
    }

    /// The time of the readings, on a line.
    pub(crate) fn time(&self) -> String {
        format!("readings from {} to {}\n", self.from, self.to)
    }

    /// Writes the ranking of the sites, or those in the direction of a source that is not located.
    fn write_sites(&self, text: &mut String) {
        if self.mode.is_some() {
            for (place, site) in (1..).zip(&self.sites) {
                let _ = writeln!(text, "{place}. {}", site.text());
            }
            if !self.sites.is_empty() {
                let elsewhere = 1.0 - self.sites.iter().filter_map(|site| site.probability).sum::<f64>();
                let _ = writeln!(text, "elsewhere, at none of these sites: {:.1} %", 100.0 * elsewhere.max(0.0));
            }
        } else if self.sector.is_some() && !self.sites.is_empty() {
            let within: Vec<&SiteLine> = self.sites.iter().filter(|site| site.in_sector == Some(true)).collect();
            if within.is_empty() {
                text.push_str("no named site lies in this direction\n");
            }
            for site in within {
                let _ = writeln!(text, "in this direction: {}", site.text());
            }
        }
    }
}

impl SiteLine {
    fn new(site: &RankedSite, is_located: bool) -> Self {
        Self {
            name: site.name.clone(),
            probability: is_located.then_some(site.probability),
            place: is_located.then_some(site.place),
            in_sector: site.in_sector,
            fingerprint: site.fingerprint_factor(),
            fingerprint_similarity: site.fingerprint.as_ref().and_then(|fingerprint| fingerprint.similarity),
            fingerprint_explanation: site.fingerprint.as_ref().map(|fingerprint| fingerprint.explanation.clone()),
            evidence: site.evidence.factor,
            evidence_found: site.evidence.found.clone(),
            distance_m: site.distance_m.filter(|_| is_located),
        }
    }

    fn text(&self) -> String {
        let factors = format!("fingerprint x {:.2}, evidence x {:.2}", self.fingerprint, self.evidence);
        let name = Line(&self.name);
        let mut text = match (self.probability, self.place) {
            (Some(share), Some(place)) => {
                format!("{name}: {:.1} % (place {:.1} %, {factors})", 100.0 * share, 100.0 * place)
            }
            _ => format!("{name} ({factors})"),
        };
        for found in &self.evidence_found {
            let _ = write!(text, "; {}", Line(found));
        }
        text
    }
}

/// Rounds to decimals: a tenth of a millimetre in a degree is no information.
fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}
