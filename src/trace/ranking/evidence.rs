//! Evidence of facilities and of people for a site.

use crate::model::{Registry, TimeRange, Timestamp};
use crate::query::Readings;
use crate::trace::facility::{FacilityError, Outage, OutageOptions, find_state_channel, outages, run_states};
use crate::trace::locate::Sector;
use crate::trace::odour::OdourReport;
use crate::trace::survey::{Survey, SurveyError};

/// Factor of a site whose treatment stood still during the incident. It is a convention, printed wherever it counts: an outage during an
/// incident is taken to be three times as probable at the source as at another site.
const OUTAGE_FACTOR: f64 = 3.0;
/// Factor of an odour report whose back-trajectory holds the site, and the most that several reports make. Noses tell a direction, and
/// neighbours report together.
const ODOUR_FACTOR: f64 = 1.5;
const ODOUR_FACTOR_MAX: f64 = 3.0;
/// Time before and behind an incident in which run states are read.
const AROUND_MS: i64 = 6 * 3_600_000;
/// Minutes of wind before an odour report that make its back-trajectory.
const ODOUR_WIND_MS: i64 = 1_800_000;
/// Smallest half-angle of a back-trajectory in degrees: within half an hour, the wind at the mast and at the nose differ by that.
const ODOUR_HALF_ANGLE_MIN_DEG: f64 = 15.0;

/// The treatment units of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SiteUnits {
    /// Name of the site.
    pub site: String,
    /// Duty unit, as `station/instrument`.
    pub duty: String,
    /// Standby units.
    pub standby: Vec<String>,
}

/// What speaks for a site beside its place and its species.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteEvidence {
    /// Likelihood ratio of everything below, 1 where nothing is known.
    pub factor: f64,
    /// Sentences that say what was found, with times.
    pub found: Vec<String>,
    /// Outages of the site's duty units that overlap the incident.
    pub outages: Vec<Outage>,
    /// Number of odour reports whose back-trajectory holds the site.
    pub odour_reports: usize,
}

impl Default for SiteEvidence {
    fn default() -> Self {
        Self { factor: 1.0, found: Vec::new(), outages: Vec::new(), odour_reports: 0 }
    }
}

/// Returns the sector that an odour came from: upwind of the report by the mean wind of the half hour before it, with a half-angle from
/// the spread of directions. `None` if there was no wind.
#[must_use]
pub fn odour_cone(survey: &Survey, report: &OdourReport) -> Option<Sector> {
    let (mut east, mut north, mut count) = (0.0, 0.0, 0.0);
    for wind in survey.winds_between(report.time.plus_ms(-ODOUR_WIND_MS), report.time) {
        east += wind.toward_east;
        north += wind.toward_north;
        count += 1.0;
    }
    if count == 0.0 {
        return None;
    }
    let steadiness: f64 = (f64::hypot(east, north) / count).clamp(1e-6, 1.0);
    // The standard deviation of directions from the length of their mean vector (Mardia 1972).
    let spread_deg = (-2.0 * steadiness.ln()).sqrt().to_degrees();
    let (east_m, north_m) = survey.frame.to_local(report.latitude_deg, report.longitude_deg);
    Some(Sector {
        east_m,
        north_m,
        bearing_deg: (-east).atan2(-north).to_degrees().rem_euclid(360.0),
        half_angle_deg: spread_deg.clamp(ODOUR_HALF_ANGLE_MIN_DEG, 180.0),
    })
}

/// Gathers the evidence for one site: outages of its units that overlap the incident, and odour reports that point to it.
///
/// `place` is the middle of the site in the survey's local metres.
///
/// # Errors
/// [`SurveyError`] for units that do not exist and for readings that cannot be read.
pub fn site_evidence(
    (registry, readings): (&Registry, &Readings),
    survey: &Survey,
    units: &[SiteUnits],
    reports: &[OdourReport],
    (place, incident): ((f64, f64), TimeRange),
) -> Result<SiteEvidence, SurveyError> {
    let mut evidence = SiteEvidence::default();
    for unit in units {
        let found = overlapping(registry, readings, unit, incident)?;
        for outage in &found {
            evidence.found.push(sentence(unit, outage));
        }
        evidence.outages.extend(found);
    }
    if !evidence.outages.is_empty() {
        evidence.factor *= OUTAGE_FACTOR;
    }
    let holds = |report: &&OdourReport| odour_cone(survey, report).is_some_and(|cone| cone.holds(place.0, place.1));
    evidence.odour_reports = reports.iter().filter(holds).count();
    if evidence.odour_reports > 0 {
        let power = i32::try_from(evidence.odour_reports).unwrap_or(i32::MAX);
        evidence.factor *= ODOUR_FACTOR.powi(power).min(ODOUR_FACTOR_MAX);
        evidence.found.push(format!("{} odour reports point to the site", evidence.odour_reports));
    }
    Ok(evidence)
}

fn overlapping(
    registry: &Registry,
    readings: &Readings,
    unit: &SiteUnits,
    incident: TimeRange,
) -> Result<Vec<Outage>, SurveyError> {
    // Stops and starts just outside the incident belong to the outage that overlaps it.
    let around = TimeRange::new(incident.from.plus_ms(-AROUND_MS), incident.to.plus_ms(AROUND_MS));
    let spans = |name: &str| -> Result<_, SurveyError> {
        let channel =
            find_state_channel(registry, name).map_err(|source: FacilityError| SurveyError::Facility(source.into()))?;
        Ok(run_states(readings, &channel, around)?)
    };
    let standby = unit.standby.iter().map(|name| spans(name)).collect::<Result<Vec<_>, _>>()?;
    let found = outages(&spans(&unit.duty)?, &standby, OutageOptions { overlap: Some(incident) });
    Ok(found.into_iter().filter(|outage| outage.overlap_ms.is_some_and(|overlap| overlap > 0)).collect())
}

fn sentence(unit: &SiteUnits, outage: &Outage) -> String {
    let time = |time: Option<Timestamp>| time.map_or_else(|| "not known".to_owned(), |time| time.to_string());
    let minutes = outage.gap_ms as f64 / 60_000.0;
    let standby =
        outage.standby_started.map_or_else(|| "no standby started".to_owned(), |at| format!("standby started {at}"));
    format!("{} stopped {}; {standby}; {minutes:.0} min without treatment", unit.duty, time(outage.stopped))
}
