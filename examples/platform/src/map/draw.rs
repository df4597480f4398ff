//! The drawing of a map.

use super::labels::{Label, Labels, cut, width};
use super::marks::{legend, mark, mode_mark, site_class, site_mark};
use super::scale::{Scale, WIDTH};
use super::scene::{Scene, Spot};
use super::source::{Found, areas, sector};
use crate::pages::map::wind_words;
use crate::texts::Language;
use crate::view::{Drawing, Entry, StationState, number, place, query};
use maud::{Markup, html};
use vocdb::trace::report::MapSite;

/// Height of the letters of a label on a phone, where they are largest.
const LETTER: f64 = 22.0;
/// Width of a label in heights of its letters.
const LABEL_WIDTH: f64 = 9.0;
/// Stations and sites that are drawn, and corners of a site's outline.
const STATIONS_MAX: usize = 500;
const SITES_MAX: usize = 300;
const CORNERS_MAX: usize = 1_000;

/// What is known of the source of an incident.
#[derive(Default)]
pub(crate) struct Located<'a> {
    /// Where it was located, in the metres of the map.
    pub(crate) found: Option<&'a Found>,
    /// Names of the suspected sites.
    pub(crate) suspects: &'a [String],
}

/// What a map is of, for its reader.
pub(crate) struct Caption<'a> {
    /// Title.
    pub(crate) title: &'a str,
    /// Local time.
    pub(crate) now: &'a str,
    /// Language.
    pub(crate) language: Language,
}

impl Located<'_> {
    fn is_suspect(&self, site: &MapSite) -> bool {
        self.suspects.contains(&site.name)
    }
}

/// The map of a scene at a time; `None` if nothing has a place.
pub(crate) fn map(scene: &Scene, located: &Located<'_>, caption: &Caption<'_>) -> Option<Drawing> {
    let Caption { title, now, language } = *caption;
    let stations = || scene.stations.iter().map(|spot| spot.at);
    let suspects = scene.sites.iter().filter(|site| located.is_suspect(site)).map(|site| site.centre);
    let seen = stations().chain(suspects).chain(located.found.iter().flat_map(|found| found.places()));
    let near = scene.sites.iter().map(|site| site.centre).filter(|centre| is_near(scene, *centre));
    let scale = Scale::around(seen.chain(near))?;
    let size = (WIDTH, scale.height());
    let mut labels = Labels::new(size);
    labels.keep_off((WIDTH - 26.0, 38.0), 34.0);
    labels.keep_off((60.0, size.1 - 20.0), 50.0);
    let content = html! {
        @if let Some(found) = located.found { (areas(language, found, &scale)) (sector(language, found, &scale)) }
        @for site in scene.sites.iter().take(SITES_MAX) { (outline(site, located.is_suspect(site), &scale)) }
        @for spot in scene.stations.iter().take(STATIONS_MAX) { (wind(language, spot, &scale, &mut labels)) }
        @if let Some(mode) = located.found.and_then(|found| found.estimate.mode) {
            @let (x, y) = scale.at(mode);
            g transform=(format!("translate({} {})", place(x), place(y))) { (mode_mark()) title { (language.say("map-mode")) } }
        }
        (marks((scene, located), language, &scale, &mut labels))
        (north_arrow(language))
        (scale_bar(language, &scale))
    };
    let values = [
        ("stations", scene.stations.len().into()),
        ("sites", scene.sites.len().into()),
        ("time", now.into()),
        ("states", states(language, scene).into()),
    ];
    let description = language.fill("map-description", &values);
    let legend = entries(scene, located, language);
    Some(Drawing { class: "map", size, title: title.to_owned(), description, has_links: true, content, legend })
}

/// Whether a site lies near the stations: one far away would make them small.
fn is_near(scene: &Scene, (east, north): (f64, f64)) -> bool {
    let reach = scene.stations.iter().map(|spot| spot.at.0.hypot(spot.at.1)).fold(1_000.0, f64::max);
    scene.stations.is_empty() || east.hypot(north) <= 3.0 * reach
}

/// How many stations have which state, in words.
fn states(language: Language, scene: &Scene) -> String {
    use StationState::{Acknowledged, Alarm, Normal, Silent, Urgent};
    let count = |state: StationState| scene.stations.iter().filter(|spot| spot.state == state).count();
    let of =
        |state: StationState| (count(state) > 0).then(|| format!("{} {}", count(state), language.say(state.key())));
    let words: Vec<String> = [Urgent, Alarm, Acknowledged, Silent, Normal].into_iter().filter_map(of).collect();
    words.join(&language.say("list-separator"))
}

fn entries(scene: &Scene, located: &Located<'_>, language: Language) -> Vec<Entry> {
    let mut entries = legend(language, scene.stations.iter().map(|spot| spot.state));
    if scene.stations.iter().any(|spot| spot.wind.is_some()) {
        let arrow = html! { path.wind d="M-9 0H5" {} path.wind-head d="M11 0 3-5 3 5z" {} };
        entries.push(Entry::new(arrow, language.say("map-wind-legend")));
    }
    if scene.sites.iter().any(|site| !located.is_suspect(site)) {
        entries.push(Entry::new(site_mark(false), language.say("map-site")));
    }
    if scene.sites.iter().any(|site| located.is_suspect(site)) {
        entries.push(Entry::new(site_mark(true), language.say("map-suspect")));
    }
    if let Some(found) = located.found {
        entries.extend(found.legend(language));
    }
    entries
}

fn outline(site: &MapSite, is_suspect: bool, scale: &Scale) -> Markup {
    let mut path = String::new();
    for ring in site.rings.iter().filter(|ring| ring.len() > 2) {
        // A long outline loses corners evenly.
        for (index, corner) in ring.iter().step_by(ring.len().div_ceil(CORNERS_MAX)).enumerate() {
            let (x, y) = scale.at(*corner);
            path.push_str(&format!("{}{} {}", if index == 0 { 'M' } else { 'L' }, place(x), place(y)));
        }
        path.push('z');
    }
    html! {
        @if !path.is_empty() {
            path class=(site_class("site", is_suspect)) d=(path) { title translate="no" { (site.name) } }
        }
    }
}

/// The arrow of a station's wind: from the station to where the air goes, longer for more wind.
fn wind(language: Language, spot: &Spot, scale: &Scale, labels: &mut Labels) -> Markup {
    let Some(blowing @ (from_deg, speed)) = spot.wind else { return html! {} };
    let (x, y) = scale.at(spot.at);
    let toward = (from_deg + 180.0).to_radians();
    let (right, down) = (toward.sin(), -toward.cos());
    let length = (14.0 + 5.0 * speed).clamp(14.0, 44.0);
    let at = |along: f64, aside: f64| (x + along * right - aside * down, y + along * down + aside * right);
    let (tail, neck, tip) = (at(13.0, 0.0), at(13.0 + length, 0.0), at(22.0 + length, 0.0));
    let (left, other) = (at(12.0 + length, 5.5), at(12.0 + length, -5.5));
    for part in [0.25, 0.6, 1.0] {
        labels.keep_off(at(13.0 + length * part, 0.0), 7.0);
    }
    let point = |(x, y): (f64, f64)| format!("{} {}", place(x), place(y));
    html! {
        g {
            title { (spot.name) ": " (wind_words(language, blowing)) }
            path.wind d=(format!("M{}L{}", point(tail), point(neck))) {}
            path.wind-head d=(format!("M{}L{}L{}z", point(tip), point(left), point(other))) {}
        }
    }
}

/// Marks and names of stations and sites. A name that has no room is left out: the table beside the map has all of them.
fn marks((scene, located): (&Scene, &Located<'_>), language: Language, scale: &Scale, labels: &mut Labels) -> Markup {
    let sites: Vec<&MapSite> = scene.sites.iter().take(SITES_MAX).filter(|site| scale.shows(site.centre)).collect();
    let stations: Vec<&Spot> = scene.stations.iter().take(STATIONS_MAX).collect();
    sites.iter().for_each(|site| labels.keep_off(scale.at(site.centre), 9.0));
    stations.iter().for_each(|spot| labels.keep_off(scale.at(spot.at), 12.0));
    let mut name = |text: &str, at: (f64, f64)| {
        let label = cut(text, LABEL_WIDTH);
        let free = labels.place(scale.at(at), (width(&label) * LETTER, LETTER + 2.0));
        free.map(|free| (label, free))
    };
    // Suspects and alarms are named first, so that they have room.
    let (suspects, others): (Vec<&MapSite>, Vec<&MapSite>) =
        sites.into_iter().partition(|site| located.is_suspect(site));
    let (alarms, quiet): (Vec<&Spot>, Vec<&Spot>) = stations.into_iter().partition(|spot| spot.alarms > 0);
    html! {
        @for site in suspects {
            (site_with_name(site, (true, language), scale, name(&site.name, site.centre)))
        }
        @for spot in alarms.into_iter().chain(quiet) {
            @let (x, y) = scale.at(spot.at);
            a href=(format!("/station?name={}", query(&spot.name))) {
                title { (spot.name) ": " (language.say(spot.state.key())) }
                g transform=(format!("translate({} {})", place(x), place(y))) { (mark(spot.state)) }
                @if let Some((label, free)) = name(&spot.name, spot.at) {
                    text.halo translate="no" x=(place(free.x)) y=(place(free.y)) text-anchor=(free.anchor) { (label) }
                }
            }
        }
        @for site in others {
            (site_with_name(site, (false, language), scale, name(&site.name, site.centre)))
        }
    }
}

fn site_with_name(
    site: &MapSite,
    (is_suspect, language): (bool, Language),
    scale: &Scale,
    name: Option<(String, Label)>,
) -> Markup {
    let (x, y) = scale.at(site.centre);
    html! {
        g transform=(format!("translate({} {})", place(x), place(y))) {
            (site_mark(is_suspect))
            title { (language.say(if is_suspect { "map-suspect" } else { "map-site" })) " " (site.name) }
        }
        @if let Some((label, free)) = name {
            text translate="no" class=(site_class("site-name", is_suspect)) x=(place(free.x)) y=(place(free.y)) text-anchor=(free.anchor) { (label) }
        }
    }
}

fn north_arrow(language: Language) -> Markup {
    let x = WIDTH - 26.0;
    html! {
        g {
            title { (language.say("map-north-arrow")) }
            path.north d=(format!("M{x} 8l-10 32 10-7 10 7z")) {}
            text.compass x=(x) y="62" text-anchor="middle" { (language.word("direction", "N")) }
        }
    }
}

fn scale_bar(language: Language, scale: &Scale) -> Markup {
    let wanted = WIDTH / 5.0 / scale.per_m();
    let power = 10.0_f64.powf(wanted.log10().floor());
    let factor = [5.0, 2.0, 1.0].into_iter().find(|factor| factor * power <= wanted).unwrap_or(1.0);
    let metres = factor * power;
    let (left, y) = (18.0, scale.height() - 14.0);
    let right = left + metres * scale.per_m();
    let words = if metres >= 1_000.0 {
        language.fill("map-kilometres", &[("length", number(metres / 1_000.0).into())])
    } else {
        language.fill("map-metres", &[("length", number(metres).into())])
    };
    html! {
        path.scale-bar fill="none" d=(format!("M{left} {}v8M{left} {y}H{}M{} {}v8", y - 4.0, place(right), place(right), y - 4.0)) {}
        text.halo x=(left) y=(y - 9.0) { (words) }
    }
}
