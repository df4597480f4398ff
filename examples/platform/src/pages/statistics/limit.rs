//! The limit that a reader compares days with: from the form of the page, or from the file of the platform.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use maud::{Markup, html};
use serde::Deserialize;
use vocdb::trace::attainment::Limits;

/// Characters of a field.
const FIELD_CHARS_MAX: usize = 200;
/// Averages that a limit may be about, as the limits file names them, and the keys of their words.
const AVERAGES: [(&str, &str); 4] = [
    ("1h", "average-hour"),
    ("8h", "average-eight-hours"),
    ("8h-within-day", "average-eight-hours-within-day"),
    ("24h", "average-day"),
];

/// The query of the page.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct StatisticsAsked {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    channel: Option<String>,
    average: Option<String>,
    limit: Option<String>,
    unit: Option<String>,
    coverage: Option<String>,
}

/// Limits, and where they come from.
pub(super) struct Chosen {
    /// The limits.
    pub(super) limits: Limits,
    /// Key of the words for their origin.
    pub(super) origin: &'static str,
}

impl StatisticsAsked {
    fn field<'a>(field: &'a Option<String>, usual: &'a str) -> Result<&'a str, Failure> {
        let text = field.as_deref().map(str::trim).filter(|text| !text.is_empty()).unwrap_or(usual);
        let is_plain = !text.chars().any(|char| char.is_control() || char == ',' || char == '"' || char == '#');
        if text.chars().count() > FIELD_CHARS_MAX || !is_plain {
            return Err(Failure::Invalid(Text::new("limit-field")));
        }
        Ok(text)
    }

    /// The limit of the form, or else those of the platform's file; `None` without either.
    pub(super) fn limits(&self, platform: &Platform) -> Result<Option<Chosen>, Failure> {
        let channel = Self::field(&self.channel, "")?;
        if channel.is_empty() {
            let limits = platform.day_limits.clone();
            return Ok(limits.map(|limits| Chosen { limits, origin: "limit-of-file" }));
        }
        let average = Self::field(&self.average, "24h")?;
        let (limit, unit) = (Self::field(&self.limit, "")?, Self::field(&self.unit, "")?);
        let coverage = Self::field(&self.coverage, "75%")?;
        let (of_period, of_day) = match average {
            "24h" => (coverage, ""),
            "1h" => ("", coverage),
            _ => (coverage, coverage),
        };
        let text = format!(
            "channel,average,limit,unit,hour_coverage,period_coverage,day_coverage,from,to\n\
             {channel},{average},{limit},{unit},{coverage},{of_period},{of_day},0001-01-01,\n"
        );
        let limits = Limits::parse(&text)
            .map_err(|error| Failure::Invalid(Text::new("limit-wrong").with("reason", error.reason.as_str())))?;
        Ok(Some(Chosen { limits, origin: "limit-of-form" }))
    }

    /// The fields of the form.
    pub(super) fn fields(&self, language: Language) -> Markup {
        let field = |name: &str, key: &str, value: &Option<String>, hint: &str| {
            html! { label { (language.say(key)) input translate="no" name=(name) value=(value.as_deref().unwrap_or_default()) placeholder=(hint) maxlength="200"; } }
        };
        let chosen = self.average.as_deref().unwrap_or("24h");
        html! {
            (field("channel", "label-channel", &self.channel, "benzene"))
            label { (language.say("limit-average")) select name="average" {
                @for (value, key) in AVERAGES { option value=(value) selected[value == chosen] { (language.say(key)) } }
            } }
            (field("limit", "label-limit", &self.limit, "5"))
            (field("unit", "label-unit", &self.unit, "ppb, ug/m3@25C"))
            (field("coverage", "limit-coverage", &self.coverage, "75%"))
        }
    }
}
