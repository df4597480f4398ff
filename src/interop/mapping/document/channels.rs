//! `[[channel]]`.

use super::super::description::ChannelMapping;
use super::super::names::{check_species, is_species_of_mass};
use super::keys::{Keys, Problems};
use super::values::{BAD_FIELDS, unit};
use std::collections::BTreeSet;

/// Columns and parameters of all channels.
const SOURCES_MAX: usize = 4_096;

/// What says which channel a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldBy {
    /// The heading of its column.
    Column,
    /// The text in the parameter column.
    Parameter,
    /// Nothing: all values are of one channel.
    Nothing,
}

pub(super) fn channels(tables: Vec<Keys<'_, '_>>, told_by: ToldBy, problems: &mut Problems<'_>) -> Vec<ChannelMapping> {
    let (mut channels, mut sources): (Vec<ChannelMapping>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
    for keys in tables {
        let at = keys.at;
        let Some(channel) = channel(keys, told_by, problems) else { continue };
        let mut own = channel.sources.iter();
        if let Some(source) = own.find(|source| !sources.insert((*source).clone())) {
            problems.add(at, format!("`{source}` is mapped twice by [[channel]] entries: map it once"));
        }
        if sources.len() > SOURCES_MAX {
            problems.add(at, format!("more than {SOURCES_MAX} columns and parameters are mapped: remove some"));
            break;
        }
        channels.push(channel);
    }
    channels
}

fn channel(mut keys: Keys<'_, '_>, told_by: ToldBy, problems: &mut Problems<'_>) -> Option<ChannelMapping> {
    let at = keys.at;
    let (columns, parameters) = (keys.texts("column", problems), keys.texts("parameter", problems));
    let name = keys.text("name", problems);
    let text = keys.text("unit", problems);
    let is_quantity = keys.flag("quantity", problems);
    let flags = keys.text("flags", problems).map(|text| text.text);
    let missing = keys.texts("missing", problems).into_iter().map(|text| text.text).collect();
    let bad_field = keys.choice("bad_field", &BAD_FIELDS, problems);
    keys.finish(problems);
    let unit = text.as_ref().and_then(|text| unit(text, problems));
    match told_by {
        ToldBy::Column if !parameters.is_empty() => {
            problems.add(at, "`parameter` needs [long] with the column of parameters; otherwise write `column`");
        }
        ToldBy::Column if columns.is_empty() => {
            problems.add(at, "a channel needs `column`, the heading of its column");
        }
        ToldBy::Parameter if parameters.is_empty() || !columns.is_empty() => {
            problems.add(
                at,
                "with `parameter` in [long], a channel has `parameter`, its text in that column, and no `column`",
            );
        }
        ToldBy::Nothing if !columns.is_empty() || !parameters.is_empty() => {
            problems.add(
                at,
                "all values are of this channel: remove `column` and `parameter`, or give `parameter` in [long]",
            );
        }
        _ => {}
    }
    let Some(name) = name else {
        problems.add(at, "a channel needs `name`");
        return None;
    };
    if let Err(why) = check_species(&name.text, unit, is_quantity) {
        problems.add(name.at, why);
    } else if let (Some(found), Some(text)) = (unit, &text)
        && is_species_of_mass(&name.text, found)
        && found.reference.is_none()
    {
        let unit = &text.text;
        problems.add(
            text.at,
            format!(
                "{unit} of `{}` needs a reference temperature: write {unit}@20C (EU), @25C (US, China) or @0C",
                name.text
            ),
        );
    }
    let sources = columns.into_iter().chain(parameters).map(|text| text.text.trim().to_owned()).collect();
    Some(ChannelMapping { sources, name: name.text, unit, is_quantity, flags, missing, bad_field })
}
