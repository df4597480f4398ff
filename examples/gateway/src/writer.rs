//! The thread that stores: work of many connections becomes one append, and answers go out behind it.

use crate::archive::Archive;
use crate::config::{Config, Limits};
use crate::counters::{Counters, count};
use crate::log;
use crate::session::{Message, Need, Work};
use crate::spool::Spool;
use crate::stations::{Batches, Stations};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use vocdb::base::clock::Clock;
use vocdb::{Batch, Database, Interval, Timestamp};

/// Frames that are stored by one append.
const FRAMES_PER_APPEND: usize = 4_096;
/// Jobs that are taken together.
const JOBS_PER_APPEND: usize = 1_024;

/// A message to the writer.
#[derive(Debug)]
pub enum Job {
    /// Work of a connection; the reply has the answers to send, those of stored messages only.
    Work(Box<Work>, oneshot::Sender<Answers>),
    /// A second has passed.
    Tick,
}

/// What a connection sends back.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Frames to be sent, one behind the other.
    pub bytes: Vec<u8>,
    /// Answers to data among them.
    pub acknowledged: u64,
    /// Other answers among them.
    pub answered: u64,
}

/// What the writer owns.
pub struct Writer {
    pub(crate) db: Arc<Database>,
    pub(crate) stations: Arc<Stations>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Arc<dyn Clock>,
    archive: Option<Archive>,
    spool: Spool,
    incomplete: Interval,
    /// Errors so far.
    errors: u64,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("errors", &self.errors).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer for a store whose stations are registered.
    ///
    /// # Errors
    /// A text for the operator if the archive or the file of packets cannot be opened.
    pub fn new(
        config: &Config,
        db: Arc<Database>,
        stations: Arc<Stations>,
        counters: Arc<Counters>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let archive = config.archive.as_deref().map(Archive::open).transpose();
        let archive = archive.map_err(|error| format!("the archive of frames: {error}"))?;
        let folder = packets_folder(config);
        let spool = Spool::open(&folder, Timestamp::from_ms(clock.now_ms()));
        let incomplete = interval(config.limits.incomplete_min);
        Ok(Self { db, stations, counters, clock, archive, spool, incomplete, errors: 0 })
    }

    /// Stores what the last run kept of split messages.
    ///
    /// # Errors
    /// A text for the operator if the file of packets cannot be read.
    pub fn recover(&mut self, frames: impl FnMut(&[u8]) -> Work) -> Result<(), String> {
        let kept = self.spool.read().map_err(|error| format!("packets of the last run cannot be read: {error}"))?;
        let mut frames = frames;
        for piece in kept.chunks(16 * 1_024) {
            let mut work = frames(piece);
            self.store(&mut work.batches, &mut [])?;
        }
        self.stations.note_all_stored();
        Ok(())
    }

    /// Serves jobs until every sender is gone, then closes the store unless others have it open.
    ///
    /// # Errors
    /// A text for the operator if the store cannot be closed.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) -> Result<(), String> {
        let mut group = Vec::new();
        while let Some(job) = jobs.blocking_recv() {
            let (mut frames, mut is_tick) = (0, false);
            let mut next = Some(job);
            while let Some(job) = next {
                match job {
                    // Jobs keep their order: what comes behind is served afterwards.
                    Job::Tick => {
                        is_tick = true;
                        break;
                    }
                    Job::Work(work, reply) => {
                        frames += work.messages.len();
                        group.push((work, reply));
                    }
                }
                let has_room = frames < FRAMES_PER_APPEND && group.len() < JOBS_PER_APPEND;
                next = if has_room { jobs.try_recv().ok() } else { None };
            }
            self.serve(&mut group);
            if is_tick {
                self.tick();
            }
        }
        match Arc::try_unwrap(self.db) {
            Ok(db) => db.close().map_err(|error| format!("the store cannot be closed: {error}")),
            Err(_) => Ok(()),
        }
    }

    /// Makes a group of work durable, and replies to each connection.
    fn serve(&mut self, group: &mut Vec<(Box<Work>, oneshot::Sender<Answers>)>) {
        let mut all = Batches::default();
        let mut messages: Vec<Message> = Vec::new();
        let mut counts = Vec::with_capacity(group.len());
        for (work, _) in group.iter_mut() {
            let start = all.join(&work.batches);
            counts.push(work.messages.len());
            work.messages.iter_mut().for_each(|message| message.need.shift(start));
        }
        self.keep(group);
        for (work, _) in group.iter_mut() {
            messages.append(&mut work.messages);
        }
        if let Err(error) = self.store(&mut all, &mut messages) {
            self.fail(&error);
        }
        let is_joined = |message: &&Message| message.is_packet && matches!(message.need, Need::Stored { .. });
        // The packets of one that is not stored stay needed until the next start, which stores it.
        let joined = messages.iter().filter(is_joined).filter(|message| message.is_kept).count();
        self.stations.note_stored(joined as u64);
        let mut messages = messages.into_iter();
        for ((_, reply), count) in group.drain(..).zip(counts) {
            // A connection that is gone needs no answer: its station sends again.
            let _ = reply.send(self.answers(messages.by_ref().take(count)));
        }
    }

    /// Writes frames to the archive and packets to their file. What cannot be kept is not answered.
    fn keep(&mut self, group: &mut [(Box<Work>, oneshot::Sender<Answers>)]) {
        if let Some(archive) = &mut self.archive {
            let lines = group.iter().flat_map(|(work, _)| {
                let frames = work.messages.iter().map(|message| message.raw.as_slice());
                frames.map(|raw| (work.received, work.peer.as_str(), raw))
            });
            if let Err(error) = archive.append(lines) {
                group.iter_mut().flat_map(|(work, _)| &mut work.messages).for_each(|message| message.is_kept = false);
                self.fail(&format!("the archive of frames: {error}"));
            }
        }
        let now = Timestamp::from_ms(self.clock.now_ms());
        let packets = group.iter().flat_map(|(work, _)| &work.messages).filter(|message| message.is_packet);
        if let Err(error) = self.spool.append(packets.map(|message| message.raw.as_slice()), now) {
            let messages = group.iter_mut().flat_map(|(work, _)| &mut work.messages);
            messages.filter(|message| message.is_packet).for_each(|message| message.is_kept = false);
            self.fail(&format!("the file of packets: {error}"));
        }
    }

    /// Appends both batches, and marks the messages whose frames are not stored.
    fn store(&mut self, all: &mut Batches, messages: &mut [Message]) -> Result<(), String> {
        let mut failure = None;
        for is_history in [true, false] {
            let batch = if is_history { &all.history } else { &all.current };
            if batch.is_empty() {
                continue;
            }
            let receipt = if is_history { self.db.append_history(batch) } else { self.db.append(batch) };
            let rejected = match receipt {
                Ok(receipt) => receipt.rejections,
                Err(error) => {
                    failure = Some(error.to_string());
                    mark_all(messages, is_history);
                    continue;
                }
            };
            for rejection in rejected {
                let station = station_of(&self.db, batch, rejection.index);
                log::line(&format!("{station}: the store rejects a frame: {}", rejection.reason));
                mark(messages, is_history, rejection.index);
            }
        }
        failure.map_or(Ok(()), Err)
    }

    fn answers(&self, messages: impl Iterator<Item = Message>) -> Answers {
        let mut answers = Answers::default();
        for message in messages {
            if !message.is_kept {
                count(&self.counters.not_stored);
                continue;
            }
            if matches!(message.need, Need::Stored { .. }) {
                count(&self.counters.stored);
            }
            if let Some(answer) = message.answer {
                let is_data = answer.windows(8).any(|part| part == b";CN=9014");
                answers.acknowledged += u64::from(is_data);
                answers.answered += u64::from(!is_data);
                answers.bytes.extend(answer);
            }
        }
        answers
    }

    /// Lets time pass for rules and escalations, and gives up what stays incomplete.
    fn tick(&mut self) {
        if let Err(error) = self.db.advance() {
            self.fail(&error.to_string());
        }
        let now = Timestamp::from_ms(self.clock.now_ms());
        let mut has_lost = false;
        for station in self.stations.iter() {
            for incomplete in station.give_up(now, self.incomplete) {
                has_lost = true;
                count(&self.counters.incomplete);
                log::line(&format!(
                    "{}: a split message of {} (CN={}) is given up: its packets {:?} did not come; the others are kept in `{}`",
                    station.name(),
                    incomplete.data_time,
                    incomplete.command,
                    incomplete.missing,
                    self.spool.folder().display()
                ));
            }
        }
        let is_waiting = self.stations.need_packets();
        if let Err(error) = self.spool.tick(now, (is_waiting, has_lost), self.incomplete) {
            self.fail(&format!("the file of packets: {error}"));
        }
    }

    fn fail(&mut self, error: &str) {
        count(&self.counters.write_errors);
        // Of an error that repeats with every append, the first and then every hundredth.
        if self.errors.is_multiple_of(100) {
            log::line(&format!("error: {error}; the frames are not answered, so that their stations send them again"));
        }
        self.errors += 1;
    }
}

/// The folder in which packets of incomplete messages are kept: beside the store, whose folder is its own.
pub(crate) fn packets_folder(config: &Config) -> std::path::PathBuf {
    let mut name = config.store.file_name().unwrap_or_default().to_owned();
    name.push("-packets");
    config.store.with_file_name(name)
}

/// Minutes as an interval, at least a millisecond.
pub(crate) fn interval(minutes: f64) -> Interval {
    let ms = Limits::duration(minutes * 60.0).as_millis();
    Interval::from_ms(i64::try_from(ms).unwrap_or(60_000)).unwrap_or(Interval::MINUTE)
}

fn mark_all(messages: &mut [Message], of_history: bool) {
    let of_batch = |need: &Need| matches!(need, Need::Stored { is_history, .. } if *is_history == of_history);
    messages.iter_mut().filter(|message| of_batch(&message.need)).for_each(|message| message.is_kept = false);
}

fn mark(messages: &mut [Message], of_history: bool, index: usize) {
    let has_frame = |need: &Need| matches!(need, Need::Stored { is_history, frames } if *is_history == of_history && frames.contains(&index));
    messages.iter_mut().filter(|message| has_frame(&message.need)).for_each(|message| message.is_kept = false);
}

fn station_of(db: &Database, batch: &Batch, index: usize) -> String {
    let registry = db.registry();
    let of = batch.frame(index).and_then(|frame| registry.instrument(frame.instrument));
    let station = of.and_then(|(station, _)| registry.station(station));
    station.map_or_else(|| "an unknown station".to_owned(), |station| station.name().to_owned())
}
