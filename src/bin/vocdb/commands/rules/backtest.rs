//! `vocdb rules backtest`: runs rules over stored readings, and compares two folders of rules.

use super::files::{failed, rules_of};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::alarm::event::Knowledge;
use vocdb::alarm::report::{AlarmSpan, AlarmTally, Difference};
use vocdb::alarm::{AlarmKey, Scripted};
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::model::Zone;
use vocdb::{AlarmEvent, Backtest, ReadOnly, Replayed, TimeRange};

/// Run rules over stored readings, and print every alarm and notification that they would have produced
///
/// Writes nothing. Readings before --from fill the windows of the rules. Frames are read in order of time. With --against, a second folder
/// of rules is run too, and the differences are printed.
#[derive(Debug, Args)]
pub(crate) struct BacktestRules {
    /// Folder of rule files
    dir: PathBuf,
    /// Folder of the store
    #[arg(long)]
    store: PathBuf,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: the first reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: after the last reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Second folder of rule files, compared with the first
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Simulated acknowledgements: never, or after:12m (every alarm that notifies somebody, 12 minutes after its opening)
    #[arg(long, value_name = "WHO", default_value = "never")]
    responder: Scripted,
    /// Omit conditions that become unknown or known again
    #[arg(long)]
    hide_unknown: bool,
}

impl BacktestRules {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let store = ReadOnly::open(&self.store).map_err(Failure::from_error)?;
        let (first, frames) = self.replay(&store, &self.dir, output, self.against.is_none())?;
        let second = self.against.as_ref().map(|against| self.replay(&store, against, output, false)).transpose()?;
        let note = (frames == 0).then(|| no_readings(&store));
        let read = Read { frames, note: note.as_deref() };
        match second {
            Some((second, _)) => print_difference(&Difference::between(&first, &second), &read, output)?,
            None => print_pages(&first, &read, output)?,
        }
        note.as_deref().into_iter().for_each(|note| store::note(note, output.is_json()));
        Ok(())
    }

    /// Runs the rules of one folder, and prints the events if requested. Returns the alarms and the number of frames.
    fn replay(
        &self,
        store: &ReadOnly,
        dir: &Path,
        output: &mut Output,
        shows: bool,
    ) -> Result<(AlarmTally, u64), Failure> {
        let files = rules_of(dir)?;
        let range = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        let question = Backtest::new(range).answered_by(Arc::new(self.responder));
        let bar = progress(output.is_json());
        let (mut tally, mut begin, mut end, mut told) = (AlarmTally::default(), range.from, range.to, Ok(()));
        let run = store.backtest(&files, &question, &mut |step| match step {
            Replayed::Begins(range) => {
                (begin, end) = (range.from, range.to);
                bar.set_length(u64::try_from(range.to.since_ms(range.from)).unwrap_or(0));
            }
            Replayed::Reached(time) => bar.set_position(u64::try_from(time.since_ms(begin)).unwrap_or(0)),
            Replayed::Event(event) => {
                tally.take(&event);
                let is_knowledge = matches!(event, AlarmEvent::BecameUnknown(_) | AlarmEvent::BecameKnown(_));
                if shows && told.is_ok() && !(self.hide_unknown && is_knowledge) {
                    told = bar.suspend(|| print_event(&event, output));
                }
            }
        });
        bar.finish_and_clear();
        let summary = run.map_err(|error| failed(error, &files))?;
        tally.end(end);
        told.map(|()| (tally, summary.frames))
    }
}

/// The readings that a backtest went through.
struct Read<'a> {
    /// Number of frames.
    frames: u64,
    /// Reason why there are none.
    note: Option<&'a str>,
}

/// The reason why a backtest went through no readings.
fn no_readings(store: &ReadOnly) -> String {
    let readings = store.readings();
    let ids = || store.registry().instruments().map(|(id, ..)| id);
    let first = |id| readings.scan(id, &[], TimeRange::ALL).ok().and_then(|scan| scan.next_time());
    match (ids().filter_map(first).min(), ids().filter_map(|id| readings.newest(id)).max()) {
        (Some(first), Some(last)) => {
            format!("no readings in this range, so no rule was tried; readings are from {first} to {last}")
        }
        _ => "the store has no readings, so no rule was tried".to_owned(),
    }
}

fn print_event(event: &AlarmEvent, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        let record = event.to_record().map_err(Failure::from_error)?;
        let body = event.to_json().map_err(Failure::from_error)?;
        return output.object(&json!({ "event": record.kind().name(), "body": body }));
    }
    let text = match event {
        AlarmEvent::Opened(one) => format!("{} {} opened: {}\n", one.opened_at, one.alarm, Line(&one.title)),
        AlarmEvent::Closed(one) => format!("{} {} closed: {}\n", one.closed_at, one.alarm, one.reason.words()),
        AlarmEvent::PriorityChanged(one) => {
            let change = if one.is_rise() { "raised" } else { "fell" };
            format!("{} {} priority {change} from {} to {}\n", one.at, one.alarm, one.from, one.to)
        }
        AlarmEvent::BecameUnknown(one) => {
            let fault = one.fault.as_ref().map_or_else(String::new, |fault| format!(": {}", Line(fault)));
            format!("{} {} unknown{fault}\n", one.at, key(one))
        }
        AlarmEvent::BecameKnown(one) => format!("{} {} known again\n", one.at, key(one)),
        AlarmEvent::Acknowledged(one) => format!("{} {} acknowledged by {}\n", one.at, one.alarm, Line(&one.by)),
        AlarmEvent::Notification(one) => {
            let about = one.alarm.map_or_else(String::new, |alarm| format!("{alarm} "));
            let (contact, way) = (Line(&one.contact.0), Line(&one.way));
            format!("{} {about}{way} to {contact}: {}\n", one.created_at, one.subject)
        }
        _ => return Ok(()),
    };
    output.text(&text)
}

fn key(knowledge: &Knowledge) -> AlarmKey {
    AlarmKey::new(knowledge.rule.as_str(), knowledge.scope_key.as_str())
}

fn print_pages(tally: &AlarmTally, read: &Read<'_>, output: &mut Output) -> Result<(), Failure> {
    let alarms = tally.alarms().count();
    let contacts: Vec<Value> = tally
        .contacts()
        .map(|(who, told)| {
            json!({ "contact": who, "pages": told.pages, "messages": told.messages, "flood_ms": told.flood_ms })
        })
        .collect();
    let object = json!({ "alarms": alarms, "contacts": contacts, "frames": read.frames, "note": read.note });
    output.either(&object, || {
        let mut text = format!("{}\n", counted(alarms, "alarm"));
        for (who, told) in tally.contacts() {
            let _ = writeln!(
                text,
                "{}: {}, {}",
                Line(&who.0),
                counted(told.pages, "page"),
                counted(told.messages, "message")
            );
        }
        text
    })
}

fn print_difference(difference: &Difference, read: &Read<'_>, output: &mut Output) -> Result<(), Failure> {
    let pair = |(a, b): &(AlarmSpan, AlarmSpan)| json!({ "first": span(a), "second": span(b) });
    let contacts: Vec<Value> = difference
        .contacts
        .iter()
        .map(|(who, (a, b))| json!({ "contact": who, "pages_first": a.pages, "pages_second": b.pages }))
        .collect();
    let object = json!({
        "only_first": difference.only_first.iter().map(span).collect::<Vec<_>>(),
        "only_second": difference.only_second.iter().map(span).collect::<Vec<_>>(),
        "moved": difference.moved.iter().map(pair).collect::<Vec<_>>(),
        "same": difference.same, "contacts": contacts, "frames": read.frames, "note": read.note,
    });
    output.either(&object, || {
        let mut text = String::new();
        for (sign, spans) in [('-', &difference.only_first), ('+', &difference.only_second)] {
            for one in spans {
                let _ = writeln!(text, "{sign} {}", line(one));
            }
        }
        for (a, b) in &difference.moved {
            let _ = writeln!(text, "~ {}\n  {}", line(a), line(b));
        }
        let _ = writeln!(text, "{} at the same times in both", counted(difference.same, "alarm"));
        for (who, (a, b)) in &difference.contacts {
            let _ = writeln!(text, "{}: {}, {} with the other rules", Line(&who.0), counted(a.pages, "page"), b.pages);
        }
        text
    })
}

fn span(one: &AlarmSpan) -> Value {
    let closed_at = one.closed.map(|(at, _)| at.to_string());
    json!({ "rule": one.key.rule, "scope": one.key.scope_key, "opened_at": one.opened_at.to_string(), "closed_at": closed_at })
}

fn line(one: &AlarmSpan) -> String {
    let end = one.closed.map_or_else(|| "still open".to_owned(), |(at, _)| at.to_string());
    format!("{} from {} to {end}", one.key, one.opened_at)
}

/// A progress bar by time; hidden if standard error is no terminal, or JSON was requested.
fn progress(is_hidden: bool) -> ProgressBar {
    let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:40} {percent} % {eta}");
    ProgressBar::with_draw_target(None, target).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
