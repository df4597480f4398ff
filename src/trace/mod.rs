//! From alarms towards a name: what happened when, and from where the wind blew. Reads the ledger and the readings; changes nothing.

pub mod attainment;
mod cpf;
mod episode;
mod facility;
mod fingerprint;
pub mod incident;
mod locate;
mod mast;
mod odour;
mod place;
mod ranking;
pub mod report;
mod sheet;
mod sites;
mod survey;
mod timeline;
mod wind;

pub use cpf::{Cpf, CpfError, CpfOptions, CpfSector, CpfThreshold, conditional_probability, wilson_interval};
pub use episode::{Episode, episodes};
pub use facility::{
    FacilityError, Outage, OutageOptions, RunState, StateChannel, StateSpan, find_state_channel, outages, run_states,
    state_spans,
};
pub use fingerprint::{Fingerprint, SpeciesEnhancement, compare_fingerprint};
pub use locate::{
    Block, LocateError, LocateOptions, Location, Puff, PuffPath, Receptor, ReleaseRate, Scene, Sector, SeparateSource,
    Spread, Stability, StabilityMix, Verdict, WindSeries, WindStep, locate, puff_concentrations, separate_sources,
};
pub use mast::{WindError, WindSource, WindySample, find_wind, samples_with_wind};
pub use odour::{OdourIntensity, OdourReport};
pub use place::{
    FarPosition, LocalFrame, NetworkExtent, PlaceError, StationMove, StationPlace, far_positions, plan_moves,
};
#[cfg(feature = "csv")]
pub use place::{StationSheet, read_stations};
pub use ranking::{
    Candidates, NamedSource, RankedSite, SiteEvidence, SiteUnits, name_source, odour_cone, rank_sites, site_evidence,
    species_enhancements,
};
pub use sheet::SheetError;
#[cfg(all(feature = "csv", feature = "geojson"))]
pub use sites::read_sites;
#[cfg(feature = "geojson")]
pub use sites::read_sites_geojson;
pub use sites::{
    GeoPoint, LocalOutline, Outline, OutlineFault, Polygon, Profile, ProfileError, Site, SiteAt, SitesError,
};
#[cfg(feature = "csv")]
pub use sites::{read_profiles, read_sites_csv};
pub use survey::{Survey, SurveyError, SurveyQuestion, SurveyedStation, enhancement, sun_elevation_deg, survey};
pub use timeline::{TimelineEntry, timeline};
pub use wind::{WindChannels, WindMean, mean_wind};
