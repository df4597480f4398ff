//! The table of stations, and the trend of a channel.

use crate::district::{District, NOW_MS};

#[test]
fn everybody_sees_the_newest_values_with_their_age_and_the_state_of_each_station() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let page = district.visitor().page("/");
    for text in [
        "benzene</span> <span translate=\"no\"><b>90</b> ppb",
        "<b>20</b> ppb",
        "2026-03-14 14:40:00",
        "0 s ago",
        "mark urgent",
    ] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    assert!(page.contains("mark silent") && page.contains(">none<"), "the station without readings: {page}");
    assert!(!page.contains("/alarms"), "a link that visitors may not follow");
    district.clock.set_ms(NOW_MS + 3_600_000);
    district.person("olga").act("/alarms/1", "/alarms/1/acknowledge", &[]);
    let page = district.visitor().page("/");
    assert!(page.contains("1 h 00 min ago") && page.contains("alarm, acknowledged"), "{page}");
}

#[test]
fn a_trend_has_the_limits_of_the_rules_and_the_flags_of_the_readings() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut visitor = district.visitor();
    let benzene = visitor.page("/station?name=park%2FS1");
    assert!(benzene.contains("pid/benzene at park/S1 in ppb"), "{benzene}");
    assert_eq!((benzene.matches("class=\"limit\"").count(), benzene.matches("class=\"flagged\"").count()), (2, 0));
    assert!(benzene.contains("Dashed: benzene-high, 30 ppb. Dashed: detection limit, 0.5 ppb."), "{benzene}");

    let toluene = visitor.page("/station?name=park%2FS1&channel=pid%2Ftoluene&hours=1");
    assert_eq!((toluene.matches("class=\"limit\"").count(), toluene.matches("class=\"flagged\"").count()), (0, 1));
    assert!(toluene.contains("20 readings, 1 with a flag") && toluene.contains(": calibration<"), "{toluene}");
    // The flagged reading is not a part of the line, and no reading is missing beside it.
    let (_, rest) = toluene.split_once("class=\"series\" d=\"").unwrap();
    let path = rest.split('"').next().unwrap();
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (1, 18), "{path}");
    // A station without readings has a page too.
    assert!(visitor.page("/station?name=park%2FS2").contains("no recent readings"));
}
