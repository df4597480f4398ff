//! Odour reports: the form for the public, and the list.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Form, Tab, moment, page};
use crate::visit::{Act, Fields, Visitor, sender};
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;
use vocdb::trace::{OdourIntensity, OdourReport};
use vocdb::{TimeRange, Timestamp};

/// Signs of confirmation numbers: none that is easily taken for another one.
const SIGNS: [char; 32] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q',
    'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];
/// Reports that the list shows.
const LISTED: usize = 200;
/// How far in the past an odour may lie.
const AGE_MAX_MS: i64 = 30 * 86_400_000;

/// `GET /odour`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Response {
    let now: String = platform.zone.show(platform.now()).to_string().chars().take(16).collect();
    let levels = (0..=6).filter_map(|level| OdourIntensity::new(level).ok());
    let fields = html! {
        label { "When did you notice it? (" (platform.zone_name) ")" input name="time" type="datetime-local" value=(now) required; }
        label { "Latitude in degrees" input name="latitude" inputmode="decimal" placeholder="30.7310" required; }
        label { "Longitude in degrees" input name="longitude" inputmode="decimal" placeholder="121.2860" required; }
        label { "How strong is it?" select name="intensity" {
            @for level in levels { option value=(level.level()) selected[level.level() == 3] { (level.name()) } }
        } }
        label { "What does it smell like?" textarea name="words" rows="3" maxlength="2000" {} }
        label { "Your name (optional)" input name="reporter" maxlength="100"; }
    };
    let content = html! {
        div.narrow.card {
            p { "Your report goes to the duty officers of the district, with the time and the place that you write." }
            (Form { action: "/odour", button: "Send the report", fields }.of(&visitor))
        }
    };
    page(&platform, &visitor, (Tab::Odour, "Report an odour"), &content)
}

/// `POST /odour`
pub(crate) async fn report(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let now = platform.now();
    if !platform.limits.odours.take(&sender(act.visitor.address.ip()), now.as_ms()) {
        return Err(Failure::TooMany(
            "Too many reports from your network: wait an hour, or call the duty officer.".to_owned(),
        ));
    }
    let number = confirmation_number()?;
    let report = report_of(&act.fields, &platform, (now, &number))?;
    platform.act(move |db| db.report_odour(report)).await?;
    let content = html! {
        div.narrow.card {
            p { "Thank you. The report is recorded. Its confirmation number is" }
            p.confirmation { (number) }
            p { "Give this number if you call about your report." }
            p { a href="/odour" { "Send another report" } }
        }
    };
    Ok(page(&platform, &act.visitor, (Tab::Odour, "Your report is recorded"), &content))
}

/// The report of a form. The confirmation number is its first line: the ledger has it with the report.
fn report_of(fields: &Fields, platform: &Platform, (now, number): (Timestamp, &str)) -> Result<OdourReport, Failure> {
    let invalid = |error: vocdb::model::ModelError| Failure::Invalid(error.to_string());
    let time = platform.zone.read(fields.required("time")?).map_err(invalid)?;
    // The form has minutes, and clocks differ.
    if now.since_ms(time) > AGE_MAX_MS || time.since_ms(now) > 300_000 {
        return Err(Failure::Invalid("The time must lie within the last 30 days.".to_owned()));
    }
    let level = fields.required("intensity")?.parse::<u8>();
    let level = level.map_err(|_| Failure::Invalid("Choose how strong the odour is.".to_owned()))?;
    let reporter = fields.line("reporter")?;
    Ok(OdourReport {
        time,
        latitude_deg: fields.number("latitude")?,
        longitude_deg: fields.number("longitude")?,
        intensity: OdourIntensity::new(level).map_err(invalid)?,
        words: format!("{number}\n{}", fields.text("words")?).trim_end().replace("\r\n", "\n"),
        reporter: (!reporter.is_empty()).then(|| reporter.to_owned()),
        at: now,
    })
}

fn confirmation_number() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Internal(error.to_string()))?;
    let signs: String = bytes.iter().filter_map(|byte| SIGNS.get(usize::from(byte % 32))).collect();
    let (first, last) = signs.split_at(4);
    Ok(format!("{first}-{last}"))
}

/// `GET /odours`
pub(crate) async fn list(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let reports = platform.read(|platform| Ok(platform.db.odour_reports(TimeRange::ALL)?)).await?;
    let content = html! {
        div data-live="alarms" {
            @if reports.is_empty() { p { "Nobody has reported an odour yet." } } @else {
                table {
                    thead { tr { th { "Time" } th { "Intensity" } th { "Place" } th { "Words" } th { "Reporter" } } }
                    tbody { @for report in reports.iter().rev().take(LISTED) {
                        tr {
                            td.time data-label="Time" { (moment(&platform.zone, report.time)) }
                            td data-label="Intensity" { (report.intensity) }
                            td.figure data-label="Place" { (format!("{:.5}, {:.5}", report.latitude_deg, report.longitude_deg)) }
                            td.text data-label="Words" { (report.words) }
                            td data-label="Reporter" { (report.reporter.as_deref().unwrap_or("not given")) }
                        }
                    } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Odours, "Odour reports"), &content))
}
