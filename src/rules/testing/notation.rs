//! Series of samples as tests write them: `12x10 _x3 45x20`.

use crate::base::escape::Line;
use crate::model::{Quality, Sample};

/// Samples that one series may have.
const SAMPLES_MAX: usize = 2_000_000;

/// What is wrong with a series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not valid in a series: write a value, `_` for a gap, or `10..20x11` for a ramp; append `xN` to repeat and `/C` for a flag of HJ 212",
    Line(part)
)]
pub struct NotationError {
    /// The part.
    pub part: String,
}

/// The samples of a series; `None` stands for a frame that does not come.
///
/// Parts are separated by spaces. `12` is a value, `_` a gap, `10..20x11` a ramp in equal steps with both ends. `x10` after it repeats it.
/// `/C` after the value flags it with a letter of HJ 212-2017 (`N T D C M S F B`), `/<` as below detection; `_/C` is a frame without a
/// value, but with that flag.
///
/// ```
/// use vocdb::rules::testing::parse_series;
/// let samples = parse_series("12x2 _ 45/C 1..3x3")?;
/// assert_eq!(samples.len(), 7);
/// assert_eq!(samples[2], None);
/// assert_eq!(samples[3].unwrap().valid(), None);
/// assert_eq!(samples[5].unwrap().value, Some(2.0));
/// assert!(parse_series("12xx2").is_err());
/// # Ok::<(), vocdb::rules::testing::NotationError>(())
/// ```
///
/// # Errors
/// [`NotationError`] names the part that cannot be read.
pub fn parse_series(text: &str) -> Result<Vec<Option<Sample>>, NotationError> {
    let mut samples = Vec::new();
    for part in text.split_whitespace() {
        push(part, &mut samples).ok_or_else(|| NotationError { part: part.to_owned() })?;
    }
    Ok(samples)
}

fn push(part: &str, samples: &mut Vec<Option<Sample>>) -> Option<()> {
    let (value, times) = part.split_once('x').map_or((part, Some(1)), |(value, times)| (value, times.parse().ok()));
    let times: usize =
        times.filter(|times| (1..=SAMPLES_MAX).contains(times) && samples.len() + times <= SAMPLES_MAX)?;
    let (value, quality) = match value.split_once('/') {
        Some((value, flag)) => (value, Some(quality(flag)?)),
        None => (value, None),
    };
    if value == "_" {
        let gap = quality.map(|quality| Sample { value: None, quality });
        samples.extend(std::iter::repeat_n(gap, times));
        return Some(());
    }
    let (first, last) = value.split_once("..").unwrap_or((value, value));
    let (first, last) = (number(first)?, number(last)?);
    let quality = quality.unwrap_or_default();
    samples.extend((0..times).map(|step| {
        let share = if times > 1 { step as f64 / (times - 1) as f64 } else { 0.0 };
        Some(Sample { value: Some(first + (last - first) * share), quality })
    }));
    Some(())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn quality(flag: &str) -> Option<Quality> {
    let mut letters = flag.chars();
    match (letters.next()?, letters.next()) {
        ('<', None) => Some(Quality::BelowDetection),
        (letter, None) => Quality::from_hj212(letter),
        _ => None,
    }
}
