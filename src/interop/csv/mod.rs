//! CSV files into batches: [`CsvSpec`] says how a file is written, [`CsvReader`] reads it, [`CsvReport`] accounts for every row.
//! Answers into CSV: [`SampleWriter`], [`WindowWriter`].
//!
//! The `csv` crate parses; this module bounds the length of a record and reads encodings, the time column with its zone, units,
//! quality flags, marks of missing values, and rows of equal time stamps. A field that cannot be read is a missing value, and a row
//! without a time or a value is rejected; both are counted and listed with line, column, text and advice.
//!
//! ```
//! use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
//! use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
//!
//! let csv = "Zeit;Benzol;Wind\n01.06.2024 00:00;0,42;1,5\n01.06.2024 01:00;-200;1,6\n";
//! let gc = Instrument::new("gc", Interval::HOUR, vec![Channel::species("benzene", Unit::Ppb)?])?;
//! let wind = Instrument::new("wind", Interval::HOUR, vec![Channel::quantity("ws", Unit::MetrePerSecond)?])?;
//! let time = TimeColumn::new("Zeit", TimeFormat::Pattern("%d.%m.%Y %H:%M".into())).zone("Europe/Berlin");
//! let spec = CsvSpec::new(time)
//!     .delimiter(b';')
//!     .decimal_comma(true)
//!     .missing("-200")
//!     .map(CsvTarget::new(InstrumentId::new(1), &gc).column("Benzol", "benzene", Unit::Ppb))
//!     .map(CsvTarget::new(InstrumentId::new(2), &wind).column("Wind", "ws", Unit::MetrePerSecond));
//!
//! let mut reader = CsvReader::from_reader(csv.as_bytes(), "werk.csv", spec)?;
//! let mut batch = Batch::new();
//! assert_eq!(reader.read_batch(100, &mut batch)?, 4);
//! let first = batch.frame(0).unwrap().to_frame();
//! assert_eq!(first.time.to_string(), "2024-05-31T22:00:00Z");
//! assert_eq!(first.samples[0].value, Some(0.42));
//! assert_eq!(reader.report().missing_values, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod error;
mod field;
mod header;
mod reader;
mod report;
mod series;
mod source;
mod spec;
mod target;
mod time;
mod write;

#[cfg(test)]
mod tests;

/// What readers of other descriptions are built of.
#[cfg(feature = "profiles")]
pub(in crate::interop) mod parts {
    pub(in crate::interop) use super::field::{Flag, FlagReader, NumberReader, Scale, direction, is_mark_like, trim};
    pub(in crate::interop) use super::header::Header;
    pub(in crate::interop) use super::reader::is_padding;
    pub(in crate::interop) use super::report::Refusal;
    pub(in crate::interop) use super::source::{NextRecord, RecordSource};
    pub(in crate::interop) use super::target::scale_between;
    pub(in crate::interop) use super::time::{EqualRun, RowOrder, StampReader, needs_zone};
}

pub use error::CsvError;
pub use reader::CsvReader;
pub use report::{CsvReport, RejectReason, Rejection};
pub use source::Encoding;
pub use spec::{BadField, CsvSpec, EqualTimes};
#[cfg(feature = "profiles")]
pub(in crate::interop) use spec::{check_delimiter, check_time};
pub use target::CsvTarget;
pub use time::{Fold, TimeColumn, TimeFormat};
pub use write::{SampleWriter, WindowWriter};
