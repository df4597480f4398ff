//! How alarms fit the known releases.

use super::releases::Release;
use vocdb::AlarmId;
use vocdb::alarm::event::Opened;

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
