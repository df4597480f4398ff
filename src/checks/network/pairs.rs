//! Hourly means that must agree: of minutes and hours, and of a total and its parts.

use super::hours::HourMeans;
use crate::checks::channel::join;
use crate::checks::facts::{Facts, HOUR_MS};
use crate::checks::finding::{Finding, QualityTest};
use crate::checks::options::CheckOptions;
use crate::model::{Dimension, StationId};

/// Names of a total and of its parts, without spaces, hyphens and capitals.
const TOTALS: &[(&[&str], &[&[&str]])] = &[
    (
        &["thc", "totalhydrocarbons", "totalhydrocarbon"],
        &[&["methane", "ch4"], &["nmhc", "nonmethanehydrocarbons", "nonmethanehydrocarbon", "totalnmhc"]],
    ),
    (&["nox", "nitrogenoxides"], &[&["no", "nitricoxide", "nitrogenmonoxide"], &["no2", "nitrogendioxide"]]),
];

/// Channels of one station whose hourly means must agree.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Pairs {
    test: QualityTest,
    /// Channel that is in doubt if they do not agree: the total, or the hourly one.
    channel: usize,
    /// Channels whose sum it should be.
    parts: Vec<usize>,
    tolerance: f64,
    open: Option<Finding>,
}

/// Finds the channels that must agree. Amounts are added only if their units measure the same: moles, or mass.
pub(in crate::checks) fn find_pairs(channels: &[(StationId, &Facts)], options: &CheckOptions) -> Vec<Pairs> {
    let pairs = |test, channel, parts| Pairs { test, channel, parts, tolerance: options.tolerance.abs(), open: None };
    let mut found = Vec::new();
    for (index, (station, facts)) in channels.iter().enumerate() {
        let of_station = || channels.iter().enumerate().filter(move |(_, (other, _))| other == station);
        let is_same = |other: &Facts| facts.channel.unit().dimension() == other.channel.unit().dimension();
        if facts.interval_ms == HOUR_MS && facts.is_linear() {
            let is_finer = |other: &Facts| {
                other.channel.name() == facts.channel.name() && other.interval_ms < HOUR_MS && is_same(other)
            };
            let finer = of_station().filter(|(_, (_, other))| is_finer(other));
            found.extend(finer.map(|(part, _)| pairs(QualityTest::MinuteAgainstHour, index, vec![part])));
        }
        let name = plain(facts.channel.name());
        // Masses of nitrogen oxides are given as NO2, those of the monoxide as NO.
        let adds_up = facts.channel.unit().dimension() != Dimension::MassConcentration || !name.starts_with('n');
        let Some((_, parts)) = TOTALS.iter().find(|(names, _)| adds_up && names.contains(&name.as_str())) else {
            continue;
        };
        let part = |names: &&[&str]| {
            let is_part = |other: &Facts| {
                names.contains(&plain(other.channel.name()).as_str())
                    && is_same(other)
                    && other.interval_ms == facts.interval_ms
            };
            of_station().find(|(_, (_, other))| is_part(other)).map(|(part, _)| part)
        };
        let parts: Option<Vec<usize>> = parts.iter().map(part).collect();
        found.extend(parts.map(|parts| pairs(QualityTest::SumOfSpecies, index, parts)));
    }
    found
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

impl Pairs {
    /// Takes the means of an hour. Each channel comes with the smallest step of its values.
    pub(in crate::checks) fn push_hour(
        &mut self,
        means: &HourMeans,
        channels: &[(&Facts, f64)],
        found: &mut Vec<Finding>,
    ) {
        let finding = self.compare(means, channels);
        join(&mut self.open, finding, found, 2 * HOUR_MS);
    }

    pub(in crate::checks) fn finish(&mut self, found: &mut Vec<Finding>) {
        found.extend(self.open.take());
    }

    fn compare(&self, means: &HourMeans, channels: &[(&Facts, f64)]) -> Option<Finding> {
        let (facts, step) = channels.get(self.channel)?;
        let total = means.mean(self.channel, facts.interval_ms)?;
        let (mut sum, mut rounding) = (0.0, *step);
        for part in &self.parts {
            let (other, step) = channels.get(*part)?;
            let (from, to) = (other.channel.unit(), facts.channel.unit());
            let convert = |value| from.convert(value, to, None, facts.channel.reference()).ok();
            sum += convert(means.mean(*part, other.interval_ms)?)?;
            rounding += (convert(*step)? - convert(0.0)?).abs();
        }
        let (difference, bound) = ((total - sum).abs(), rounding + self.tolerance * total.abs().max(sum.abs()));
        if difference <= bound || !bound.is_finite() {
            return None;
        }
        let what = match self.test {
            QualityTest::MinuteAgainstHour => "the mean of the shorter intervals",
            _ => "the sum of the parts",
        };
        let percent = (self.tolerance * 100.0).round();
        let reason = format!(
            "the hourly mean is {} and {what} {}: they differ by {}, more than {percent} % and the rounding, {}",
            facts.show(total),
            facts.show(sum),
            facts.show(difference),
            facts.show(bound)
        );
        Some(facts.finding(self.test, (means.end, means.end), (total, sum), reason))
    }
}
