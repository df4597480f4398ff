//! The known releases, and how the alarms fit them.

use super::{Outcome, site};
use vocdb::alarm::event::Opened;
use vocdb::{AlarmId, Timestamp};

/// One controlled release.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) unit: String,
    pub(crate) rate_kg_h: f64,
}

/// The first alarm that opened while a release went on.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) alarm: AlarmId,
    pub(crate) minutes: i64,
}

/// How the alarms fit the releases.
#[derive(Debug)]
pub(crate) struct Scores {
    /// One per release; `None` where it was missed.
    pub(crate) hits: Vec<Option<Hit>>,
    /// Alarms that opened while no release went on.
    pub(crate) outside: Vec<Opened>,
    pub(crate) alarms: usize,
}

/// Reads the list of releases.
pub(crate) fn read() -> Outcome<Vec<Release>> {
    let mut releases = Vec::new();
    for row in csv::Reader::from_path(site::path("releases.csv"))?.records() {
        let row = row?;
        let field = |index: usize| row.get(index).unwrap_or_default();
        releases.push(Release {
            start: field(1).parse()?,
            end: field(2).parse()?,
            unit: field(4).to_owned(),
            rate_kg_h: field(7).parse()?,
        });
    }
    Ok(releases)
}

/// A release counts as alarmed only if an alarm *opened* between its start and its end: one that was open already proves nothing.
pub(crate) fn score(releases: &[Release], alarms: &[Opened]) -> Scores {
    let during =
        |release: &Release, opened: &Opened| release.start <= opened.opened_at && opened.opened_at <= release.end;
    let hit_of = |release: &Release| {
        alarms
            .iter()
            .find(|opened| during(release, opened))
            .map(|opened| Hit { alarm: opened.alarm, minutes: opened.opened_at.since_ms(release.start) / 60_000 })
    };
    let is_outside = |opened: &&Opened| !releases.iter().any(|release| during(release, opened));
    Scores {
        hits: releases.iter().map(hit_of).collect(),
        outside: alarms.iter().filter(is_outside).cloned().collect(),
        alarms: alarms.len(),
    }
}
