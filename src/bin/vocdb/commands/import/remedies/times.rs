//! Finds the format of times that the given format cannot read.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use vocdb::interop::csv::{CsvReport, RejectReason};

/// Texts that are tried.
const TEXTS_MAX: usize = 1_000;
/// Years that a time of a reading can have.
const YEARS: std::ops::RangeInclusive<i16> = 1_990..=2_100;
/// Seconds from 1990 to 2033, where ten digits begin to be a date and an hour.
const EPOCH_SECONDS: std::ops::Range<i64> = 631_152_000..2_000_000_000;
/// Dates; day and month of the same shape stand beside each other.
const DATES: [&str; 20] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%m.%d.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%m.%d.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%Y%m%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%b %d, %Y",
];
/// Times of day behind a date.
const TIMES: [&str; 14] = [
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    " %H",
    " %H.%M",
    "T%H:%M",
    "T%H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    "%H",
    "%H%M",
    "%H%M%S",
    " %H%M",
];

/// Advice that names the option for the times of a file, if most of its times could not be read and one format reads them.
pub(in super::super) fn advice(report: &CsvReport) -> Option<String> {
    let rejected = report.rejected_by_reason.get(&RejectReason::BadTime).copied().unwrap_or_default();
    if rejected.saturating_mul(2) < report.rows_read.saturating_sub(report.filtered_rows) {
        return None;
    }
    let rejections = report.rejections.iter().filter(|rejection| rejection.reason == RejectReason::BadTime);
    let texts: Vec<&str> = rejections.map(|rejection| rejection.text.as_str()).take(TEXTS_MAX).collect();
    let text = texts.first()?;
    match formats(&texts).as_slice() {
        [] => None,
        [format] => Some(format!("times such as `{text}` are read with --time-format '{format}'")),
        [first, second, ..] => Some(format!(
            "times such as `{text}` are read with --time-format '{first}' if the {} comes first, or with --time-format '{second}' if the \
             {} comes first",
            leading(first),
            leading(second)
        )),
    }
}

/// The formats that read most of the texts, and no fewer than nine in ten.
fn formats(texts: &[&str]) -> Vec<String> {
    let epochs = [("epoch-s", 1), ("epoch-ms", 1_000)].map(|(name, per_second)| {
        let is_read =
            |text: &&&str| text.parse().is_ok_and(|count: i64| EPOCH_SECONDS.contains(&count.div_euclid(per_second)));
        (name.to_owned(), texts.iter().filter(is_read).count())
    });
    let patterns = DATES.iter().flat_map(|date| TIMES.iter().map(move |time| format!("{date}{time}"))).map(|pattern| {
        let count = texts.iter().filter(|text| is_read(&pattern, text)).count();
        (pattern, count)
    });
    let counted: Vec<(String, usize)> = epochs.into_iter().chain(patterns).collect();
    let most = counted.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let is_enough = most > 0 && most.saturating_mul(10) >= texts.len().saturating_mul(9);
    counted.into_iter().filter(|(_, count)| is_enough && *count == most).map(|(format, _)| format).collect()
}

fn is_read(pattern: &str, text: &str) -> bool {
    // In a pattern, a space stands for no space too.
    if pattern.contains(' ') != text.contains(' ') {
        return false;
    }
    let parts = BrokenDownTime::parse(pattern, text);
    let time: Option<DateTime> = parts.and_then(|parts| parts.to_datetime()).ok();
    time.is_some_and(|time| YEARS.contains(&time.year()))
}

/// The part with which a date begins.
fn leading(format: &str) -> &'static str {
    match format.get(..2) {
        Some("%d") => "day",
        Some("%m" | "%b") => "month",
        _ => "year",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_common_times_is_found_and_both_orders_of_day_and_month_if_either_fits() {
        for (texts, wanted) in [
            (&["31.12.2023 23:00", "01.01.2024 00:00"][..], &["%d.%m.%Y %H:%M"][..]),
            (&["12/31/2023 11:00:00 PM"], &["%m/%d/%Y %I:%M:%S %p"]),
            (&["2022010100", "2022123123"], &["%Y%m%d%H"]),
            (&["202201010005"], &["%Y%m%d%H%M"]),
            (&["20220101 0005"], &["%Y%m%d %H%M"]),
            (&["2023/5/9 2:18"], &["%Y/%m/%d %H:%M"]),
            (&["09-May-2023 02:18"], &["%d-%b-%Y %H:%M"]),
            (&["31/12/23 23:00"], &["%d/%m/%y %H:%M"]),
            (&["1652062682", "1652062742"], &["epoch-s"]),
            (&["1652062682000"], &["epoch-ms"]),
            (&["03/04/2022 05:00", "05/04/2022 05:00"], &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
            (&["noon", "44562.5"], &[]),
        ] {
            assert_eq!(formats(texts), wanted, "{texts:?}");
        }
    }

    #[test]
    fn a_few_times_that_no_format_reads_do_not_hide_the_format_of_the_others() {
        let mut texts = vec!["01.02.2022 00:00"; 30];
        texts.extend(["31.01.2022 00:00", "-"]);
        assert_eq!(formats(&texts), ["%d.%m.%Y %H:%M"]);
        texts.extend(["-"; 9]);
        assert_eq!(formats(&texts), [""; 0]);
    }
}
