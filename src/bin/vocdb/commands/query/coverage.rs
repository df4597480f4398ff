//! How many samples of a window must be valid, on the command line: a percentage, or so many of so many.

use crate::failure::Failure;
use std::fmt;
use vocdb::Interval;
use vocdb::base::escape::Line;

/// The samples of a window that must be valid for it to have a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Coverage {
    /// So many percent of the expected ones.
    Percent(f64),
    /// So many of those that a window has.
    Count {
        /// How many must be valid.
        valid: u32,
        /// How many there are.
        of: u32,
    },
}

/// `75`, or `20/24`.
pub(super) fn parse(text: &str) -> Result<Coverage, String> {
    if let Some((valid, of)) = text.split_once('/') {
        return count(valid, of);
    }
    match text.parse() {
        Ok(share) if 0.0 < share && share < 1.0 => {
            Err(format!("this is less than 1 percent; for {share} of all samples write {}", share * 100.0))
        }
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Coverage::Percent(percent)),
        _ => {
            Err("write a number of percent from 0 to 100, such as 75, or a number of samples, such as 20/24".to_owned())
        }
    }
}

fn count(valid: &str, of: &str) -> Result<Coverage, String> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    match (number(valid), number(of)) {
        (Some(valid), Some(of)) if valid <= of => Ok(Coverage::Count { valid, of }),
        (Some(valid), Some(of)) => {
            Err(format!("no {valid} of {of} samples can be valid; write the smaller number first: {of}/{valid}"))
        }
        _ => Err("write two whole numbers from 1 on, such as 20/24 for 20 of 24 hourly samples".to_owned()),
    }
}

impl Coverage {
    /// The least share and the least number of valid samples.
    pub(super) fn least(self) -> (f64, u32) {
        match self {
            Self::Percent(percent) => (percent / 100.0, 0),
            Self::Count { valid, .. } => (0.0, valid),
        }
    }

    /// Whether coverage and number of samples, the greatest that were found, are enough.
    pub(super) fn is_reached(self, (coverage, valid): (f64, u32)) -> bool {
        let (coverage_min, valid_min) = self.least();
        valid > 0 && coverage >= coverage_min && valid >= valid_min
    }

    /// Refuses a number of samples that windows of an instrument do not have.
    pub(super) fn check(self, width: Interval, (instrument, interval): &(String, Interval)) -> Result<(), Failure> {
        let Self::Count { valid, of } = self else { return Ok(()) };
        let expected = (width.as_ms() / interval.as_ms().max(1)).max(1);
        if i64::from(of) == expected {
            return Ok(());
        }
        let scaled = (i64::from(valid) * expected + i64::from(of) - 1) / i64::from(of);
        Err(Failure::Says(format!(
            "--coverage {self}: a window of {width} has {expected} samples of instrument {}, one every {interval}; write {scaled}/{expected}",
            Line(instrument)
        )))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent} %"),
            Self::Count { valid, of } => write!(f, "{valid}/{of}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coverage_is_a_percentage_or_so_many_of_so_many() {
        assert_eq!(parse("75"), Ok(Coverage::Percent(75.0)));
        assert_eq!(parse("20/24"), Ok(Coverage::Count { valid: 20, of: 24 }));
        assert_eq!(parse("20 / 24"), Ok(Coverage::Count { valid: 20, of: 24 }));
        for (text, words) in [
            ("0.75", "for 0.75 of all samples write 75"),
            ("101", "or a number of samples, such as 20/24"),
            ("24/20", "write the smaller number first: 20/24"),
            ("0/24", "two whole numbers"),
            ("20/", "two whole numbers"),
            ("-1/24", "two whole numbers"),
            ("20/24/2", "two whole numbers"),
        ] {
            assert!(parse(text).unwrap_err().contains(words), "{text}");
        }
    }

    #[test]
    fn a_number_of_samples_that_a_window_does_not_have_is_refused_with_the_right_one() {
        let coverage = Coverage::Count { valid: 20, of: 24 };
        let of = |interval: &str| ("gc".to_owned(), interval.parse::<Interval>().unwrap());
        let day: Interval = "1d".parse().unwrap();
        assert!(coverage.check(day, &of("1h")).is_ok());
        let Err(Failure::Says(said)) = coverage.check(day, &of("10m")) else { panic!("144 samples") };
        assert!(said.contains("has 144 samples of instrument gc") && said.ends_with("write 120/144"), "{said}");
    }
}
