//! The limits file.

use crate::base::escape::Line;
use crate::model::{Dimension, ReferenceState, Unit};
use crate::trace::incident::CalendarDate;

/// The columns of a limits file.
const HEADER: &str = "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to";
/// Pressure of every reference state that a unit may name: one atmosphere, in hPa.
const PRESSURE_HPA: f64 = 1013.25;
/// Hours of an averaging period of eight hours, and of a day without a clock change.
const EIGHT: u32 = 8;
const DAY: u32 = 24;

/// The average that a limit is about, and how a day gets one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Averaging {
    /// `1h`: the greatest hourly mean of the day.
    Hour,
    /// `8h`: the greatest mean of eight consecutive hours, of which the last is in the day.
    EightHours,
    /// `8h-within-day`: the greatest mean of eight consecutive hours of the day.
    EightHoursWithinDay,
    /// `24h`: the mean of the day's hourly means.
    Day,
}

impl Averaging {
    const ALL: [Self; 4] = [Self::Hour, Self::EightHours, Self::EightHoursWithinDay, Self::Day];

    /// The word of the limits file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::EightHours => "8h",
            Self::EightHoursWithinDay => "8h-within-day",
            Self::Day => "24h",
        }
    }
}

/// One limit, as a line of the file states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Name of the channel.
    pub channel: String,
    /// Average that the limit is about.
    pub average: Averaging,
    /// Greatest value that is within the limit.
    pub limit: f64,
    /// Unit of the limit.
    pub unit: Unit,
    /// Reference state of a mass concentration; that of the channel if the file names none.
    pub reference: Option<ReferenceState>,
    /// Share of the expected samples that a valid hourly mean needs, 0 to 1.
    pub hour_coverage: f64,
    /// Valid hours that a valid mean of several hours needs.
    pub hours_min: u32,
    /// Valid averages that a day needs before it is known to be within the limit.
    pub averages_min: u32,
    /// First day on which the limit holds.
    pub from: CalendarDate,
    /// Last day on which it holds; `None` if it has no end.
    pub to: Option<CalendarDate>,
}

/// The limits of a file.
///
/// The file has one limit a line, below a header. Fields are separated by commas, without quotes; `#` begins a comment line. Coverages are
/// counts such as `20/24` or shares such as `75%`: `hour_coverage` of the samples of an hour, `period_coverage` of the hours of a mean over
/// 8 or 24 hours, `day_coverage` of the 24 averages of a day, for the greatest of which there is a limit. `from` and `to` are the first and
/// the last day on which a limit holds.
///
/// ```
/// use vocdb::trace::attainment::Limits;
/// let limits = Limits::parse(
///     "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to
/// PM2.5,24h,75,ug/m3,75%,20/24,,2016-01-01,2026-02-28
/// PM2.5,24h,60,ug/m3,75%,20/24,,2026-03-01,
/// O3,8h-within-day,160,ug/m3@25C,75%,6/8,14/24,2016-01-01,
/// ",
/// )?;
/// assert_eq!(limits.all().len(), 3);
/// let error = Limits::parse("channel,limit\n").unwrap_err().to_string();
/// assert!(error.starts_with("limits file, line 1: the header is not `channel,average,limit"));
/// # Ok::<(), vocdb::trace::attainment::LimitsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Limits(Vec<Limit>);

/// A line of a limits file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limits file, line {line}: {reason}")]
pub struct LimitsError {
    /// Number of the line, from 1.
    pub line: usize,
    /// Problem, and what to write instead.
    pub reason: String,
}

impl Limits {
    /// Reads a limits file.
    ///
    /// # Errors
    /// [`LimitsError`] names the first line that cannot be used, and what to write instead; also for two limits of one channel and average
    /// that hold on the same day, and for a file without a limit.
    pub fn parse(text: &str) -> Result<Self, LimitsError> {
        let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let wrong = |line, reason: String| LimitsError { line, reason };
        let (first, header) =
            lines.next().ok_or_else(|| wrong(1, format!("the file is empty; begin with `{HEADER}`")))?;
        if header != HEADER {
            return Err(wrong(first, format!("the header is not `{HEADER}`")));
        }
        let mut limits: Vec<Limit> = Vec::new();
        let mut last = first;
        for (number, line) in lines {
            let limit = read_limit(line).map_err(|reason| wrong(number, reason))?;
            if let Some(other) = limits.iter().find(|other| other.collides(&limit)) {
                let (channel, average) = (Line(&other.channel), other.average.name());
                let reason = format!("`{channel}` has another limit for {average} on the same days; end one of them");
                return Err(wrong(number, reason));
            }
            limits.push(limit);
            last = number;
        }
        if limits.is_empty() {
            return Err(wrong(last, "no limit stands below the header; write one a line".to_owned()));
        }
        Ok(Self(limits))
    }

    /// Returns all limits, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Limit] {
        &self.0
    }

    /// Returns the channels that have limits, each once, in the order of the file.
    #[must_use]
    pub fn channels(&self) -> Vec<&str> {
        let mut channels: Vec<&str> = Vec::new();
        for limit in &self.0 {
            if !channels.contains(&limit.channel.as_str()) {
                channels.push(&limit.channel);
            }
        }
        channels
    }
}

impl Limit {
    /// Returns whether the limit holds on a day.
    #[must_use]
    pub fn holds_on(&self, date: &CalendarDate) -> bool {
        self.from <= *date && self.to.as_ref().is_none_or(|to| date <= to)
    }

    fn collides(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, other: &Self| one.to.as_ref().is_some_and(|to| *to < other.from);
        let is_same = self.channel == other.channel && self.average == other.average;
        is_same && !ends_before(self, other) && !ends_before(other, self)
    }
}

fn read_limit(line: &str) -> Result<Limit, String> {
    if line.contains('"') {
        return Err("fields are not quoted; leave out the quotes".to_owned());
    }
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [channel, average, limit, unit, hour, period, day, from, to] = fields.as_slice() else {
        return Err(format!("the line has {} fields instead of 9: {HEADER}", fields.len()));
    };
    if channel.is_empty() {
        return Err("the channel is empty; name one, such as PM2.5".to_owned());
    }
    let averaging = Averaging::ALL.into_iter().find(|one| one.name() == *average);
    let average =
        averaging.ok_or_else(|| format!("`{}` is no average; write 1h, 8h, 8h-within-day or 24h", Line(average)))?;
    let number = limit.parse().ok().filter(|number: &f64| number.is_finite());
    let limit = number.ok_or_else(|| format!("`{}` is no limit; write a number", Line(limit)))?;
    let (unit, reference) = read_unit(unit)?;
    let (hours_min, averages_min) = match average {
        Averaging::Hour => {
            unused(period, "period_coverage", average)?;
            (1, read_count(day, DAY, "day_coverage")?)
        }
        Averaging::EightHours | Averaging::EightHoursWithinDay => {
            (read_count(period, EIGHT, "period_coverage")?, read_count(day, DAY, "day_coverage")?)
        }
        Averaging::Day => {
            unused(day, "day_coverage", average)?;
            (read_count(period, DAY, "period_coverage")?, 1)
        }
    };
    let (from, to) = (read_date(from)?, if to.is_empty() { None } else { Some(read_date(to)?) });
    if to.as_ref().is_some_and(|to| *to < from) {
        return Err("`to` is before `from`; exchange them".to_owned());
    }
    let hour_coverage = read_share(hour, "hour_coverage")?;
    let channel = (*channel).to_owned();
    Ok(Limit { channel, average, limit, unit, reference, hour_coverage, hours_min, averages_min, from, to })
}

fn unused(text: &str, column: &str, average: Averaging) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { Err(format!("{column} says nothing for {}; leave it empty", average.name())) }
}

fn read_date(text: &str) -> Result<CalendarDate, String> {
    text.parse().map_err(|_: crate::model::ModelError| format!("`{}` is no date; write 2026-03-01", Line(text)))
}

fn read_unit(text: &str) -> Result<(Unit, Option<ReferenceState>), String> {
    let (unit, state) = text.split_once('@').map_or((text, None), |(unit, state)| (unit, Some(state)));
    let unit: Unit = unit.parse().map_err(|error: crate::model::ModelError| error.to_string())?;
    let Some(state) = state else { return Ok((unit, None)) };
    if unit.dimension() != Dimension::MassConcentration {
        return Err(format!("{unit} does not depend on the reference temperature; leave out what follows the `@`"));
    }
    let celsius = state.strip_suffix(['C', 'c']).and_then(|number| number.parse().ok());
    let celsius = celsius.ok_or_else(|| format!("`{}` is not a reference state; write 0C, 20C or 25C", Line(state)))?;
    let state = ReferenceState::new(celsius, PRESSURE_HPA).map_err(|error| error.to_string())?;
    Ok((unit, Some(state)))
}

/// A share such as `75%` or `45/60`.
fn read_share(text: &str, column: &str) -> Result<f64, String> {
    let wrong = || format!("`{}` is no {column}; write a share such as 75%, or a count such as 45/60", Line(text));
    let share: f64 = if let Some(percent) = text.strip_suffix('%') {
        percent.trim().parse::<f64>().map_err(|_: std::num::ParseFloatError| wrong())? / 100.0
    } else {
        let (count, of) = read_fraction(text).ok_or_else(wrong)?;
        f64::from(count) / f64::from(of)
    };
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err(wrong()) }
}

/// How many of so many: `20/24`, or the least count with a share such as `75%`.
fn read_count(text: &str, of: u32, column: &str) -> Result<u32, String> {
    if text.ends_with('%') {
        let share = read_share(text, column)?;
        // The least count whose share is not below; a billionth lets 75 % of 24 be 18.
        let is_enough = |count: &u32| f64::from(*count) + 1e-9 >= share * f64::from(of);
        return Ok((1..=of).find(is_enough).unwrap_or(of));
    }
    let wrong = || {
        format!("`{}` is no {column}; write a count such as {}/{of}, or a share such as 75%", Line(text), of * 3 / 4)
    };
    let (count, total) = read_fraction(text).ok_or_else(wrong)?;
    if total == of && (1..=of).contains(&count) { Ok(count) } else { Err(wrong()) }
}

fn read_fraction(text: &str) -> Option<(u32, u32)> {
    let (count, of) = text.split_once('/')?;
    let (count, of) = (count.trim().parse().ok()?, of.trim().parse().ok()?);
    (of > 0).then_some((count, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(line: &str) -> String {
        Limits::parse(&format!("{HEADER}\n# a comment\n{line}\n")).unwrap_err().to_string()
    }

    #[test]
    fn shares_and_counts_mean_the_same() {
        for (text, of, count) in [("75%", 24, 18), ("18/24", 24, 18), ("75%", 8, 6), ("20/24", 24, 20), ("100%", 8, 8)]
        {
            assert_eq!(read_count(text, of, "c"), Ok(count), "{text}");
        }
        assert_eq!(read_share("45/60", "c"), Ok(0.75));
    }

    #[test]
    fn each_wrong_line_is_named_with_what_to_write() {
        for (line, words) in [
            ("PM2.5,24h,75,ug/m3,75%,20/24,,2016-01-01", "8 fields instead of 9"),
            ("PM2.5,2h,75,ug/m3,75%,20/24,,2016-01-01,", "write 1h, 8h"),
            ("PM2.5,24h,high,ug/m3,75%,20/24,,2016-01-01,", "write a number"),
            ("PM2.5,24h,75,ug/m3@hot,75%,20/24,,2016-01-01,", "write 0C, 20C or 25C"),
            ("PM2.5,24h,75,ug/m3,0%,20/24,,2016-01-01,", "no hour_coverage"),
            ("PM2.5,24h,75,ug/m3,75%,20/23,,2016-01-01,", "write a count such as 18/24"),
            ("PM2.5,24h,75,ug/m3,75%,25/24,,2016-01-01,", "no period_coverage"),
            ("PM2.5,24h,75,ug/m3,75%,20/24,20/24,2016-01-01,", "day_coverage says nothing for 24h"),
            ("O3,1h,200,ug/m3,75%,6/8,20/24,2016-01-01,", "period_coverage says nothing for 1h"),
            ("PM2.5,24h,75,ug/m3,75%,20/24,,2016-02-30,", "`2016-02-30` is no date"),
            ("PM2.5,24h,75,ug/m3,75%,20/24,,2016-01-01,2015-01-01", "`to` is before `from`"),
            ("\"PM2.5\",24h,75,ug/m3,75%,20/24,,2016-01-01,", "leave out the quotes"),
        ] {
            let reason = reason(line);
            assert!(reason.starts_with("limits file, line 3: ") && reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn two_limits_of_one_day_are_refused_and_versions_one_after_the_other_are_not() {
        let line = |from: &str, to: &str| format!("PM2.5,24h,75,ug/m3,75%,20/24,,{from},{to}\n");
        let both = |one: &str, other: &str| Limits::parse(&format!("{HEADER}\n{one}{other}"));
        assert!(both(&line("2016-01-01", "2026-02-28"), &line("2026-03-01", "")).is_ok());
        let error = both(&line("2016-01-01", "2026-03-01"), &line("2026-03-01", "")).unwrap_err();
        assert_eq!(error.line, 3);
        assert!(both(&line("2016-01-01", ""), &line("2026-03-01", "")).is_err());
    }
}
