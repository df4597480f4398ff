//! `vocdb locate`: where a release came from.

use super::answer::Answer;
use super::suspects::SiteArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use std::path::PathBuf;
use vocdb::model::Zone;
use vocdb::trace::{SurveyQuestion, name_source, survey};

/// Locate the source of a release: from readings, wind and the positions of the stations
///
/// The verdict is `located`, `direction_only` or `not_enough`, with its reason. Areas and credible levels come from a bootstrap over time and
/// stations; the same readings give the same answer. Sites are ranked by probability of the place, fingerprint and evidence.
///
/// Example: vocdb locate store --channel benzene --from 2024-06-01T02:00:00Z --to 2024-06-01T04:00:00Z --sites sites.geojson
#[derive(Debug, Args)]
pub(crate) struct Locate {
    /// Folder of the store
    store: PathBuf,
    /// Channel or species that was released
    #[arg(long)]
    channel: String,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: values::Moment,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: values::Moment,
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
        let range = values::range_in(self.zone.as_ref(), Some(&self.from), Some(&self.to))?;
        let candidates = self.sites.read(&self.store, range)?;
        let question = SurveyQuestion { channel: &self.channel, range, wind: self.wind.as_deref() };
        let survey = survey(db.registry(), &db.readings(), &question).map_err(Failure::from_error)?;
        let named = name_source((db.registry(), &db.readings()), &survey, &candidates).map_err(Failure::from_error)?;
        let answer = Answer::new(&survey, &named, &self.at);
        output.either(&answer, || answer.text())
    }
}
