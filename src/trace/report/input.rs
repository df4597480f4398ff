//! What a report is made of. Everything is optional that a store may lack: the page then states what is missing.

use crate::ledger::LedgerHead;
use crate::model::{Interval, Quality, Sample, TimeRange, Timestamp, Zone};
use crate::trace::facility::{Outage, StateSpan};
use crate::trace::incident::{Factor, Incident};
use crate::trace::locate::{Location, ReleaseRate, Sector, Verdict};
use crate::trace::odour::OdourReport;
use crate::trace::place::LocalFrame;
use crate::trace::sites::{Outline, Site};
use crate::trace::timeline::TimelineEntry;
use std::collections::BTreeMap;

/// The content of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Author, time and store of the report.
    pub origin: ReportOrigin,
    /// Time zone of the times that are shown.
    pub zone: Zone,
    /// The case.
    pub incident: Incident,
    /// Time that the charts show.
    pub span: TimeRange,
    /// Readings of the channel that the case is about.
    pub channel: Option<ReportChannel>,
    /// Wind during [`Report::span`].
    pub wind: Option<ReportWind>,
    /// Stations and sites in local metres.
    pub map: Option<ReportMap>,
    /// Location of the source, computed from readings and wind.
    pub source: Option<SourceEstimate>,
    /// Every release of the case, in order of time; [`Report::source`] is the largest.
    pub releases: Vec<ReleaseRow>,
    /// Sites in order of their probability.
    pub ranked: Vec<RankedRow>,
    /// Odour reports during [`Report::span`], oldest first.
    pub odours: Vec<OdourRow>,
    /// Treatment units with their standby units.
    pub facilities: Vec<TreatmentUnits>,
    /// Alarms of the case.
    pub alarms: Vec<AlarmSpan>,
    /// Everything that happened to the case, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Notifications about the alarms of the case.
    pub notifications: Vec<NotificationRow>,
    /// What could not be gathered, and why: one sentence each.
    pub missing: Vec<String>,
}

impl Report {
    /// Creates a report of a case that has nothing yet but what the case itself contains. The caller fills the other fields.
    #[must_use]
    pub const fn new(origin: ReportOrigin, zone: Zone, incident: Incident, span: TimeRange) -> Self {
        Self {
            origin,
            zone,
            incident,
            span,
            channel: None,
            wind: None,
            map: None,
            source: None,
            releases: Vec::new(),
            ranked: Vec::new(),
            odours: Vec::new(),
            facilities: Vec::new(),
            alarms: Vec::new(),
            timeline: Vec::new(),
            notifications: Vec::new(),
            missing: Vec::new(),
        }
    }
}

/// Author, time and store of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOrigin {
    /// Person who generated the report.
    pub by: String,
    /// Host time at which it was generated.
    pub at: Timestamp,
    /// Name and version of the program.
    pub program: String,
    /// Store as it was named.
    pub store: String,
    /// State of the store's ledger.
    pub ledger: Option<LedgerHead>,
}

/// Readings of one channel at several stations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportChannel {
    /// Name of the channel.
    pub name: String,
    /// Unit of the values.
    pub unit: String,
    /// Stations that measure it.
    pub series: Vec<StationSeries>,
    /// Horizontal lines of the charts, such as the threshold of a rule.
    pub limits: Vec<ChartLimit>,
}

/// A horizontal line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLimit {
    /// Label of the line.
    pub label: String,
    /// Value in the unit of the channel.
    pub value: f64,
}

/// Readings of one station.
#[derive(Debug, Clone, PartialEq)]
pub struct StationSeries {
    /// Name of the station, and of its instrument if it has several with the channel.
    pub station: String,
    /// Interval of the instrument.
    pub interval: Interval,
    /// Valid values in order of time.
    pub values: Vec<(Timestamp, f64)>,
    /// Numbers of samples.
    pub counts: SampleCounts,
}

/// Numbers of samples of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleCounts {
    /// Samples that the interval of the instrument lets expect.
    pub expected: u64,
    /// Samples with a value that counts as valid.
    pub valid: u64,
    /// Samples with a value that a quality flag makes invalid.
    pub flagged: u64,
    /// Those of `flagged`, and valid ones below the detection limit, by their flag.
    pub flags: BTreeMap<Quality, u64>,
}

impl SampleCounts {
    /// Returns the number of expected samples without a value.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.valid).saturating_sub(self.flagged)
    }
}

impl StationSeries {
    /// Creates the series of the samples of a channel within a range, and counts them.
    ///
    /// ```
    /// use vocdb::trace::report::StationSeries;
    /// use vocdb::{Interval, Sample, TimeRange, Timestamp};
    /// let minute = |minute: i64| Timestamp::from_ms(minute * 60_000);
    /// let samples = [(minute(0), Sample::normal(1.5)), (minute(1), Sample::MISSING)];
    /// let range = TimeRange::new(minute(0), minute(4));
    /// let series = StationSeries::new("S1", Interval::MINUTE, range, samples);
    /// assert_eq!((series.counts.expected, series.counts.valid, series.counts.missing()), (4, 1, 3));
    /// ```
    #[must_use]
    pub fn new(
        station: impl Into<String>,
        interval: Interval,
        range: TimeRange,
        samples: impl IntoIterator<Item = (Timestamp, Sample)>,
    ) -> Self {
        let whole = range.to.since_ms(range.from).max(0) / interval.as_ms().max(1);
        let mut counts = SampleCounts { expected: u64::try_from(whole).unwrap_or_default(), ..SampleCounts::default() };
        let mut values = Vec::new();
        for (time, sample) in samples {
            let Some(value) = sample.value.filter(|value| value.is_finite()) else { continue };
            if sample.quality != Quality::Normal {
                *counts.flags.entry(sample.quality).or_insert(0) += 1;
            }
            if sample.quality.is_valid() {
                counts.valid += 1;
                values.push((time, value));
            } else {
                counts.flagged += 1;
            }
        }
        Self { station: station.into(), interval, values, counts }
    }
}

/// Wind of one station.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportWind {
    /// Name of the station.
    pub station: String,
    /// Samples: speed in m/s, and the direction that the wind comes from in degrees clockwise from north.
    pub samples: Vec<(f64, f64)>,
}

/// The map, in metres east and north of a reference point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportMap {
    /// Reference point, if it is known: latitude and longitude in WGS 84 degrees.
    pub reference: Option<(f64, f64)>,
    /// Stations.
    pub stations: Vec<MapStation>,
    /// Sites.
    pub sites: Vec<MapSite>,
}

/// A station on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapStation {
    /// Name of the station.
    pub name: String,
    /// Metres east and north.
    pub at: (f64, f64),
    /// Height of the inlet above ground in metres.
    pub height_m: Option<f64>,
}

/// A site on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapSite {
    /// Name of the site.
    pub name: String,
    /// Centroid in metres east and north; the point itself for a site without an area.
    pub centre: (f64, f64),
    /// Rings of its outline in metres east and north; a single point for a site without an area.
    pub rings: Vec<Vec<(f64, f64)>>,
}

impl MapSite {
    /// Places a site in the metres of a frame.
    #[must_use]
    pub fn new(site: &Site, frame: &LocalFrame) -> Self {
        let metres = |point: &crate::trace::sites::GeoPoint| frame.to_local(point.latitude_deg, point.longitude_deg);
        let rings = match &site.outline {
            Outline::Point(point) => vec![vec![metres(point)]],
            Outline::Polygons(polygons) => {
                let rings = polygons.iter().flat_map(|polygon| std::iter::once(&polygon.outer).chain(&polygon.holes));
                rings.map(|ring| ring.iter().map(metres).collect()).collect()
            }
        };
        Self { name: site.name.clone(), centre: site.outline.in_frame(frame).centre(), rings }
    }
}

/// Where the source is, as a location found it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEstimate {
    /// How sure the answer is.
    pub verdict: Verdict,
    /// Why the verdict is not better, or what it rests on.
    pub reason: String,
    /// Most probable place, metres east and north.
    pub mode: Option<(f64, f64)>,
    /// The same in WGS 84 degrees: latitude and longitude.
    pub mode_lat_lon: Option<(f64, f64)>,
    /// Rate of the release.
    pub rate: Option<ReleaseRate>,
    /// Sector that the source lies in.
    pub sector: Option<Sector>,
    /// Names of the sites whose middle lies in the sector.
    pub sites_in_sector: Vec<String>,
    /// Middles of the square cells of the 50 % area, in local metres.
    pub cells50: Vec<(f64, f64)>,
    /// Middles of the square cells of the 90 % area.
    pub cells90: Vec<(f64, f64)>,
    /// Side of a cell in metres.
    pub cell_m: f64,
    /// Size of the 50 % and the 90 % area in square metres.
    pub areas_m2: Option<(f64, f64)>,
}

impl SourceEstimate {
    /// Takes what the report shows from a location in the metres of a frame: see [`Location::reported`].
    #[must_use]
    pub fn new(location: &Location, frame: Option<&LocalFrame>) -> Self {
        let location = location.reported();
        let (cells50, _) = location.region(0.5);
        let (cells90, cell_m) = location.region(0.9);
        Self {
            verdict: location.verdict,
            reason: location.reason.clone(),
            mode: location.mode,
            mode_lat_lon: location.mode.zip(frame).map(|((east, north), frame)| frame.to_wgs84(east, north)),
            rate: location.rate,
            sector: location.sector,
            sites_in_sector: Vec::new(),
            cells50,
            cells90,
            cell_m,
            areas_m2: location.area_m2(0.5).zip(location.area_m2(0.9)),
        }
    }
}

/// A release of a case: a time in which stations were raised, with quiet time around it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseRow {
    /// Time of the release.
    pub range: TimeRange,
    /// How sure its location is.
    pub verdict: Verdict,
    /// Most probable place in WGS 84 degrees: latitude and longitude.
    pub lat_lon: Option<(f64, f64)>,
    /// Rate of the release.
    pub rate: Option<ReleaseRate>,
    /// Most probable named site, and its probability.
    pub site: Option<(String, f64)>,
}

/// An odour report and where its air came from.
#[derive(Debug, Clone, PartialEq)]
pub struct OdourRow {
    /// The report.
    pub report: OdourReport,
    /// Place on the map, metres east and north, if the map has a reference point.
    pub at: Option<(f64, f64)>,
    /// Sector that the wind came from, in the metres of the map, if the wind is known.
    pub cone: Option<Sector>,
}

/// A site in the ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedRow {
    /// Name of the site.
    pub name: String,
    /// Probability that it is the source, 0 to 1.
    pub probability: f64,
    /// Factors of the probability, such as `position`, `fingerprint` and `evidence`.
    pub factors: Vec<Factor>,
    /// Explanation in words; may be empty.
    pub explanation: String,
}

/// A treatment unit with its standby units.
#[derive(Debug, Clone, PartialEq)]
pub struct TreatmentUnits {
    /// Duty unit.
    pub duty: UnitStates,
    /// Standby units.
    pub standby: Vec<UnitStates>,
    /// Outages of the duty unit.
    pub outages: Vec<Outage>,
}

/// The run states of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitStates {
    /// Name of the unit.
    pub name: String,
    /// States without gaps between them.
    pub spans: Vec<StateSpan>,
}

/// An alarm of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmSpan {
    /// Number of the alarm.
    pub alarm: u64,
    /// Title of the alarm.
    pub title: String,
    /// Name of the rule.
    pub rule: String,
    /// Priority in a word.
    pub priority: String,
    /// Names of the stations that tripped.
    pub stations: Vec<String>,
    /// Event time since which the condition held.
    pub since: Timestamp,
    /// Event time at which it opened.
    pub opened_at: Timestamp,
    /// Event time at which it closed; `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

/// A notification and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// Number of the alarm.
    pub alarm: u64,
    /// Recipient.
    pub contact: String,
    /// Notification channel, such as `sms`.
    pub route: String,
    /// Subject, such as `step 1`.
    pub subject: String,
    /// Host time at which it was written.
    pub written_at: Timestamp,
    /// Every attempt to deliver it: host time and outcome.
    pub attempts: Vec<(Timestamp, String)>,
}
