//! HJ 212, the protocol of China's stations: frames in, answers out, readings into batches.
//!
//! The editions of 2005 and 2017 are read and written. Of the edition of 2025, in force since 2026, the text was not at hand: what this module
//! knows of it (`Flag` 8 to 11, `RF=1`, 9015, 2013, SM4) comes **from secondary sources**, and two vectors of them were recomputed and match.
//!
//! | step | type |
//! |---|---|
//! | bytes of a connection to frames | [`Deframer`], or [`Decoder`] for one frame |
//! | fields, items and factors of a frame | [`Segment`], [`Item`], [`Factor`] |
//! | packets of a split message | [`Reassembler`] |
//! | what a message says | [`Content`] |
//! | factor codes to channels and units | [`FactorTable`] |
//! | readings into a [`Batch`](crate::Batch) | [`Intake`] |
//! | answers and messages of one's own | [`Outgoing`] |
//!
//! [`Mode::Strict`] takes what the standard allows. [`Mode::Tolerant`] forgives what senders are known to get wrong, and counts it
//! ([`Deviation`]); a wrong checksum is an error in both, unless it is the one of Modbus or `0000`. Nothing reads a clock or a file,
//! and no memory grows with what is received.
//!
//! ```
//! use vocdb::interop::hj212::{
//!     Command, Decoder, Deframer, FactorTable, Intake, LocalTime, MeasurementKind, Mode, Outgoing, SubItem,
//! };
//! use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, TimeRange, Unit};
//!
//! let dir = tempfile::tempdir()?;
//! let db = Database::open(dir.path(), Config::default())?;
//! let gc = Instrument::new("gc", Interval::HOUR, vec![Channel::species("benzene", Unit::MicrogramPerM3)?])?;
//! let id = db.ensure_instrument("park/S1", gc.clone())?;
//! let mut intake = Intake::new(FactorTable::air_2017());
//! intake.map("010000A8900016F000169DC0", MeasurementKind::Hour, id, &gc)?;
//!
//! // What a connection delivers, in pieces of any size.
//! let received = Outgoing::new(Command::Hour, LocalTime::parse("20240601090001000").unwrap(), "010000A8900016F000169DC0")
//!     .password("123456")
//!     .wants_answer(true)
//!     .parameter("DataTime", "20240601080000")
//!     .factor("a25002", &[(SubItem::Avg, "0.0224"), (SubItem::Flag, "N")])
//!     .encode(None)?;
//! let mut deframer = Deframer::new(Decoder::new(Mode::Tolerant));
//! deframer.push(&received);
//! while let Some(frame) = deframer.next_frame() {
//!     let frame = frame?;
//!     let mut batch = Batch::new();
//!     intake.read(&frame.segment, &mut batch)?;
//!     db.append(&batch)?.all_accepted()?; // durable when it returns, so that the answer may go out
//!     let answer = Outgoing::acknowledgement(&frame.segment).encode(None)?;
//!     assert!(answer.starts_with(b"##0087QN=20240601090001000;ST=91;CN=9014"));
//! }
//! let row = db.readings().scan(id, &[0], TimeRange::ALL)?.next().unwrap()?;
//! assert_eq!(row.times[0].to_string(), "2024-06-01T01:00:00Z"); // 09:00 in China: the end of the hour
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod deviation;
mod factors;
mod fault;
mod message;
mod segment;
mod wire;

pub use deviation::{Deviation, DeviationCounts, Deviations, Mode};
pub use factors::{FactorEntry, FactorTable, FactorTableError};
pub use fault::{Excerpt, Fault, FaultKind};
pub use message::{
    Command, Content, EncodeError, Incomplete, Intake, IntakeError, IntakeReport, Joined, Left, LeftReason,
    Measurement, MeasurementKind, MessageFault, Outgoing, PacketFault, PacketLimits, Reassembler, Taken, WholeMessage,
};
pub use segment::{Edition, Factor, Flag, Item, Items, LocalTime, Packet, Segment, StationClock, SubItem, number};
pub use wire::{ContentKey, Decoder, Deframer, DeframerCounts, Frame, checksum};
