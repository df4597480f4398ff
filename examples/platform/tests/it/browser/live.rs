//! The script of live pages: they are read again when something happens, and readers do not notice more than that.

use super::Browser;
use crate::attack::metric;
use crate::district::{District, PASSWORD};
use serde_json::json;

#[test]
fn an_open_page_is_read_again_when_readings_arrive() {
    let district = District::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/");
    visitor.until_live();
    visitor.value("window.is_same_page = true");
    district.raise_alarm("park/S1");
    visitor.until("document.querySelector('main').innerText.includes('90 ppb')");
    assert_eq!(visitor.value("window.is_same_page"), json!(true));
    assert_eq!(visitor.problems(), Vec::<String>::new());
}

#[test]
fn a_change_between_a_page_and_its_first_event_reaches_the_page() {
    let district = District::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.hold("/events");
    visitor.open("/");
    assert!(!visitor.text("main").contains("90 ppb"));
    district.raise_alarm("park/S1");
    visitor.release();
    visitor.until("document.querySelector('main').innerText.includes('90 ppb')");
}

#[test]
fn focus_stays_where_it_is_when_a_page_is_read_again() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let browser = Browser::start();
    let dan = browser.person(district.address());
    dan.log_in("dan", PASSWORD);
    dan.open("/alarms");
    dan.until_live();
    dan.value(
        "document.querySelector('[data-live] a').focus(), document.querySelector('[data-live]').dataset.isOld = true",
    );
    district.person("olga").act("/alarms/1", "/alarms/1/comment", &[("comment", "seen")]);
    dan.until("!document.querySelector('[data-is-old]')");
    assert_eq!(dan.value("document.activeElement.getAttribute('href')"), json!("/alarms/1"));
}

/// Browsers have six connections to a server, and keep the pages that a reader has left for a minute and more.
#[test]
fn pages_that_were_left_hold_no_connection_and_are_live_again_on_return() {
    let district = District::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    for path in ["/values", "/map", "/station?name=park/S1", "/map", "/values", "/"] {
        visitor.open(path);
        visitor.until_live();
        wait_for_live_pages(&district, 1);
    }
    visitor.go_back();
    visitor.until_live();
    district.raise_alarm("park/S1");
    visitor.until("document.querySelector('main').innerText.includes('90 ppb')");
    assert_eq!(visitor.path(), "/values");
}

#[test]
fn a_tab_behind_others_gives_up_its_connection_and_catches_up_when_it_is_seen() {
    let district = District::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/");
    visitor.until_live();
    let show = |is_hidden: bool| {
        let shown = format!(
            "Object.defineProperty(document, 'hidden', {{ value: {is_hidden}, configurable: true }}),
            document.dispatchEvent(new Event('visibilitychange'))"
        );
        visitor.value(&shown);
    };
    show(true);
    wait_for_live_pages(&district, 0);
    district.raise_alarm("park/S1");
    assert!(!visitor.text("main").contains("90 ppb"));
    show(false);
    visitor.until("document.querySelector('main').innerText.includes('90 ppb')");
    wait_for_live_pages(&district, 1);
}

fn wait_for_live_pages(district: &District, count: u64) {
    let are_live = (0..20_000).any(|_| metric(district, "vocdb_platform_live_pages") == count);
    assert!(are_live, "not {count} pages receive events");
}
