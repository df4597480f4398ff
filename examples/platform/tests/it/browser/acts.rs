//! What people do in their browsers, and what others then see in theirs.

use super::{Browser, Page, layout};
use crate::district::{District, PASSWORD};
use crate::rules::GOOD;
use serde_json::json;

/// Asserts that the page as it is fits a phone, and that the browser has no complaint.
fn assert_sound(page: &Page<'_>) {
    page.resize(390, 844);
    assert_eq!(layout::faults(page, &page.path()), Vec::<String>::new());
    page.resize(1280, 900);
}

#[test]
fn an_acknowledgement_in_one_browser_appears_in_another_without_a_reload() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let browser = Browser::start();
    let (dan, olga) = (browser.person(district.address()), browser.person(district.address()));
    dan.log_in("dan", PASSWORD);
    olga.log_in("olga", PASSWORD);
    olga.open("/alarms");
    olga.until_live();
    assert_eq!(olga.value("document.querySelectorAll('.mark.urgent').length"), json!(1));
    // Notes when the acknowledgement appears, and how often the page was read for it.
    olga.value(
        "window.seen = null; window.is_same_page = true; new MutationObserver(() => {
            if (window.seen === null && document.querySelector('.mark.acknowledged')) window.seen = performance.timeOrigin + performance.now();
        }).observe(document, { subtree: true, childList: true }), 0",
    );
    dan.open("/alarms/1");
    dan.fill("form[action$='/acknowledge'] textarea", "on my way");
    dan.value("document.querySelector('form[action$=\"/acknowledge\"]').addEventListener('submit', () => { name = String(performance.timeOrigin + performance.now()); })");
    dan.submit("form[action$='/acknowledge'] button");
    olga.until("window.seen !== null");
    let (sent, seen) = (dan.value("Number(name)").as_f64().unwrap(), olga.value("window.seen").as_f64().unwrap());
    println!("acknowledgement: seen in the other browser {:.0} ms after it was sent", seen - sent);
    assert_eq!(olga.value("window.is_same_page"), json!(true));
    let row = olga.text("[data-live] tbody");
    assert!(row.contains("acknowledged") && row.contains("dan"), "{row}");
    let reads =
        olga.value("performance.getEntriesByType('resource').filter((one) => one.name === location.href).length");
    assert!((1..=2).contains(&reads.as_u64().unwrap()), "the page was read {reads} times for one acknowledgement");
    assert!(dan.text("main").contains("on my way"));
    for page in [&dan, &olga] {
        assert_sound(page);
    }
}

#[test]
fn rules_are_edited_checked_and_loaded() {
    let district = District::open();
    let browser = Browser::start();
    let (ada, lea) = (browser.person(district.address()), browser.person(district.address()));
    ada.log_in("ada", PASSWORD);
    lea.log_in("lea", PASSWORD);
    ada.open("/rules");
    ada.fill("textarea[name=text]", &GOOD.replace("\"benzene\", 10", "\"benzen\", 10"));
    ada.submit("button[formaction='/rules/check']");
    let found = ada.text("main");
    assert!(found.contains("park.rhai:3:") && found.contains("benzen"), "{found}");
    assert_sound(&ada);
    ada.fill("textarea[name=text]", GOOD);
    ada.submit("button[formaction='/rules/check']");
    assert!(
        ada.value("document.querySelector('.good') !== null && document.querySelector('.problem') === null")
            == json!(true)
    );
    lea.open("/rules");
    assert!(lea.text("main").contains("benzene-high"), "a check changes nothing: {}", lea.text("main"));
    ada.fill("input[name=reason]", "tighter");
    ada.submit("form[action='/rules/load'] .buttons button:not([formaction])");
    assert_eq!(ada.path(), "/rules");
    assert!(ada.text("main").contains("ada: tighter"), "{}", ada.text("main"));
    lea.open("/rules");
    let read = lea.text("main");
    assert!(read.contains("benzene-low") && !read.contains("benzene-high"), "{read}");
    assert_sound(&ada);
}

#[test]
fn an_odour_report_gets_a_number_under_which_people_on_duty_find_it() {
    let district = District::open();
    let browser = Browser::start();
    let (visitor, dan) = (browser.person(district.address()), browser.person(district.address()));
    dan.log_in("dan", PASSWORD);
    dan.open("/odours");
    dan.until_live();
    visitor.resize(390, 844);
    visitor.open("/odour");
    visitor.fill("input[name=time]", "2026-03-14T14:20");
    visitor.fill("input[name=latitude]", "30.731");
    visitor.fill("input[name=longitude]", "121.286");
    visitor.fill("select[name=intensity]", "5");
    visitor.fill("textarea[name=words]", "sweet, like solvent");
    visitor.submit("form[action='/odour'] button");
    let number = visitor.text(".confirmation");
    assert_eq!(number.len(), 9, "{number}");
    assert_sound(&visitor);
    // The list is open already, and gets the report by itself.
    dan.until(&format!("document.querySelector('main').innerText.includes({number:?})"));
    assert!(dan.text("main").contains("sweet, like solvent"), "{}", dan.text("main"));
    assert_sound(&dan);
}

#[test]
fn an_incident_is_opened_and_closed_and_its_report_is_printed() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let browser = Browser::start();
    let (dan, lea) = (browser.person(district.address()), browser.person(district.address()));
    dan.log_in("dan", PASSWORD);
    lea.log_in("lea", PASSWORD);
    dan.open("/alarms/1");
    dan.fill("form[action$='/incident'] input[name=comment]", "calls from the town");
    dan.submit("form[action$='/incident'] button");
    assert_eq!(dan.path(), "/incidents/1");
    lea.open("/incidents/1");
    lea.until_live();
    let form = |step: &str| format!("form:has(input[value={step}])");
    dan.fill(&format!("{} input[name=site]", form("suspect")), "tank farm");
    dan.submit(&format!("{} button", form("suspect")));
    dan.fill(&format!("{} select", form("close")), "violation");
    dan.fill(&format!("{} input[name=kind]", form("close")), "open hatch");
    dan.fill(&format!("{} textarea", form("close")), "hatch shut");
    dan.submit(&format!("{} button", form("close")));
    assert!(dan.text("main").contains("open hatch"), "{}", dan.text("main"));
    assert_eq!(dan.value(&format!("document.querySelector('{}') === null", form("close"))), json!(true));
    // The leader has the page open, and sees the outcome there.
    lea.until("document.querySelector('main').innerText.includes('open hatch')");
    assert_sound(&dan);
    assert_sound(&lea);

    lea.open("/incidents/1/report");
    let heading = lea.text("h1");
    let text = lea.text("body");
    assert!(text.contains("tank farm") && text.contains("open hatch"), "{text}");
    let pdf = lea.pdf();
    assert_eq!(lea.problems(), Vec::<String>::new());
    let printed: String = pdf.iter().map(|byte| char::from(*byte)).collect();
    assert!(printed.starts_with("%PDF-") && printed.trim_end().ends_with("%%EOF"));
    let pages = printed.matches("/Type /Page\n").count() + printed.matches("/Type /Page ").count();
    assert!(pages > 0, "{} bytes without a page", pdf.len());
    // The outline of the file has the headings of the report in plain letters.
    assert!(printed.contains(&format!("/Title ({heading})")), "{heading} is not in the outline");
    assert!(printed.matches("/Title (").count() > 5, "the report has no sections");
}
