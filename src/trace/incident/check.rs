//! What a step must hold to be recorded.

use super::error::IncidentError;
use super::opening::Opening;
use super::record::{Factor, Finding, Outcome, Rectification, Step, Suspect};
use crate::model::{check_length, check_line, check_words};

/// Longest time from opening to deadline: ten years.
const ALLOWED_MS_MAX: i64 = 10 * 366 * 86_400_000;
/// Factors that one suspicion may have.
const FACTORS_MAX: usize = 64;
/// Stations that one case may name.
const STATIONS_MAX: usize = 10_000;

type Checked = Result<(), IncidentError>;

fn wrong(what: &'static str, problem: &'static str) -> IncidentError {
    IncidentError::Wrong { what, problem }
}

/// Checks author and comment of a step.
pub(super) fn check_said((by, comment): (&str, &str)) -> Checked {
    check_words("name of a person", by)?;
    Ok(check_length("comment", comment)?)
}

/// Checks an opening.
pub(super) fn check_opening(opening: &Opening) -> Checked {
    check_words("title", &opening.title)?;
    check_allowed(opening.allowed_ms)?;
    if opening.stations.len() > STATIONS_MAX {
        return Err(wrong("the list of stations", "has more than 10,000 names: open the case for fewer"));
    }
    opening.stations.iter().try_for_each(|station| check_words("name of a station", station))?;
    match opening.to {
        Some(to) if to < opening.from => Err(wrong("the time span", "ends before it begins: exchange its times")),
        _ => Ok(()),
    }
}

fn check_allowed(allowed_ms: i64) -> Checked {
    if (1..=ALLOWED_MS_MAX).contains(&allowed_ms) {
        return Ok(());
    }
    Err(wrong("the time until the deadline", "is not between one millisecond and ten years: write 24h"))
}

/// Checks the content of a step.
pub(super) fn check_step(step: &Step) -> Checked {
    match step {
        Step::Suspected(suspect) => check_suspect(suspect),
        Step::Found(Finding { text, site, found_by, .. }) => {
            check_text("the text of a finding", text)?;
            check_optional("name of a site", site.as_deref())?;
            check_optional("name of a person", found_by.as_deref())
        }
        Step::Rectified(Rectification { text, rectified_by, site, .. }) => {
            check_text("the text of a rectification", text)?;
            check_words("name of a person", rectified_by)?;
            check_optional("name of a site", site.as_deref())
        }
        Step::Closed(outcome) => check_outcome(outcome),
        Step::Reopened { allowed_ms } => check_allowed(*allowed_ms),
        Step::Commented | Step::AlarmAdded { .. } => Ok(()),
    }
}

fn check_suspect(Suspect { site, probability, factors }: &Suspect) -> Checked {
    check_words("name of a site", site)?;
    if probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
        return Err(wrong("the probability", "is not between 0 and 1: write a share, such as 0.8"));
    }
    if factors.len() > FACTORS_MAX {
        return Err(wrong("the list of factors", "has more than 64: record the ones that decide"));
    }
    factors.iter().try_for_each(|Factor { name, value, text }| {
        check_words("name of a factor", name)?;
        check_length("text of a factor", text)?;
        match value {
            Some(value) if !value.is_finite() => Err(wrong("the value of a factor", "is no number: leave it out")),
            _ => Ok(()),
        }
    })
}

fn check_outcome(outcome: &Outcome) -> Checked {
    let Outcome::Violation { kind, site, penalty, .. } = outcome else { return Ok(()) };
    check_words("kind of the violation", kind)?;
    check_optional("name of a site", site.as_deref())?;
    let Some(penalty) = penalty else { return Ok(()) };
    if !penalty.amount.is_finite() || penalty.amount < 0.0 {
        return Err(wrong(
            "the penalty",
            "is negative or no number: write an amount and a currency, such as 50000 CNY",
        ));
    }
    let is_code = penalty.currency.len() == 3 && penalty.currency.bytes().all(|letter| letter.is_ascii_uppercase());
    if is_code { Ok(()) } else { Err(wrong("the currency", "is not a code of three capital letters, such as CNY")) }
}

fn check_text(what: &'static str, text: &str) -> Checked {
    if text.trim().is_empty() {
        return Err(wrong(what, "is empty: write what was found or done"));
    }
    Ok(check_length(what, text)?)
}

fn check_optional(what: &'static str, text: Option<&str>) -> Checked {
    Ok(text.map_or(Ok(()), |text| if text.is_empty() { check_words(what, text) } else { check_line(what, text) })?)
}
