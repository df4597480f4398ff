//! The wind rose of a station, and the pollution rose of one of its channels.

mod count;
mod draw;
mod gather;

use super::station::range_fields;
use crate::chart::Csv;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
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
    let language = visitor.language;
    let content = html! {
        p {
            a href=(format!("/station?name={}", query(&roses.station))) translate="no" { (roses.station) }
            ", " (moment(&platform.zone, roses.range.from)) " – " (moment(&platform.zone, roses.range.to))
        }
        (form(&platform, language, &roses))
        h2 { (language.fill("rose-wind-at", &[("station", (&roses.wind_station).into())])) }
        (wind_drawing(language, &roses).within_page())
        p.small.soft { (wind_words(language, &roses)) }
        @if let Some(load) = &roses.load {
            h2 { (language.fill("rose-load-of", &[("channel", (&load.channel).into())])) }
            (load_drawing(language, &roses, load).within_page())
            p.small.soft { (load_words(language, load)) }
        }
        p.small.links {
            a href=(format!("/rose/wind.svg?{address}")) { (language.say("rose-wind-svg")) }
            @if roses.load.is_some() { a href=(format!("/rose/pollution.svg?{address}")) { (language.say("rose-load-svg")) } }
            a href=(format!("/rose.csv?{address}")) { (language.say("rose-csv")) }
        }
        (table(language, &roses))
    };
    let title = language.fill("rose-title", &[("station", roses.station.as_str().into())]);
    Ok(page(&platform, &visitor, (Tab::Stations, &title), &content))
}

/// `GET /rose/wind.svg`
pub(crate) async fn wind_file(State(platform): State<Arc<Platform>>, visitor: Visitor, asked: Sent) -> Answer {
    Ok(wind_drawing(visitor.language, &find(&platform, asked).await?).file())
}

/// `GET /rose/pollution.svg`
pub(crate) async fn load_file(State(platform): State<Arc<Platform>>, visitor: Visitor, asked: Sent) -> Answer {
    let roses = find(&platform, asked).await?;
    let load = roses.load.as_ref().ok_or(Failure::NotFound)?;
    Ok(load_drawing(visitor.language, &roses, load).file())
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
                let class = class_words(rose, class, (unit, Language::English));
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

fn form(platform: &Platform, language: Language, roses: &Roses) -> Markup {
    html! {
        form.fields method="get" action="/rose" {
            input type="hidden" name="station" value=(roses.station);
            input type="hidden" name="channel" value=(roses.load.as_ref().map_or("", |load| load.channel.as_str()));
            label { (language.say("rose-wind-of")) select name="wind" translate="no" {
                @for name in &roses.wind_stations { option value=(name) selected[*name == roses.wind_station] { (name) } }
            } }
            (range_fields(platform, language, (roses.range.from, roses.range.to)))
            button { (language.say("show")) }
        }
    }
}

fn wind_drawing(language: Language, roses: &Roses) -> Drawing {
    let title = language.fill("rose-wind-title", &[("station", roses.wind_station.as_str().into())]);
    draw(&roses.wind, &Words { title: &title, classes: "wind", unit: "m/s", language })
}

fn load_drawing(language: Language, roses: &Roses, load: &Load) -> Drawing {
    let values = [("channel", load.channel.as_str().into()), ("station", roses.station.as_str().into())];
    let title = language.fill("rose-load-title", &values);
    draw(&load.rose, &Words { title: &title, classes: "load", unit: load.unit, language })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn coverage_words(language: Language, coverage: Coverage) -> String {
    let Coverage { expected, valid } = coverage;
    let share = percent(coverage.share());
    language.fill("rose-coverage", &[("valid", valid.into()), ("expected", expected.into()), ("share", share.into())])
}

fn wind_words(language: Language, roses: &Roses) -> String {
    let calm = roses.wind.calm.count();
    let values = [
        ("coverage", coverage_words(language, roses.coverage).into()),
        ("sectors", SECTORS.into()),
        ("speed", CALM_BELOW_M_S.into()),
        ("calm", calm.into()),
        ("share", percent(roses.wind.share(calm)).into()),
    ];
    language.fill("rose-wind-words", &values)
}

fn load_words(language: Language, load: &Load) -> String {
    let calm = load.rose.calm.count();
    let values = [
        ("coverage", coverage_words(language, load.coverage).into()),
        ("without", load.without_wind.into()),
        ("calm", calm.into()),
        ("share", percent(load.rose.share(calm)).into()),
    ];
    language.fill("rose-load-words", &values)
}

/// The roses as a table.
fn table(language: Language, roses: &Roses) -> Markup {
    let of = |cell: &Cell| cell.mean().zip(cell.greatest);
    let with_unit = |key: &str, unit: &str| language.fill(key, &[("unit", unit.into())]);
    let load = roses.load.as_ref();
    let loads: Vec<Option<&Cell>> = match load {
        Some(load) => load.rose.sectors.iter().chain([&load.rose.calm]).map(Some).collect(),
        None => vec![None; SECTORS + 1],
    };
    let winds = NAMES.into_iter().zip(&roses.wind.sectors).chain([("calm", &roses.wind.calm)]);
    html! {
        h2 { (language.say("rose-numbers")) }
        div.scroll tabindex="0" role="group" aria-label=(language.say("rose-numbers")) {
            table {
                thead { tr {
                    th { (language.say("rose-wind-from")) } th.number { (language.say("rose-winds")) } th.number { (language.say("label-share")) }
                    th.number { (with_unit("rose-mean", "m/s")) }
                    @if let Some(load) = load {
                        th.number { (language.say("rose-values")) } th.number { (with_unit("rose-mean", load.unit)) }
                        th.number { (with_unit("rose-greatest", load.unit)) }
                    }
                } }
                tbody { @for ((name, wind), load) in winds.zip(loads) {
                    tr {
                        th scope="row" { (language.word("direction", name)) }
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
