//! Options that say how the file is written.

use super::columns::{self, BadFieldChoice, ColumnMapping, EncodingChoice, FoldChoice};
use crate::values;
use clap::Args;
use vocdb::interop::csv::{CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
use vocdb::{Instrument, InstrumentId, Interval, Quality};

/// How the file is written.
#[derive(Debug, Args)]
pub(super) struct Layout {
    /// Column of the time; several columns, such as date and time of day, are joined by +
    #[arg(long, value_name = "COL[+COL]")]
    time: String,
    /// rfc3339, epoch-s, epoch-ms, or a pattern such as '%d/%m/%Y %H:%M:%S'; the texts of several columns are joined by a space
    #[arg(long, value_name = "FORMAT", default_value = "rfc3339", value_parser = columns::time_format)]
    time_format: TimeFormat,
    /// Zone of times without an offset: America/Denver, +08:00, UTC. Times in a pattern are UTC by default; ISO times without an
    /// offset need a zone
    #[arg(long, allow_hyphen_values = true)]
    zone: Option<String>,
    /// Which of two a local time is that exists twice, where clocks are put back: by-order takes the first pass through the hour as
    /// the earlier one, the second pass as the later one
    #[arg(long, value_enum, default_value_t = FoldChoice::Reject)]
    fold: FoldChoice,
    /// Space rows of one time stamp by this length
    #[arg(long, value_name = "LENGTH", value_parser = values::interval)]
    spread: Option<Interval>,
    /// Column, the channel that it feeds, and its unit; mass concentrations of gases with their reference temperature:
    /// C6H6=benzene:ug/m3@20C. Repeat it for each column. A column is also called by its place: #3
    #[arg(long = "channel", value_name = "COL=NAME:UNIT[@20C]", value_parser = ColumnMapping::parse, required = true)]
    pub(super) channels: Vec<ColumnMapping>,
    /// Column of quality flags, for all channels or for one; it holds the flags that `query` prints, or texts given with --flag
    #[arg(long, value_name = "COL[=NAME]")]
    quality: Vec<String>,
    /// Text of a flag column and the flag that it means: R=normal
    #[arg(long, value_name = "TEXT=FLAG", value_parser = columns::flag)]
    flag: Vec<(String, Quality)>,
    /// Mark beside a value, or in its place, and the flag that it means: '#=suspect'. < is below detection and > is over range
    #[arg(long, value_name = "MARK=FLAG", value_parser = columns::flag)]
    mark: Vec<(String, Quality)>,
    /// Read only rows with this text in this column; repeat it for further texts or columns. * is any text
    #[arg(long = "where", value_name = "COL=TEXT", value_parser = columns::filter)]
    only: Vec<(String, String)>,
    /// Text that marks a missing value, besides the empty field; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Lines before the header
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    skip_lines: u64,
    /// Rows between the header and the first row of values, such as units; 2 in Campbell TOA5 files, otherwise 0
    #[arg(long, value_name = "COUNT")]
    skip_rows: Option<u64>,
    /// The file has no header; columns are called by their places: #1, #2
    #[arg(long)]
    no_header: bool,
    /// Character between fields, or `tab`
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = columns::delimiter)]
    delimiter: u8,
    /// Numbers have a decimal comma
    #[arg(long)]
    decimal_comma: bool,
    /// Character encoding; a byte order mark overrides it
    #[arg(long, value_enum, default_value_t = EncodingChoice::Utf8)]
    encoding: EncodingChoice,
    /// What happens to a row with a field that cannot be read: the field is missing, or the row is rejected
    #[arg(long, value_enum, default_value_t = BadFieldChoice::Missing)]
    bad_field: BadFieldChoice,
    /// Leave out rows without a value
    #[arg(long)]
    skip_empty: bool,
}

impl Layout {
    /// How to read the file for an instrument.
    pub(super) fn spec(&self, id: InstrumentId, instrument: &Instrument) -> CsvSpec {
        let time = TimeColumn::joined(&self.time, self.time_format.clone()).fold(self.fold.into());
        let time = self.zone.iter().fold(time, TimeColumn::zone);
        let spec = CsvSpec::new(time)
            .delimiter(self.delimiter)
            .decimal_comma(self.decimal_comma)
            .encoding(self.encoding.into())
            .skip_lines(self.skip_lines)
            .skip_empty_frames(self.skip_empty)
            .bad_fields(self.bad_field.into())
            .equal_times(self.spread.map_or(EqualTimes::Keep, EqualTimes::Spread))
            .map(self.target(id, instrument));
        let spec = self.skip_rows.into_iter().fold(spec, CsvSpec::skip_rows);
        let spec = if self.no_header { spec.without_header() } else { spec };
        let spec = self.missing.iter().fold(spec, CsvSpec::missing);
        let spec = self.only.iter().fold(spec, |spec, (column, text)| spec.only(column, text));
        let spec = self.flag.iter().fold(spec, |spec, (text, quality)| spec.flag(text, *quality));
        self.mark.iter().fold(spec, |spec, (mark, quality)| spec.mark(mark, *quality))
    }

    fn target(&self, id: InstrumentId, instrument: &Instrument) -> CsvTarget {
        let target = self.channels.iter().fold(CsvTarget::new(id, instrument), |target, mapping| {
            let ColumnMapping { column, channel, unit, reference } = mapping;
            match reference {
                Some(reference) => target.column_at(column, channel, *unit, *reference),
                None => target.column(column, channel, *unit),
            }
        });
        let (of_one, of_all): (Vec<_>, Vec<_>) = self
            .quality
            .iter()
            .map(|text| columns::flag_column(text, &self.channels))
            .partition(|(_, channel)| channel.is_some());
        let target = of_one.into_iter().fold(target, |target, (column, channel)| {
            channel.map_or(target.clone(), |channel| target.flags_of(channel, column))
        });
        of_all.into_iter().fold(target, |target, (column, _)| target.flags(column))
    }
}
