//! What is wrong with rule files and what deserves a look, without putting them in force.

use super::bind::{advise_sound, check_species};
use super::compile::compile;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::plan::Site;
use super::script::{RuleFile, trace};
use crate::model::Registry;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What [`check`] has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What keeps the rules from loading, in order of file, line and column.
    pub errors: Vec<Diagnostic>,
    /// What deserves a look, in the same order. Advice about a rule as a whole is given once it has no errors.
    pub warnings: Vec<Diagnostic>,
    /// Channels whose units could not be checked, because no station is known; see [`check_without_stations`].
    pub unchecked: Vec<String>,
}

/// Checks rule files for the stations of a registry, and changes nothing.
///
/// ```
/// use vocdb::rules::{RuleFile, check};
/// use vocdb::{Channel, Instrument, InstrumentId, Interval, Registry, Station, StationId, Unit};
/// let mut registry = Registry::default();
/// registry.insert_station(StationId::new(1), Station::new("park/S1")?);
/// let gc = Instrument::new("gc", Interval::MINUTE, vec![Channel::species("benzene", Unit::Ppb)?])?;
/// registry.insert_instrument(InstrumentId::new(1), StationId::new(1), gc);
///
/// let text = "alarm(\"high\").scope(stations(\"park/*\")).when(last(\"benzene\") > 30);".to_owned();
/// let files = [RuleFile { name: "park.rhai".to_owned(), text }];
/// let report = check(&files, &registry);
/// assert_eq!(report.errors[0].to_string(), "park.rhai:1:64: error: 30 has no unit; write 30.ppb");
/// assert!(report.draw(&files).contains("^^ write 30.ppb"));
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[must_use]
pub fn check(files: &[RuleFile], registry: &Registry) -> Report {
    let found = match compile(files, &sites_of(registry)) {
        Ok(compiled) => compiled.warnings,
        Err(found) => found,
    };
    Report::of(found, Vec::new())
}

/// Checks rule files as far as that needs no station, and changes nothing: words, contacts, times, and the units of channels that bear the
/// name of a species. [`Report::unchecked`] names the other channels.
///
/// ```
/// use vocdb::rules::{RuleFile, check_without_stations};
/// let text = r#"alarm("high").scope(stations("park/*")).when(last("benzene") > 30 or last("mast") > 3);"#.to_owned();
/// let report = check_without_stations(&[RuleFile { name: "park.rhai".to_owned(), text }]);
/// assert_eq!(report.errors[0].to_string(), "park.rhai:1:64: error: 30 has no unit; write 30.ppb");
/// assert_eq!(report.unchecked, ["mast"]);
/// ```
#[must_use]
pub fn check_without_stations(files: &[RuleFile]) -> Report {
    let (rules, mut found) = trace(files);
    let mut unchecked = BTreeSet::new();
    for rule in &rules {
        let species = check_species(rule);
        found.extend(species.mistakes);
        unchecked.extend(species.unchecked);
    }
    found.extend(advise_sound(&rules, &found));
    Report::of(Diagnostics::sorted(found), unchecked.into_iter().collect())
}

/// The stations of a registry as binding sees them.
#[must_use]
pub fn sites_of(registry: &Registry) -> Vec<Site> {
    let site = |(id, station): (_, &crate::model::Station)| {
        let of_station = registry.instruments().filter(|(_, at, _)| *at == id);
        let instruments = of_station.map(|(id, _, instrument)| (id, instrument.clone())).collect();
        Site { id, name: station.name().to_owned(), instruments }
    };
    registry.stations().map(site).collect()
}

impl Report {
    fn of(found: Diagnostics, unchecked: Vec<String>) -> Self {
        let (warnings, errors) = found.0.into_iter().partition(|diagnostic| diagnostic.is_warning);
        Self { errors, warnings, unchecked }
    }

    /// Everything found, as text for a terminal: each with its line of the file, a caret under the place, and the remedy.
    #[must_use]
    pub fn draw(&self, files: &[RuleFile]) -> String {
        let mut all: Vec<&Diagnostic> = self.errors.iter().chain(&self.warnings).collect();
        all.sort_by_key(|diagnostic| &diagnostic.place);
        all.iter().map(|diagnostic| draw(diagnostic, files)).collect::<Vec<_>>().join("\n")
    }
}

fn draw(diagnostic: &Diagnostic, files: &[RuleFile]) -> String {
    let severity = if diagnostic.is_warning { "warning" } else { "error" };
    let place = &diagnostic.place;
    let text = files.iter().find(|file| *file.name == *place.file).map_or("", |file| file.text.as_str());
    let number = place.line.to_string();
    let line = text.lines().nth(usize::try_from(place.line).unwrap_or(1).saturating_sub(1)).unwrap_or_default();
    let before = usize::try_from(place.column).unwrap_or(1).saturating_sub(1);
    let (margin, indent) = (" ".repeat(number.len()), " ".repeat(before));
    let carets = "^".repeat(token_chars(line, before));
    let mut drawn = String::new();
    // Writing to a text cannot fail.
    let _ = write!(
        drawn,
        "{severity}: {}\n{margin}--> {place}\n{margin} |\n{number} | {}\n{margin} | {indent}{carets} {}\n",
        diagnostic.message,
        line.replace('\t', " "),
        diagnostic.help
    );
    drawn
}

/// Characters of the name, number or text that begins at a column; 1 for anything else.
fn token_chars(line: &str, before: usize) -> usize {
    let mut letters = line.chars().skip(before);
    match letters.next() {
        Some('"') => letters.position(|letter| letter == '"').map_or(1, |length| length + 2),
        Some(first) if first.is_alphanumeric() || first == '_' => {
            1 + letters.take_while(|letter| letter.is_alphanumeric() || *letter == '_').count()
        }
        _ => 1,
    }
}
