//! The night of the demo: the park with its sites, units and stations, and what truly happens there.

use super::air::{Place, Shape, Source};
use vocdb::Timestamp;

/// Local zone of the park.
pub(crate) const ZONE: &str = "Asia/Shanghai";
/// Start of the demo: 2026-03-13, 20:00 in the park.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_773_403_200_000);
/// Local hour of the day at the start.
pub(super) const START_HOUR: f64 = 20.0;
/// End of the demo: 17:30 on the next day.
pub(crate) const END: Timestamp = Timestamp::from_ms(START.as_ms() + 77_400_000);
/// Latitude and longitude of the middle of the park.
pub(super) const MIDDLE: (f64, f64) = (30.73, 121.28);

/// A site: its name, its middle and half its width and depth in metres, the code of its source profile, and what it loses always, in g/s.
pub(super) struct SiteSpec {
    /// Name.
    pub(super) name: &'static str,
    /// Middle.
    pub(super) middle: Place,
    /// Half of its width and depth in metres.
    pub(super) half_m: (f64, f64),
    /// Code of its profile in SPECIATE.
    pub(super) profile: &'static str,
    /// Losses of every day from flanges and pumps, in g/s.
    routine_g_s: f64,
}

const fn site(
    name: &'static str,
    at: (f64, f64),
    half_m: (f64, f64),
    profile: &'static str,
    routine_g_s: f64,
) -> SiteSpec {
    SiteSpec { name, middle: Place { east_m: at.0, north_m: at.1 }, half_m, profile, routine_g_s }
}

/// The sites of the park.
pub(super) const SITES: [SiteSpec; 5] = [
    site("north tank farm", (-600.0, 520.0), (160.0, 110.0), "2460", 0.25),
    site("styrene plant", (620.0, 380.0), (110.0, 80.0), "1066", 0.12),
    site("cracker", (120.0, -150.0), (140.0, 110.0), "7123", 0.35),
    site("resin works", (-700.0, -400.0), (100.0, 80.0), "2476", 0.15),
    site("coating works", (760.0, -480.0), (90.0, 70.0), "95843", 0.25),
];

/// The sites at fault that night. Nothing but the outcome and the inspectors looks here.
pub(crate) const TRUTH: [&str; 2] = ["north tank farm", "styrene plant"];

/// What is wrong at a site, for an inspector who goes there.
pub(super) fn found_at(site: &str) -> Option<&'static str> {
    match site {
        "north tank farm" => {
            Some("The rim seal of tank T-401 is torn over 6 m of its circumference; vapour escapes at the roof.")
        }
        "styrene plant" => Some(
            "The vent gas oxidiser tripped at 21:11, and the standby unit was not lined up: the vent was open until 23:31.",
        ),
        _ => None,
    }
}

/// The leak of the tank: between these times, in seconds since the start.
const LEAK_S: (i64, i64) = (64 * 60, 290 * 60);
/// Its rate once the tear has opened, and how long that takes.
const LEAK_G_S: f64 = 25.0;
const LEAK_OPENS_S: f64 = 900.0;
/// The stop of the duty unit and the late start of the standby unit, in seconds since the start.
const DUTY_STOP_S: i64 = 71 * 60;
const STANDBY_START_S: i64 = 211 * 60;
/// When the duty unit runs again and the standby unit rests.
const DUTY_AGAIN_S: i64 = 400 * 60;
/// What the open vent emits.
const VENT_G_S: f64 = 6.0;
/// Place among the sites of the tank farm and of the plant with the vent.
const TANK_SITE: usize = 0;
const VENT_SITE: usize = 1;

/// The sources, in the order of [`rates_g_s`]: the routine losses of each site, the leak, the vent.
pub(super) fn sources() -> Vec<Source> {
    let at = |east_m, north_m, height_m| Source { place: Place { east_m, north_m }, height_m };
    let routine = SITES.iter().map(|site| Source { place: site.middle, height_m: 4.0 });
    routine.chain([at(-640.0, 560.0, 8.0), at(650.0, 410.0, 8.0)]).collect()
}

/// The site whose profile a source has.
pub(super) const fn site_of_source(source: usize) -> usize {
    if source < SITES.len() {
        source
    } else if source == SITES.len() {
        TANK_SITE
    } else {
        VENT_SITE
    }
}

/// The rates of all sources at so many seconds since the start, in g/s.
pub(super) fn rates_g_s(second: i64) -> Vec<f64> {
    let leak = if (LEAK_S.0..LEAK_S.1).contains(&second) {
        LEAK_G_S * ((second - LEAK_S.0) as f64 / LEAK_OPENS_S).min(1.0)
    } else {
        0.0
    };
    let vent = if (DUTY_STOP_S..STANDBY_START_S).contains(&second) { VENT_G_S } else { 0.0 };
    SITES.iter().map(|site| site.routine_g_s).chain([leak, vent]).collect()
}

/// Run states of the duty and the standby unit of a site at so many seconds since the start.
pub(super) fn run_states(site: usize, second: i64) -> (f64, f64) {
    if site != VENT_SITE {
        return (1.0, 0.0);
    }
    match second {
        DUTY_STOP_S..STANDBY_START_S => (0.0, 0.0),
        STANDBY_START_S..DUTY_AGAIN_S => (0.0, 1.0),
        _ => (1.0, 0.0),
    }
}

/// Places of the stations in metres: twelve along the fence, five on roads in the park, seven in the neighbourhood.
const STATIONS: [(f64, f64); 24] = [
    (-1_300.0, -950.0),
    (-430.0, -950.0),
    (430.0, -950.0),
    (1_300.0, -950.0),
    (1_300.0, -320.0),
    (1_300.0, 320.0),
    (1_300.0, 950.0),
    (430.0, 950.0),
    (-430.0, 950.0),
    (-1_300.0, 950.0),
    (-1_300.0, 320.0),
    (-1_300.0, -320.0),
    (-150.0, 300.0),
    (250.0, 620.0),
    (850.0, -80.0),
    (-250.0, -380.0),
    (-950.0, 150.0),
    (-1_500.0, 1_500.0),
    (-500.0, 1_500.0),
    (300.0, 1_450.0),
    (1_050.0, 1_400.0),
    (1_850.0, 450.0),
    (-1_900.0, -100.0),
    (100.0, -1_700.0),
];

/// The names and places of so many stations, spread over the park.
pub(super) fn stations(count: usize) -> Vec<(String, Place)> {
    let every = (STATIONS.len() / count.max(1)).max(1);
    let chosen = (1..).zip(STATIONS).step_by(every).take(count);
    chosen.map(|(number, (east_m, north_m))| (format!("park/S{number:02}"), Place { east_m, north_m })).collect()
}

/// The station that sends nothing for a while, and from when to when, in seconds since the start.
pub(super) const SILENT_STATION: usize = 3;
pub(super) const SILENT_S: std::ops::Range<i64> = 25_800..28_200;

/// Species in the order of their channels, each with the mean of its background in ppb and the shape of its day. The first twelve make
/// the reduced demo.
pub(super) const SPECIES: [(&str, f64, Shape); 36] = [
    ("benzene", 0.45, Shape::Traffic),
    ("toluene", 1.1, Shape::Traffic),
    ("styrene", 0.08, Shape::Traffic),
    ("n-hexane", 0.4, Shape::Traffic),
    ("ethylene", 2.2, Shape::Traffic),
    ("propylene", 0.9, Shape::Traffic),
    ("n-butane", 1.8, Shape::LongLived),
    ("isopentane", 1.2, Shape::Traffic),
    ("o-xylene", 0.3, Shape::Traffic),
    ("ethylbenzene", 0.35, Shape::Traffic),
    ("acetone", 2.4, Shape::LongLived),
    ("cyclohexane", 0.12, Shape::Traffic),
    ("ethane", 4.5, Shape::LongLived),
    ("acetylene", 1.5, Shape::Traffic),
    ("propane", 3.2, Shape::LongLived),
    ("isobutane", 1.1, Shape::LongLived),
    ("1-butene", 0.2, Shape::Traffic),
    ("n-pentane", 0.8, Shape::Traffic),
    ("1-pentene", 0.06, Shape::Traffic),
    ("isoprene", 0.15, Shape::Plants),
    ("2-methylpentane", 0.4, Shape::Traffic),
    ("3-methylpentane", 0.3, Shape::Traffic),
    ("methylcyclopentane", 0.2, Shape::Traffic),
    ("n-heptane", 0.2, Shape::Traffic),
    ("methylcyclohexane", 0.12, Shape::Traffic),
    ("n-octane", 0.1, Shape::Traffic),
    ("m-xylene", 0.6, Shape::Traffic),
    ("n-nonane", 0.08, Shape::Traffic),
    ("1,2,4-trimethylbenzene", 0.2, Shape::Traffic),
    ("n-decane", 0.08, Shape::Traffic),
    ("1,3-butadiene", 0.08, Shape::Traffic),
    ("dichloromethane", 0.5, Shape::LongLived),
    ("methanol", 3.5, Shape::LongLived),
    ("isopropanol", 0.5, Shape::Traffic),
    ("ethyl acetate", 0.6, Shape::LongLived),
    ("2-butanone", 0.4, Shape::LongLived),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leak_and_the_stop_are_where_the_truth_says() {
        assert_eq!(TRUTH, [SITES[TANK_SITE].name, SITES[VENT_SITE].name]);
        assert_eq!(
            (START.to_string(), END.to_string()),
            ("2026-03-13T12:00:00Z".into(), "2026-03-14T09:30:00Z".into())
        );
        assert_eq!(rates_g_s(0)[5..], [0.0, 0.0]);
        assert_eq!(rates_g_s(2 * 3_600)[5..], [LEAK_G_S, VENT_G_S]);
        assert_eq!(run_states(VENT_SITE, 2 * 3_600), (0.0, 0.0));
        assert_eq!(sources().len(), rates_g_s(0).len());
    }

    #[test]
    fn a_few_stations_are_spread_over_the_park() {
        let names: Vec<String> = stations(6).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["park/S01", "park/S05", "park/S09", "park/S13", "park/S17", "park/S21"]);
        assert_eq!(stations(24).len(), 24);
    }
}
