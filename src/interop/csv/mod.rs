//! CSV files into batches: [`CsvSpec`] says how a file is written, [`CsvReader`] reads it, [`CsvReport`] accounts for every row.
//! Answers into CSV: [`SampleWriter`], [`WindowWriter`].
//!
//! The parser is the `csv` crate; around it stand a bound on the length of a record, the time column with its zone, units, marks
//! of missing values, and rows of equal time stamps. Nothing is guessed: a row that cannot be read as the spec says is rejected with
//! its line, its column, its text and what to do.
//!
//! ```
//! use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
//! use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
//!
//! let csv = "Zeit;Benzol;Wind\n01.06.2024 00:00;0,42;1,5\n01.06.2024 01:00;-200;1,6\n";
//! let gc = Instrument::new("gc", Interval::hours(1), vec![Channel::species("benzene", Unit::Ppb)?])?;
//! let wind = Instrument::new("wind", Interval::hours(1), vec![Channel::quantity("ws", Unit::MetrePerSecond)?])?;
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
mod reader;
mod records;
mod report;
mod run;
mod spec;
mod time;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use error::CsvError;
pub use reader::CsvReader;
pub use report::{CsvReport, RejectReason, Rejection};
pub use spec::{CsvSpec, CsvTarget, EqualTimes};
pub use time::{Fold, TimeColumn, TimeFormat};
pub use write::{SampleWriter, WindowWriter};
