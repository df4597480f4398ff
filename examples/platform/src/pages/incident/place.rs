//! Where the source of an incident lies: the map with its areas and suspects, and the ranking of the sites.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::map::{Caption, Found, Located, Ranked, Scene, map, scene};
use crate::pages::map::unplaced;
use crate::pages::stations::station_rows;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Drawing, minute, moment, number};
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
    found: Result<Arc<Found>, Text>,
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
    Ok(place.drawing(&platform, visitor.language, &incident).ok_or(Failure::NotFound)?.file())
}

impl Place {
    fn drawing(&self, platform: &Platform, language: Language, incident: &Incident) -> Option<Drawing> {
        let suspects: Vec<String> = incident.suspects.iter().map(|noted| noted.what.site.clone()).collect();
        let located = Located { found: self.found.as_deref().ok(), suspects: &suspects };
        let title = language.fill("place-map", &[("number", incident.id().0.into())]);
        let now = minute(&platform.zone, platform.now());
        map(&self.scene, &located, &Caption { title: &title, now: &now, language })
    }

    /// The section of the page.
    pub(super) fn section(&self, platform: &Platform, language: Language, incident: &Incident) -> Markup {
        html! {
            h2 { (language.say("place-title")) }
            @match &self.found {
                Ok(found) => (estimate(platform, language, found)),
                Err(reason) => p { (language.frame("place-none", &[("reason", reason.markup(language))])) },
            }
            @if let Some(drawing) = self.drawing(platform, language, incident) {
                (drawing.within_page())
                p.small.links { a href=(format!("/incidents/{}/map.svg", incident.id().0)) { (language.say("map-svg")) } }
            }
            (self.unknown_suspects(language, incident))
            (unplaced(language, &self.scene))
        }
    }

    /// Suspects that no site of the map is named after.
    fn unknown_suspects(&self, language: Language, incident: &Incident) -> Markup {
        let is_unknown = |site: &&str| !self.scene.sites.iter().any(|known| known.name == **site);
        let unknown: Vec<&str> =
            incident.suspects.iter().map(|noted| noted.what.site.as_str()).filter(is_unknown).collect();
        html! {
            @if !unknown.is_empty() {
                p { (language.fill("place-unknown", &[("sites", unknown.join(", ").into())])) }
            }
        }
    }
}

fn estimate(platform: &Platform, language: Language, found: &Found) -> Markup {
    let estimate = &found.estimate;
    let key = match estimate.verdict {
        Verdict::Located => "place-located",
        Verdict::DirectionOnly => "place-direction-only",
        Verdict::NotEnough => "place-not-enough",
    };
    let time = |time| moment(&platform.zone, time).into();
    let (from, to, at) = (time(found.range.from), time(found.range.to), time(found.at));
    let origin = [("channel", (&found.channel).into()), ("from", from), ("to", to), ("at", at)];
    html! {
        p { b { (language.say(key)) } " " (language.english(&estimate.reason)) }
        p.soft.small {
            (language.fill("place-origin", &origin))
            @if let Some((latitude, longitude)) = estimate.mode_lat_lon {
                " " (language.fill("place-mode", &[("place", format!("{latitude:.5}, {longitude:.5}").into())]))
            }
            @if let Some((half, most)) = estimate.areas_m2 {
                " " (language.fill("place-areas", &[("half", hectares(half).into()), ("most", hectares(most).into())]))
            }
        }
        (ranking(language, &found.ranked))
    }
}

fn ranking(language: Language, sites: &[Ranked]) -> Markup {
    html! {
        @if !sites.is_empty() {
            table {
                thead { tr {
                    th { (language.say("label-site")) } th.number { (language.say("place-probability")) }
                    th { (language.say("place-evidence")) }
                } }
                tbody { @for site in sites {
                    tr {
                        th scope="row" translate="no" { (site.name) }
                        td.number data-label=(language.say("place-probability")) { (format!("{:.1} %", 100.0 * site.probability)) }
                        td data-label=(language.say("place-evidence")) {
                            @if site.evidence.is_empty() { span.soft { (language.say("place-only")) } }
                            @else { (language.english(&site.evidence.join("; "))) }
                        }
                    }
                } }
            }
        }
    }
}

fn hectares(m2: f64) -> String {
    number(m2 / 10_000.0)
}
