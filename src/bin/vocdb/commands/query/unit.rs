//! The unit in which values are printed.

use crate::values;
use std::fmt;
use vocdb::model::{Dimension, ModelError, ReferenceState};
use vocdb::{Channel, Unit};

const KELVIN_AT_0_C: f64 = 273.15;

/// A unit, and the reference state of a mass concentration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Target {
    unit: Unit,
    reference: Option<ReferenceState>,
}

/// Conversion from a channel's unit to the printed one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversion {
    from: Unit,
    to: Unit,
    molar_mass_g_per_mol: Option<f64>,
    /// State of the mass concentration on one side.
    state: ReferenceState,
    /// Between mass concentrations at two states.
    factor: f64,
}

impl Target {
    /// `ppb`, `ug/m3` or `ug/m3@20C`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (unit, state) = text.split_once('@').map_or((text, None), |(unit, state)| (unit, Some(state)));
        let (unit, reference) = (values::unit(unit)?, state.map(values::reference).transpose()?);
        if reference.is_some() && !is_mass(unit) {
            return Err(format!("{unit} does not depend on the reference temperature: leave out what follows the `@`"));
        }
        Ok(Self { unit, reference })
    }

    /// The unit of a channel itself.
    pub(super) fn of(channel: &Channel) -> Self {
        let unit = channel.unit();
        Self { unit, reference: is_mass(unit).then(|| channel.reference()) }
    }

    /// The same unit with the reference state that applies to values of a channel.
    pub(super) fn at(self, channel: &Channel) -> Self {
        let reference = self.reference.unwrap_or(channel.reference());
        Self { reference: is_mass(self.unit).then_some(reference), ..self }
    }

    /// Returns the conversion from a channel's unit, or the reason why there is none.
    pub(super) fn conversion(self, channel: &Channel) -> Result<Conversion, String> {
        let (from, to, molar_mass_g_per_mol) = (channel.unit(), self.unit, channel.molar_mass_g_per_mol());
        let (own, wanted) = (channel.reference(), self.reference.unwrap_or(channel.reference()));
        let state = if is_mass(from) { own } else { wanted };
        let conversion = Conversion { from, to, molar_mass_g_per_mol, state, factor: 1.0 };
        conversion.convert(1.0).map_err(|error| error.to_string())?;
        if is_mass(to) && !is_mass(from) && self.reference.is_none() {
            return Err(format!(
                "{to} depends on the reference temperature, which is not given: write {to}@20C (EU), {to}@25C (US, China since 2018) \
                 or {to}@0C"
            ));
        }
        let is_same_state = own == wanted || !is_mass(from) || !is_mass(to);
        let factor = if is_same_state { 1.0 } else { own.molar_volume_l_per_mol() / wanted.molar_volume_l_per_mol() };
        Ok(Conversion { factor, ..conversion })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.unit)?;
        self.reference.map_or(Ok(()), |reference| write!(f, "@{}C", reference.temperature_k() - KELVIN_AT_0_C))
    }
}

impl Conversion {
    /// The value in the printed unit.
    pub(super) fn convert(&self, value: f64) -> Result<f64, ModelError> {
        Ok(self.from.convert(value, self.to, self.molar_mass_g_per_mol, self.state)? * self.factor)
    }
}

fn is_mass(unit: Unit) -> bool {
    unit.dimension() == Dimension::MassConcentration
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(channel: &Channel, unit: &str) -> Result<f64, String> {
        Target::parse(unit)?.conversion(channel)?.convert(10.0).map_err(|error| error.to_string())
    }

    #[test]
    fn masses_need_their_reference_state_and_keep_it() {
        let ppb = Channel::species("benzene", Unit::Ppb).unwrap();
        assert_eq!(converted(&ppb, "ppm"), Ok(0.01));
        assert!((converted(&ppb, "ug/m3@20C").unwrap() - 32.473).abs() < 1e-3);
        assert!(converted(&ppb, "ug/m3").unwrap_err().contains("write ug/m3@20C"));
        let mass = Channel::species("benzene", Unit::MicrogramPerM3).unwrap().with_reference(ReferenceState::C20);
        assert_eq!(converted(&mass, "mg/m3"), Ok(0.01));
        assert!((converted(&mass, "ppb").unwrap() - 3.0795).abs() < 1e-3);
        assert!((converted(&mass, "ug/m3@0C").unwrap() - 10.0 * 293.15 / 273.15).abs() < 1e-9);
    }

    #[test]
    fn units_are_printed_with_the_state_that_applies() {
        let mass = Channel::species("benzene", Unit::MicrogramPerM3).unwrap().with_reference(ReferenceState::C20);
        assert_eq!(Target::of(&mass).to_string(), "ug/m3@20C");
        assert_eq!(Target::parse("mg/m3").unwrap().at(&mass).to_string(), "mg/m3@20C");
        assert_eq!(Target::parse("mg/m3@0C").unwrap().at(&mass).to_string(), "mg/m3@0C");
        assert_eq!(Target::parse("ppb").unwrap().at(&mass).to_string(), "ppb");
    }

    #[test]
    fn what_does_not_convert_says_why() {
        let tvoc = Channel::quantity("tvoc", Unit::Ppb).unwrap();
        assert!(converted(&tvoc, "ug/m3@25C").unwrap_err().contains("molar mass"));
        assert!(converted(&tvoc, "degC").unwrap_err().contains("different quantities"));
        assert!(converted(&tvoc, "ppb@25C").unwrap_err().contains("does not depend"));
    }
}
