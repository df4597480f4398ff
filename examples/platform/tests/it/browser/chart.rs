//! The chart of a station: drawn by the server, explored in a browser, and followed as readings arrive.

use super::{Browser, Page, stage};
use crate::district::{District, NOW_MS, send};
use serde_json::json;
use vocdb::Timestamp;

/// Points that are drawn with the colour of the values, on the canvas of the chart.
const COLOURED: &str = "(() => {
    const canvas = document.querySelector('.chart canvas');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const count = { values: 0, limit: 0, flags: 0 };
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue, alpha] = data.slice(at, at + 4);
        if (alpha < 200) continue;
        if (red < 60 && green > 60 && green < 110 && blue > 120) count.values += 1;
        if (red > 150 && green < 80 && blue < 80) count.limit += 1;
        if (red > 150 && green > 90 && green < 150 && blue < 60) count.flags += 1;
    }
    return count;
})()";

/// Sends a reading of so many minutes after the time of the host.
fn append(district: &District, minutes: i64, ppb: f64) {
    district.clock.set_ms(NOW_MS + minutes * 60_000);
    let mut ada = district.person("ada");
    let token = ada.token("/rules");
    let time = Timestamp::from_ms(NOW_MS + minutes * 60_000);
    let frame = format!(
        r#"{{"frames":[{{"station":"park/S1","instrument":"pid","time":"{time}","values":{{"benzene":{ppb},"toluene":20}}}}]}}"#
    );
    send(&mut ada, &token, &frame);
}

/// The values that the legend shows, in their order.
fn legend(page: &Page<'_>) -> Vec<String> {
    let values = page.value("[...document.querySelectorAll('.u-legend .u-value')].map((one) => one.textContent)");
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_chart_shows_values_limits_and_flags_and_gets_new_readings_without_a_reload() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/station?name=park/S1&channel=pid/toluene&hours=1");
    visitor.until("document.querySelector('.chart.is-live canvas')");
    assert_eq!(visitor.value("getComputedStyle(document.querySelector('.chart > svg')).display"), json!("none"));
    let flags = visitor.value(COLOURED)["flags"].as_u64().unwrap();
    assert!(flags > 5, "the flagged value is not marked: {flags}");

    visitor.open("/station?name=park/S1&channel=pid/benzene&hours=1");
    visitor.until("document.querySelector('.chart.is-live canvas')");
    visitor.value("window.is_same_page = true");
    visitor.until("document.querySelector('.u-legend .u-value').textContent.includes('14:40:00')");
    visitor.until_live();
    let drawn = visitor.value(COLOURED);
    assert!(drawn["values"].as_u64().unwrap() > 50 && drawn["limit"].as_u64().unwrap() > 50, "{drawn}");
    assert_eq!(legend(&visitor)[1], "90 ppb");
    assert!(legend(&visitor).contains(&"30 ppb".to_owned()), "{:?}", legend(&visitor));

    append(&district, 1, 55.5);
    visitor.until("document.querySelector('.u-legend .u-value').textContent.includes('14:41:00')");
    assert_eq!(legend(&visitor)[1], "55.5 ppb");
    assert_ne!(visitor.value(COLOURED), drawn, "the drawing has not changed");
    assert_eq!(visitor.value("window.is_same_page"), json!(true));
    visitor.until("document.querySelector('main').innerText.includes('55.5 ppb')");
    assert_eq!(visitor.problems(), Vec::<String>::new());
    stage::keep_picture(&visitor, "chart");
}

#[test]
fn a_chart_is_explored_with_a_mouse_and_with_keys() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/station?name=park/S1&channel=pid/toluene&hours=1");
    visitor.until("document.querySelector('.chart.is-live canvas')");
    let (middle, y) = visitor.middle(".chart .u-over");
    // The chart shows an hour up to 14:40, also where there are no readings.
    let width = visitor.value("document.querySelector('.chart .u-over').clientWidth").as_f64().unwrap();
    let x = middle + width / 3.0;
    visitor.mouse("mouseMoved", (x, y));
    visitor.until("document.querySelector('.u-legend .u-value').textContent.includes('14:30:00')");
    assert!(legend(&visitor).contains(&"10 ppb".to_owned()), "{:?}", legend(&visitor));
    // A drag shows a part of the range.
    visitor.mouse("mousePressed", (x - 100.0, y));
    visitor.mouse("mouseMoved", (x, y));
    visitor.mouse("mouseMoved", (x + 100.0, y));
    visitor.mouse("mouseReleased", (x + 100.0, y));
    let whole = ".chart-tools button";
    visitor.until("!document.querySelector('.chart-tools button').hidden");
    visitor.click(whole);
    visitor.until("document.querySelector('.chart-tools button').hidden");

    visitor.value("document.querySelector('.chart-plot').focus()");
    visitor.key("Home", 36);
    visitor.key("ArrowRight", 39);
    visitor.key("ArrowRight", 39);
    let said = visitor.text(".chart-tools [role=status]");
    assert!(said.contains("14:23:00") && said.contains("3 ppb, calibration"), "{said}");
    visitor.key("+", 187);
    visitor.until("!document.querySelector('.chart-tools button').hidden");
    visitor.key("Escape", 27);
    visitor.until("document.querySelector('.chart-tools button').hidden");
    assert_eq!(visitor.problems(), Vec::<String>::new());
}

#[test]
fn a_long_range_has_means_with_their_extremes() {
    let district = crate::park::open();
    let browser = Browser::start();
    let visitor = browser.person(district.address());
    visitor.open("/station?name=ring/R6&channel=gc/benzene&hours=168");
    visitor.until("document.querySelector('.chart.is-live canvas')");
    let words = visitor.text(".u-legend");
    assert!(words.contains("Mean") && words.contains("Least") && words.contains("Greatest"), "{words}");
    assert_eq!(visitor.problems(), Vec::<String>::new());
    stage::keep_picture(&visitor, "chart of means");
}
