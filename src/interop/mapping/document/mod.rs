//! From the text of a mapping file to a [`Mapping`]. All mistakes are reported together, each with line and column.

mod axes;
mod channels;
mod format;
mod keys;
mod values;

use super::description::{Mapping, Shape};
use super::error::MappingError;
use channels::ToldBy;
use keys::{Keys, Problems};
use toml::de::DeTable;

/// Bytes of a mapping file.
const MAPPING_BYTES_MAX: usize = 1 << 20;

impl Mapping {
    /// Reads a mapping file; `name` is its name in errors.
    ///
    /// # Errors
    /// [`MappingError::Invalid`] with all mistakes, each with its line and column.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, MappingError> {
        let (name, mut problems) = (name.into(), Problems::new(text));
        if text.len() > MAPPING_BYTES_MAX {
            problems.add(0, format!("the mapping file has more than {MAPPING_BYTES_MAX} bytes: shorten it"));
        }
        let parsed = if text.len() > MAPPING_BYTES_MAX { None } else { Some(DeTable::parse(text)) };
        let mapping = match &parsed {
            Some(Ok(table)) => Some(read(&name, table.get_ref(), &mut problems)),
            Some(Err(error)) => {
                let at = error.span().map_or(0, |span| span.start);
                problems.add(at, format!("not TOML: {}", error.message()));
                None
            }
            None => None,
        };
        match (problems.into_error(&name), mapping) {
            (None, Some(mapping)) => Ok(mapping),
            (Some(error), _) => Err(error),
            (None, None) => Err(MappingError::Invalid { name, problems: Vec::new() }),
        }
    }
}

fn read(name: &str, table: &DeTable<'_>, problems: &mut Problems<'_>) -> Mapping {
    let mut top = Keys::top(table);
    let about = top.text("about", problems).map_or_else(String::new, |about| about.text);
    let file = format::file(top.table("file", problems), problems);
    let time = format::time(top.table("time", problems), problems);
    let filters = format::filters(&top.table("where", problems), problems);
    let station = axes::station(top.table("station", problems), problems);
    let instrument = axes::instrument(top.table("instrument", problems), problems);
    let (long, hours) = (top.table("long", problems), top.table("hours", problems));
    let layout = axes::layout(long, hours, problems);
    let flags = top.table("flags", problems);
    let units = top.table("units", problems);
    let values = values::rules(top.table("values", problems), (&flags, &units), problems);
    let told_by = match (&layout.parameter, &layout.value) {
        (Some(_), _) => ToldBy::Parameter,
        (None, None) if layout.hours.is_empty() && !station.is_heading => ToldBy::Column,
        (None, _) => ToldBy::Nothing,
    };
    let channels = channels::channels(top.tables("channel", problems), told_by, problems);
    let name = name.to_owned();
    top.finish(problems);
    let mapping = Mapping { name, about, file, time, station, instrument, layout, filters, values, channels };
    check(&mapping, problems);
    mapping
}

/// Checks what concerns several tables.
fn check(mapping: &Mapping, problems: &mut Problems<'_>) {
    let shape = mapping.shape();
    if mapping.channels.is_empty() && !mapping.values.has_others {
        problems
            .add(0, "nothing is mapped: write a [[channel]] for each channel, or others = \"channels\" in [values]");
    }
    let needs_value = matches!(shape, Shape::Wide) && mapping.layout.parameter.is_some();
    if needs_value {
        problems.add(0, "[long] needs `value`, the column of the value, unless stations or hours are columns");
    }
    let is_fixed = shape != Shape::Wide && mapping.layout.parameter.is_none();
    if is_fixed && (mapping.channels.len() != 1 || mapping.values.has_others) {
        problems.add(0, "without `parameter` in [long], all rows are of one channel: write one [[channel]]");
    }
    if mapping.station.is_heading && !mapping.layout.hours.is_empty() {
        problems.add(0, "columns are either stations or hours: remove `headings` from [station], or [hours]");
    }
    let has_keys = mapping.has_several_stations() || !mapping.instrument.columns.is_empty();
    if mapping.time.spread.is_some() && (shape != Shape::Wide || has_keys) {
        problems.add(0, "`spread` is for files of one station with a column for each channel");
    }
    if mapping.file.units_line > 0 && shape != Shape::Wide {
        problems.add(0, "`units_line` is for files with a column for each channel");
    }
    for channel in mapping.channels.iter().filter(|channel| channel.unit.is_none()) {
        let is_told = mapping.layout.unit.is_some() || mapping.file.units_line > 0;
        if !is_told {
            let text = format!(
                "channel `{}` needs `unit`, unless [long] has a column for it, or `units_line` is given",
                channel.name
            );
            problems.add(0, text);
        }
    }
}
