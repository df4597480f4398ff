//! One station: it sends its frames, and forgets each once it is answered.

use crate::chaos::Chaos;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vocdb::interop::hj212::{Command, Decoder, Deframer, LocalTime, Mode, Outgoing, SubItem};

/// Frames that may wait for their answer at a time.
const WINDOW: usize = 32;
/// How long a station waits for an answer before it connects again.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// How long a station waits before it connects again.
const RECONNECT: Duration = Duration::from_millis(20);

/// A reading to be sent: its time in the frame, and the texts of its factors.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// `DataTime`.
    pub(crate) data_time: LocalTime,
    /// Code and value of each factor.
    pub(crate) factors: Vec<(&'static str, String)>,
}

/// What all stations count together.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Frames and packets that were sent.
    pub(crate) frames: AtomicU64,
    /// Rows that were answered.
    pub(crate) rows: AtomicU64,
    /// Rows that were sent again because no answer came.
    pub(crate) again: AtomicU64,
    /// Rows that were sent again although they were answered.
    pub(crate) repeated: AtomicU64,
    /// Rows that were split into packets.
    pub(crate) split: AtomicU64,
    /// Connections that were dropped on purpose.
    pub(crate) dropped: AtomicU64,
    /// Pieces of garbage and half frames.
    pub(crate) garbage: AtomicU64,
}

/// A station with its faults.
pub(crate) struct Station {
    pub(crate) number: String,
    pub(crate) address: SocketAddr,
    pub(crate) command: Command,
    pub(crate) sub_item: SubItem,
    pub(crate) chaos: Chaos,
    /// A fault of each kind once in so many rows; none if 0.
    pub(crate) fault_every: u64,
    pub(crate) sent: Arc<Sent>,
}

/// A connection, with what waits for its answer.
struct Link {
    stream: TcpStream,
    deframer: Deframer,
    /// By QN: the row, and the answers that it still wants.
    waiting: BTreeMap<String, (usize, usize)>,
}

impl Link {
    /// The rows of which the last answer has come.
    fn answered_rows(&mut self) -> std::io::Result<Vec<usize>> {
        let mut rows = Vec::new();
        while let Some(frame) = self.deframer.next_frame() {
            let segment = frame.map_err(std::io::Error::other)?.segment;
            let qn = segment.qn_text();
            let is_answer = segment.command() == Command::DataAnswer.number();
            let Some((row, wanted)) = self.waiting.get_mut(qn).filter(|_| is_answer) else { continue };
            *wanted -= 1;
            if *wanted == 0 {
                rows.push(*row);
                self.waiting.remove(qn);
            }
        }
        Ok(rows)
    }
}

impl Station {
    /// Sends all rows, and returns once every one was answered.
    pub(crate) async fn run(mut self, rows: &[Row]) -> Result<(), String> {
        let mut to_send: VecDeque<usize> = (0..rows.len()).collect();
        let mut answered = vec![false; rows.len()];
        let mut number = 0_u64;
        while !to_send.is_empty() {
            let Ok(stream) = TcpStream::connect(self.address).await else {
                // The gateway is being started again.
                tokio::time::sleep(RECONNECT).await;
                continue;
            };
            let mut link =
                Link { stream, deframer: Deframer::new(Decoder::new(Mode::Strict)), waiting: BTreeMap::new() };
            let _ = self.talk(&mut link, (rows, &mut to_send), &mut answered, &mut number).await;
            let unanswered: std::collections::BTreeSet<usize> = link.waiting.values().map(|(row, _)| *row).collect();
            for row in unanswered.into_iter().rev().filter(|row| !answered.get(*row).copied().unwrap_or(true)) {
                self.sent.again.fetch_add(1, Relaxed);
                to_send.push_front(row);
            }
        }
        Ok(())
    }

    /// Sends and reads answers until all is done or the link is lost.
    async fn talk(
        &mut self,
        link: &mut Link,
        (rows, to_send): (&[Row], &mut VecDeque<usize>),
        answered: &mut [bool],
        number: &mut u64,
    ) -> std::io::Result<()> {
        loop {
            let mut bytes = Vec::new();
            while link.waiting.len() < WINDOW {
                let Some(place) = to_send.pop_front() else { break };
                let Some(row) = rows.get(place) else { continue };
                *number += 1;
                if self.chaos.once_in(self.fault_every) {
                    self.sent.garbage.fetch_add(1, Relaxed);
                    bytes.extend(self.chaos.garbage());
                }
                let (frames, qn) = self.frames(row, *number).map_err(std::io::Error::other)?;
                link.waiting.insert(qn, (place, frames.len()));
                self.sent.frames.fetch_add(frames.len() as u64, Relaxed);
                frames.iter().for_each(|frame| bytes.extend_from_slice(frame));
                if place > 0 && self.chaos.once_in(self.fault_every) {
                    // An old row again, as if its answer had been lost.
                    self.sent.repeated.fetch_add(1, Relaxed);
                    to_send.push_back(self.chaos.below(place));
                }
            }
            // Once for each row that was sent, on the average.
            if !bytes.is_empty() && self.chaos.once_in(self.fault_every / 8) {
                // The link breaks in the middle of a frame.
                let cut = self.chaos.below(bytes.len().max(1));
                link.stream.write_all(bytes.get(..cut).unwrap_or_default()).await?;
                self.sent.dropped.fetch_add(1, Relaxed);
                return Ok(());
            }
            link.stream.write_all(&bytes).await?;
            if link.waiting.is_empty() {
                return Ok(());
            }
            let Ok(read) = tokio::time::timeout(ANSWER_PATIENCE, self.read(link, answered)).await else {
                return Ok(());
            };
            read?;
        }
    }

    /// Reads answers until one row at least is answered.
    async fn read(&self, link: &mut Link, answered: &mut [bool]) -> std::io::Result<()> {
        let mut buffer = [0; 8 * 1_024];
        let before = link.waiting.len();
        while link.waiting.len() == before {
            let count = link.stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let mut piece = buffer.get(..count).unwrap_or_default();
            while !piece.is_empty() {
                let taken = link.deframer.push(piece);
                piece = piece.get(taken..).unwrap_or_default();
                for row in link.answered_rows()? {
                    let first = answered.get_mut(row).filter(|answered| !**answered);
                    self.sent.rows.fetch_add(u64::from(first.is_some()), Relaxed);
                    first.into_iter().for_each(|answered| *answered = true);
                }
            }
        }
        Ok(())
    }

    /// The frames of a row, and their QN.
    fn frames(&mut self, row: &Row, number: u64) -> Result<(Vec<Vec<u8>>, String), String> {
        let qn = format!(
            "2026{:02}{:02}{:02}{:02}{:02}{:03}",
            1 + number / 2_419_200_000,
            1 + number / 86_400_000 % 28,
            number / 3_600_000 % 24,
            number / 60_000 % 60,
            number / 1_000 % 60,
            number % 1_000
        );
        let time = LocalTime::parse(&qn).ok_or("a QN is no time")?;
        let mut message = Outgoing::new(self.command, time, &self.number)
            .wants_answer(true)
            .parameter("DataTime", &row.data_time.to_string());
        for (code, value) in &row.factors {
            message = message.factor(code, &[(self.sub_item, value), (SubItem::Flag, "N")]);
        }
        let is_split = row.factors.len() > 1 && self.chaos.once_in(self.fault_every);
        let frames = if is_split {
            self.sent.split.fetch_add(1, Relaxed);
            message.encode_split(60, None)
        } else {
            message.encode(None).map(|frame| vec![frame])
        };
        Ok((frames.map_err(|error| error.to_string())?, qn))
    }
}
