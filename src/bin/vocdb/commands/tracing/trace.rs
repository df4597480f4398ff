//! `vocdb trace`: from stored readings and rules to incidents with named sources.

use super::answer::Answer;
use super::suspects::SiteArguments;
use crate::commands::rules::{failed, rules_of};
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};
use vocdb::model::Zone;
use vocdb::trace::{Candidates, Episode, Survey, SurveyQuestion, episodes, name_source, survey};
use vocdb::{AlarmEvent, Backtest, ReadOnly, Replayed, TimeRange, Timestamp};

/// Run rules over stored readings, group their alarms into incidents, and locate the source of each
///
/// Writes nothing. Alarms that are at most 30 minutes apart are one episode, with 15 minutes added before and after. Quiet hours split an episode into
/// incidents. Each incident is located and its sites are ranked as by `vocdb locate`.
///
/// Example: vocdb trace store --rules rules --channel methane --from 2024-06-01 --to 2024-06-05 --sites sites.csv
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// Folder of the store
    store: PathBuf,
    /// Folder of rule files
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    /// Channel or species that was released
    #[arg(long)]
    channel: String,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: values::Moment,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: values::Moment,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Station that measures the wind, with :INSTRUMENT if it has several [default: the nearest to the middle of the stations]
    #[arg(long, value_name = "STATION")]
    wind: Option<String>,
    #[command(flatten)]
    sites: SiteArguments,
}

/// One incident.
#[derive(Debug, Serialize)]
struct IncidentLine {
    start: Timestamp,
    end: Timestamp,
    alarms: Vec<u64>,
    rules: Vec<String>,
    is_open: bool,
    #[serde(flatten)]
    answer: Option<Answer>,
    /// Why it could not be located.
    error: Option<String>,
}

/// The whole answer.
#[derive(Debug, Serialize)]
struct Incidents {
    incidents: Vec<IncidentLine>,
}

impl Trace {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let range = values::range_in(self.zone.as_ref(), Some(&self.from), Some(&self.to))?;
        let candidates = self.sites.read(&self.store, range)?;
        let found = self.episodes(&db, range)?;
        let hidden = output.is_json();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(u64::try_from(found.len()).ok(), target);
        let mut incidents = Vec::with_capacity(found.len());
        for episode in found {
            incidents.extend(self.incidents(&db, &candidates, &episode));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let answer = Incidents { incidents };
        output.either(&answer, || answer.text())
    }

    /// Runs the rules, and groups the alarms.
    fn episodes(&self, db: &ReadOnly, range: TimeRange) -> Result<Vec<Episode>, Failure> {
        let files = rules_of(&self.rules)?;
        let (mut events, mut end) = (Vec::new(), range.to);
        let run = db.backtest(&files, &Backtest::new(range), &mut |step| match step {
            Replayed::Begins(range) => end = range.to,
            Replayed::Event(event @ (AlarmEvent::Opened(_) | AlarmEvent::Closed(_))) => events.push(event),
            _ => {}
        });
        let summary = run.map_err(|error| failed(error, &files))?;
        if summary.frames == 0 {
            return Err(Failure::Says(format!("no readings from {} to {}: name another range", range.from, range.to)));
        }
        Ok(episodes(&events, end))
    }

    /// The releases of an episode, each located.
    fn incidents(&self, db: &ReadOnly, candidates: &Candidates, episode: &Episode) -> Vec<IncidentLine> {
        let line = |range: TimeRange, answer: Option<Answer>, error: Option<String>| IncidentLine {
            start: range.from,
            end: range.to,
            alarms: episode.alarms.iter().map(|alarm| alarm.0).collect(),
            rules: episode.rules.clone(),
            is_open: episode.is_open,
            answer,
            error,
        };
        let question = SurveyQuestion { channel: &self.channel, range: episode.range, wind: self.wind.as_deref() };
        let whole = match survey(db.registry(), &db.readings(), &question) {
            Ok(whole) => whole,
            Err(error) => return vec![line(episode.range, None, Some(error.to_string()))],
        };
        let located = |part: Survey| {
            let range = part.range();
            match name_source((db.registry(), &db.readings()), &part, candidates) {
                Ok(named) => line(range, Some(Answer::new(&part, &named, &[])), None),
                Err(error) => line(range, None, Some(error.to_string())),
            }
        };
        whole.releases().into_iter().map(located).collect()
    }
}

impl Incidents {
    fn text(&self) -> String {
        let mut text = format!("{}\n", counted(self.incidents.len(), "incident"));
        for incident in &self.incidents {
            let rules = incident.rules.iter().map(|rule| Line(rule).to_string()).collect::<Vec<_>>().join(", ");
            let alarms = counted(incident.alarms.len(), "alarm");
            let _ = writeln!(text, "\n{} to {}: {alarms} ({rules})", incident.start, incident.end);
            let answer = incident.answer.as_ref().map(Answer::text).unwrap_or_default();
            let error =
                incident.error.as_ref().map(|error| format!("not located: {}\n", Line(error))).unwrap_or_default();
            for line in answer.lines().chain(error.lines()) {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }
}
