//! What is computed over a window, on the command line.

use vocdb::query::WindowFunction;

/// `mean`, `p95`, `percentile:99.5` and the like.
pub(super) fn parse(text: &str) -> Result<WindowFunction, String> {
    let function = match text {
        "mean" => WindowFunction::Mean,
        "min" => WindowFunction::Min,
        "max" => WindowFunction::Max,
        "sum" => WindowFunction::Sum,
        "count" => WindowFunction::Count,
        "first" => WindowFunction::First,
        "last" => WindowFunction::Last,
        "stddev" => WindowFunction::StdDev,
        other => {
            let percent = other.strip_prefix("percentile:").or_else(|| other.strip_prefix('p'));
            let percent = percent.and_then(|number| number.parse::<f64>().ok());
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(|| {
                "possible values: mean, min, max, sum, count, first, last, stddev, p95 or another percentile from p0 to p100 \
                 (p50 is the median)"
                    .to_owned()
            })?;
            WindowFunction::Percentile(percent)
        }
    };
    Ok(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_have_two_spellings_and_bounds() {
        assert_eq!(parse("p95"), Ok(WindowFunction::Percentile(95.0)));
        assert_eq!(parse("percentile:99.5"), Ok(WindowFunction::Percentile(99.5)));
        for text in ["p", "p101", "p-1", "pNaN", "percentile", "percentile:", "median", "P95x"] {
            assert!(parse(text).unwrap_err().contains("p50 is the median"), "{text}");
        }
    }
}
