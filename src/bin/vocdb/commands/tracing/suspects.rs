//! Arguments that name sites and what is known of them.

use crate::failure::Failure;
use crate::values;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocdb::trace::{Candidates, Site, SiteUnits, read_profiles, read_sites};
use vocdb::{AlarmLog, TimeRange};

/// Sites that may be the source.
#[derive(Debug, Args)]
pub(crate) struct SiteArguments {
    /// Sites as GeoJSON (points, polygons) or CSV (name,latitude,longitude[,height_m][,profile])
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// Source profiles that the sites name, as CSV: profile,species,weight_percent
    #[arg(long, value_name = "FILE", requires = "sites")]
    profiles: Option<PathBuf>,
    /// Treatment unit on duty; its outages are evidence for the site that is named
    #[arg(long, value_name = "[SITE=]STATION/INSTRUMENT")]
    duty: Vec<String>,
    /// Standby of the site's duty unit; may be repeated
    #[arg(long, value_name = "[SITE=]STATION/INSTRUMENT", requires = "duty")]
    standby: Vec<String>,
}

impl SiteArguments {
    /// Reads the files, and the odour reports of a range.
    pub(crate) fn read(&self, store: &Path, range: TimeRange) -> Result<Candidates, Failure> {
        let log = AlarmLog::open(store).map_err(Failure::from_error)?;
        let reports = log.odour_reports(range).into_iter().cloned().collect();
        let Some(path) = &self.sites else {
            return Ok(Candidates { units: self.units(&[])?, reports, ..Candidates::default() });
        };
        let profiles = match &self.profiles {
            Some(path) => read_profiles(&values::text_file(path)?).map_err(|error| in_file(path, &error))?,
            None => BTreeMap::new(),
        };
        let sites = read_sites(&values::text_file(path)?, &profiles).map_err(|error| in_file(path, &error))?;
        let units = self.units(&sites)?;
        Ok(Candidates { sites, units, reports })
    }

    fn units(&self, sites: &[Site]) -> Result<Vec<SiteUnits>, Failure> {
        let split = |argument: &String| -> Result<(String, String), Failure> {
            let Some((site, unit)) = argument.split_once('=') else { return Ok((String::new(), argument.clone())) };
            if sites.iter().any(|known| known.name == site) {
                return Ok((site.to_owned(), unit.to_owned()));
            }
            let known = sites.iter().map(|site| site.name.as_str()).take(20).collect::<Vec<_>>().join(", ");
            Err(Failure::Says(format!("no site is named `{site}`; there are: {known}")))
        };
        let standby = self.standby.iter().map(split).collect::<Result<Vec<_>, _>>()?;
        let unit = |(site, duty): (String, String)| {
            let of_site = standby.iter().filter(|(at, _)| *at == site).map(|(_, unit)| unit.clone());
            SiteUnits { standby: of_site.collect(), site, duty }
        };
        Ok(self.duty.iter().map(split).collect::<Result<Vec<_>, _>>()?.into_iter().map(unit).collect())
    }
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Says(format!("{}: {error}", path.display()))
}
