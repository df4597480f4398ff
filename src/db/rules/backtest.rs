//! What rules would have done: stored frames through the rules' engine and the alarm machine, in order of time, on a clock that follows them.

use super::compile_for;
use super::course::Course;
use crate::alarm::{AlarmEvent, Machine, Responder, RuleSetRef};
use crate::base::checksum::Digest;
use crate::base::limits::WINDOW_BYTES_MAX;
use crate::db::core::Database;
use crate::db::readings::ReadOnly;
use crate::error::Error;
use crate::model::{InstrumentId, Interval, Registry, TimeRange, Timestamp};
use crate::query::{Frames, QueryError, Readings};
use crate::rules::{Diagnostics, Engine, RuleFile};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Frames from one word on how far a backtest has come to the next.
const FRAMES_PER_WORD: u64 = 8_192;

/// Options of a backtest.
///
/// ```
/// use vocdb::{Backtest, TimeRange};
/// let week = TimeRange::new("2024-02-13T00:00:00Z".parse()?, "2024-02-20T00:00:00Z".parse()?);
/// let question = Backtest::new(week).answered_by(std::sync::Arc::new("after:12m".parse::<vocdb::alarm::Scripted>()?));
/// assert_eq!(question.range, week);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Backtest {
    /// The frames that come in: those before it only fill windows. Time begins with the store's first frame where the range begins before it
    /// and, with an open end, ends with the newest one.
    pub range: TimeRange,
    /// Responder that acknowledges alarms; nobody if absent.
    pub responder: Option<Arc<dyn Responder>>,
    /// How often the host lets time pass ([`Database::advance`]), at multiples of this since the epoch; `None` where time comes with frames
    /// alone.
    pub advance_every: Option<Interval>,
    /// Condition that stops the backtest when it returns true; it runs to its end if absent.
    pub stop: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

/// A step of a running backtest.
#[derive(Debug, Clone, PartialEq)]
pub enum Replayed {
    /// The start, with the time range of the backtest.
    Begins(TimeRange),
    /// Something that would have happened.
    Event(AlarmEvent),
    /// The progress in time.
    Reached(Timestamp),
}

/// The summary of a backtest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestSummary {
    /// SHA-256 of the rule set.
    pub rule_set: Digest,
    /// Warnings about the rules.
    pub warnings: Diagnostics,
    /// Frames that came in.
    pub frames: u64,
    /// The range of time that it went through.
    pub range: TimeRange,
}

impl Backtest {
    /// Creates a backtest over a time range, without a responder, on a host that calls `advance` once a minute.
    #[must_use]
    pub const fn new(range: TimeRange) -> Self {
        Self { range, responder: None, advance_every: Some(Interval::MINUTE), stop: None }
    }

    /// Sets the responder that acknowledges alarms.
    #[must_use]
    pub fn answered_by(self, responder: Arc<dyn Responder>) -> Self {
        Self { responder: Some(responder), ..self }
    }

    /// Sets how often the host calls `advance`.
    #[must_use]
    pub fn advanced_every(self, advance_every: Option<Interval>) -> Self {
        Self { advance_every, ..self }
    }

    /// Sets a condition that stops the backtest, such as a deadline. It is called each time that the host lets time pass and every few
    /// thousand frames; before the first frame, once the windows are filled.
    #[must_use]
    pub fn stopped_when(self, stop: Arc<dyn Fn() -> bool + Send + Sync>) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Returns an error if the backtest is to stop at a time.
    fn check_stop(&self, reached: Timestamp) -> Result<(), Error> {
        match &self.stop {
            Some(stop) if stop() => Err(Error::BacktestStopped { reached }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Backtest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backtest")
            .field("range", &self.range)
            .field("has_responder", &self.responder.is_some())
            .field("advance_every", &self.advance_every)
            .field("can_stop", &self.stop.is_some())
            .finish()
    }
}

impl Database {
    /// Tries rules on stored readings: everything that they would have raised, and who would have been told when. Nothing is written, and
    /// alarms that are open now play no part.
    ///
    /// Frames come in in order of time, and of the instruments' numbers where times are equal, each at its own time. The events are then
    /// those of a store of these stations that was empty of alarms, loaded the rules before the first frame of the range, and took the same
    /// frames in that order: alike to the byte, with numbers and notifications. Frames that came late, but within the rules' lateness, change
    /// nothing in event time; what they change is at which host time something was noticed, and the order of alarms opened at once.
    ///
    /// Memory is bounded by the windows of the rules, not by the range: events are given to `watch` as they come about.
    ///
    /// ```
    /// use vocdb::rules::RuleFile;
    /// use vocdb::{AlarmEvent, Backtest, Batch, Channel, Config, Database, Instrument, Interval, Replayed, Station, TimeRange, Timestamp, Unit};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let station = db.register_station(Station::new("park/S1")?)?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let gc = db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, vec![benzene])?)?;
    /// let mut batch = Batch::new();
    /// for minute in 0..60 {
    ///     let value = if minute < 30 { 12.0 } else { 80.0 };
    ///     batch.push_values(gc, Timestamp::from_ms(1_700_000_040_000 + minute * 60_000), &[Some(value)]);
    /// }
    /// db.append(&batch)?.all_accepted()?;
    ///
    /// let text = r#"alarm("high").scope(stations("park/*")).when(avg("benzene", 5.minutes) > 50.ppb).hold(2.minutes)
    ///     .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));"#;
    /// let rules = [RuleFile { name: "park.rhai".to_owned(), text: text.to_owned() }];
    /// let mut openings = Vec::new();
    /// db.backtest(&rules, &Backtest::new(TimeRange::ALL), &mut |step| {
    ///     if let Replayed::Event(AlarmEvent::Opened(opened)) = step {
    ///         openings.push(opened.opened_at.to_string());
    ///     }
    /// })?;
    /// assert_eq!(openings, ["2023-11-14T22:48:00Z"]);
    /// assert_eq!(db.alarms(), [], "nothing has happened");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Rules`] and [`Error::NoRules`] as for [`Database::load_rules`]; [`Error::Query`] where stored frames cannot be read;
    /// [`Error::BacktestStopped`] if its condition stopped it.
    pub fn backtest(
        &self,
        rules: &[RuleFile],
        question: &Backtest,
        watch: &mut dyn FnMut(Replayed),
    ) -> Result<BacktestSummary, Error> {
        let window_bytes_max = self.inner.lock().config.window_bytes_max;
        let ground = Ground { readings: &self.readings, registry: &self.registry(), window_bytes_max };
        run(ground, rules, question, watch)
    }
}

impl ReadOnly {
    /// Runs a backtest like [`Database::backtest`], also beside a writer.
    ///
    /// # Errors
    /// As [`Database::backtest`].
    pub fn backtest(
        &self,
        rules: &[RuleFile],
        question: &Backtest,
        watch: &mut dyn FnMut(Replayed),
    ) -> Result<BacktestSummary, Error> {
        let ground =
            Ground { readings: &self.readings(), registry: self.registry(), window_bytes_max: WINDOW_BYTES_MAX };
        run(ground, rules, question, watch)
    }
}

/// What a backtest goes through.
#[derive(Clone, Copy)]
struct Ground<'a> {
    readings: &'a Readings,
    registry: &'a Registry,
    /// Bytes that the windows of the rules may take, as for loading.
    window_bytes_max: u64,
}

fn run(
    Ground { readings, registry, window_bytes_max }: Ground<'_>,
    rules: &[RuleFile],
    question: &Backtest,
    watch: &mut dyn FnMut(Replayed),
) -> Result<BacktestSummary, Error> {
    let compiled = compile_for(rules, registry)?;
    if compiled.scopes.is_empty() {
        return Err(Error::NoRules);
    }
    compiled.check_memory(window_bytes_max)?;
    let rule_set = Digest(compiled.hash);
    let mut machine = Machine::default();
    machine.install(compiled.plans.iter().map(|plan| plan.spec.clone()).collect(), RuleSetRef { hash: rule_set });
    let mut engine = Engine::new(compiled.plans);
    question.check_stop(question.range.from)?;
    engine.warm_before(readings, question.range.from)?;
    question.check_stop(question.range.from)?;
    let frames = readings.frames(asked(&engine, registry), question.range)?;
    let begin = begin_of(question, &frames, (readings, registry))?;
    let range = TimeRange::new(begin, end_of(question, readings, registry));
    watch(Replayed::Begins(range));
    let mut replay = Replay { engine, machine, question, next_tick: None, frames: 0, watch };
    replay.next_tick = question.advance_every.map(|every| range.from.ceil_to(every.as_ms()));
    replay.run(frames, range.to)?;
    Ok(BacktestSummary { rule_set, warnings: compiled.warnings, frames: replay.frames, range })
}

/// What is read of each instrument. Of those that no rule looks at, the times alone: time comes with their frames too.
fn asked(engine: &Engine, registry: &Registry) -> BTreeMap<InstrumentId, Vec<usize>> {
    let mut asked: BTreeMap<InstrumentId, Vec<usize>> =
        registry.instruments().map(|(id, ..)| (id, Vec::new())).collect();
    asked.extend(engine.inputs());
    asked
}

/// The beginning of the range, or the first frame of the store where that is later: before it there was nothing to be silent.
fn begin_of(
    question: &Backtest,
    frames: &Frames,
    (readings, registry): (&Readings, &Registry),
) -> Result<Timestamp, QueryError> {
    let from = question.range.from;
    for (id, ..) in registry.instruments() {
        if from > Timestamp::MIN && readings.newest_before(id, from)?.is_some() {
            return Ok(from);
        }
    }
    let first = frames.next_time();
    Ok(first.unwrap_or(if from > Timestamp::MIN { from } else { Timestamp::default() }))
}

/// The end of the range, or where that is open, behind the newest frame.
fn end_of(question: &Backtest, readings: &Readings, registry: &Registry) -> Timestamp {
    match question.range.to {
        Timestamp::MAX => {
            let newest = registry.instruments().filter_map(|(id, ..)| readings.newest(id)).max();
            newest.map_or(question.range.from.max(Timestamp::default()), |newest| newest.plus_ms(1))
        }
        to => to,
    }
}

/// A backtest under way.
struct Replay<'a> {
    engine: Engine,
    machine: Machine,
    question: &'a Backtest,
    /// When the host next lets time pass.
    next_tick: Option<Timestamp>,
    frames: u64,
    watch: &'a mut dyn FnMut(Replayed),
}

impl Replay<'_> {
    fn run(&mut self, mut frames: Frames, end: Timestamp) -> Result<(), Error> {
        while let Some(time) = frames.next_time() {
            self.pass_until(time)?;
            let Some(frame) = frames.next_frame()? else { break };
            let (engine, machine) = (&mut self.engine, &mut self.machine);
            let events =
                Course { engine, machine, responder: self.question.responder.as_deref() }.frame(frame, time, time);
            self.tell(events);
            self.frames += 1;
            if self.frames.is_multiple_of(FRAMES_PER_WORD) {
                (self.watch)(Replayed::Reached(time));
                self.question.check_stop(time)?;
            }
        }
        self.pass_until(end)?;
        (self.watch)(Replayed::Reached(end));
        Ok(())
    }

    /// The host lets time pass, up to but not at `time`: frames of an instant are there when its clock shows it.
    fn pass_until(&mut self, time: Timestamp) -> Result<(), Error> {
        let Some(every) = self.question.advance_every else { return Ok(()) };
        while let Some(now) = self.next_tick.filter(|tick| *tick < time) {
            let (engine, machine) = (&mut self.engine, &mut self.machine);
            let events = Course { engine, machine, responder: self.question.responder.as_deref() }.time(now);
            self.tell(events);
            self.next_tick = Some(now.plus_ms(every.as_ms()));
            self.question.check_stop(now)?;
        }
        Ok(())
    }

    fn tell(&mut self, events: Vec<AlarmEvent>) {
        events.into_iter().for_each(|event| (self.watch)(Replayed::Event(event)));
    }
}
