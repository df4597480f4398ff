//! Limits and headers of every answer.

use crate::district::{District, PAGES};

#[test]
fn a_body_that_is_too_large_is_refused() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    let token = ada.token("/");
    let long = "x".repeat(70_000);
    assert_eq!(ada.post("/alarms/1/comment", &[("token", &token), ("comment", &long)]).status, 413);
    let long = "x".repeat(5_000);
    assert_eq!(ada.post("/alarms/1/comment", &[("token", &token), ("comment", &long)]).status, 422);
    for (path, field) in [
        ("/maintenance/plan", "reason"),
        ("/maintenance/cancel", "comment"),
        ("/register/station", "station"),
        ("/register/instrument", "channels"),
        ("/register/channels", "retired"),
        ("/accounts/add", "name"),
        ("/password", "password"),
        ("/alarms/1/join", "comment"),
    ] {
        assert_eq!(ada.post(path, &[("token", &token), (field, &"x".repeat(70_000))]).status, 413, "{path}");
    }
    let rules = "x".repeat(3 * 1_024 * 1_024);
    for path in ["/rules/check", "/rules/test", "/rules/backtest", "/rules/load"] {
        assert_eq!(ada.post(path, &[("token", &token), ("text", &rules)]).status, 413, "{path}");
    }
    let readings = format!("{{\"frames\":[]{}}}", " ".repeat(3 * 1_024 * 1_024));
    let headers = [("content-type", "application/json"), ("x-csrf-token", token.as_str())];
    assert_eq!(ada.request("POST", "/api/readings", &headers, readings.as_bytes()).status, 413);
}

#[test]
fn every_answer_has_the_headers_of_security() {
    let district = District::open();
    let mut client = district.visitor();
    for path in
        ["/", "/login", "/odour", "/alarms", "/nowhere", "/api/stations", "/assets/style.css", "/station?name=x"]
    {
        let answer = client.get(path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
    }
}

#[test]
fn files_of_pages_are_sent_once_while_they_are_the_same() {
    let district = District::open();
    let mut client = district.visitor();
    for name in ["style.css", "live.js", "chart.css", "chart.js", "uplot/uPlot.min.css", "uplot/uPlot.iife.min.js"] {
        let path = format!("/assets/{name}");
        let first = client.get(&path);
        let kind = if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!((first.status, first.header("content-type")), (200, Some(kind)), "{name}");
        assert_eq!(first.header("cache-control"), Some("no-cache"), "{name}");
        let tag = first.header("etag").unwrap();
        let again = client.request("GET", &path, &[("if-none-match", tag)], b"");
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag)), "{name}");
        let other = client.request("GET", &path, &[("if-none-match", "\"another\"")], b"");
        assert_eq!((other.status, other.body == first.body), (200, true), "{name}");
    }
    let icon = client.get("/favicon.ico");
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(client.get("/assets/uplot/LICENSE").status, 404);
}

#[test]
fn addresses_that_name_nothing_are_not_found() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    for path in [
        "/nowhere",
        "/station",
        "/station?name=park/S9",
        "/station?name=park/S1&channel=pid/none",
        "/station?name=..%2F..%2Fetc%2Fpasswd",
        "/alarms/2",
        "/alarms/x",
        "/incidents/7",
        "/incidents/7/report",
        "/assets/..%2F..%2FCargo.toml",
        "/rose",
        "/rose?station=park/S9",
        "/quality?station=park/S9",
        "/station.svg?name=park/S9",
        "/station.csv?name=park/S1&channel=pid/none",
        "/incidents/7/map.svg",
    ] {
        assert_eq!(ada.get(path).status, 404, "{path}");
    }
    // A line feed in a name stays within the page.
    let answer = ada.get("/station?name=park%2FS1%0d%0aset-cookie:%20a=b");
    assert!(answer.status == 404 && answer.header("set-cookie").is_none());
}

#[test]
fn pages_have_neither_script_nor_style_within_them() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);
    for path in PAGES.into_iter().chain(["/odour"]) {
        let page = ada.page(path);
        let is_own = |script: &str| script.starts_with(" src=\"/assets/") && script.contains(" defer></script>");
        assert!(page.contains("<script src=\"/assets/live.js\" defer></script>"), "{path}");
        assert!(page.split("<script").skip(1).all(is_own), "{path}");
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="), "{path}");
    }
}
