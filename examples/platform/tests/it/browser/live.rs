//! The script of live pages: they are read again when something happens, and readers do not notice more than that.

use super::Browser;
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
