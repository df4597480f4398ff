//! The newest values against their limits.

use crate::district::{District, NOW_MS};

#[test]
fn values_have_their_limit_share_age_and_flag_and_stale_ones_are_marked() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut visitor = district.visitor();
    let page = visitor.page("/values");
    for text in ["<b>90</b> ppb", "30 ppb", "benzene-high", "over: 300 %", "0 s ago"] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    assert!(!page.contains("class=\"flag\""), "{page}");
    // The value nearest to its limit is first.
    assert!(page.find("300 %").unwrap() < page.find("toluene").unwrap(), "{page}");
    assert!(!visitor.page("/values?only=limited").contains("toluene"));
    assert!(visitor.page("/values?only=stale").contains("0 values"));
    assert!(visitor.page("/values?channel=TOL").contains("1 value."));
    assert!(visitor.page("/values?station=S2").contains("0 values"));
    district.clock.set_ms(NOW_MS + 4 * 60_000);
    let page = visitor.page("/values");
    assert_eq!(page.matches(">stale<").count(), 2, "{page}");
    assert!(page.contains("4 min ago"));
    assert!(visitor.page("/station?name=park/S1").contains(">stale<"));
}
