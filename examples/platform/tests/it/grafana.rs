//! The dashboard for Grafana: every address in it is answered, with the fields that it reads.

use crate::api::token;
use crate::district::{District, NOW_MS};
use serde_json::Value;
use vocdb::Timestamp;

const DASHBOARD: &str = include_str!("../../grafana/dashboard.json");

/// Every query of the Infinity data source in the dashboard.
fn queries<'a>(json: &'a Value, found: &mut Vec<&'a Value>) {
    match json {
        Value::Object(fields) => {
            if fields.contains_key("root_selector") {
                found.push(json);
            }
            fields.values().for_each(|field| queries(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

/// A text with the variables of the dashboard filled in.
fn filled(text: &str) -> String {
    let time = |ms: i64| Timestamp::from_ms(ms).to_string();
    let text = text.replace("${platform}", "").replace("${station}", "park/S1").replace("${channel}", "pid/benzene");
    text.replace("${__from:date:iso}", &time(NOW_MS - 86_400_000)).replace("${__to:date:iso}", &time(NOW_MS + 60_000))
}

#[test]
fn every_query_of_the_dashboard_is_answered_with_the_fields_that_it_reads() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let bearer = format!("Bearer {}", token(&district, "lea"));
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    assert_eq!(found.len(), 6, "{found:?}");
    for query in found {
        let params = query["url_options"]["params"].as_array().unwrap().iter();
        let text = |value: &Value| filled(value.as_str().unwrap());
        let params: Vec<String> = params
            .map(|one| format!("{}={}", text(&one["key"]), crate::client::encode(&text(&one["value"]))))
            .collect();
        let path = format!("{}?{}", text(&query["url"]), params.join("&"));
        let mut program = district.visitor();
        let answer = program.request("GET", &path, &[("authorization", bearer.as_str())], b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(!answer.body.contains("${"), "{path}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let rows = body[query["root_selector"].as_str().unwrap()].as_array().unwrap();
        assert!(!rows.is_empty(), "{path}: {}", answer.body);
        for column in query["columns"].as_array().unwrap() {
            let (selector, kind) = (column["selector"].as_str().unwrap(), column["type"].as_str().unwrap());
            for row in rows {
                let value = row.get(selector).unwrap_or_else(|| panic!("{path} has no {selector}: {row}"));
                let is_good = match kind {
                    "number" => value.is_number() || value.is_null(),
                    "timestamp" => value.as_str().is_some_and(|time| time.parse::<Timestamp>().is_ok()),
                    _ => value.is_string() || value.is_null(),
                };
                assert!(is_good, "{path}: {selector} is {value}, not a {kind}");
            }
        }
    }
    // Every variable that the dashboard uses is one of it, or of Grafana.
    let names: Vec<&str> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    for part in DASHBOARD.split("${").skip(1) {
        let name = part.split('}').next().unwrap();
        assert!(names.contains(&name) || name.starts_with("__"), "{name}");
    }
}
