//! Thresholds and tests on the command line.

use crate::values;
use vocdb::Unit;
use vocdb::base::escape::Line;
use vocdb::checks::{QualityTest, Threshold, ThresholdKind};

/// A bound for the channels of one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    channel: String,
    value: f64,
    unit: Unit,
}

impl Bound {
    pub(super) fn threshold(&self, kind: ThresholdKind) -> Threshold {
        Threshold { kind, channel: self.channel.clone(), value: self.value, unit: self.unit }
    }
}

/// Parses the name of a test.
pub(super) fn test(text: &str) -> Result<QualityTest, String> {
    let known = || QualityTest::ALL.map(QualityTest::name).join(", ");
    match QualityTest::from_name(text) {
        Some(QualityTest::TimeOfReceipt) => {
            Err("a store keeps no time of receipt: use the library on ingest".to_owned())
        }
        Some(test) => Ok(test),
        None => Err(format!("`{}` is not a test; write one of {}", Line(text), known())),
    }
}

/// Parses an accepted number of false alarms.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (1e-6..=1.0).contains(number));
    number.ok_or_else(|| format!("`{}` is not a number from 1e-6 to 1", Line(text)))
}

/// Parses CHANNEL=VALUE:UNIT.
pub(super) fn bound(text: &str) -> Result<Bound, String> {
    let (channel, value, unit) = parts(text).ok_or_else(|| wrong(text, "benzene=30:ppb"))?;
    Ok(Bound { channel: channel.to_owned(), value: number(value)?, unit: values::unit(unit)? })
}

/// Parses CHANNEL=MIN..MAX:UNIT.
pub(super) fn range(text: &str) -> Result<(Bound, Bound), String> {
    let wrong = || wrong(text, "benzene=-1..500:ppb");
    let (channel, numbers, unit) = parts(text).ok_or_else(wrong)?;
    let (min, max) = numbers.split_once("..").ok_or_else(wrong)?;
    let (min, max, unit) = (number(min)?, number(max)?, values::unit(unit)?);
    if min >= max {
        return Err(wrong());
    }
    let bound = |value| Bound { channel: channel.to_owned(), value, unit };
    Ok((bound(min), bound(max)))
}

fn wrong(text: &str, example: &str) -> String {
    format!("`{}`: write a channel, a number and a unit, such as {example}", Line(text))
}

fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (channel, rest) = text.split_once('=')?;
    let (value, unit) = rest.split_once(':')?;
    Some((channel.trim(), value.trim(), unit.trim()))
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("`{}` is not a number", Line(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_ranges_need_a_channel_a_number_and_a_unit() {
        let threshold = bound("benzene=30:ppb").unwrap().threshold(ThresholdKind::Limit);
        assert_eq!((threshold.channel.as_str(), threshold.value, threshold.unit), ("benzene", 30.0, Unit::Ppb));
        let (min, max) = range("benzene=-1..5e2:ppb").unwrap();
        assert_eq!((min.value, max.value), (-1.0, 500.0));
        for text in ["benzene", "benzene=30", "benzene=x:ppb", "benzene=30:ppq"] {
            bound(text).unwrap_err();
        }
        for text in ["benzene=1:ppb", "benzene=5..1:ppb"] {
            range(text).unwrap_err();
        }
        test("time-of-receipt").unwrap_err();
        rate("2").unwrap_err();
    }
}
