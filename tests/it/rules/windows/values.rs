//! What the functions over windows give, from plain lists of values.
#![cfg(test)]

use super::language::Function;
use vocdb::rules::expr::WindowFunction;

/// Linear interpolation between the sorted values.
#[expect(clippy::cast_possible_truncation, reason = "places in a short list")]
fn quantile(values: &[f64], percent: u32) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = f64::from(percent) / 100.0 * (values.len() as f64 - 1.0);
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[(place.ceil() as usize).min(values.len() - 1)]);
    low + (high - low) * (place - below)
}

/// The value of a window from the values in it, which are thousandths, and the share of the expected ones that they are.
#[expect(clippy::cast_possible_truncation, reason = "thousandths below a million")]
pub(crate) fn value_of(function: Function, timed: &[(i64, f64)], coverage: f64) -> Option<f64> {
    let values: Vec<f64> = timed.iter().map(|(_, value)| *value).collect();
    let count = values.len() as f64;
    match function {
        Function::Count => return Some(count),
        Function::Coverage => return Some(100.0 * coverage),
        _ => {}
    }
    let (oldest, newest) = (*timed.first()?, *values.last()?);
    let thousandths: Vec<i128> = values.iter().map(|value| (value * 1_000.0).round() as i128).collect();
    let sum: i128 = thousandths.iter().sum();
    Some(match function {
        Function::Avg => sum as f64 / (1_000.0 * count),
        Function::Sum => sum as f64 / 1_000.0,
        Function::Min => values.iter().rev().fold(newest, |least, value| if *value < least { *value } else { least }),
        Function::Max => values.iter().rev().fold(newest, |most, value| if *value > most { *value } else { most }),
        Function::Baseline(percent) => quantile(&values, percent.unwrap_or(10)),
        Function::Percentile(percent) => quantile(&values, percent),
        _ if values.len() < 2 && function != Function::Last => return None,
        Function::Delta => newest - oldest.1,
        Function::Increase => {
            let rises = thousandths.windows(2).map(|pair| if pair[1] < pair[0] { pair[1] } else { pair[1] - pair[0] });
            rises.sum::<i128>() as f64 / 1_000.0
        }
        Function::Rate => (newest - oldest.1) / ((timed.last()?.0 - oldest.0) as f64 / 3_600_000.0),
        Function::Stddev => {
            let billionths: Vec<i128> = thousandths.iter().map(|thousandth| thousandth * 1_000_000).collect();
            let squares: i128 = billionths.iter().map(|one| one * one).sum();
            let total: i128 = billionths.iter().sum();
            let spread = values.len() as i128 * squares - total * total;
            (spread as f64 / count / (count - 1.0)).sqrt() / 1e9
        }
        _ => newest,
    })
}

/// The number, if it is one.
pub(crate) fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// Adds those that are known, in their order.
pub(crate) fn mean_of(values: &[Option<f64>], percent: u32) -> Option<f64> {
    let known: Vec<f64> = values.iter().filter_map(|value| *value).collect();
    let is_covered = known.len() as f64 >= f64::from(percent) / 100.0 * values.len() as f64;
    let sum = known.iter().fold(0.0, |sum, value| sum + value);
    finite(sum / known.len() as f64).filter(|_| is_covered)
}

/// The naive function that a window's function is.
#[expect(clippy::cast_possible_truncation, reason = "a percentage")]
pub(crate) fn plain(function: WindowFunction) -> Function {
    let percent = |quantile: f64| (quantile * 100.0).round() as u32;
    match function {
        WindowFunction::Avg => Function::Avg,
        WindowFunction::Min => Function::Min,
        WindowFunction::Max => Function::Max,
        WindowFunction::Last => Function::Last,
        WindowFunction::Sum => Function::Sum,
        WindowFunction::Delta => Function::Delta,
        WindowFunction::Increase => Function::Increase,
        WindowFunction::Rate => Function::Rate,
        WindowFunction::Stddev => Function::Stddev,
        WindowFunction::Coverage => Function::Coverage,
        WindowFunction::Baseline { quantile } => Function::Baseline(Some(percent(quantile))),
        WindowFunction::Percentile { quantile } => Function::Percentile(percent(quantile)),
        _ => Function::Count,
    }
}
