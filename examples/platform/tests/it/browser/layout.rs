//! Every page fits its screen, has its style, and gives the browser nothing to complain about.

use super::driver::at;
use super::stage::keep_picture;
use super::{Browser, Page, stage};
use serde_json::{Value, json};

/// Measures what is wider than the screen, and texts of drawings that are cut off or small.
const MEASURE: &str = r#"(() => {
    const width = innerWidth, root = document.documentElement;
    const has_own_scroll = (one) => one.closest(".scroll > *") || one.closest("thead") || one.closest("svg") || one.closest(".chart-plot > *");
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 0.5 && !has_own_scroll(one));
    const texts = [...document.querySelectorAll("svg text")].filter((one) => one.closest("svg").getBoundingClientRect().width);
    const clipped = texts.filter((one) => {
        const own = one.getBoundingClientRect(), around = one.closest("svg").getBoundingClientRect();
        return own.left < around.left - 1 || own.right > around.right + 1 || own.bottom > around.bottom + 1;
    });
    const sizes = texts.map((one) => parseFloat(getComputedStyle(one).fontSize) *
        one.closest("svg").getBoundingClientRect().width / one.closest("svg").viewBox.baseVal.width);
    return {
        scrolls: root.scrollWidth - width,
        wide: wide.map((one) => one.outerHTML.slice(0, 120)),
        clipped: clipped.map((one) => one.textContent),
        least: Math.min(99, ...sizes),
        ground: getComputedStyle(document.body).backgroundColor,
    };
})()"#;

/// What is wrong with the page as it is shown.
pub(crate) fn faults(page: &Page<'_>, path: &str) -> Vec<String> {
    let measured = page.value(MEASURE);
    let mut faults = Vec::new();
    let mut note = |is_wrong: bool, what: &str, value: &Value| {
        if is_wrong {
            faults.push(format!("{what}: {value}"));
        }
    };
    note(*at(&measured, "/scrolls") != json!(0), "the page is wider than the screen", at(&measured, "/scrolls"));
    note(*at(&measured, "/wide") != json!([]), "elements are wider than the screen", at(&measured, "/wide"));
    note(*at(&measured, "/clipped") != json!([]), "text of drawings is cut off", at(&measured, "/clipped"));
    note(
        at(&measured, "/least").as_f64().is_none_or(|size| size < 8.0),
        "text of drawings is too small",
        at(&measured, "/least"),
    );
    let is_styled = *at(&measured, "/ground") == json!("rgb(246, 247, 249)") || path.ends_with("/report");
    note(!is_styled, "the style is missing", at(&measured, "/ground"));
    // A browser notes the status of a page that is not found.
    let is_status = |text: &String| path == "/nowhere" && text.contains("the server responded with a status of 404");
    faults.extend(page.problems().into_iter().filter(|text| !is_status(text)));
    faults
}

#[test]
fn every_page_fits_a_phone_and_a_desktop_without_a_complaint_of_the_browser() {
    let (stage, browser) = (stage::open(), Browser::start());
    let mut found = Vec::new();
    stage.look_at_all(&browser, |page, path, width| {
        keep_picture(page, &format!("{width}{path}"));
        found.extend(faults(page, path).into_iter().map(|fault| format!("{path} at {width}: {fault}")));
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn styles_and_scripts_within_a_page_are_refused_and_noticed() {
    let district = crate::district::District::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/");
    assert_eq!(faults(&visitor, "/"), Vec::<String>::new());
    for part in [
        "<p style='color: red'>red</p>",
        "<b onclick='document.title = 1'>press</b>",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<iframe src='/'></iframe>",
    ] {
        visitor.value(&format!(
            "document.body.insertAdjacentHTML('beforeend', {part:?}), document.querySelector('b')?.click(), 0"
        ));
        let is_refused = (0..20_000).any(|_| visitor.problems().join("").contains("Content Security Policy"));
        assert!(is_refused, "{part} is not refused");
    }
    assert_ne!(visitor.value("document.title"), json!("1"));
}
