//! `vocdb outages`: when treatment units stood still.

use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::trace::{self, OutageOptions, RunState, StateSpan, find_state_channel, run_states};
use vocdb::{ReadOnly, TimeRange, Timestamp};

/// Milliseconds of a minute.
const MINUTE_MS: f64 = 60_000.0;

/// Print the outages of a treatment unit: when it stopped, when its standby started, and the gap
///
/// Run states are readings with the numbers of HJ 212 command 2021: 0 off, 1 running, 2 calibrating, 3 maintenance, 4 alarm, 5 blow-back. Only
/// 1 counts as treating. Missing reports are counted apart: the gap may be longer by up to the minutes without reports.
///
/// Example: vocdb outages store --duty plant/RTO-1 --standby plant/RTO-2 --from 2024-06-01 --to 2024-06-02
#[derive(Debug, Args)]
pub(crate) struct Outages {
    /// Folder of the store
    store: PathBuf,
    /// Duty unit, with :CHANNEL if the instrument has several channels in plain numbers
    #[arg(long, value_name = "STATION/INSTRUMENT")]
    duty: String,
    /// Standby unit; repeat it for further ones
    #[arg(long, value_name = "STATION/INSTRUMENT")]
    standby: Vec<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: values::Moment,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: values::Moment,
    /// Start of a time to compare with, such as that of an incident
    #[arg(long, value_name = "TIME", value_parser = values::moment, requires = "overlap_to")]
    overlap_from: Option<values::Moment>,
    /// End of the time to compare with
    #[arg(long, value_name = "TIME", value_parser = values::moment, requires = "overlap_from")]
    overlap_to: Option<values::Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

/// The answer.
#[derive(Serialize)]
struct Answer {
    duty: String,
    standby: Vec<String>,
    from: Timestamp,
    to: Timestamp,
    outages: Vec<OutageLine>,
}

/// One outage.
#[derive(Serialize)]
struct OutageLine {
    from: Timestamp,
    to: Timestamp,
    stopped: Option<Timestamp>,
    states: Vec<&'static str>,
    resumed: Option<Timestamp>,
    standby_started: Option<Timestamp>,
    gap_minutes: f64,
    unknown_minutes: f64,
    overlap_minutes: Option<f64>,
    overlap_unknown_minutes: Option<f64>,
}

impl Outages {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let zone = self.zone.as_ref();
        let range = values::range_in(zone, Some(&self.from), Some(&self.to))?;
        let overlap = match (&self.overlap_from, &self.overlap_to) {
            (Some(from), Some(to)) => {
                Some(values::range_in(zone, Some(from), Some(to)).map_err(|error| match error {
                    Failure::Says(_) => Failure::Says("--overlap-to must be later than --overlap-from".to_owned()),
                    other => other,
                })?)
            }
            _ => None,
        };
        let duty = spans(&db, &self.duty, range)?;
        let standby = self.standby.iter().map(|unit| spans(&db, unit, range)).collect::<Result<Vec<_>, _>>()?;
        let found = trace::outages(&duty, &standby, OutageOptions { overlap });
        let answer = Answer {
            duty: self.duty.clone(),
            standby: self.standby.clone(),
            from: range.from,
            to: range.to,
            outages: found.iter().map(OutageLine::of).collect(),
        };
        output.either(&answer, || answer.text())
    }
}

fn spans(db: &ReadOnly, unit: &str, range: TimeRange) -> Result<Vec<StateSpan>, Failure> {
    let channel = find_state_channel(db.registry(), unit).map_err(Failure::from_error)?;
    run_states(&db.readings(), &channel, range).map_err(Failure::from_error)
}

impl OutageLine {
    fn of(outage: &trace::Outage) -> Self {
        let minutes = |ms: i64| ms as f64 / MINUTE_MS;
        Self {
            from: outage.range.from,
            to: outage.range.to,
            stopped: outage.stopped,
            states: outage.states.iter().map(|state: &RunState| state.name()).collect(),
            resumed: outage.resumed,
            standby_started: outage.standby_started,
            gap_minutes: minutes(outage.gap_ms),
            unknown_minutes: minutes(outage.unknown_ms),
            overlap_minutes: outage.overlap_ms.map(minutes),
            overlap_unknown_minutes: outage.overlap_unknown_ms.map(minutes),
        }
    }

    fn text(&self, out: &mut String) {
        let stopped = self.stopped.map_or_else(
            || format!("from {}: no reports", self.from),
            |stopped| format!("stopped {stopped} ({})", self.states.join(", ")),
        );
        let resumed =
            self.resumed.map_or_else(|| "not resumed by the end".to_owned(), |time| format!("resumed {time}"));
        let standby = match self.standby_started {
            Some(started) if Some(started) == self.stopped => "standby was running".to_owned(),
            Some(started) => format!("standby started {started}"),
            None => "no standby started".to_owned(),
        };
        let _ = write!(out, "{stopped}; {standby}; {resumed}; gap {} min", self.gap_minutes);
        if self.unknown_minutes > 0.0 {
            let _ = write!(out, ", and {} min without reports", self.unknown_minutes);
        }
        if let Some(minutes) = self.overlap_minutes {
            let unknown = self.overlap_unknown_minutes.unwrap_or_default();
            let _ = write!(out, "; overlap {minutes} min");
            if unknown > 0.0 {
                let _ = write!(out, ", and {unknown} min without reports");
            }
        }
        out.push('\n');
    }
}

impl Answer {
    fn text(&self) -> String {
        let mut text = String::new();
        self.outages.iter().for_each(|outage| outage.text(&mut text));
        let (duty, count) = (Line(&self.duty), self.outages.len());
        let _ = writeln!(text, "{duty}: {count} outages from {} to {}", self.from, self.to);
        text
    }
}
