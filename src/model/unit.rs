//! Units of measurement and the conversions between them.

mod dimension;
mod reference;
mod size;

pub use dimension::Dimension;
pub use reference::ReferenceState;
pub(crate) use size::Line;

use super::error::ModelError;
use serde::{Deserialize, Serialize};
use size::Size;
use std::fmt;
use std::ops::RangeInclusive;

/// Molar masses that a conversion takes, from atomic hydrogen up to far beyond any gas.
const MOLAR_MASSES_G_PER_MOL: RangeInclusive<f64> = 1.0..=10_000.0;
/// Characters of an unknown unit that an error repeats.
const SHOWN_CHARS_MAX: usize = 60;

/// A unit of measurement.
///
/// Files hold units by their place in this list: new ones go to its end.
///
/// ```
/// use vocdb::model::Unit;
/// let unit: Unit = "µg/m³".parse()?;
/// assert_eq!(unit, Unit::MicrogramPerM3);
/// assert_eq!(unit.to_string(), "ug/m3");
/// assert!("furlong".parse::<Unit>().unwrap_err().to_string().contains("known units: ppt, ppb, ppm"));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Parts per trillion by volume: 1e-12 mol/mol.
    Ppt,
    /// Parts per billion by volume: 1e-9 mol/mol.
    Ppb,
    /// Parts per million by volume: 1e-6 mol/mol.
    Ppm,
    /// Nanograms per cubic metre at the channel's reference state.
    NanogramPerM3,
    /// Micrograms per cubic metre at the channel's reference state.
    MicrogramPerM3,
    /// Milligrams per cubic metre at the channel's reference state.
    MilligramPerM3,
    /// Metres per second.
    MetrePerSecond,
    /// Degrees of wind direction: where the wind comes from, clockwise from north, 0 to 360.
    Degree,
    /// Degrees Celsius.
    Celsius,
    /// Percent of a whole that the channel names.
    Percent,
    /// Hectopascals, the same as millibars.
    HectoPascal,
    /// Millivolts.
    Millivolt,
    /// Volts.
    Volt,
    /// A plain number, such as a count or a run state.
    One,
    /// Odour units per cubic metre (EN 13725).
    OdourUnitPerM3,
    /// Kelvin.
    Kelvin,
    /// Degrees Fahrenheit.
    Fahrenheit,
    /// Kilometres per hour.
    KilometrePerHour,
    /// Statute miles per hour.
    MilePerHour,
    /// Knots: nautical miles per hour.
    Knot,
    /// Pascals.
    Pascal,
    /// Kilopascals.
    KiloPascal,
    /// Bars.
    Bar,
    /// Conventional millimetres of mercury.
    MillimetreOfMercury,
    /// Conventional inches of mercury.
    InchOfMercury,
    /// Watts per square metre.
    WattPerM2,
    /// Millimetres of rain, the same as litres per square metre.
    Millimetre,
    /// Decibels.
    Decibel,
    /// Lux.
    Lux,
    /// Particles per cubic centimetre.
    PerCm3,
    /// Becquerels per cubic metre.
    BecquerelPerM3,
    /// Parts per billion of carbon: 1e-9 mol of carbon per mol of air.
    PpbCarbon,
}

impl Unit {
    /// All units, in the order in which they are stored.
    pub const ALL: [Self; 32] = [
        Self::Ppt,
        Self::Ppb,
        Self::Ppm,
        Self::NanogramPerM3,
        Self::MicrogramPerM3,
        Self::MilligramPerM3,
        Self::MetrePerSecond,
        Self::Degree,
        Self::Celsius,
        Self::Percent,
        Self::HectoPascal,
        Self::Millivolt,
        Self::Volt,
        Self::One,
        Self::OdourUnitPerM3,
        Self::Kelvin,
        Self::Fahrenheit,
        Self::KilometrePerHour,
        Self::MilePerHour,
        Self::Knot,
        Self::Pascal,
        Self::KiloPascal,
        Self::Bar,
        Self::MillimetreOfMercury,
        Self::InchOfMercury,
        Self::WattPerM2,
        Self::Millimetre,
        Self::Decibel,
        Self::Lux,
        Self::PerCm3,
        Self::BecquerelPerM3,
        Self::PpbCarbon,
    ];

    /// The unit in ASCII, as rules, files and reports write it; [`str::parse`] reads it back.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Ppt => "ppt",
            Self::Ppb => "ppb",
            Self::Ppm => "ppm",
            Self::NanogramPerM3 => "ng/m3",
            Self::MicrogramPerM3 => "ug/m3",
            Self::MilligramPerM3 => "mg/m3",
            Self::MetrePerSecond => "m/s",
            Self::Degree => "deg",
            Self::Celsius => "degC",
            Self::Percent => "%",
            Self::HectoPascal => "hPa",
            Self::Millivolt => "mV",
            Self::Volt => "V",
            Self::One => "1",
            Self::OdourUnitPerM3 => "ou/m3",
            Self::Kelvin => "K",
            Self::Fahrenheit => "degF",
            Self::KilometrePerHour => "km/h",
            Self::MilePerHour => "mph",
            Self::Knot => "kt",
            Self::Pascal => "Pa",
            Self::KiloPascal => "kPa",
            Self::Bar => "bar",
            Self::MillimetreOfMercury => "mmHg",
            Self::InchOfMercury => "inHg",
            Self::WattPerM2 => "W/m2",
            Self::Millimetre => "mm",
            Self::Decibel => "dB",
            Self::Lux => "lux",
            Self::PerCm3 => "1/cm3",
            Self::BecquerelPerM3 => "Bq/m3",
            Self::PpbCarbon => "ppbC",
        }
    }

    /// What the unit measures.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        self.size().0
    }

    /// Whether the unit is one of concentrations: a mixing ratio, of carbon too, or a mass per volume.
    #[must_use]
    pub const fn is_concentration(self) -> bool {
        matches!(self.dimension(), Dimension::MassConcentration | Dimension::MixingRatio | Dimension::CarbonMixingRatio)
    }

    /// The dimension, and the size within it. For both concentrations the smallest units are 1e-12 mol/mol and ng/m3, between which molar mass
    /// over molar volume in L/mol is the factor. Pressures of mercury columns are the conventional ones: 1 mmHg is 133.322387415 Pa.
    const fn size(self) -> (Dimension, Size) {
        match self {
            Self::Ppt => (Dimension::MixingRatio, Size::of_power(0)),
            Self::Ppb => (Dimension::MixingRatio, Size::of_power(3)),
            Self::Ppm => (Dimension::MixingRatio, Size::of_power(6)),
            Self::NanogramPerM3 => (Dimension::MassConcentration, Size::of_power(0)),
            Self::MicrogramPerM3 => (Dimension::MassConcentration, Size::of_power(3)),
            Self::MilligramPerM3 => (Dimension::MassConcentration, Size::of_power(6)),
            Self::MetrePerSecond => (Dimension::Speed, Size::of_power(0)),
            Self::KilometrePerHour => (Dimension::Speed, Size::of_fraction(1.0, 3.6)),
            Self::MilePerHour => (Dimension::Speed, Size::of_fraction(0.447_04, 1.0)),
            Self::Knot => (Dimension::Speed, Size::of_fraction(463.0, 900.0)),
            Self::Degree => (Dimension::Direction, Size::of_power(0)),
            Self::Celsius => (Dimension::Temperature, Size::of_power(0)),
            Self::Kelvin => (Dimension::Temperature, Size::of_power(0).with_zero(273.15)),
            Self::Fahrenheit => (Dimension::Temperature, Size::of_fraction(5.0, 9.0).with_zero(32.0)),
            Self::Percent => (Dimension::Ratio, Size::of_power(0)),
            Self::Pascal => (Dimension::Pressure, Size::of_power(0)),
            Self::HectoPascal => (Dimension::Pressure, Size::of_power(2)),
            Self::KiloPascal => (Dimension::Pressure, Size::of_power(3)),
            Self::Bar => (Dimension::Pressure, Size::of_power(5)),
            Self::MillimetreOfMercury => (Dimension::Pressure, Size::of_fraction(133.322_387_415, 1.0)),
            Self::InchOfMercury => (Dimension::Pressure, Size::of_fraction(3_386.388_640_341, 1.0)),
            Self::Millivolt => (Dimension::Voltage, Size::of_power(0)),
            Self::Volt => (Dimension::Voltage, Size::of_power(3)),
            Self::One => (Dimension::Number, Size::of_power(0)),
            Self::OdourUnitPerM3 => (Dimension::Odour, Size::of_power(0)),
            Self::WattPerM2 => (Dimension::Irradiance, Size::of_power(0)),
            Self::Millimetre => (Dimension::Precipitation, Size::of_power(0)),
            Self::Decibel => (Dimension::SoundLevel, Size::of_power(0)),
            Self::Lux => (Dimension::Illuminance, Size::of_power(0)),
            Self::PerCm3 => (Dimension::NumberConcentration, Size::of_power(0)),
            Self::BecquerelPerM3 => (Dimension::ActivityConcentration, Size::of_power(0)),
            Self::PpbCarbon => (Dimension::CarbonMixingRatio, Size::of_power(0)),
        }
    }

    /// The conversion to another unit; `None` where that is of another dimension.
    pub(crate) fn line_to(self, to: Self) -> Option<Line> {
        let ((dimension, from), (wanted, into)) = (self.size(), to.size());
        (dimension == wanted).then(|| Line::between(from, into))
    }

    /// The number that turns a value in this unit into one in `to` when multiplied by it.
    ///
    /// Within a dimension neither the molar mass nor the reference state matters, and a power of ten is the nearest `f64` to it. Temperatures
    /// count from different zeros: use [`Unit::convert`].
    /// Between mixing ratio and mass concentration it follows from the molar mass in g/mol, 1 to 10 000, and the molar volume of an
    /// ideal gas at the reference state.
    ///
    /// # Errors
    /// [`ModelError::Inconvertible`] where nothing converts, where no factor alone converts, and where a molar mass is needed and is missing or
    /// out of range.
    ///
    /// ```
    /// use vocdb::model::{ReferenceState, Unit};
    /// let benzene = Some(78.114);
    /// assert_eq!(Unit::Ppm.factor_to(Unit::Ppb, None, ReferenceState::C25)?, 1000.0);
    /// let factor = Unit::Ppb.factor_to(Unit::MicrogramPerM3, benzene, ReferenceState::C25)?;
    /// assert!((factor - 3.1928).abs() < 0.00005);
    /// assert!(Unit::Ppb.factor_to(Unit::MicrogramPerM3, None, ReferenceState::C25).is_err());
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    pub fn factor_to(
        self,
        to: Self,
        molar_mass_g_per_mol: Option<f64>,
        reference: ReferenceState,
    ) -> Result<f64, ModelError> {
        if self.line_to(to).is_some_and(Line::is_shifted) {
            return Err(self.inconvertible(to, "they count from different zeros, so no factor alone is right"));
        }
        let (numerator, denominator) = self.fraction_to(to, molar_mass_g_per_mol, reference)?;
        Ok(numerator / denominator)
    }

    /// `value`, given in this unit, in `to`. NaN and infinities stay what they are.
    ///
    /// Steps down a power of ten are divisions, so that 9 ppb are 0.009 ppm to the last bit; the product with
    /// [`Unit::factor_to`] may be off by one rounding. Temperatures are converted as readings, not as differences.
    ///
    /// # Errors
    /// [`ModelError::Inconvertible`] where nothing converts, or where a molar mass is needed and is missing or out of range.
    ///
    /// ```
    /// use vocdb::model::{ReferenceState, Unit};
    /// assert_eq!(Unit::Ppb.convert(9.0, Unit::Ppm, None, ReferenceState::C25)?, 0.009);
    /// assert_eq!(Unit::Fahrenheit.convert(32.0, Unit::Kelvin, None, ReferenceState::C25)?, 273.15);
    /// assert!(Unit::Celsius.convert(9.0, Unit::Ppm, None, ReferenceState::C25).is_err());
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    pub fn convert(
        self,
        value: f64,
        to: Self,
        molar_mass_g_per_mol: Option<f64>,
        reference: ReferenceState,
    ) -> Result<f64, ModelError> {
        if let Some(line) = self.line_to(to) {
            return Ok(line.convert(value));
        }
        let (numerator, denominator) = self.fraction_to(to, molar_mass_g_per_mol, reference)?;
        Ok(value * numerator / denominator)
    }

    /// The factor as a fraction, both parts above zero; a power of ten has a part that is one.
    fn fraction_to(
        self,
        to: Self,
        molar_mass_g_per_mol: Option<f64>,
        reference: ReferenceState,
    ) -> Result<(f64, f64), ModelError> {
        if let Some(line) = self.line_to(to) {
            return Ok(line.fraction());
        }
        let inconvertible = |reason| self.inconvertible(to, reason);
        let ((from_dimension, from), (to_dimension, into)) = (self.size(), to.size());
        let up = 10_f64.powi(i32::from(from.power.saturating_sub(into.power).max(0)));
        let down = 10_f64.powi(i32::from(into.power.saturating_sub(from.power).max(0)));
        let to_mass = match (from_dimension, to_dimension) {
            (Dimension::MixingRatio, Dimension::MassConcentration) => true,
            (Dimension::MassConcentration, Dimension::MixingRatio) => false,
            _ => {
                let obstacle = from_dimension.obstacle().or(to_dimension.obstacle());
                return Err(inconvertible(obstacle.unwrap_or("they measure different quantities")));
            }
        };
        let molar_mass = molar_mass_g_per_mol.ok_or_else(|| {
            inconvertible(
                "the factor follows from the molar mass: use a channel of one species, or give its molar mass in g/mol",
            )
        })?;
        if !MOLAR_MASSES_G_PER_MOL.contains(&molar_mass) {
            return Err(inconvertible("the molar mass must be 1 to 10000 g/mol"));
        }
        let molar_volume = reference.molar_volume_l_per_mol();
        Ok(if to_mass { (molar_mass * up, molar_volume * down) } else { (molar_volume * up, molar_mass * down) })
    }

    const fn inconvertible(self, to: Self, reason: &'static str) -> ModelError {
        ModelError::Inconvertible { from: self.symbol(), to: to.symbol(), reason }
    }

    /// The unit of a spelling in lower-case ASCII without blanks.
    fn of_spelling(spelling: &str) -> Option<Self> {
        Some(match spelling {
            "ppt" | "pptv" | "pmol/mol" => Self::Ppt,
            "ppb" | "ppbv" | "nmol/mol" => Self::Ppb,
            "ppm" | "ppmv" | "umol/mol" => Self::Ppm,
            "ng/m3" | "ngm-3" | "ng.m-3" => Self::NanogramPerM3,
            "ug/m3" | "ugm-3" | "ug.m-3" | "mcg/m3" => Self::MicrogramPerM3,
            "mg/m3" | "mgm-3" | "mg.m-3" => Self::MilligramPerM3,
            "m/s" | "ms-1" | "m.s-1" | "mps" => Self::MetrePerSecond,
            "deg" | "degree" | "degrees" => Self::Degree,
            "degc" | "c" | "celsius" => Self::Celsius,
            "%" | "percent" => Self::Percent,
            "hpa" | "mbar" => Self::HectoPascal,
            "mv" => Self::Millivolt,
            "v" => Self::Volt,
            "1" | "one" => Self::One,
            "ou/m3" | "oue/m3" | "ou_e/m3" => Self::OdourUnitPerM3,
            "k" | "degk" | "kelvin" => Self::Kelvin,
            "degf" | "f" | "fahrenheit" => Self::Fahrenheit,
            "km/h" | "kmh" | "kmh-1" | "km.h-1" | "kph" => Self::KilometrePerHour,
            "mph" | "mi/h" => Self::MilePerHour,
            "kt" | "kts" | "kn" | "knot" | "knots" => Self::Knot,
            "pa" => Self::Pascal,
            "kpa" => Self::KiloPascal,
            "bar" => Self::Bar,
            "mmhg" => Self::MillimetreOfMercury,
            "inhg" => Self::InchOfMercury,
            "w/m2" | "wm-2" | "w.m-2" => Self::WattPerM2,
            "mm" => Self::Millimetre,
            "db" | "dba" | "db(a)" => Self::Decibel,
            "lux" | "lx" => Self::Lux,
            "1/cm3" | "#/cm3" | "cm-3" | "percm3" => Self::PerCm3,
            "bq/m3" | "bqm-3" | "bq.m-3" => Self::BecquerelPerM3,
            "ppbc" => Self::PpbCarbon,
            _ => return None,
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

impl std::str::FromStr for Unit {
    type Err = ModelError;

    /// Reads a symbol or a usual spelling of it: `µg/m³`, `ug m-3`, `ppbv`, `°C`, `mbar`, `ouE/m3`. Blanks do not count.
    ///
    /// Neither do upper and lower case, except that a capital M which would stand for mega is refused: `Mg/m3`, `MV`, `Mbar`, `Mm`.
    ///
    /// # Errors
    /// [`ModelError::UnknownUnit`] lists the symbols.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let mut spelling = String::new();
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '^').take(SHOWN_CHARS_MAX) {
            match character {
                'µ' | 'μ' => spelling.push('u'),
                '³' => spelling.push('3'),
                '²' => spelling.push('2'),
                '⁻' | '−' => spelling.push('-'),
                '¹' => spelling.push('1'),
                '·' => spelling.push('.'),
                '°' => spelling.push_str("deg"),
                '℃' => spelling.push_str("degC"),
                '℉' => spelling.push_str("degF"),
                other => spelling.push(other),
            }
        }
        let is_mega = ["Mg", "MV", "Mv", "Mb", "Mm", "MPa"].iter().any(|mega| spelling.starts_with(mega));
        let unit = if is_mega { None } else { Self::of_spelling(&spelling.to_ascii_lowercase()) };
        unit.ok_or_else(|| ModelError::UnknownUnit {
            text: text.chars().take(SHOWN_CHARS_MAX).collect(),
            known: Self::ALL.map(Self::symbol).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Option<Unit> {
        text.parse().ok()
    }

    #[test]
    fn every_symbol_is_read_back_in_any_case() {
        for unit in Unit::ALL {
            assert_eq!(parsed(unit.symbol()), Some(unit));
            assert_eq!(parsed(&format!(" {unit} ")), Some(unit));
            assert_eq!(parsed(&unit.symbol().to_lowercase()), Some(unit));
            if unit != Unit::Millivolt {
                assert_eq!(parsed(&unit.symbol().to_uppercase()), Some(unit));
            }
        }
    }

    #[test]
    fn usual_spellings_are_read() {
        for text in ["µg/m3", "μg/m³", "ug/m^3", "ug m-3", "µg·m⁻³", "UG/M3", "µg m⁻3"] {
            assert_eq!(parsed(text), Some(Unit::MicrogramPerM3), "{text}");
        }
        for (text, unit) in
            [("°C", Unit::Celsius), ("℃", Unit::Celsius), ("°", Unit::Degree), ("m s⁻¹", Unit::MetrePerSecond)]
        {
            assert_eq!(parsed(text), Some(unit), "{text}");
        }
        for (text, unit) in [("ppbV", Unit::Ppb), ("mbar", Unit::HectoPascal), ("ouE/m³", Unit::OdourUnitPerM3)] {
            assert_eq!(parsed(text), Some(unit), "{text}");
        }
    }

    #[test]
    fn what_could_mean_another_unit_is_refused() {
        for text in ["", " ", "Mg/m3", "MV", "Mv", "Mbar", "Mm", "MPa", "mg/Nm3", "ppq", "ppb ppb", "µ", "g/m3"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_unit_is_cut_and_answered_with_all_symbols() {
        let Err(ModelError::UnknownUnit { text, known }) = "ü".repeat(10_000).parse::<Unit>() else {
            panic!("ten thousand letters are a unit");
        };
        assert_eq!(text.chars().count(), SHOWN_CHARS_MAX);
        assert!(Unit::ALL.iter().all(|unit| known.contains(unit.symbol())));
    }

    #[test]
    fn units_are_stored_by_their_place_in_the_list() {
        for (place, unit) in (0_u32..).zip(Unit::ALL) {
            assert_eq!(bincode::serialize(&unit).unwrap(), place.to_le_bytes());
            assert_eq!(bincode::deserialize::<Unit>(&place.to_le_bytes()).unwrap(), unit);
        }
        let beyond = u32::try_from(Unit::ALL.len()).unwrap();
        assert!(bincode::deserialize::<Unit>(&beyond.to_le_bytes()).is_err());
    }

    #[test]
    fn factors_within_a_dimension_are_powers_of_ten_to_the_last_bit() {
        for (from, to, factor) in [
            (Unit::Ppm, Unit::Ppb, 1000.0),
            (Unit::Ppb, Unit::Ppm, 0.001),
            (Unit::Ppm, Unit::Ppt, 1e6),
            (Unit::NanogramPerM3, Unit::MilligramPerM3, 1e-6),
            (Unit::Volt, Unit::Millivolt, 1000.0),
            (Unit::Celsius, Unit::Celsius, 1.0),
        ] {
            assert_eq!(from.factor_to(to, None, ReferenceState::C25), Ok(factor), "{from} to {to}");
        }
    }

    #[test]
    fn conversions_down_a_power_of_ten_carry_no_noise() {
        for thousandths in 0..10_000_u32 {
            let on_paper: f64 = format!("{}.{:03}", thousandths / 1000, thousandths % 1000).parse().unwrap();
            let converted = Unit::Ppb.convert(f64::from(thousandths), Unit::Ppm, None, ReferenceState::C25);
            assert_eq!(converted, Ok(on_paper));
        }
    }

    #[test]
    fn conversions_between_customary_units_are_those_of_the_textbook() {
        for (value, from, expected, to) in [
            (0.0, Unit::Celsius, 273.15, Unit::Kelvin),
            (0.0, Unit::Celsius, 32.0, Unit::Fahrenheit),
            (32.0, Unit::Fahrenheit, 273.15, Unit::Kelvin),
            (273.15, Unit::Kelvin, 0.0, Unit::Celsius),
            (-40.0, Unit::Fahrenheit, -40.0, Unit::Celsius),
            (36.0, Unit::KilometrePerHour, 10.0, Unit::MetrePerSecond),
            (10.0, Unit::MetrePerSecond, 36.0, Unit::KilometrePerHour),
            (1.0, Unit::MilePerHour, 1.609_344, Unit::KilometrePerHour),
            (900.0, Unit::Knot, 463.0, Unit::MetrePerSecond),
            (101.325, Unit::KiloPascal, 1_013.25, Unit::HectoPascal),
            (101_325.0, Unit::Pascal, 1_013.25, Unit::HectoPascal),
            (1.013_25, Unit::Bar, 101.325, Unit::KiloPascal),
        ] {
            assert_eq!(from.convert(value, to, None, ReferenceState::C25), Ok(expected), "{value} {from} in {to}");
        }
        for (value, from, expected, to, tolerance) in [
            (101.325, Unit::KiloPascal, 760.0, Unit::MillimetreOfMercury, 2e-4),
            (101.325, Unit::KiloPascal, 29.921, Unit::InchOfMercury, 5e-4),
            (25.4, Unit::MillimetreOfMercury, 1.0, Unit::InchOfMercury, 1e-9),
            (98.6, Unit::Fahrenheit, 37.0, Unit::Celsius, 1e-12),
            (1.0, Unit::Knot, 1.852, Unit::KilometrePerHour, 1e-15),
        ] {
            let found = from.convert(value, to, None, ReferenceState::C25).unwrap();
            assert!((found - expected).abs() <= tolerance, "{value} {from} is {found} {to}");
        }
        let error = Unit::Celsius.factor_to(Unit::Kelvin, None, ReferenceState::C25).unwrap_err();
        assert!(error.to_string().contains("different zeros"), "{error}");
        assert_eq!(Unit::Kelvin.convert(0.1, Unit::Kelvin, None, ReferenceState::C25), Ok(0.1));
        let error = Unit::PpbCarbon.convert(1.0, Unit::Ppb, None, ReferenceState::C25).unwrap_err();
        assert!(error.to_string().contains("counts carbon atoms"), "{error}");
    }

    #[test]
    fn customary_spellings_are_read() {
        for (text, unit) in [
            ("°F", Unit::Fahrenheit),
            ("℉", Unit::Fahrenheit),
            ("K", Unit::Kelvin),
            ("km h⁻¹", Unit::KilometrePerHour),
            ("knots", Unit::Knot),
            ("W/m²", Unit::WattPerM2),
            ("W m-2", Unit::WattPerM2),
            ("#/cm³", Unit::PerCm3),
            ("cm⁻³", Unit::PerCm3),
            ("dB(A)", Unit::Decibel),
            ("lx", Unit::Lux),
            ("Bq m⁻³", Unit::BecquerelPerM3),
            ("ppbC", Unit::PpbCarbon),
        ] {
            assert_eq!(parsed(text), Some(unit), "{text}");
        }
    }

    #[test]
    fn molar_volumes_are_those_of_the_textbook() {
        for (state, litres) in
            [(ReferenceState::C25, 24.465), (ReferenceState::C20, 24.055), (ReferenceState::C0, 22.414)]
        {
            assert!((state.molar_volume_l_per_mol() - litres).abs() < 0.0005, "{state:?}");
        }
    }

    #[test]
    fn a_mixing_ratio_meets_the_mass_concentration_of_its_own_size() {
        let mass = Some(78.114);
        let factor = |from: Unit, to| from.factor_to(to, mass, ReferenceState::C20).unwrap();
        let own_size = factor(Unit::Ppb, Unit::MicrogramPerM3);
        assert_eq!(format!("{own_size:.4}"), "3.2473");
        assert_eq!(factor(Unit::Ppt, Unit::NanogramPerM3), own_size);
        assert_eq!(factor(Unit::Ppm, Unit::MilligramPerM3), own_size);
        assert!((factor(Unit::Ppm, Unit::MicrogramPerM3) / own_size - 1000.0).abs() < 1e-9);
        assert!((factor(Unit::MilligramPerM3, Unit::Ppb) * own_size - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn a_molar_mass_that_no_gas_has_is_refused() {
        for mass in [f64::NAN, f64::INFINITY, 0.0, -78.0, 0.5, 1e5] {
            let factor = Unit::Ppb.factor_to(Unit::MicrogramPerM3, Some(mass), ReferenceState::C25);
            assert!(
                matches!(factor, Err(ModelError::Inconvertible { reason, .. }) if reason.contains("1 to 10000")),
                "{mass}"
            );
        }
    }

    #[test]
    fn other_dimensions_do_not_convert_and_the_error_says_why() {
        let concentration =
            |unit: Unit| matches!(unit.dimension(), Dimension::MixingRatio | Dimension::MassConcentration);
        for from in Unit::ALL {
            for to in Unit::ALL {
                let convertible = from.dimension() == to.dimension() || concentration(from) && concentration(to);
                let value = from.convert(1.0, to, Some(16.043), ReferenceState::C25);
                assert_eq!(value.is_ok(), convertible, "{from} to {to}");
            }
        }
        let error = Unit::Ppb.factor_to(Unit::OdourUnitPerM3, None, ReferenceState::C25).unwrap_err();
        assert!(error.to_string().starts_with("ppb cannot be converted to ou/m3: an odour unit"), "{error}");
        let error = Unit::Ppb.factor_to(Unit::MicrogramPerM3, None, ReferenceState::C25).unwrap_err();
        assert!(error.to_string().contains("give its molar mass"), "{error}");
    }

    #[test]
    fn reference_states_outside_of_their_range_are_refused_when_made_and_when_read() {
        for (temperature_c, pressure_hpa) in [(f64::NAN, 1013.25), (-101.0, 1013.25), (25.0, 99.0), (25.0, 101_325.0)] {
            assert!(ReferenceState::new(temperature_c, pressure_hpa).is_err(), "{temperature_c} {pressure_hpa}");
        }
        for edge in [(-100.0, 100.0), (500.0, 2000.0)] {
            assert!(ReferenceState::new(edge.0, edge.1).is_ok(), "{edge:?}");
        }
        let cold = bincode::serialize(&(0.0_f64, 101_325.0_f64)).unwrap();
        assert!(bincode::deserialize::<ReferenceState>(&cold).is_err());
        let text = serde_json::to_string(&ReferenceState::C25).unwrap();
        assert_eq!(text, r#"{"temperature_k":298.15,"pressure_pa":101325.0}"#);
        assert_eq!(serde_json::from_str::<ReferenceState>(&text).unwrap(), ReferenceState::C25);
    }

    #[test]
    fn the_named_states_are_those_of_their_temperature() {
        for (temperature_c, state) in
            [(25.0, ReferenceState::C25), (20.0, ReferenceState::C20), (0.0, ReferenceState::C0)]
        {
            assert_eq!(ReferenceState::new(temperature_c, 1013.25), Ok(state));
        }
    }

    proptest! {
        #[test]
        fn a_value_comes_back_from_every_unit_it_converts_to(
            from in prop::sample::select(&Unit::ALL[..]), to in prop::sample::select(&Unit::ALL[..]),
            digits in -10.0_f64..10.0, power in -15..15,
            mass in 1.0_f64..10_000.0, temperature_c in -100.0_f64..500.0, pressure_hpa in 100.0_f64..2000.0,
        ) {
            let value = digits * 10_f64.powi(power);
            let state = ReferenceState::new(temperature_c, pressure_hpa).unwrap();
            let Ok(there) = from.convert(value, to, Some(mass), state) else { return Ok(()) };
            let back = to.convert(there, from, Some(mass), state).unwrap();
            let Ok(factor) = from.factor_to(to, Some(mass), state) else {
                prop_assert_eq!(from.dimension(), Dimension::Temperature);
                // The distance between two zeros is what rounding is measured against.
                prop_assert!((back - value).abs() <= 1e-12 * (value.abs() + 1_000.0), "{} {} {}", value, there, back);
                return Ok(());
            };
            prop_assert!((back - value).abs() <= 1e-12 * value.abs(), "{} {} {}", value, there, back);
            let product = value * factor;
            prop_assert!((there - product).abs() <= 1e-12 * product.abs());
        }
    }
}
