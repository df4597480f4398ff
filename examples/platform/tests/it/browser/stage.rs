//! A park with alarms, an incident, an odour report and phones, and the pages that its people open.

use super::{Browser, Page};
use crate::district::{District, PAGES, PASSWORD};
use std::path::Path;
use vocdb_platform::Options;
use vocdb_platform::phones::Phones;

/// Widths of a phone and of a desktop, with their heights.
pub(crate) const SCREENS: [(u32, u32); 2] = [(390, 844), (1280, 900)];
/// What an administrator opens besides the pages of a district.
const OF_ADMINISTRATOR: [&str; 10] = [
    "/phones",
    "/phones?contact=duty%20officer",
    "/odour",
    "/incidents/1/report",
    "/rose?station=ring/R6&channel=gc/benzene",
    "/station?name=ring/R6&hours=6",
    "/station?name=ring/mast&channel=anemometer/wind%20speed",
    "/quality?station=ring/mast",
    "/statistics?channel=benzene&average=1h&limit=30&unit=ppb&from=2026-02-20&to=2026-03-15",
    "/nowhere",
];
/// What a visitor without an account opens.
const OF_VISITOR: [&str; 4] = ["/", "/login", "/odour", "/station?name=park/S1"];

/// A park in which much has happened.
pub(crate) struct Stage {
    pub(crate) district: District,
    /// The page of an alarm that is open.
    alarm: String,
}

/// A park in which much has happened, with a word that does not fit on a line.
pub(crate) fn open() -> Stage {
    let district = crate::park::open_with(|options| Options { phones: Some(Phones::new()), ..options });
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let list = ada.page("/alarms");
    let (_, newest) = list.split_once("href=\"/alarms/").unwrap();
    let alarm = format!("/alarms/{}", newest.split('"').next().unwrap());
    let long = "W".repeat(180);
    ada.act(&alarm, &format!("{alarm}/comment"), &[("comment", &long)]);
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", &long)]);
    for (site, comment) in [("tank farm", "plume"), (long.as_str(), "a guess")] {
        let suspect = [("step", "suspect"), ("site", site), ("comment", comment)];
        ada.act("/incidents/1", "/incidents/1/step", &suspect);
    }
    let odour = [
        ("time", "2026-03-14T14:20"),
        ("latitude", "30.731"),
        ("longitude", "121.286"),
        ("intensity", "4"),
        ("words", &long),
    ];
    assert_eq!(district.visitor().submit("/odour", "/odour", &odour).status, 200);
    Stage { district, alarm }
}

impl Stage {
    /// Shows every page to a person and to a visitor, at both widths.
    pub(crate) fn look_at_all(&self, browser: &Browser, mut look: impl FnMut(&Page<'_>, &str, u32)) {
        let (ada, visitor) = (browser.person(self.district.address()), browser.person(self.district.address()));
        ada.log_in("ada", PASSWORD);
        let of_ada = PAGES.into_iter().chain(OF_ADMINISTRATOR).chain([self.alarm.as_str()]).map(|path| (&ada, path));
        for (page, path) in of_ada.chain(OF_VISITOR.map(|path| (&visitor, path))) {
            page.open(path);
            if path.starts_with("/station?") {
                page.until("document.querySelector('.chart.is-live canvas')");
            }
            for (width, height) in SCREENS {
                page.resize(width, height);
                // Drawings fit themselves to the new width before the second frame.
                page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
                look(page, path, width);
            }
        }
    }
}

/// With `VOCDB_PLATFORM_PAGES` set to a folder, pictures of the pages are written there for people to look at.
pub(crate) fn keep_picture(page: &Page<'_>, name: &str) {
    let Some(folder) = std::env::var_os("VOCDB_PLATFORM_PAGES") else { return };
    let name: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    std::fs::write(Path::new(&folder).join(format!("{name:.80}.png")), page.picture()).unwrap();
}
