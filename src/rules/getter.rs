//! The getters that make a quantity of a number in a rule: `30.ppb`.

use crate::model::Unit;

/// Every getter and its unit.
pub(crate) const UNITS: [(&str, Unit); 31] = [
    ("ppt", Unit::Ppt),
    ("ppb", Unit::Ppb),
    ("ppm", Unit::Ppm),
    ("ng_m3", Unit::NanogramPerM3),
    ("ug_m3", Unit::MicrogramPerM3),
    ("mg_m3", Unit::MilligramPerM3),
    ("m_s", Unit::MetrePerSecond),
    ("deg", Unit::Degree),
    ("degC", Unit::Celsius),
    ("hPa", Unit::HectoPascal),
    ("mV", Unit::Millivolt),
    ("V", Unit::Volt),
    ("ou_m3", Unit::OdourUnitPerM3),
    ("percent", Unit::Percent),
    ("K", Unit::Kelvin),
    ("degF", Unit::Fahrenheit),
    ("km_h", Unit::KilometrePerHour),
    ("mph", Unit::MilePerHour),
    ("kt", Unit::Knot),
    ("Pa", Unit::Pascal),
    ("kPa", Unit::KiloPascal),
    ("bar", Unit::Bar),
    ("mmHg", Unit::MillimetreOfMercury),
    ("inHg", Unit::InchOfMercury),
    ("W_m2", Unit::WattPerM2),
    ("mm", Unit::Millimetre),
    ("dB", Unit::Decibel),
    ("lux", Unit::Lux),
    ("per_cm3", Unit::PerCm3),
    ("Bq_m3", Unit::BecquerelPerM3),
    ("ppbC", Unit::PpbCarbon),
];

/// A number with the getter of a unit, as an operator would write it; without one for plain numbers.
pub(crate) fn quantity_text(value: f64, unit: Unit) -> String {
    let number = number_text(value);
    match UNITS.iter().find(|(_, known)| *known == unit) {
        Some((getter, _)) => format!("{number}.{getter}"),
        None => number,
    }
}

/// A number as an operator would write it.
pub(crate) fn number_text(value: f64) -> String {
    let text = value.to_string();
    if text.len() > 20 { format!("{value:e}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_but_the_plain_number_has_one_getter() {
        for unit in Unit::ALL {
            let count = UNITS.iter().filter(|(_, known)| *known == unit).count();
            assert_eq!(count, usize::from(unit != Unit::One), "{unit}");
        }
        assert_eq!(quantity_text(30.0, Unit::Ppb), "30.ppb");
        assert_eq!(quantity_text(1e300, Unit::One), "1e300");
    }
}
