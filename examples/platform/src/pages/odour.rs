//! Odour reports: the form for the public, and the list.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text, verbatim};
use crate::view::{Form, Tab, moment, page};
use crate::visit::{Act, Fields, Visitor, sender};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
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
    let language = visitor.language;
    let fields = html! {
        label { (language.say("odour-time")) " (" (platform.zone_name) ")" input name="time" type="datetime-local" value=(now) required; }
        label { (language.say("odour-latitude")) input name="latitude" inputmode="decimal" placeholder="30.7310" required; }
        label { (language.say("odour-longitude")) input name="longitude" inputmode="decimal" placeholder="121.2860" required; }
        label { (language.say("odour-intensity")) select name="intensity" {
            @for level in levels { option value=(level.level()) selected[level.level() == 3] { (language.word("odour", level.name())) } }
        } }
        label { (language.say("odour-words")) textarea name="words" rows="3" maxlength="2000" {} }
        label { (language.say("odour-reporter")) input name="reporter" maxlength="100"; }
    };
    let content = html! {
        div.narrow.card {
            p { (language.say("odour-meaning")) }
            (Form { action: "/odour", button: &language.say("odour-send"), fields }.of(&visitor))
        }
    };
    page(&platform, &visitor, (Tab::Odour, &language.say("tab-odour")), &content)
}

/// `POST /odour`
pub(crate) async fn report(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    let now = platform.now();
    if !platform.limits.odours.take(&sender(act.visitor.address.ip()), now.as_ms()) {
        return Err(Failure::TooMany(Text::new("odour-too-many")));
    }
    let number = confirmation_number()?;
    let report = report_of(&act.fields, &platform, (now, &number))?;
    platform.act(move |db| db.report_odour(report)).await?;
    let language = act.visitor.language;
    let content = html! {
        div.narrow.card {
            p { (language.say("odour-thanks")) }
            div translate="no" { p.confirmation { (number) } }
            p { (language.say("odour-number")) }
            p { a href="/odour" { (language.say("odour-another")) } }
        }
    };
    Ok(page(&platform, &act.visitor, (Tab::Odour, &language.say("odour-recorded")), &content))
}

/// The report of a form. The confirmation number is its first line: the ledger has it with the report.
fn report_of(fields: &Fields, platform: &Platform, (now, number): (Timestamp, &str)) -> Result<OdourReport, Failure> {
    let invalid = |error: vocdb::model::ModelError| Failure::Invalid(Text::english(error));
    let time = platform.zone.read(fields.required("time")?).map_err(invalid)?;
    // The form has minutes, and clocks differ.
    if now.since_ms(time) > AGE_MAX_MS || time.since_ms(now) > 300_000 {
        return Err(Failure::Invalid(Text::new("odour-too-old")));
    }
    let level = fields.required("intensity")?.parse::<u8>();
    let level = level.map_err(|_| Failure::Invalid(Text::new("odour-no-intensity")))?;
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
    let language = visitor.language;
    let content = html! {
        div data-live="alarms" {
            @if reports.is_empty() { p { (language.say("odours-none")) } } @else {
                table {
                    thead { tr {
                        th { (language.say("label-time")) } th { (language.say("odours-intensity")) } th { (language.say("odours-place")) }
                        th { (language.say("odours-words")) } th { (language.say("odours-reporter")) }
                    } }
                    tbody { @for report in reports.iter().rev().take(LISTED) { (row(&platform, language, report)) } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Odours, &language.say("tab-odours")), &content))
}

fn row(platform: &Platform, language: Language, report: &OdourReport) -> Markup {
    let (level, name) = (report.intensity.level(), report.intensity.name());
    html! {
        tr {
            td.time data-label=(language.say("label-time")) { (moment(&platform.zone, report.time)) }
            td data-label=(language.say("odours-intensity")) { (level) " (" (language.word("odour", name)) ")" }
            td.figure data-label=(language.say("odours-place")) { (format!("{:.5}, {:.5}", report.latitude_deg, report.longitude_deg)) }
            td.text data-label=(language.say("odours-words")) translate="no" { (report.words) }
            td data-label=(language.say("odours-reporter")) {
                @match &report.reporter { Some(reporter) => (verbatim(reporter)), None => (language.say("odours-no-reporter")) }
            }
        }
    }
}
