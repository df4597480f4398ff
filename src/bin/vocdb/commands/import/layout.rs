//! Options that describe the format of the file.

use super::columns::{self, BadFieldChoice, ColumnMapping, EncodingChoice, FoldChoice};
use crate::values;
use clap::Args;
use vocdb::interop::csv::{CsvSpec, CsvTarget, EqualTimes, TimeColumn, TimeFormat};
use vocdb::{Instrument, InstrumentId, Interval, Quality};

/// The format of the file.
#[derive(Debug, Args)]
pub(super) struct Layout {
    /// Column of the time; join several columns, such as date and time of day, by +
    #[arg(long, value_name = "COL[+COL]", required_unless_present = "profile", conflicts_with = "profile")]
    time: Option<String>,
    /// Format of times: rfc3339, epoch-s, epoch-ms, or a pattern such as '%d/%m/%Y %H:%M:%S'; several columns are joined by a space
    #[arg(long, value_name = "FORMAT", default_value = "rfc3339", value_parser = columns::time_format, conflicts_with = "profile")]
    pub(super) time_format: TimeFormat,
    /// Zone of times without an offset: +08:00, America/Denver, UTC; required for them
    #[arg(long, allow_hyphen_values = true)]
    pub(super) zone: Option<String>,
    /// Treatment of a local time that occurs twice because clocks were put back: reject the row, take the earlier or the later time, or
    /// decide by the order of the rows (by-order: earlier in the first pass through the hour, later in the second)
    #[arg(long, value_enum, default_value_t = FoldChoice::Reject, conflicts_with = "profile")]
    fold: FoldChoice,
    /// Place rows with equal time stamps this far apart
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, conflicts_with = "profile")]
    spread: Option<Interval>,
    /// Column, its channel and its unit; for the mass concentration of a gas, also the reference temperature: C6H6=benzene:ug/m3@20C.
    /// Repeat it for each column. A column can be given by position: #3
    #[arg(long = "channel", value_name = "COL=NAME:UNIT[@20C]", value_parser = ColumnMapping::parse, required_unless_present = "profile", conflicts_with = "profile")]
    pub(super) channels: Vec<ColumnMapping>,
    /// Column of quality flags, for all channels or for one. It may contain the flags that `query` prints, the words OK, Valid,
    /// Zero, Span, Cal, Calib, Maint, Over, OverRange, BDL, InVld, Invalid and Down, and texts given with --flag
    #[arg(long, value_name = "COL[=NAME]", conflicts_with = "profile")]
    pub(super) quality: Vec<String>,
    /// Text in a flag column, and the flag that it means: R=normal. Flags are normal, over-range, fault, calibration, maintenance,
    /// set-by-hand, out-of-operation, link-fault, below-detection and suspect
    #[arg(long, value_name = "TEXT=FLAG", value_parser = columns::flag)]
    pub(super) flag: Vec<(String, Quality)>,
    /// Mark beside or instead of a value, and the flag that it means: '#=suspect'. < means below detection and > over range
    #[arg(long, value_name = "MARK=FLAG", value_parser = columns::flag)]
    pub(super) mark: Vec<(String, Quality)>,
    /// Read only rows with this text in this column; repeat it for further texts or columns. * matches any text
    #[arg(long = "where", value_name = "COL=TEXT", value_parser = columns::filter)]
    pub(super) only: Vec<(String, String)>,
    /// Text that means a missing value, besides the empty field; repeat it for further texts
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) missing: Vec<String>,
    /// Number of lines before the header
    #[arg(long, value_name = "COUNT", default_value_t = 0, conflicts_with = "profile")]
    skip_lines: u64,
    /// Number of rows between the header and the first values, such as units; by default 2 in Campbell TOA5 files, otherwise 0
    #[arg(long, value_name = "COUNT", conflicts_with = "profile")]
    skip_rows: Option<u64>,
    /// The file has no header; give columns by position: #1, #2
    #[arg(long, conflicts_with = "profile")]
    no_header: bool,
    /// Character between fields, or `tab`
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = columns::delimiter, conflicts_with = "profile")]
    pub(super) delimiter: u8,
    /// Numbers have a decimal comma
    #[arg(long, conflicts_with = "profile")]
    decimal_comma: bool,
    /// Character encoding; a byte order mark overrides it
    #[arg(long, value_enum, default_value_t = EncodingChoice::Utf8, conflicts_with = "profile")]
    encoding: EncodingChoice,
    /// Treatment of a row with an unreadable field: the field is missing, or the row is rejected
    #[arg(long, value_enum, default_value_t = BadFieldChoice::Missing, conflicts_with = "profile")]
    bad_field: BadFieldChoice,
    /// Read directions that are up to a turn outside 0 to 360 degrees as the same directions within, -10 as 350, instead of
    /// rejecting them
    #[arg(long, conflicts_with = "profile")]
    wrap_directions: bool,
    /// Skip rows without a value
    #[arg(long, conflicts_with = "profile")]
    skip_empty: bool,
}

impl Layout {
    /// Returns how to read the file for an instrument.
    pub(super) fn spec(&self, id: InstrumentId, instrument: &Instrument) -> CsvSpec {
        let time = TimeColumn::joined(self.time.as_deref().unwrap_or_default(), self.time_format.clone())
            .fold(self.fold.into());
        let time = self.zone.iter().fold(time, TimeColumn::zone);
        let spec = CsvSpec::new(time)
            .delimiter(self.delimiter)
            .decimal_comma(self.decimal_comma)
            .encoding(self.encoding.into())
            .skip_lines(self.skip_lines)
            .skip_empty_frames(self.skip_empty)
            .wrap_directions(self.wrap_directions)
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
