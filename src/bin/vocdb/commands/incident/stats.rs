//! `vocdb incident stats`.

use super::look::read;
use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::TimeRange;
use vocdb::base::escape::{Line, counted};
use vocdb::model::Zone;
use vocdb::trace::incident::{IncidentStatistics, OutcomeCount, PenaltySum};

/// Print yearly statistics: incidents opened, located within 24 hours, outcomes, penalties, and median times
///
/// Counts the incidents that were opened in the year. What happened to them later counts, too.
#[derive(Debug, Args)]
pub(super) struct Stats {
    /// Folder of the store
    store: PathBuf,
    /// Year
    #[arg(long, value_parser = clap::value_parser!(u16).range(1970..=9998))]
    year: u16,
    /// Time zone of the year: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

#[derive(Serialize)]
struct StatsView {
    year: u16,
    from: String,
    to: String,
    #[serde(flatten)]
    figures: IncidentStatistics,
}

impl Stats {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        let begin = |year: u16| {
            let moment = values::moment(&format!("{year}-01-01")).map_err(Failure::Says)?;
            moment.resolve(self.zone.as_ref())
        };
        let range = TimeRange::new(begin(self.year)?, begin(self.year + 1)?);
        let figures = IncidentStatistics::of(log.incidents().into_iter(), range);
        let (from, to) = (range.from.to_string(), range.to.to_string());
        let view = StatsView { year: self.year, from, to, figures };
        output.either(&view, || view.text())
    }
}

impl StatsView {
    fn text(&self) -> String {
        let figures = &self.figures;
        let mut text = format!("{}: {} opened", self.year, counted(figures.opened, "incident"));
        let _ = writeln!(text, ", {} open", figures.open);
        let _ = writeln!(text, "  located: {}, within 24 hours: {}", figures.located, figures.located_within_24h);
        let _ = writeln!(text, "  overdue: {}", figures.overdue);
        for OutcomeCount { name, incidents } in &figures.outcomes {
            let _ = writeln!(text, "  closed as {name}: {incidents}");
        }
        for OutcomeCount { name, incidents } in &figures.violations {
            let _ = writeln!(text, "  violation `{}`: {incidents}", Line(name));
        }
        for PenaltySum { currency, penalties, amount } in &figures.penalties {
            let _ = writeln!(text, "  {}: {amount} {}", penalties_words(*penalties), Line(currency));
        }
        for (what, ms) in [("locate", figures.locate_ms_median), ("close", figures.close_ms_median)] {
            let hours = ms.map_or_else(|| "unknown".to_owned(), |ms| format!("{:.1} h", ms as f64 / 3_600_000.0));
            let _ = writeln!(text, "  median time to {what}: {hours}");
        }
        text
    }
}

fn penalties_words(count: usize) -> String {
    if count == 1 { "1 penalty".to_owned() } else { format!("{count} penalties") }
}
