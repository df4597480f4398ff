//! Reports for tests: one with everything, one with nothing.

use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::event::{AlarmId, GroupId};
use vocdb::base::checksum::sha256;
use vocdb::ledger::LedgerHead;
use vocdb::trace::incident::{
    Clock, Factor, Finding, Incident, IncidentId, IncidentOpened, Noted, Rectification, Suspect,
};
use vocdb::trace::report::{
    AlarmSpan, ChartLimit, MapSite, MapStation, NotificationRow, OdourRow, RankedRow, ReleaseRow, Report,
    ReportChannel, ReportMap, ReportOrigin, ReportWind, SourceEstimate, StationSeries, TreatmentUnits, UnitStates,
};
use vocdb::trace::{
    OdourIntensity, OdourReport, OutageOptions, ReleaseRate, RunState, Sector, StateSpan, TimelineEntry, Verdict,
    outages,
};
use vocdb::verdict::Chain;
use vocdb::{Interval, Quality, Sample, TimeRange, Timestamp};

/// How much a report holds.
pub(super) struct Amount {
    pub(super) stations: usize,
    pub(super) minutes: i64,
    pub(super) sites: usize,
    pub(super) cells: usize,
    /// Entries of the timeline, notifications and findings.
    pub(super) records: usize,
}

impl Default for Amount {
    fn default() -> Self {
        Self { stations: 8, minutes: 480, sites: 4, cells: 60, records: 3 }
    }
}

fn time(minute: i64) -> Timestamp {
    "2024-06-01T10:00:00Z".parse::<Timestamp>().unwrap().plus_ms(minute * 60_000)
}

/// A case that a person opened, without anything else.
pub(super) fn bare() -> Report {
    let opened = IncidentOpened {
        incident: IncidentId(7),
        title: "smell at the gate".to_owned(),
        group: None,
        alarms: Vec::new(),
        stations: Vec::new(),
        from: time(120),
        to: None,
        due: time(1_560),
        allowed_ms: 86_400_000,
        chain: Chain::default(),
        by: "Li Na".to_owned(),
        reason: String::new(),
        at: time(121),
    };
    let incident = Incident {
        alarms: BTreeSet::new(),
        clock: Clock { due: opened.due, stopped_at: None, alarm: None },
        opened,
        located_at: None,
        suspects: Vec::new(),
        findings: Vec::new(),
        rectifications: Vec::new(),
        outcome: None,
        steps: Vec::new(),
        overdue: Vec::new(),
    };
    let origin = ReportOrigin {
        by: "Li Na".to_owned(),
        at: "2024-06-02T00:00:00Z".parse().unwrap(),
        program: "vocdb 0.1.0".to_owned(),
        store: "store".to_owned(),
        ledger: None,
    };
    Report::new(origin, "Asia/Shanghai".parse().unwrap(), incident, TimeRange::new(time(0), time(480)))
}

/// A case with everything, in which every text from outside ends with `suffix`.
pub(super) fn full(amount: &Amount, suffix: &str) -> Report {
    let text = |text: &str| format!("{text}{suffix}");
    let mut report = bare();
    report.span = TimeRange::new(time(0), time(amount.minutes));
    report.origin.ledger = Some(LedgerHead { records: 4_711, sha256: sha256(b"ledger") });
    let opened = &mut report.incident.opened;
    opened.title = text("VOC at S1 and 2 further alarms");
    (opened.group, opened.alarms, opened.to) = (Some(GroupId(1)), vec![AlarmId(1), AlarmId(2)], Some(time(300)));
    opened.stations = (1..=amount.stations).map(|number| text(&format!("S{number}"))).collect();
    record(&mut report.incident, amount, &text);
    report.channel = Some(ReportChannel {
        name: text("benzene"),
        unit: text("ppb"),
        series: (1..=amount.stations).map(|number| series(number, amount, &text)).collect(),
        limits: vec![ChartLimit { label: text("threshold of the rule"), value: 30.0 }],
    });
    let wind = |minute: i64| (0.3 + (minute % 80) as f64 / 10.0, 225.0 + (minute % 40) as f64 - 20.0);
    report.wind = Some(ReportWind { station: text("mast"), samples: (0..amount.minutes).map(wind).collect() });
    report.map = Some(map(amount, &text));
    report.source = Some(estimate(amount, &text));
    report.releases = (0..amount.records.min(24)).map(|number| release(number, &text)).collect();
    report.ranked = ranked(amount, &text);
    report.odours = vec![odour(&text)];
    report.facilities = vec![units(&text)];
    report.alarms = vec![alarm(1, Some(time(200)), &text), alarm(2, None, &text)];
    report.timeline = (0..amount.records)
        .map(|number| TimelineEntry { at: time(120 + number as i64), what: text("alarm #1 acknowledged by Wang") })
        .collect();
    report.notifications = (0..amount.records).map(|number| notification(number, &text)).collect();
    report
}

fn noted<T>(what: T, text: &impl Fn(&str) -> String) -> Noted<T> {
    Noted { what, by: text("Li Na"), comment: text("first\nsecond"), at: time(400) }
}

fn record(incident: &mut Incident, amount: &Amount, text: &impl Fn(&str) -> String) {
    let factors = vec![Factor { name: text("fingerprint"), value: Some(0.97), text: text("five species") }];
    incident.suspects = vec![noted(Suspect { site: text("tank T-401"), probability: Some(0.8), factors }, text)];
    incident.located_at = Some(time(400));
    let finding = Finding {
        text: text("the seal leaks\nat its rim"),
        site: Some("tank T-401".to_owned()),
        found_by: Some(text("Wang")),
        found_at: Some(time(390)),
    };
    incident.findings = vec![noted(finding, text); amount.records];
    let work = Rectification {
        text: text("seal replaced"),
        rectified_by: text("plant"),
        rectified_on: "2024-06-03".parse().unwrap(),
        site: Some(text("tank T-401")),
    };
    incident.rectifications = vec![noted(work, text)];
}

fn series(number: usize, amount: &Amount, text: &impl Fn(&str) -> String) -> StationSeries {
    let samples = (0..amount.minutes).map(|minute| {
        let sample = match (minute, number) {
            (3..6, 1) => Sample { value: Some(400.0), quality: Quality::Calibration },
            (9, 1) => Sample { value: Some(0.1), quality: Quality::BelowDetection },
            (60..90, 2) => Sample::MISSING,
            _ => {
                let peak = (-((minute - 160) as f64 / 25.0).powi(2)).exp() * 80.0 / number as f64;
                Sample::normal(3.0 + ((minute * 7 + number as i64) % 11) as f64 / 5.0 + peak)
            }
        };
        (time(minute), sample)
    });
    let range = TimeRange::new(time(0), time(amount.minutes));
    StationSeries::new(text(&format!("S{number}")), Interval::MINUTE, range, samples)
}

fn map(amount: &Amount, text: &impl Fn(&str) -> String) -> ReportMap {
    let round = |number: usize, of: usize, radius: f64| {
        let angle = number as f64 / of as f64 * std::f64::consts::TAU;
        (radius * angle.sin(), radius * angle.cos())
    };
    let stations = (0..amount.stations).map(|number| MapStation {
        name: text(&format!("S{}", number + 1)),
        at: round(number, amount.stations, 60.0),
        height_m: Some(2.4),
    });
    let sites = (0..amount.sites).map(|number| {
        let (east, north) = round(number, amount.sites, 30.0);
        let ring: Vec<(f64, f64)> = (0..=20).map(|place| round(place, 20, 9.0)).collect();
        let ring = ring.into_iter().map(|(x, y)| (x + east, y + north)).collect();
        MapSite { name: text(&format!("tank T-40{number}")), centre: (east, north), rings: vec![ring] }
    });
    ReportMap { reference: Some((40.595_79, -105.139_86)), stations: stations.collect(), sites: sites.collect() }
}

fn estimate(amount: &Amount, text: &impl Fn(&str) -> String) -> SourceEstimate {
    let across = (amount.cells as f64).sqrt().ceil();
    let cells: Vec<(f64, f64)> = (0..amount.cells)
        .map(|cell| (f64::from(u32::try_from(cell).unwrap()) % across, (cell as f64 / across).floor()))
        .map(|(column, row)| (column * 2.0 - across, 20.0 + row * 2.0))
        .collect();
    SourceEstimate {
        verdict: Verdict::Located,
        reason: text("3 stations saw the plume in 40 independent readings"),
        mode: Some((-4.0, 26.0)),
        mode_lat_lon: Some((40.596, -105.14)),
        rate: Some(ReleaseRate { kg_s: 0.001, low_kg_s: 0.000_5, high_kg_s: 0.002 }),
        sector: Some(Sector { east_m: 42.0, north_m: 42.0, bearing_deg: 250.0, half_angle_deg: 25.0 }),
        sites_in_sector: vec![text("tank T-401")],
        cells50: cells.iter().take(amount.cells / 4).copied().collect(),
        cells90: cells,
        cell_m: 2.0,
        areas_m2: Some((300.0, 1_200.0)),
    }
}

fn odour(text: &impl Fn(&str) -> String) -> OdourRow {
    let report = OdourReport {
        time: time(150),
        latitude_deg: 40.596,
        longitude_deg: -105.14,
        intensity: OdourIntensity::new(4).unwrap(),
        words: text("like solvent\nand rubber"),
        reporter: Some(text("Zhao")),
        at: time(160),
    };
    let cone = Some(Sector { east_m: -20.0, north_m: 5.0, bearing_deg: 40.0, half_angle_deg: 22.0 });
    OdourRow { report, at: Some((-20.0, 5.0)), cone }
}

fn release(number: usize, text: &impl Fn(&str) -> String) -> ReleaseRow {
    let start = time(120 + 30 * number as i64);
    ReleaseRow {
        range: TimeRange::new(start, start.plus_ms(1_200_000)),
        verdict: if number == 0 { Verdict::Located } else { Verdict::DirectionOnly },
        lat_lon: Some((40.596, -105.14)),
        rate: Some(ReleaseRate { kg_s: 0.001, low_kg_s: 0.000_5, high_kg_s: 0.002 }),
        site: Some((text("tank T-401"), 0.62)),
    }
}

fn ranked(amount: &Amount, text: &impl Fn(&str) -> String) -> Vec<RankedRow> {
    let factor = |name: &str, value| Factor { name: name.to_owned(), value: Some(value), text: text("five species") };
    let row = |number: usize| RankedRow {
        name: text(&format!("tank T-40{number}")),
        probability: if number == 0 { 0.834 } else { 0.01 },
        factors: vec![factor("position", 0.41), factor("fingerprint", 12.5), factor("evidence", 2.0)],
        explanation: text("the seal was opened"),
    };
    (0..amount.sites).map(row).collect()
}

fn units(text: &impl Fn(&str) -> String) -> TreatmentUnits {
    let span = |from, to, state| StateSpan { range: TimeRange::new(time(from), time(to)), state };
    let (on, off) = (Some(RunState::Running), Some(RunState::Off));
    let duty = vec![span(0, 140, on), span(140, 300, off), span(300, 330, None), span(330, 480, on)];
    let standby = vec![span(0, 176, off), span(176, 320, on), span(320, 480, off)];
    let overlap = Some(TimeRange::new(time(150), time(200)));
    let outages = outages(&duty, std::slice::from_ref(&standby), OutageOptions { overlap });
    TreatmentUnits {
        duty: UnitStates { name: text("plant/RTO-1"), spans: duty },
        standby: vec![UnitStates { name: text("plant/RTO-2"), spans: standby }],
        outages,
    }
}

fn alarm(number: u64, closed_at: Option<Timestamp>, text: &impl Fn(&str) -> String) -> AlarmSpan {
    AlarmSpan {
        alarm: number,
        title: text("benzene 80 ppb at S1"),
        rule: text("benzene-high"),
        priority: "high".to_owned(),
        stations: vec![text("S1")],
        since: time(140),
        opened_at: time(142),
        closed_at,
    }
}

fn notification(number: usize, text: &impl Fn(&str) -> String) -> NotificationRow {
    let attempts = match number % 3 {
        0 => vec![(time(121), text("delivered"))],
        1 => vec![(time(121), text("failed (busy)")), (time(122), text("refused: number unknown"))],
        _ => Vec::new(),
    };
    NotificationRow {
        alarm: 1,
        contact: text("duty officer"),
        route: text("sms"),
        subject: "step 1".to_owned(),
        written_at: time(120),
        attempts,
    }
}

/// Flags of the first station, for the table of quality.
#[test]
fn samples_are_counted_by_their_flag() {
    let one = series(1, &Amount::default(), &|text: &str| text.to_owned());
    let flags = BTreeMap::from([(Quality::Calibration, 3), (Quality::BelowDetection, 1)]);
    assert_eq!((one.counts.expected, one.counts.valid, one.counts.flagged), (480, 477, 3));
    assert_eq!((one.counts.flags, one.values.len()), (flags, 477));
    let two = series(2, &Amount::default(), &|text: &str| text.to_owned());
    assert_eq!(two.counts.missing(), 30);
}
