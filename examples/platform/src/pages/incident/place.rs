//! Where the source of an incident lies: the map with its areas and suspects, and the ranking of the sites.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::map::{Found, Located, Scene, map, scene};
use crate::pages::map::unplaced;
use crate::pages::stations::station_rows;
use crate::platform::Platform;
use crate::view::{Drawing, moment};
use crate::visit::{Number, Visitor};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::trace::Verdict;
use vocdb::trace::incident::Incident;

/// The scene of an incident, and its source or why there is none.
pub(super) struct Place {
    scene: Scene,
    found: Result<Arc<Found>, String>,
}

/// Gathers the scene, and locates the source. Blocks.
pub(super) fn gather(platform: &Platform, incident: &Incident) -> Result<Place, Failure> {
    let scene = scene(platform, &station_rows(platform)?)?;
    let found = platform.sources.of(platform, &scene, incident)?;
    Ok(Place { scene, found })
}

/// `GET /incidents/{number}/map.svg`
pub(crate) async fn file(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let find = move |platform: &Platform| {
        let incident = super::find(platform, number)?;
        Ok((gather(platform, &incident)?, incident))
    };
    let (place, incident) = platform.compute(find).await?;
    Ok(place.drawing(&platform, &incident).ok_or(Failure::NotFound)?.file())
}

impl Place {
    fn drawing(&self, platform: &Platform, incident: &Incident) -> Option<Drawing> {
        let suspects: Vec<String> = incident.suspects.iter().map(|noted| noted.what.site.clone()).collect();
        let located = Located { found: self.found.as_deref().ok(), suspects: &suspects };
        let title = format!("Map of incident {}", incident.id().0);
        map(&self.scene, &located, (&title, &platform.zone, platform.now()))
    }

    /// The section of the page.
    pub(super) fn section(&self, platform: &Platform, incident: &Incident) -> Markup {
        html! {
            h2 { "Source" }
            @match &self.found {
                Ok(found) => (estimate(platform, found)),
                Err(reason) => p { "The source is not located: " (reason) "." },
            }
            @if let Some(drawing) = self.drawing(platform, incident) {
                (drawing.within_page())
                p.small.links { a href=(format!("/incidents/{}/map.svg", incident.id().0)) { "This map as SVG" } }
            }
            (self.unknown_suspects(incident))
            (unplaced(&self.scene))
        }
    }

    /// Suspects that no site of the map is named after.
    fn unknown_suspects(&self, incident: &Incident) -> Markup {
        let is_unknown = |site: &&str| !self.scene.sites.iter().any(|known| known.name == **site);
        let unknown: Vec<&str> =
            incident.suspects.iter().map(|noted| noted.what.site.as_str()).filter(is_unknown).collect();
        html! {
            @if !unknown.is_empty() { p { "Suspects that are no sites of the map: " (unknown.join(", ")) "." } }
        }
    }
}

fn estimate(platform: &Platform, found: &Found) -> Markup {
    let estimate = &found.estimate;
    let words = match estimate.verdict {
        Verdict::Located => "The source lies in the areas of the map.",
        Verdict::DirectionOnly => "The source lies in the sector of the map; its distance is not known.",
        Verdict::NotEnough => "The readings do not show where the source lies.",
    };
    html! {
        p { b { (words) } " " (estimate.reason) }
        p.soft.small {
            "From " (found.channel) ", " (moment(&platform.zone, found.range.from)) " to " (moment(&platform.zone, found.range.to))
            @if let Some((latitude, longitude)) = estimate.mode_lat_lon {
                ". Most probable place: " (format!("{latitude:.5}, {longitude:.5}"))
            }
            @if let Some((half, most)) = estimate.areas_m2 {
                ". Areas: " (hectares(half)) " (50 %) and " (hectares(most)) " (90 %)"
            }
            ". Computed " (moment(&platform.zone, found.at)) "."
        }
        @if !found.ranked.is_empty() {
            table {
                thead { tr { th { "Site" } th.number { "Probability" } th { "What speaks for or against it" } } }
                tbody { @for site in &found.ranked {
                    tr {
                        th scope="row" { (site.name) }
                        td.number data-label="Probability" { (format!("{:.1} %", 100.0 * site.probability)) }
                        td data-label="Evidence" {
                            @if site.evidence.is_empty() { span.soft { "its place only" } } @else { (site.evidence.join("; ")) }
                        }
                    }
                } }
            }
        }
    }
}

fn hectares(m2: f64) -> String {
    format!("{} ha", crate::view::number(m2 / 10_000.0))
}
