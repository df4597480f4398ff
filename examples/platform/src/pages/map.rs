//! The map of all stations, which everybody may see.

use super::stations::{StationRow, station_rows};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::map::{Caption, Located, Scene, map, scene};
use crate::platform::Platform;
use crate::texts::Language;
use crate::view::{Drawing, Tab, direction, minute, number, page, query};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /map`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    let scene = platform.read(gather).await?;
    let content = html! {
        div data-live="stations" {
            (drawing(&platform, visitor.language, &scene))
            (places(visitor.language, &scene))
        }
    };
    Ok(page(&platform, &visitor, (Tab::Map, &visitor.language.say("tab-map")), &content))
}

/// `GET /map.svg`: the map as a file of its own.
pub(crate) async fn file(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    let scene = platform.read(gather).await?;
    Ok(of_stations(&platform, visitor.language, &scene).ok_or(Failure::NotFound)?.file())
}

fn gather(platform: &Platform) -> Result<Scene, Failure> {
    let rows: Vec<StationRow> = station_rows(platform)?;
    scene(platform, &rows)
}

fn of_stations(platform: &Platform, language: Language, scene: &Scene) -> Option<Drawing> {
    let now = minute(&platform.zone, platform.now());
    map(scene, &Located::default(), &Caption { title: &language.say("map-title"), now: &now, language })
}

/// The map of a page, with the stations that are not on it.
pub(crate) fn drawing(platform: &Platform, language: Language, scene: &Scene) -> Markup {
    html! {
        @match of_stations(platform, language, scene) {
            Some(drawing) => {
                (drawing.within_page())
                p.small.links { a href="/map.svg" { (language.say("map-svg")) } }
            }
            None => p { (language.frame("map-none", &[("command", html! { code translate="no" { "vocdb stations import" } })])) },
        }
        (unplaced(language, scene))
    }
}

/// The stations that are not on the map, with the reasons.
pub(crate) fn unplaced(language: Language, scene: &Scene) -> Markup {
    html! {
        @if !scene.unplaced.is_empty() {
            h2 { (language.say("map-unplaced")) }
            ul { @for station in &scene.unplaced {
                li {
                    a href=(format!("/station?name={}", query(&station.name))) translate="no" { (station.name) } " "
                    (station.state.mark(language))
                    span.soft { " " (language.say(station.reason)) }
                }
            } }
        }
    }
}

/// What the map shows, as a table.
fn places(language: Language, scene: &Scene) -> Markup {
    html! {
        @if !scene.stations.is_empty() {
            h2 { (language.say("map-stations")) }
            table {
                thead { tr {
                    th { (language.say("label-station")) } th { (language.say("label-state")) } th { (language.say("label-wind")) }
                    th { (language.say("map-east")) } th { (language.say("map-north")) }
                } }
                tbody { @for spot in &scene.stations {
                    tr {
                        th scope="row" translate="no" { a href=(format!("/station?name={}", query(&spot.name))) { (spot.name) } }
                        td data-label=(language.say("label-state")) { (spot.state.mark(language)) }
                        td data-label=(language.say("label-wind")) {
                            @match spot.wind {
                                Some(wind) => (wind_words(language, wind)),
                                None => span.soft { (language.say("map-no-wind")) },
                            }
                        }
                        td.number data-label=(language.say("map-east")) { (format!("{:.0}", spot.at.0)) }
                        td.number data-label=(language.say("map-north")) { (format!("{:.0}", spot.at.1)) }
                    }
                } }
            }
        }
        @if !scene.sites.is_empty() {
            h2 { (language.say("map-sites")) }
            ul { @for site in &scene.sites { li translate="no" { (site.name) } } }
        }
        @if let Some((latitude, longitude)) = scene.frame.map(|frame| frame.reference()) {
            p.soft.small { (language.fill("map-reference", &[("place", format!("{latitude:.5}, {longitude:.5}").into())])) }
        }
    }
}

/// Where a wind comes from, and its speed.
pub(crate) fn wind_words(language: Language, (from_deg, speed): (f64, f64)) -> String {
    let from = direction(language, from_deg);
    language.fill("map-wind", &[("direction", from.into()), ("speed", number(speed).into())])
}

/// Whether a visitor sees the map on the first page: those who watch the stations do.
pub(crate) fn is_on_first_page(visitor: &Visitor) -> bool {
    visitor.may(Right::See)
}
