//! `vocdb locate`: where a release came from.

use super::answer::Answer;
use super::suspects::SiteArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use std::path::PathBuf;
use vocdb::model::Zone;
use vocdb::trace::incident::IncidentId;
use vocdb::trace::{SurveyQuestion, name_source, survey};
use vocdb::{AlarmLog, ReadOnly, ReportSources, TimeRange, incident_channel, located_range};

/// Locate the source of a release: from readings, wind and the positions of the stations
///
/// The verdict is `located`, `direction_only` or `not_enough`, with its reason. Areas and credible levels come from a bootstrap over time and
/// stations; the same readings give the same answer. Sites are ranked by probability of the place, fingerprint and evidence. With
/// `direction_only`, the direction and the sites in it are printed: the readings determine no area, rate or probability. With --incident, the time
/// is that of the report: from 15 minutes before the first alarm to 15 minutes after the last one, and of several releases the largest.
///
/// Example: vocdb locate store --channel benzene --from 2024-06-01T02:00:00Z --to 2024-06-01T04:00:00Z --sites sites.geojson
#[derive(Debug, Args)]
pub(crate) struct Locate {
    /// Folder of the store
    store: PathBuf,
    /// Incident whose release is located, as in its report; gives --channel, --from and --to
    #[arg(long, value_name = "NUMBER")]
    incident: Option<u64>,
    /// Channel or species that was released
    #[arg(long, required_unless_present = "incident")]
    channel: Option<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment, required_unless_present = "incident")]
    from: Option<values::Moment>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment, required_unless_present = "incident")]
    to: Option<values::Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Station that measures the wind, with :INSTRUMENT if it has several [default: the nearest to the middle of the stations]
    #[arg(long, value_name = "STATION")]
    wind: Option<String>,
    /// Print the credible level of a point in degrees; may be repeated
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true, value_parser = values::point)]
    at: Vec<(f64, f64)>,
    #[command(flatten)]
    sites: SiteArguments,
}

impl Locate {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let given = values::range_in(self.zone.as_ref(), self.from.as_ref(), self.to.as_ref())?;
        let of_incident = self.incident.map(|number| self.of_incident(&db, IncidentId(number))).transpose()?;
        let (channel, default) = of_incident.unwrap_or_else(|| (self.channel.clone().unwrap_or_default(), given));
        let from = if self.from.is_some() { given.from } else { default.from };
        let to = if self.to.is_some() { given.to } else { default.to };
        let range = values::range(Some(from), Some(to))?;
        let candidates = self.sites.read(&self.store, range)?;
        let question = SurveyQuestion { channel: &channel, range, wind: self.wind.as_deref() };
        let survey = survey(db.registry(), &db.readings(), &question).map_err(Failure::from_error)?;
        // A report locates the releases of an incident one by one, and shows the largest.
        let survey = if self.incident.is_some() { survey.largest_release() } else { survey };
        let named = name_source((db.registry(), &db.readings()), &survey, &candidates).map_err(Failure::from_error)?;
        let answer = Answer::new(&survey, &named, &self.at);
        output.either(&answer, || answer.text() + answer.time().as_str())
    }

    /// Channel and time of an incident, as its report has them.
    fn of_incident(&self, db: &ReadOnly, incident: IncidentId) -> Result<(String, TimeRange), Failure> {
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let incident = log.incident(incident).map_err(Failure::from_error)?;
        let readings = db.readings();
        let sources = ReportSources { registry: db.registry(), readings: &readings, events: log.events() };
        let channel = self.channel.clone().or_else(|| incident_channel(sources, incident));
        let channel = channel.ok_or_else(|| {
            Failure::Says(format!("{} has no alarm that names a channel; give --channel", incident.id()))
        })?;
        Ok((channel, located_range(sources, incident)))
    }
}
