//! `vocdb audit`: lists who changed readings, instruments and stations.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::model::Zone;
use vocdb::{ChangeAction, ChangeEntry, ChangeLog, TimeRange, Timestamp};

/// List who changed stored readings, instruments and stations, and why
///
/// Prints one line for each correction, quality flag, deletion, change of channels and move of a station, in the order of the ledger. Each
/// line begins with the time of the action, as far as the ledger contains it. Works while a station is running.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Folder of the store
    store: PathBuf,
    /// List only changes that affect this time or later: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// List only changes that affect times before this one: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

/// A change as JSON.
#[derive(Serialize)]
struct ChangeView<'a> {
    action: &'static str,
    flag: Option<&'static str>,
    at: String,
    station: &'a str,
    instrument: Option<&'a str>,
    channels: &'a [String],
    from: Option<String>,
    to: Option<String>,
    values: Option<u64>,
    by: &'a str,
    reason: &'a str,
}

impl Audit {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let range = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        store::check(&self.store)?;
        let log = ChangeLog::open(&self.store).map_err(Failure::from_error)?;
        let mut count = 0_u64;
        log.visit(|change| {
            if !is_in(&range, &change) {
                return Ok(());
            }
            count += 1;
            output.either(&ChangeView::of(&change), || line(&change))
        })?;
        if count > 0 || output.is_json() {
            return Ok(());
        }
        let all = range == TimeRange::ALL;
        output.text(if all { "no change is recorded\n" } else { "no change is recorded in this range\n" })
    }
}

impl From<vocdb::Error> for Failure {
    fn from(error: vocdb::Error) -> Self {
        Self::from_error(error)
    }
}

/// Whether a change affects times of a range. A move affects all times from its start on.
fn is_in(range: &TimeRange, change: &ChangeEntry) -> bool {
    let (from, to) = change.times.unwrap_or((change.at, change.at));
    let to = if is_of_station(change.action) { Timestamp::MAX } else { to };
    from < range.to && to >= range.from
}

/// Whether an action set the position of a station.
const fn is_of_station(action: ChangeAction) -> bool {
    matches!(action, ChangeAction::StationPlaced | ChangeAction::StationMoved)
}

/// The name of an action in JSON, and the flag that was set.
const fn name(action: ChangeAction) -> (&'static str, Option<&'static str>) {
    match action {
        ChangeAction::ValuesReplaced => ("values_replaced", None),
        ChangeAction::FlagSet(flag) => ("flag_set", Some(flag.name())),
        ChangeAction::ReadingsDeleted => ("readings_deleted", None),
        ChangeAction::ChannelsChanged => ("channels_changed", None),
        ChangeAction::StationPlaced => ("station_placed", None),
        ChangeAction::StationMoved => ("station_moved", None),
    }
}

impl<'a> ChangeView<'a> {
    fn of(change: &'a ChangeEntry) -> Self {
        let (action, flag) = name(change.action);
        let (from, to) = change.times.unzip();
        Self {
            action,
            flag,
            at: change.at.to_string(),
            station: &change.station,
            instrument: change.instrument.as_deref(),
            channels: &change.channels,
            from: from.map(|time| time.to_string()),
            to: to.map(|time| time.to_string()),
            values: change.values,
            by: &change.by,
            reason: &change.reason,
        }
    }
}

/// One line of the list: time, author, action, place, times, count, reason.
fn line(change: &ChangeEntry) -> String {
    let at = change.at;
    let what = match change.action {
        ChangeAction::ValuesReplaced => "replaced values".to_owned(),
        ChangeAction::FlagSet(flag) => format!("set the flag `{flag}`"),
        ChangeAction::ReadingsDeleted => "deleted readings".to_owned(),
        ChangeAction::ChannelsChanged => "changed channels".to_owned(),
        ChangeAction::StationPlaced => "placed the station".to_owned(),
        ChangeAction::StationMoved => "moved the station".to_owned(),
    };
    let instrument = change.instrument.as_ref().map_or_else(String::new, |name| format!("/{name}"));
    let channels = match change.channels.as_slice() {
        [] if change.action == ChangeAction::ReadingsDeleted => " (whole rows)".to_owned(),
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    let times = match change.times {
        Some((since, _)) if is_of_station(change.action) => format!(", from {since} on"),
        Some((from, to)) => format!(", {from} to {to}"),
        None => String::new(),
    };
    let values = change.values.map_or_else(String::new, |values| format!(", {}", counted(values, "value")));
    let (by, reason, place) =
        (Line(&change.by), Line(&change.reason), format!("{}{instrument}{channels}", change.station));
    format!("{at} {by} {what}: {}{times}{values}: {reason}\n", Line(&place))
}
