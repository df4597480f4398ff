//! The windows that the programs of one station read: which channel each looks at, and in which unit its value is.

use super::channels::{self, Found, mistake};
use super::units::{Basis, Gas, Value};
use crate::model::{Channel, Interval, Unit};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{WindowFunction, WindowTerm};
use crate::rules::nearest::nearest;
use crate::rules::plan::{Node, Site, WindowSpec};
use crate::verdict::Place;

/// Where a window is asked for, and the instrument that fills it.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    /// Place of the term that asked first.
    pub(super) place: Place,
    /// Name of the instrument.
    pub(super) instrument: String,
    /// Name of the station.
    pub(super) station: String,
}

/// The windows of one station.
pub(super) struct Looks<'a> {
    site: &'a Site,
    sites: &'a [&'a Site],
    /// The windows so far, each once.
    pub(super) windows: Vec<WindowSpec>,
    /// Where each window is asked for.
    pub(super) looked: Vec<Looked>,
    /// The least interval of the instruments looked at.
    pub(super) step_ms: Option<i64>,
}

impl<'a> Looks<'a> {
    /// No windows yet.
    pub(super) const fn new(site: &'a Site, sites: &'a [&'a Site]) -> Self {
        Self { site, sites, windows: Vec::new(), looked: Vec::new(), step_ms: None }
    }

    /// The value of a term.
    pub(super) fn window(&mut self, term: &WindowTerm) -> Result<Value, Diagnostic> {
        let found = self.find(term)?;
        let channel = found.channel;
        let unit = value_unit(term, channel);
        let function = match term.function {
            WindowFunction::Avg if channel.unit() == Unit::Degree => WindowFunction::Direction,
            function if channel.unit() == Unit::Degree && !suits_directions(function) => {
                let message = format!("`{}` is a direction, of which there is no {}", term.channel, function.name());
                return Err(mistake(&term.place, message, "use avg (the vector mean), last or count"));
            }
            function => function,
        };
        let slot = self.add(&WindowTerm { function, ..term.clone() }, &found)?;
        let is_per_hour = function == WindowFunction::Rate;
        let detection_limit = channel.detection_limit().filter(|_| is_like_a_reading(function));
        let gas = (unit == channel.unit()).then(|| Gas::of(channel));
        let (nodes, place) = (vec![Node::Window(slot)], term.place.clone());
        let basis = match function {
            WindowFunction::Stddev | WindowFunction::Delta | WindowFunction::Increase | WindowFunction::Rate => {
                Basis::Difference
            }
            WindowFunction::Sum => Basis::Unclear,
            _ => Basis::Zero,
        };
        Ok(Value { nodes, unit, is_per_hour, basis, detection_limit, gas, constant: None, place })
    }

    /// The slot of a term, whatever its unit.
    pub(super) fn slot(&mut self, term: &WindowTerm) -> Result<u16, Diagnostic> {
        let found = self.find(term)?;
        self.add(term, &found)
    }

    /// The slots of an instrument's silence, or of that of all instruments of the station.
    pub(super) fn silence(
        &mut self,
        wanted: Option<&str>,
        width_ms: i64,
        place: &Place,
    ) -> Result<Vec<u16>, Diagnostic> {
        let site = self.site;
        let is_meant = |name: &str| wanted.is_none_or(|wanted| wanted == name);
        let meant: Vec<_> = site.instruments.iter().filter(|(_, instrument)| is_meant(instrument.name())).collect();
        if meant.is_empty() {
            let names = || site.instruments.iter().map(|(_, instrument)| instrument.name());
            let wanted = wanted.unwrap_or_default();
            let help = match nearest(wanted, names()) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("it has {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(mistake(place, format!("station `{}` has no instrument `{wanted}`", site.name), help));
        }
        let mut slots = Vec::new();
        for (id, instrument) in meant {
            let Some(channel) = instrument.channels().first() else { continue };
            let found = Found { id: *id, instrument, index: 0, channel };
            let term = term(WindowFunction::Silent, instrument.name(), Some(width_ms), place);
            slots.push(self.add(&term, &found)?);
        }
        Ok(slots)
    }

    fn find(&self, term: &WindowTerm) -> Result<Found<'a>, Diagnostic> {
        let site = match &term.station {
            None => self.site,
            Some(name) => self.sites.iter().find(|site| site.name == *name).ok_or_else(|| {
                let help = match nearest(name, self.sites.iter().map(|site| site.name.as_str())) {
                    Some(close) => format!("did you mean \"{close}\"?"),
                    None => "register it first".to_owned(),
                };
                mistake(&term.place, format!("there is no station `{name}`"), help)
            })?,
        };
        channels::find(site, &term.channel, &term.place)
    }

    fn add(&mut self, term: &WindowTerm, found: &Found<'_>) -> Result<u16, Diagnostic> {
        let interval_ms = found.instrument.interval().as_ms();
        self.step_ms = Some(self.step_ms.map_or(interval_ms, |least| least.min(interval_ms)));
        let spec = specify(term, found);
        let slot = self.windows.iter().position(|known| *known == spec).unwrap_or(self.windows.len());
        if slot == self.windows.len() {
            self.windows.push(spec);
            let station = term.station.as_deref().unwrap_or(&self.site.name).to_owned();
            let (place, instrument) = (term.place.clone(), found.instrument.name().to_owned());
            self.looked.push(Looked { place, instrument, station });
        }
        narrow(slot, &term.place)
    }
}

/// A term at the instant, without more.
pub(super) fn term(function: WindowFunction, channel: &str, width_ms: Option<i64>, place: &Place) -> WindowTerm {
    WindowTerm::new(function, channel.to_owned(), width_ms, place.clone())
}

/// A number of things of one rule.
pub(super) fn narrow(number: usize, place: &Place) -> Result<u16, Diagnostic> {
    let too_many = |_| mistake(place, "the rule has too many windows", "split it into several rules");
    u16::try_from(number).map_err(too_many)
}

const fn suits_directions(function: WindowFunction) -> bool {
    matches!(function, WindowFunction::Last | WindowFunction::Count | WindowFunction::Coverage)
}

/// Whether the function gives something as large as one reading, so that a detection limit applies to it.
const fn is_like_a_reading(function: WindowFunction) -> bool {
    use WindowFunction as F;
    matches!(function, F::Avg | F::Min | F::Max | F::Last | F::Baseline { .. } | F::Percentile { .. })
}

fn value_unit(term: &WindowTerm, channel: &Channel) -> Unit {
    match term.function {
        WindowFunction::Count => Unit::One,
        WindowFunction::Coverage => Unit::Percent,
        _ => channel.unit(),
    }
}

fn specify(term: &WindowTerm, found: &Found<'_>) -> WindowSpec {
    let interval = found.instrument.interval();
    let width_ms = term.width_ms.unwrap_or(interval.as_ms());
    let expected = u32::try_from(width_ms / interval.as_ms()).unwrap_or(u32::MAX).max(1);
    let unit = match term.function {
        WindowFunction::Rate => format!("{}/h", found.channel.unit().symbol()),
        WindowFunction::Flagged(_) | WindowFunction::Silent | WindowFunction::Stuck => Unit::One.symbol().to_owned(),
        _ => value_unit(term, found.channel).symbol().to_owned(),
    };
    WindowSpec {
        instrument: found.id,
        channel: found.index,
        function: term.function,
        width_ms,
        lag_ms: term.lag_ms,
        interval_ms: interval.as_ms(),
        expected,
        coverage_min: term.coverage_min,
        samples_min: term.samples_min,
        day: term.day.as_deref().cloned(),
        label: label(term),
        unit,
    }
}

/// The term as the operator wrote it: `avg(methane, 15 min)`.
fn label(term: &WindowTerm) -> String {
    let in_words = |ms: i64| Interval::from_ms(ms).ok().map(|interval| interval.to_string());
    let mut parts = match term.function {
        WindowFunction::Flagged(quality) => vec![quality.name().to_owned(), term.channel.clone()],
        _ => vec![term.channel.clone()],
    };
    parts.extend(match &term.day {
        Some(zone) => Some(format!("day in {zone}")),
        None => term.width_ms.and_then(in_words),
    });
    if let WindowFunction::Percentile { quantile } = term.function {
        parts.push(format!("{} %", (quantile * 1e6).round() / 1e4));
    }
    let mut label = format!("{}({})", term.function.name(), parts.join(", "));
    if let Some(lag) = in_words(term.lag_ms) {
        label.push_str(&format!(" {lag} ago"));
    }
    if let Some(station) = &term.station {
        label.push_str(&format!(" at {station}"));
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_windows_than_their_numbers_can_tell_apart_are_a_mistake() {
        let place = Place { file: "r.rhai".into(), line: 1, column: 33 };
        assert_eq!(narrow(65_535, &place), Ok(u16::MAX));
        let said = narrow(65_536, &place).unwrap_err().to_string();
        assert_eq!(said, "r.rhai:1:33: error: the rule has too many windows; split it into several rules");
    }
}
