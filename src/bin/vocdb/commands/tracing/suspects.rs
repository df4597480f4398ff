//! Arguments that name sites and what is known of them.

use crate::failure::Failure;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocdb::trace::{
    LocateOptions, Location, OdourReport, RankedSite, Site, SiteUnits, Survey, locate, rank_sites, read_profiles,
    read_sites, site_evidence, species_enhancements,
};
use vocdb::{AlarmLog, ReadOnly, TimeRange};

/// Largest file of sites or profiles in bytes.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Sites that may be the source.
#[derive(Debug, Args)]
pub(crate) struct SiteArguments {
    /// Sites as GeoJSON (points, polygons) or CSV (name,latitude,longitude[,height_m][,profile])
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// Source profiles that the sites name, as CSV: profile,species,weight_percent
    #[arg(long, value_name = "FILE", requires = "sites")]
    profiles: Option<PathBuf>,
    /// Treatment unit on duty at a site; its outages are evidence
    #[arg(long, value_name = "SITE=STATION/INSTRUMENT", requires = "sites")]
    duty: Vec<String>,
    /// Standby of the site's duty unit
    #[arg(long, value_name = "SITE=STATION/INSTRUMENT", requires = "duty")]
    standby: Vec<String>,
}

/// Sites that were read, with their treatment units and with the odour reports of the store.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    sites: Vec<Site>,
    units: Vec<SiteUnits>,
    reports: Vec<OdourReport>,
}

impl SiteArguments {
    /// Reads the files, and the odour reports of a range.
    pub(crate) fn read(&self, store: &Path, range: TimeRange) -> Result<Suspects, Failure> {
        let Some(path) = &self.sites else { return Ok(Suspects::default()) };
        let profiles = match &self.profiles {
            Some(path) => read_profiles(&text(path)?).map_err(|error| in_file(path, &error))?,
            None => BTreeMap::new(),
        };
        let sites = read_sites(&text(path)?, &profiles).map_err(|error| in_file(path, &error))?;
        let units = self.units(&sites)?;
        let log = AlarmLog::open(store).map_err(Failure::from_error)?;
        let reports = log.odour_reports(range).into_iter().cloned().collect();
        Ok(Suspects { sites, units, reports })
    }

    fn units(&self, sites: &[Site]) -> Result<Vec<SiteUnits>, Failure> {
        let split = |argument: &String| -> Result<(String, String), Failure> {
            let wrong = || Failure::Says(format!("`{argument}`: write SITE=STATION/INSTRUMENT"));
            let (site, unit) = argument.split_once('=').ok_or_else(wrong)?;
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

fn text(path: &Path) -> Result<String, Failure> {
    let length = std::fs::metadata(path).map_err(|error| in_file(path, &error))?.len();
    if length > FILE_BYTES_MAX {
        return Err(Failure::Says(format!("{}: a file of {length} bytes is too long: at most 8 MiB", path.display())));
    }
    std::fs::read_to_string(path).map_err(|error| in_file(path, &error))
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Says(format!("{}: {error}", path.display()))
}

impl Suspects {
    /// Locates the source of a survey, within reach of the sites, and ranks the sites.
    pub(crate) fn locate(
        &self,
        db: &ReadOnly,
        survey: &Survey,
        range: TimeRange,
    ) -> Result<(Location, Vec<RankedSite>), Failure> {
        let outlines = self.sites.iter().map(|site| site.outline.in_frame(&survey.frame));
        let middles: Vec<(f64, f64)> = outlines.map(|outline| outline.centre()).collect();
        let options = LocateOptions { reach: middles.clone(), ..survey.options() };
        let location = locate(&survey.scene, &options).map_err(Failure::from_error)?;
        let source = (db.registry(), &db.readings());
        let mut sites = Vec::with_capacity(self.sites.len());
        for (site, middle) in self.sites.iter().zip(middles) {
            let units: Vec<SiteUnits> = self.units.iter().filter(|unit| unit.site == site.name).cloned().collect();
            let evidence = site_evidence(source, survey, &units, &self.reports, (middle, range));
            sites.push((site.clone(), evidence.map_err(Failure::from_error)?));
        }
        let species = if self.sites.iter().any(|site| site.profile.is_some()) {
            species_enhancements(source.0, source.1, survey, range).map_err(Failure::from_error)?
        } else {
            Vec::new()
        };
        let ranked = rank_sites(&location, &survey.frame, &sites, &species);
        Ok((location, ranked))
    }
}
