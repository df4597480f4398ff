//! The wind rose of a station, and the pollution rose of one of its channels.

mod count;
mod draw;
mod gather;

use super::station::range_fields;
use crate::chart::Csv;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Drawing, Tab, moment, number, page, query};
use crate::visit::Visitor;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use count::{CALM_BELOW_M_S, Cell, NAMES, SECTORS};
use draw::{Words, class_words, draw};
use gather::{Coverage, Load, RoseAsked, Roses, gather};
use maud::{Markup, html};
use std::sync::Arc;

type Answer = Result<Response, Failure>;
type Sent = Result<Query<RoseAsked>, QueryRejection>;

/// `GET /rose?station=NAME&channel=INSTRUMENT/CHANNEL&wind=STATION&from=TIME&to=TIME`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor, asked: Sent) -> Answer {
    let roses = find(&platform, asked).await?;
    let address = address(&platform, &roses);
    let content = html! {
        p {
            a href=(format!("/station?name={}", query(&roses.station))) { (roses.station) }
            ", " (moment(&platform.zone, roses.range.from)) " to " (moment(&platform.zone, roses.range.to)) "."
        }
        (form(&platform, &roses))
        h2 { "Wind at " (roses.wind_station) }
        (wind_drawing(&roses).within_page())
        p.small.soft { (wind_words(&roses)) }
        @if let Some(load) = &roses.load {
            h2 { (load.channel) span.soft { " by the direction of the wind" } }
            (load_drawing(&roses, load).within_page())
            p.small.soft { (load_words(load)) }
        }
        p.small.links {
            a href=(format!("/rose/wind.svg?{address}")) { "Wind rose as SVG" }
            @if roses.load.is_some() { a href=(format!("/rose/pollution.svg?{address}")) { "Pollution rose as SVG" } }
            a href=(format!("/rose.csv?{address}")) { "Numbers as CSV" }
        }
        (table(&roses))
    };
    let title = format!("Roses of {}", roses.station);
    Ok(page(&platform, &visitor, (Tab::Stations, &title), &content))
}

/// `GET /rose/wind.svg`
pub(crate) async fn wind_file(State(platform): State<Arc<Platform>>, asked: Sent) -> Answer {
    Ok(wind_drawing(&find(&platform, asked).await?).file())
}

/// `GET /rose/pollution.svg`
pub(crate) async fn load_file(State(platform): State<Arc<Platform>>, asked: Sent) -> Answer {
    let roses = find(&platform, asked).await?;
    let load = roses.load.as_ref().ok_or(Failure::NotFound)?;
    Ok(load_drawing(&roses, load).file())
}

/// `GET /rose.csv`: a row for each rose and sector, with the number of values of each class.
pub(crate) async fn numbers(State(platform): State<Arc<Platform>>, asked: Sent) -> Answer {
    let roses = find(&platform, asked).await?;
    let mut csv =
        Csv::new(&["rose", "sector", "class", "count", "sector_count", "sector_mean", "sector_greatest", "unit"]);
    let of_wind = ("wind", &roses.wind, "m/s");
    let of_load = roses.load.as_ref().map(|load| (load.channel.as_str(), &load.rose, load.unit));
    for (name, rose, unit) in std::iter::once(of_wind).chain(of_load) {
        for (sector, cell) in NAMES.into_iter().zip(&rose.sectors).chain([("calm", &rose.calm)]) {
            let [count, mean, greatest] = [Some(cell.count() as f64), cell.mean(), cell.greatest]
                .map(|one| one.map_or_else(String::new, |one| one.to_string()));
            for (class, number) in cell.counts.iter().enumerate() {
                let class = class_words(rose, class, unit);
                csv.row(&[name, sector, &class, &number.to_string(), &count, &mean, &greatest, unit]);
            }
        }
    }
    Ok(csv.file(&format!("rose {}", roses.station)))
}

async fn find(platform: &Arc<Platform>, asked: Sent) -> Result<Roses, Failure> {
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    platform.compute(move |platform| gather(platform, &asked)).await
}

fn address(platform: &Platform, roses: &Roses) -> String {
    let time = |time| query(&platform.zone.show(time).to_string());
    let channel = roses.load.as_ref().map_or("", |load| load.channel.as_str());
    format!(
        "station={}&channel={}&wind={}&from={}&to={}",
        query(&roses.station),
        query(channel),
        query(&roses.wind_station),
        time(roses.range.from),
        time(roses.range.to)
    )
}

fn form(platform: &Platform, roses: &Roses) -> Markup {
    html! {
        form.fields method="get" action="/rose" {
            input type="hidden" name="station" value=(roses.station);
            input type="hidden" name="channel" value=(roses.load.as_ref().map_or("", |load| load.channel.as_str()));
            label { "Wind of" select name="wind" {
                @for name in &roses.wind_stations { option value=(name) selected[*name == roses.wind_station] { (name) } }
            } }
            (range_fields(platform, (roses.range.from, roses.range.to)))
            button { "Show" }
        }
    }
}

fn wind_drawing(roses: &Roses) -> Drawing {
    let title = format!("Wind rose of {}", roses.wind_station);
    draw(&roses.wind, &Words { title: &title, classes: "wind", unit: "m/s" })
}

fn load_drawing(roses: &Roses, load: &Load) -> Drawing {
    let title = format!("Pollution rose of {} at {}", load.channel, roses.station);
    draw(&load.rose, &Words { title: &title, classes: "load", unit: load.unit })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn coverage_words(coverage: Coverage) -> String {
    let Coverage { expected, valid } = coverage;
    format!("{valid} of {expected} expected samples are valid ({})", percent(coverage.share()))
}

fn wind_words(roses: &Roses) -> String {
    let calm = roses.wind.calm.count();
    format!(
        "{}. {SECTORS} sectors of 22.5 degrees by the direction that the wind came from, with their lower edges. Calm air, below \
         {CALM_BELOW_M_S} m/s, is in no sector: {calm} samples ({}).",
        coverage_words(roses.coverage),
        percent(roses.wind.share(calm))
    )
}

fn load_words(load: &Load) -> String {
    let calm = load.rose.calm.count();
    format!(
        "{}; {} of them have no wind and are not counted. In calm air: {calm} ({}). Shares are of the values with a wind.",
        coverage_words(load.coverage),
        load.without_wind,
        percent(load.rose.share(calm))
    )
}

/// The roses as a table.
fn table(roses: &Roses) -> Markup {
    let of = |cell: &Cell| cell.mean().zip(cell.greatest);
    let load = roses.load.as_ref();
    let loads: Vec<Option<&Cell>> = match load {
        Some(load) => load.rose.sectors.iter().chain([&load.rose.calm]).map(Some).collect(),
        None => vec![None; SECTORS + 1],
    };
    let winds = NAMES.into_iter().zip(&roses.wind.sectors).chain([("calm", &roses.wind.calm)]);
    html! {
        h2 { "The roses in numbers" }
        div.scroll tabindex="0" role="group" aria-label="The roses in numbers" {
            table {
                thead { tr {
                    th { "Wind from" } th.number { "Winds" } th.number { "Share" } th.number { "Mean m/s" }
                    @if let Some(load) = load {
                        th.number { "Values" } th.number { "Mean " (load.unit) } th.number { "Greatest " (load.unit) }
                    }
                } }
                tbody { @for ((name, wind), load) in winds.zip(loads) {
                    tr {
                        th scope="row" { (name) }
                        td.number { (wind.count()) }
                        td.number { (percent(roses.wind.share(wind.count()))) }
                        td.number { @if let Some(mean) = wind.mean() { (number(mean)) } @else { "–" } }
                        @if let Some(cell) = load {
                            td.number { (cell.count()) }
                            @match of(cell) {
                                Some((mean, greatest)) => { td.number { (number(mean)) } td.number { (number(greatest)) } }
                                None => { td.number { "–" } td.number { "–" } }
                            }
                        }
                    }
                } }
            }
        }
    }
}
