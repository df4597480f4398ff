//! `[station]`, `[instrument]`, `[long]` and `[hours]`.

use super::super::description::{InstrumentMapping, Layout, StationMapping};
use super::format::interval;
use super::keys::{Keys, Problems, Text};

/// Columns of the hours of a day, and of half hours.
const HOURS_MAX: usize = 48;

pub(super) fn station(mut keys: Keys<'_, '_>, problems: &mut Problems<'_>) -> StationMapping {
    let name = keys.text("name", problems);
    let columns = words(keys.texts("columns", problems));
    let is_heading = keys.flag("headings", problems);
    let prefix = keys.text("prefix", problems);
    let kinds = usize::from(name.is_some()) + usize::from(!columns.is_empty()) + usize::from(is_heading);
    if kinds > 1 {
        problems.add(keys.at, "[station] has one of `name`, `columns` and `headings`");
    }
    if let Some(prefix) = prefix.as_ref().filter(|_| columns.is_empty() && !is_heading) {
        problems.add(
            prefix.at,
            "`prefix` is for several stations: give `columns` or `headings`, or write the whole `name`",
        );
    }
    for text in name.iter().chain(&prefix) {
        check_name(text, problems);
    }
    keys.finish(problems);
    let text = |text: Option<Text>| text.map(|text| text.text);
    StationMapping { name: text(name), columns, is_heading, prefix: text(prefix) }
}

fn check_name(text: &Text, problems: &mut Problems<'_>) {
    if let Err(error) = crate::model::Station::new(text.text.as_str()) {
        problems.add(text.at, error.to_string());
    }
}

pub(super) fn instrument(mut keys: Keys<'_, '_>, problems: &mut Problems<'_>) -> InstrumentMapping {
    let name = keys.text("name", problems);
    let columns = words(keys.texts("columns", problems));
    let interval = keys.text("interval", problems).and_then(|text| interval(&text, problems));
    if let Some(name) = &name {
        check_name(name, problems);
    }
    keys.finish(problems);
    InstrumentMapping { name: name.map(|name| name.text), columns, interval }
}

pub(super) fn layout(mut long: Keys<'_, '_>, mut hours: Keys<'_, '_>, problems: &mut Problems<'_>) -> Layout {
    let mut column = |key| long.text(key, problems).map(|text| text.text);
    let (parameter, value, unit) = (column("parameter"), column("value"), column("unit"));
    long.finish(problems);
    let columns = words(hours.texts("columns", problems));
    let first_hour = hours.count("first", problems).map_or(1, |(first, _)| first);
    if hours.is_present() && (columns.is_empty() || columns.len() > HOURS_MAX) {
        problems.add(hours.at, format!("[hours] needs `columns`: a list of 1 to {HOURS_MAX} columns"));
    }
    hours.finish(problems);
    Layout { parameter, value, unit, hours: columns, first_hour }
}

fn words(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.text).collect()
}
