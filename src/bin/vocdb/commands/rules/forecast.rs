//! The forecast of `rules check`: a backtest over the newest month of a store.

use super::files::failed;
use crate::failure::Failure;
use crate::output::Output;
use crate::store::note;
use serde_json::{Value, json};
use std::fmt::Write;
use vocdb::alarm::report::{AlarmTally, Forecast};
use vocdb::base::escape::counted;
use vocdb::rules::RuleFile;
use vocdb::verdict::Contact;
use vocdb::{Backtest, ReadOnly, Replayed, TimeRange, Timestamp};

/// Length of the history used for a forecast.
const FORECAST_MS: i64 = 30 * DAY_MS;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Prints the forecast of a rule set, or a note if the store has no readings.
pub(super) fn forecast(store: &ReadOnly, files: &[RuleFile], output: &mut Output) -> Result<(), Failure> {
    let newest = store.registry().instruments().filter_map(|(id, ..)| store.readings().newest(id)).max();
    let Some(newest) = newest else {
        note("the store has no readings, so there is no forecast", output.is_json());
        return Ok(());
    };
    let question = Backtest::new(TimeRange::new(newest.plus_ms(-FORECAST_MS), Timestamp::MAX));
    let (mut tally, mut range) = (AlarmTally::default(), question.range);
    let run = store.backtest(files, &question, &mut |step| match step {
        Replayed::Begins(begun) => range = begun,
        Replayed::Event(event) => tally.take(&event),
        Replayed::Reached(_) => {}
    });
    run.map_err(|error| failed(error, files))?;
    tally.end(range.to);
    let forecast = tally.forecast(covered_ms(store, range)?);
    output.either(&object(&forecast, range), || text(&forecast, range))
}

/// The time covered by readings: each 24 hours of the range count in full if they contain any reading, and not at all otherwise.
fn covered_ms(store: &ReadOnly, range: TimeRange) -> Result<i64, Failure> {
    let mut covered_ms = 0;
    let mut begin = range.from;
    while begin < range.to {
        let end = begin.plus_ms(DAY_MS).min(range.to);
        for (id, ..) in store.registry().instruments() {
            let newest = store.readings().newest_before(id, end).map_err(Failure::from_error)?;
            if newest.is_some_and(|newest| newest >= begin) {
                covered_ms += end.since_ms(begin);
                break;
            }
        }
        begin = end;
    }
    Ok(covered_ms)
}

fn object(forecast: &Forecast, range: TimeRange) -> Value {
    let is_too_little = forecast.is_too_little();
    let of_contact = |(contact, (pages, flood)): (&Contact, &(f64, f64))| json!({ "contact": contact, "pages_per_day": pages, "flood_share": flood });
    let contacts: Vec<Value> = forecast.contacts.iter().filter(|_| !is_too_little).map(of_contact).collect();
    json!({
        "forecast_from": range.from.to_string(), "forecast_to": range.to.to_string(),
        "forecast_from_days": forecast.days, "too_little_data": is_too_little,
        "openings": forecast.openings,
        "openings_per_day": (!is_too_little).then_some(&forecast.openings_per_day),
        "contacts": contacts,
    })
}

fn text(forecast: &Forecast, range: TimeRange) -> String {
    if forecast.is_too_little() {
        let hours = 24.0 * forecast.days;
        let mut text = format!(
            "too little data for a forecast: the store has {hours:.1} hours of readings, but a day is needed\n"
        );
        for (rule, openings) in &forecast.openings {
            let _ = writeln!(text, "  {rule}: {} in that time", counted(*openings, "opening"));
        }
        return text;
    }
    let mut text = format!("forecast from {:.1} days with readings, {} to {}\n", forecast.days, range.from, range.to);
    for (rule, openings) in &forecast.openings_per_day {
        let _ = writeln!(text, "  {rule}: {openings:.2} openings a day");
    }
    for (contact, (pages, flood)) in &forecast.contacts {
        let _ = writeln!(text, "  {}: {pages:.2} pages a day, {:.1} % of the time in flood", contact.0, 100.0 * flood);
    }
    if forecast.openings.is_empty() {
        text.push_str("  no alarm would have opened\n");
    }
    text
}
