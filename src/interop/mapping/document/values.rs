//! `[values]`, `[flags]` and `[units]`.

use super::super::description::{UnitAt, ValueRules, reference_of};
use super::keys::{Keys, Problems, Text};
use crate::interop::csv::BadField;
use crate::model::{Quality, ReferenceState, Unit};

pub(super) const BAD_FIELDS: [(&str, BadField); 2] =
    [("missing", BadField::Missing), ("reject-row", BadField::RejectRow)];
/// Meaning of a flag text or a unit beside flags and units.
const MISSING: &str = "missing";
const IGNORE: &str = "ignore";

pub(super) fn rules(
    mut keys: Keys<'_, '_>,
    (flags, units): (&Keys<'_, '_>, &Keys<'_, '_>),
    problems: &mut Problems<'_>,
) -> ValueRules {
    let words = |texts: Vec<Text>| texts.into_iter().map(|text| text.text).collect::<Vec<_>>();
    let missing = words(keys.texts("missing", problems));
    let marks = keys.table("marks", problems).entries(problems).into_iter();
    let marks = marks.filter_map(|(mark, texts)| Some((mark.text, quality(texts.first()?, problems)?))).collect();
    let flags_column = keys.text("flags", problems).map(|text| text.text);
    let unknown = keys.text("unknown_flag", problems).filter(|text| text.text != "reject");
    let unknown_flag = unknown.and_then(|text| quality(&text, problems));
    let bad_field = keys.choice("bad_field", &BAD_FIELDS, problems).unwrap_or_default();
    let others = keys.choice("others", &[("ignore", false), ("channels", true)], problems);
    let ignore = words(keys.texts("ignore", problems));
    let reference = keys.text("reference", problems).and_then(|text| reference(&text, problems));
    let is_absent_fine = keys.choice("absent", &[("error", false), ("skip", true)], problems).unwrap_or(false);
    let directions = keys.choice("directions", &[("reject", false), ("wrap", true)], problems);
    keys.finish(problems);
    let (mut flag_texts, mut flag_missing) = (Vec::new(), Vec::new());
    for (text, meanings) in flags.entries(problems) {
        match meanings.first() {
            Some(meaning) if meaning.text == MISSING => flag_missing.push(text.text),
            Some(meaning) => flag_texts.extend(quality(meaning, problems).map(|quality| (text.text, quality))),
            None => problems.add(text.at, "write a quality flag"),
        }
    }
    let units = units.entries(problems).into_iter().filter_map(|(text, meanings)| {
        let meaning = meanings.first()?;
        let unit = if meaning.text == IGNORE { None } else { Some(unit(meaning, problems)?) };
        Some((text.text, unit))
    });
    ValueRules {
        missing,
        marks,
        flags: flags_column,
        flag_texts,
        flag_missing,
        unknown_flag,
        bad_field,
        has_others: others.unwrap_or(false),
        ignore,
        reference,
        units: units.collect(),
        is_absent_fine,
        wrap_directions: directions.unwrap_or(false),
    }
}

/// A quality flag such as `calibration` or `below-detection`.
fn quality(text: &Text, problems: &mut Problems<'_>) -> Option<Quality> {
    let name = text.text.to_ascii_lowercase().replace(['-', '_'], " ");
    let found = Quality::ALL.into_iter().find(|quality| quality.name() == name);
    if found.is_none() {
        let known = Quality::ALL.map(|quality| quality.name().replace(' ', "-")).join(", ");
        let is_normal = ["valid", "ok", "good"].contains(&name.as_str());
        let advice = if is_normal { "write normal; the flags are" } else { "write one of" };
        problems.add(text.at, format!("`{}` is not a quality flag; {advice} {known}", text.text));
    }
    found
}

/// A reference state such as `20C`.
fn reference(text: &Text, problems: &mut Problems<'_>) -> Option<ReferenceState> {
    let state = reference_of(&text.text);
    if state.is_none() {
        problems.add(text.at, format!("`{}` is not a reference state; write 0C, 20C or 25C", text.text));
    }
    state
}

/// A unit such as `ppb` or `ug/m3@20C`.
pub(super) fn unit(text: &Text, problems: &mut Problems<'_>) -> Option<UnitAt> {
    let (unit, state) = match text.text.split_once('@') {
        Some((unit, state)) => (unit, Some(state)),
        None => (text.text.as_str(), None),
    };
    let reference = match state {
        Some(state) => Some(reference(&Text { text: state.to_owned(), at: text.at }, problems)?),
        None => None,
    };
    match unit.parse::<Unit>() {
        Ok(unit) => Some(UnitAt { unit, reference }),
        Err(error) => {
            problems.add(text.at, error.to_string());
            None
        }
    }
}
