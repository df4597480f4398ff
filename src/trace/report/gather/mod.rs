//! The measured parts of a report: charts, wind, map, treatment units, and the location of the source.

mod error;
mod map;
mod odours;
mod question;
mod readings;
mod source;
mod units;

pub use error::ReportError;
pub(crate) use question::Asked;

use super::input::Report;

impl Asked<'_> {
    /// Fills in everything that was measured in the span of a report, and locates the source.
    pub(crate) fn measure(&self, report: &mut Report) -> Result<(), ReportError> {
        report.channel = readings::of_channel(self, report.span, &mut report.missing)?;
        report.wind = readings::wind(self, report.span, &mut report.missing)?;
        report.map = map::of_store(self, report)?;
        report.odours = odours::rows(self.candidates, report);
        for unit in &self.candidates.units {
            report.facilities.push(units::states(self, (&unit.duty, &unit.standby), report)?);
        }
        source::locate(self, report);
        Ok(())
    }
}
