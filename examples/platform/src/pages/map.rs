//! The map of all stations, which everybody may see.

use super::stations::{StationRow, station_rows};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::map::{Located, Scene, map, scene};
use crate::platform::Platform;
use crate::view::{Drawing, Tab, direction, number, page, query};
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
            (drawing(&platform, &scene))
            (places(&scene))
        }
    };
    Ok(page(&platform, &visitor, (Tab::Map, "Map"), &content))
}

/// `GET /map.svg`: the map as a file of its own.
pub(crate) async fn file(State(platform): State<Arc<Platform>>) -> Result<Response, Failure> {
    let scene = platform.read(gather).await?;
    Ok(of_stations(&platform, &scene).ok_or(Failure::NotFound)?.file())
}

fn gather(platform: &Platform) -> Result<Scene, Failure> {
    let rows: Vec<StationRow> = station_rows(platform)?;
    scene(platform, &rows)
}

fn of_stations(platform: &Platform, scene: &Scene) -> Option<Drawing> {
    map(scene, &Located::default(), ("Map of the stations", &platform.zone, platform.now()))
}

/// The map of a page, with the stations that are not on it.
pub(crate) fn drawing(platform: &Platform, scene: &Scene) -> Markup {
    html! {
        @match of_stations(platform, scene) {
            Some(drawing) => {
                (drawing.within_page())
                p.small.links { a href="/map.svg" { "This map as SVG" } }
            }
            None => p { "No station has a position: place them with " code { "vocdb stations import" } "." },
        }
        (unplaced(scene))
    }
}

/// The stations that are not on the map, with the reasons.
pub(crate) fn unplaced(scene: &Scene) -> Markup {
    html! {
        @if !scene.unplaced.is_empty() {
            h2 { "Not on the map" }
            ul { @for station in &scene.unplaced {
                li {
                    a href=(format!("/station?name={}", query(&station.name))) { (station.name) } " "
                    span class=(station.state.class()) { (station.state.words()) }
                    span.soft { " " (station.reason) }
                }
            } }
        }
    }
}

/// What the map shows, as a table.
fn places(scene: &Scene) -> Markup {
    html! {
        @if !scene.stations.is_empty() {
            h2 { "Stations on the map" }
            table {
                thead { tr { th { "Station" } th { "State" } th { "Wind" } th { "Metres east" } th { "Metres north" } } }
                tbody { @for spot in &scene.stations {
                    tr {
                        th scope="row" { a href=(format!("/station?name={}", query(&spot.name))) { (spot.name) } }
                        td data-label="State" { span class=(spot.state.class()) { (spot.state.words()) } }
                        td data-label="Wind" {
                            @match spot.wind {
                                Some((from_deg, speed)) => { "from " (direction(from_deg)) ", " (number(speed)) " m/s" }
                                None => span.soft { "no recent wind" },
                            }
                        }
                        td.number data-label="Metres east" { (format!("{:.0}", spot.at.0)) }
                        td.number data-label="Metres north" { (format!("{:.0}", spot.at.1)) }
                    }
                } }
            }
        }
        @if !scene.sites.is_empty() {
            h2 { "Sites on the map" }
            ul { @for site in &scene.sites { li { (site.name) } } }
        }
        @if let Some((latitude, longitude)) = scene.frame.map(|frame| frame.reference()) {
            p.soft.small { "Metres from " (format!("{latitude:.5}, {longitude:.5}")) " (WGS 84). Winds are means of the last ten minutes." }
        }
    }
}

/// Whether a visitor sees the map on the first page: those who watch the stations do.
pub(crate) fn is_on_first_page(visitor: &Visitor) -> bool {
    visitor.may(Right::See)
}
