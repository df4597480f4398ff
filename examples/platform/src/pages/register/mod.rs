//! The register: stations with their positions, instruments and channels. For administrators.

pub(crate) mod acts;
mod fields;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Form, Tab, page, query};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::{Instrument, Position, Registry, Station, StationId};

/// `GET /register`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::ManageStations)?;
    let registry = platform.read(|platform| Ok(platform.db.registry())).await?;
    let mut stations: Vec<(StationId, &Station)> = registry.stations().collect();
    stations.sort_by_key(|(_, station)| station.name());
    let content = html! {
        @if stations.is_empty() { p { "The store has no stations yet." } } @else {
            table {
                thead { tr { th { "Station" } th { "Position" } th { "Instruments" } } }
                tbody { @for (id, station) in &stations { (row(&registry, *id, station)) } }
            }
        }
        h2 { "Change the register" }
        p { "Stations keep their names, which rules and alarms refer to. Nothing is removed: what was measured stays readable." }
        div.grid {
            section.card { h2 { "Register a station" } (station_form(&visitor)) }
            @if !stations.is_empty() {
                section.card { h2 { "Set a position" } (position_form(&platform, &visitor, &stations)) }
                section.card { h2 { "Register an instrument" } (instrument_form(&visitor, &stations)) }
            }
            @if registry.instruments().next().is_some() {
                section.card { h2 { "Change channels" } (channels_form(&visitor, &registry)) }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Register, "Register of stations"), &content))
}

fn row(registry: &Registry, id: StationId, station: &Station) -> Markup {
    let instruments: Vec<&Instrument> =
        registry.instruments().filter(|(_, at, _)| *at == id).map(|(.., instrument)| instrument).collect();
    html! {
        tr {
            th scope="row" { a href=(format!("/station?name={}", query(station.name()))) { (station.name()) } }
            td data-label="Position" { (position(station.position())) }
            td data-label="Instruments" {
                @if instruments.is_empty() { span.soft { "none" } }
                @for instrument in instruments {
                    details {
                        summary { (instrument.name()) span.soft { ", every " (instrument.interval()) ", " (instrument.channels().len()) " channels" } }
                        ul { @for channel in instrument.channels() {
                            li {
                                (channel.name()) span.soft { " in " (channel.unit().symbol()) }
                                @if channel.unit().is_concentration() && channel.species_entry().is_none() {
                                    " " span.flag { "no species of the table" }
                                }
                                @if channel.is_retired() { " " span.flag { "retired" } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn position(position: &Position) -> Markup {
    html! {
        @match position.lon_lat_deg {
            Some((longitude, latitude)) => span.figure { (format!("{latitude:.5}, {longitude:.5}")) },
            None => span.soft { "no latitude and longitude" },
        }
        @if let Some((east, north)) = position.east_north_m { div.soft.small { (format!("{east:.0} m east, {north:.0} m north")) } }
        @if let Some(height) = position.height_m { div.soft.small { (format!("inlet {height:.1} m above ground")) } }
    }
}

fn reason() -> Markup {
    html! { label { "Reason" input name="reason" maxlength="200" required; } }
}

/// The numbers of a position.
fn numbers() -> Markup {
    let field = |name: &str, words: &str| {
        html! { label { (words) input name=(name) inputmode="decimal" maxlength="30"; } }
    };
    html! {
        (field("latitude", "Latitude in degrees north"))
        (field("longitude", "Longitude in degrees east"))
        (field("height", "Height of the inlet in metres"))
        details {
            summary { "Metres from the reference point of the district" }
            (field("east", "Metres east"))
            (field("north", "Metres north"))
        }
    }
}

fn station_field(stations: &[(StationId, &Station)]) -> Markup {
    html! {
        label { "Station" select name="station" required { @for (_, station) in stations { option { (station.name()) } } } }
    }
}

fn station_form(visitor: &Visitor) -> Markup {
    let fields = html! {
        label { "Name, such as park/S1" input name="station" maxlength="200" required; }
        (numbers())
        (reason())
    };
    Form { action: "/register/station", button: "Register the station", fields }.of(visitor)
}

fn position_form(platform: &Platform, visitor: &Visitor, stations: &[(StationId, &Station)]) -> Markup {
    let fields = html! {
        p.small { "Numbers that are left out stay as they are. Earlier readings keep the earlier position." }
        (station_field(stations))
        (numbers())
        label { "Holds from (" (platform.zone_name) "); now if empty" input name="since" type="datetime-local"; }
        (reason())
    };
    Form { action: "/register/position", button: "Set the position", fields }.of(visitor)
}

fn instrument_form(visitor: &Visitor, stations: &[(StationId, &Station)]) -> Markup {
    let fields = html! {
        (station_field(stations))
        label { "Instrument, such as gc" input name="instrument" maxlength="200" required; }
        label { "Time between two readings, such as 1 min" input name="interval" maxlength="20" required; }
        label { "Channels, one a line: name: unit"
            textarea.code name="channels" rows="4" maxlength="4000" placeholder="benzene: ppb\nwind speed: m/s" required {} }
        (reason())
    };
    Form { action: "/register/instrument", button: "Register the instrument", fields }.of(visitor)
}

fn channels_form(visitor: &Visitor, registry: &Registry) -> Markup {
    let mut instruments: Vec<(u32, String)> = registry
        .instruments()
        .filter_map(|(id, at, instrument)| {
            Some((id.number(), format!("{} {}", registry.station(at)?.name(), instrument.name())))
        })
        .collect();
    instruments.sort_by(|(_, one), (_, other)| one.cmp(other));
    let fields = html! {
        label { "Instrument" select name="instrument" required {
            @for (number, name) in &instruments { option value=(number) { (name) } }
        } }
        label { "Channels to add, one a line: name: unit"
            textarea.code name="channels" rows="3" maxlength="4000" {} }
        label { "Channels to retire, one name a line" textarea.code name="retired" rows="3" maxlength="4000" {} }
        (reason())
    };
    Form { action: "/register/channels", button: "Change the channels", fields }.of(visitor)
}
