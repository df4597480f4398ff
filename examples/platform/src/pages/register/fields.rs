//! Positions and channels as forms have them.

use crate::failure::Failure;
use crate::texts::Text;
use crate::visit::{Fields, label};
use vocdb::model::ModelError;
use vocdb::{Channel, Position, Unit};

/// A position: the numbers of a form, and those before where it has none.
pub(super) fn position_of(fields: &Fields, before: Position) -> Result<Position, Failure> {
    let number = |name: &str| {
        if fields.line(name)?.is_empty() { Ok(None) } else { fields.number(name).map(Some) }
    };
    let position = Position {
        lon_lat_deg: pair(
            [("longitude", number("longitude")?), ("latitude", number("latitude")?)],
            before.lon_lat_deg,
        )?,
        east_north_m: pair([("east", number("east")?), ("north", number("north")?)], before.east_north_m)?,
        height_m: number("height")?.or(before.height_m),
    };
    position.check().map_err(|error| Failure::Invalid(Text::english(error)))?;
    Ok(position)
}

/// Two numbers that belong together: those of a form, or else those before.
fn pair(
    [(first_name, first), (second_name, second)]: [(&'static str, Option<f64>); 2],
    before: Option<(f64, f64)>,
) -> Result<Option<(f64, f64)>, Failure> {
    let (was_first, was_second) = before.unzip();
    match (first.or(was_first), second.or(was_second)) {
        (None, None) => Ok(None),
        (Some(first), Some(second)) => Ok(Some((first, second))),
        _ => {
            let text = Text::new("register-half-position").with("first", label(first_name));
            Err(Failure::Invalid(text.with("second", label(second_name))))
        }
    }
}

/// Channels, one a line: `benzene: ppb`. A name of the species table is that species; its formula is refused.
pub(super) fn channels_of(text: &str) -> Result<Vec<Channel>, Failure> {
    lines(text).map(channel_of).collect()
}

/// The lines with text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn channel_of(line: &str) -> Result<Channel, Failure> {
    let channel = |key: &'static str| Text::new(key).with("line", line);
    let wrong =
        |error: ModelError| Failure::Invalid(channel("register-channel").with("problem", error.to_string().as_str()));
    let without_unit = || Failure::Invalid(channel("register-channel-without-unit"));
    let (name, unit) = line.rsplit_once(':').ok_or_else(without_unit)?;
    let name = name.trim();
    let unit: Unit = unit.trim().parse().map_err(wrong)?;
    let channel = match Channel::species(name, unit) {
        Ok(channel) if channel.name() == name => Ok(channel),
        Ok(channel) => channel.named(name),
        Err(ModelError::UnknownSpecies { of_formula, .. }) if of_formula.is_empty() => Channel::quantity(name, unit),
        Err(error) => Err(error),
    };
    channel.map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn channels_are_species_by_their_names_and_quantities_otherwise() {
        let channels = channels_of("benzene: ppb\n\n  wind speed : m/s \r\n71-43-2: ug/m3").unwrap();
        let shown: Vec<_> = channels
            .iter()
            .map(|channel| (channel.name(), channel.unit().symbol(), channel.species_entry().map(|entry| entry.name())))
            .collect();
        assert_eq!(
            shown,
            [("benzene", "ppb", Some("benzene")), ("wind speed", "m/s", None), ("71-43-2", "ug/m3", Some("benzene"))]
        );
        for (text, problem) in [
            ("benzene", "write name: unit"),
            ("benzene: furlong", "furlong"),
            ("benzene: degC", "benzene"),
            ("C6H6: ppb", "write benzene"),
        ] {
            let Err(Failure::Invalid(text)) = channels_of(text) else { panic!("{text}") };
            let text = text.to(Language::English);
            assert!(text.contains(problem), "{text}");
        }
    }
}
