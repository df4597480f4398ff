//! The register: stations with their positions, instruments and channels. For administrators.

pub(crate) mod acts;
mod fields;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
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
    let language = visitor.language;
    let content = html! {
        @if stations.is_empty() { p { (language.say("register-none")) } } @else {
            table {
                thead { tr {
                    th { (language.say("label-station")) } th { (language.say("register-position")) }
                    th { (language.say("register-instruments")) }
                } }
                tbody { @for (id, station) in &stations { (row(language, &registry, (*id, station))) } }
            }
        }
        h2 { (language.say("register-change")) }
        p { (language.say("register-meaning")) }
        div.grid {
            section.card { h2 { (language.say("register-station-title")) } (station_form(&visitor)) }
            @if !stations.is_empty() {
                section.card { h2 { (language.say("register-position-title")) } (position_form(&platform, &visitor, &stations)) }
                section.card { h2 { (language.say("register-instrument-title")) } (instrument_form(&visitor, &stations)) }
            }
            @if registry.instruments().next().is_some() {
                section.card { h2 { (language.say("register-channels-title")) } (channels_form(&visitor, &registry)) }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Register, &language.say("register-title")), &content))
}

fn row(language: Language, registry: &Registry, (id, station): (StationId, &Station)) -> Markup {
    let instruments: Vec<&Instrument> =
        registry.instruments().filter(|(_, at, _)| *at == id).map(|(.., instrument)| instrument).collect();
    html! {
        tr {
            th scope="row" translate="no" { a href=(format!("/station?name={}", query(station.name()))) { (station.name()) } }
            td data-label=(language.say("register-position")) { (position(language, station.position())) }
            td data-label=(language.say("register-instruments")) {
                @if instruments.is_empty() { span.soft { (language.say("none")) } }
                @for instrument in instruments { (details(language, instrument)) }
            }
        }
    }
}

fn details(language: Language, instrument: &Instrument) -> Markup {
    let interval = ("interval", instrument.interval().to_string().into());
    let channels = ("channels", instrument.channels().len().into());
    html! {
        details {
            summary {
                (verbatim(instrument.name())) span.soft { (language.fill("register-instrument-words", &[interval, channels])) }
            }
            ul { @for channel in instrument.channels() {
                li {
                    span translate="no" { (channel.name()) }
                    span.soft { " " (language.fill("register-unit", &[("unit", channel.unit().symbol().into())])) }
                    @if channel.unit().is_concentration() && channel.species_entry().is_none() {
                        " " span.flag { (language.say("register-no-species")) }
                    }
                    @if channel.is_retired() { " " span.flag { (language.say("register-retired")) } }
                }
            } }
        }
    }
}

fn position(language: Language, position: &Position) -> Markup {
    html! {
        @match position.lon_lat_deg {
            Some((longitude, latitude)) => span.figure { (format!("{latitude:.5}, {longitude:.5}")) },
            None => span.soft { (language.say("register-no-degrees")) },
        }
        @if let Some((east, north)) = position.east_north_m {
            @let metres = [("east", format!("{east:.0}").into()), ("north", format!("{north:.0}").into())];
            div.soft.small { (language.fill("register-metres", &metres)) }
        }
        @if let Some(height) = position.height_m {
            div.soft.small { (language.fill("register-inlet", &[("height", format!("{height:.1}").into())])) }
        }
    }
}

fn reason(language: Language) -> Markup {
    html! { label { (language.say("label-reason")) input name="reason" maxlength="200" required; } }
}

/// The numbers of a position.
fn numbers(language: Language) -> Markup {
    let field = |name: &str, key: &str| {
        html! { label { (language.say(key)) input name=(name) inputmode="decimal" maxlength="30"; } }
    };
    html! {
        (field("latitude", "register-latitude"))
        (field("longitude", "register-longitude"))
        (field("height", "register-height"))
        details {
            summary { (language.say("register-reference")) }
            (field("east", "map-east"))
            (field("north", "map-north"))
        }
    }
}

fn station_field(language: Language, stations: &[(StationId, &Station)]) -> Markup {
    html! {
        label { (language.say("label-station")) select name="station" translate="no" required { @for (_, station) in stations { option { (station.name()) } } } }
    }
}

fn station_form(visitor: &Visitor) -> Markup {
    let language = visitor.language;
    let fields = html! {
        label { (language.say("register-name")) input name="station" maxlength="200" required; }
        (numbers(language))
        (reason(language))
    };
    Form { action: "/register/station", button: &language.say("register-station"), fields }.of(visitor)
}

fn position_form(platform: &Platform, visitor: &Visitor, stations: &[(StationId, &Station)]) -> Markup {
    let language = visitor.language;
    let fields = html! {
        p.small { (language.say("register-position-meaning")) }
        (station_field(language, stations))
        (numbers(language))
        label { (language.fill("register-since", &[("zone", (&platform.zone_name).into())])) input name="since" type="datetime-local"; }
        (reason(language))
    };
    Form { action: "/register/position", button: &language.say("register-set-position"), fields }.of(visitor)
}

fn instrument_form(visitor: &Visitor, stations: &[(StationId, &Station)]) -> Markup {
    let language = visitor.language;
    let fields = html! {
        (station_field(language, stations))
        label { (language.say("register-instrument-name")) input name="instrument" maxlength="200" required; }
        label { (language.say("register-interval")) input name="interval" maxlength="20" required; }
        label { (language.say("register-channels"))
            textarea.code translate="no" name="channels" rows="4" maxlength="4000" placeholder="benzene: ppb\nwind speed: m/s" required {} }
        (reason(language))
    };
    Form { action: "/register/instrument", button: &language.say("register-instrument"), fields }.of(visitor)
}

fn channels_form(visitor: &Visitor, registry: &Registry) -> Markup {
    let mut instruments: Vec<(u32, String)> = registry
        .instruments()
        .filter_map(|(id, at, instrument)| {
            Some((id.number(), format!("{} {}", registry.station(at)?.name(), instrument.name())))
        })
        .collect();
    instruments.sort_by(|(_, one), (_, other)| one.cmp(other));
    let language = visitor.language;
    let fields = html! {
        label { (language.say("label-instrument")) select name="instrument" translate="no" required {
            @for (number, name) in &instruments { option value=(number) { (name) } }
        } }
        label { (language.say("register-add"))
            textarea.code name="channels" rows="3" maxlength="4000" {} }
        label { (language.say("register-retire")) textarea.code name="retired" rows="3" maxlength="4000" {} }
        (reason(language))
    };
    Form { action: "/register/channels", button: &language.say("register-channels-change"), fields }.of(visitor)
}
