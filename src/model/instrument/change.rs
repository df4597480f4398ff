//! How the channels of an instrument may change while it is in use.

use super::super::channel::Channel;
use super::super::error::ModelError;

/// One change of an instrument's channels. What is stored under a channel's name keeps its meaning: a channel never changes its place in a
/// frame, its species, unit or reference state.
///
/// ```
/// use vocdb::{Channel, ChannelChange, Instrument, Interval, Unit};
/// let benzene = Channel::species("benzene", Unit::Ppb)?.with_decimals(2)?;
/// let gc = Instrument::new("gc", Interval::HOUR, vec![benzene])?;
/// let changed = gc.changed(&[
///     ChannelChange::Add(Channel::species("toluene", Unit::Ppb)?),
///     ChannelChange::Decimals { channel: "benzene".to_owned(), decimals: 3 },
/// ])?;
/// assert_eq!((changed.channel_index("benzene"), changed.channel_index("toluene")), (Some(0), Some(1)));
///
/// let other_unit = ChannelChange::Add(Channel::species("benzene", Unit::MicrogramPerM3)?);
/// assert!(changed.changed(&[other_unit]).unwrap_err().to_string().contains("under another name"));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelChange {
    /// The instrument measures this, too. A new channel gets the place behind all others; before, it is missing. One that was retired
    /// comes back to its place. One that is there takes over more decimals and the detection limit.
    Add(Channel),
    /// The channel of this name is not measured any more. It keeps its place, and what is stored stays readable; frames carry a missing
    /// sample there. Retiring it again changes nothing.
    Retire(String),
    /// The channel of this name is declared with more decimal places from now on.
    Decimals {
        /// Name of the channel.
        channel: String,
        /// New number of decimals: as before or more, up to 12.
        decimals: u8,
    },
}

impl ChannelChange {
    /// Applies the change to the channels of the instrument of this name.
    pub(super) fn apply(&self, instrument: &str, channels: &mut Vec<Channel>) -> Result<(), ModelError> {
        match self {
            Self::Add(asked) => match channels.iter_mut().find(|known| known.name() == asked.name()) {
                Some(known) => {
                    check_meaning(instrument, known, asked)?;
                    *known = widened(instrument, known, asked.decimals())?.with_retirement(false).with_limit_of(asked);
                }
                None => channels.push(asked.clone().with_retirement(false)),
            },
            Self::Retire(name) => {
                let known = find(instrument, channels, name)?;
                *known = known.clone().with_retirement(true);
            }
            Self::Decimals { channel, decimals } => {
                let known = find(instrument, channels, channel)?;
                *known = widened(instrument, known, *decimals)?;
            }
        }
        Ok(())
    }
}

fn find<'a>(instrument: &str, channels: &'a mut [Channel], name: &str) -> Result<&'a mut Channel, ModelError> {
    let known = channels.iter().map(Channel::name).collect::<Vec<_>>().join(", ").into();
    channels.iter_mut().find(|channel| channel.name() == name).ok_or_else(|| ModelError::NoSuchChannel {
        instrument: instrument.to_owned(),
        channel: name.to_owned(),
        known,
    })
}

fn widened(instrument: &str, known: &Channel, decimals: u8) -> Result<Channel, ModelError> {
    if decimals < known.decimals() {
        return Err(ModelError::FewerDecimals {
            instrument: instrument.to_owned(),
            channel: known.name().to_owned(),
            known: known.decimals(),
            asked: decimals,
        });
    }
    known.clone().with_decimals(decimals)
}

/// Stored values must go on meaning what they meant.
fn check_meaning(instrument: &str, known: &Channel, asked: &Channel) -> Result<(), ModelError> {
    let species = |channel: &Channel| channel.species_entry().map_or("no species", |species| species.name()).to_owned();
    let state = |channel: &Channel| {
        let state = channel.reference();
        format!("{} K and {} Pa", state.temperature_k(), state.pressure_pa())
    };
    let aspects = [
        ("species", species(known), species(asked)),
        ("unit", known.unit().symbol().to_owned(), asked.unit().symbol().to_owned()),
        ("reference state", state(known), state(asked)),
    ];
    match aspects.into_iter().find(|(_, known, asked)| known != asked) {
        Some((aspect, is, would_be)) => Err(ModelError::ChannelMeaning {
            instrument: instrument.to_owned(),
            channel: known.name().to_owned(),
            difference: format!("{aspect} {is}, not {would_be}").into(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Instrument, Interval, ReferenceState, Unit};
    use proptest::prelude::*;

    fn gc() -> Instrument {
        let channel = |name: &str| Channel::species(name, Unit::Ppb).unwrap().with_decimals(2).unwrap();
        Instrument::new("gc", Interval::HOUR, vec![channel("benzene"), channel("toluene")]).unwrap()
    }

    fn retire(name: &str) -> ChannelChange {
        ChannelChange::Retire(name.to_owned())
    }

    fn decimals(channel: &str, decimals: u8) -> ChannelChange {
        ChannelChange::Decimals { channel: channel.to_owned(), decimals }
    }

    #[test]
    fn a_retired_channel_keeps_its_place_and_may_come_back() {
        let retired = gc().changed(&[retire("benzene")]).unwrap();
        assert_eq!(retired.channel_index("benzene"), Some(0));
        assert_eq!(retired.channels().iter().map(Channel::is_retired).collect::<Vec<_>>(), [true, false]);
        assert_eq!(retired.changed(&[retire("benzene")]).unwrap(), retired);
        let back = ChannelChange::Add(gc().channels()[0].clone());
        assert_eq!(retired.changed(&[back]).unwrap(), gc());
    }

    #[test]
    fn what_stored_values_mean_cannot_change() {
        let benzene = |unit| Channel::species("benzene", unit).unwrap().with_decimals(2).unwrap();
        let wrong = [
            (ChannelChange::Add(benzene(Unit::MicrogramPerM3)), "unit"),
            (ChannelChange::Add(Channel::species("o-xylene", Unit::Ppb).unwrap().named("benzene").unwrap()), "species"),
            (ChannelChange::Add(benzene(Unit::Ppb).with_reference(ReferenceState::C20)), "reference state"),
            (decimals("benzene", 1), "2 decimal places"),
            (ChannelChange::Add(benzene(Unit::Ppb).with_decimals(0).unwrap()), "2 decimal places"),
            (retire("xylene"), "it has: benzene, toluene"),
            (decimals("benzene", 13), "at most 12"),
        ];
        for (change, words) in wrong {
            let error = gc().changed(&[change]).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn an_instrument_has_at_most_as_many_channels_as_one_may_have() {
        let add = |n| ChannelChange::Add(Channel::quantity(format!("q{n}"), Unit::Ppb).unwrap());
        let full = gc().changed(&(2..512).map(add).collect::<Vec<_>>()).unwrap();
        assert_eq!(full.channels().len(), 512);
        assert!(matches!(full.changed(&[add(512)]), Err(ModelError::ChannelCount { count: 513, max: 512, .. })));
    }

    proptest! {
        #[test]
        fn no_change_moves_a_channel(steps in prop::collection::vec((0_u8..3, 0_usize..5, 2_u8..5), 0..20)) {
            let mut instrument = gc();
            for (kind, n, places) in steps {
                let name = ["benzene", "toluene", "o-xylene", "styrene", "ethylene"][n];
                let change = match kind {
                    0 => ChannelChange::Add(Channel::species(name, Unit::Ppb).unwrap().with_decimals(4).unwrap()),
                    1 => retire(name),
                    _ => decimals(name, places),
                };
                let Ok(changed) = instrument.changed(&[change]) else { continue };
                for (before, after) in instrument.channels().iter().zip(changed.channels()) {
                    prop_assert_eq!(before.name(), after.name());
                    prop_assert!(before.decimals() <= after.decimals());
                }
                prop_assert!(changed.channels().len() >= instrument.channels().len());
                instrument = changed;
            }
        }
    }
}
