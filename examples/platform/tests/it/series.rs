//! Series, annotations, metrics, and the description of the JSON interface.

use crate::api::token;
use crate::district::{District, NOW_MS};
use serde_json::Value;
use std::collections::BTreeSet;
use vocdb::{Batch, Channel, Database, Instrument, Interval, Timestamp, Unit};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Four hours of seconds.
fn seconds(db: &Database) {
    let toluene = vec![Channel::species("toluene", Unit::Ppb).unwrap()];
    let id = db.ensure_instrument("fast/S", Instrument::new("ptr", Interval::SECOND, toluene).unwrap()).unwrap();
    let mut batch = Batch::new();
    for second in 0..14_400_i64 {
        let value = (second % 100 != 99).then_some((second % 60) as f64);
        batch.push_values(id, Timestamp::from_ms(NOW_MS - (14_399 - second) * 1_000), &[value]);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

#[test]
fn few_readings_are_sent_as_they_are_and_many_as_means_of_windows() {
    let district = District::filled(seconds, |options| options);
    let mut program = district.visitor();
    let raw =
        json(&program.page("/api/series?station=fast/S&channel=ptr/toluene&from=2026-03-14T14:30&to=2026-03-14T14:31"));
    let points = raw["points"].as_array().unwrap();
    assert_eq!((points.len(), &raw["step_ms"], &raw["unit"]), (60, &Value::Null, &Value::from("ppb")));
    assert!(
        points.iter().any(|point| point["value"].is_null()) && points.iter().all(|point| point["flag"] == "normal")
    );

    let means =
        json(&program.page(
            "/api/series?station=fast/S&channel=ptr/toluene&points=500&from=2026-03-14T11:00&to=2026-03-14T14:00",
        ));
    assert_eq!(means["step_ms"], 30_000);
    let points = means["points"].as_array().unwrap();
    assert_eq!(points.len(), 360);
    // Against a naive mean of the window that ends with the time of the point.
    for point in points {
        let end: Timestamp = point["time"].as_str().unwrap().parse().unwrap();
        let last = 14_399 - (NOW_MS - end.as_ms()) / 1_000;
        let values: Vec<f64> =
            (last - 29..=last).filter(|second| second % 100 != 99).map(|second| (second % 60) as f64).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((point["value"].as_f64().unwrap() - mean).abs() < 1e-9, "{point}");
        assert_eq!(point["max"].as_f64(), values.iter().copied().reduce(f64::max));
        assert!((point["coverage"].as_f64().unwrap() - values.len() as f64 / 30.0).abs() < 1e-9);
    }
    // The newest readings are in the last window, which has not ended.
    let newest = json(&program.page("/api/series?station=fast/S&channel=ptr/toluene&points=100"));
    let last: Timestamp =
        newest["points"].as_array().unwrap().last().unwrap()["time"].as_str().unwrap().parse().unwrap();
    assert!(last.as_ms() >= NOW_MS, "{last}");
    for (query, status) in [
        ("station=fast/S&channel=none", 404),
        ("station=nobody&channel=ptr/toluene", 404),
        ("station=fast/S", 422),
        ("station=fast/S&channel=ptr/toluene&points=0", 422),
        ("station=fast/S&channel=ptr/toluene&points=20001", 422),
        ("station=fast/S&channel=ptr/toluene&points=NaN", 422),
        ("station=fast/S&channel=ptr/toluene&from=0001-01-01&to=9999-12-31", 422),
    ] {
        let answer = program.get(&format!("/api/series?{query}"));
        assert!(answer.status == status && json(&answer.body)["error"].is_string(), "{query}: {}", answer.body);
    }
}

#[test]
fn alarms_are_annotations_of_the_range_in_which_they_were_open() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let bearer = format!("Bearer {}", token(&district, "lea"));
    let mut program = district.visitor();
    let mut get = |query: &str| {
        let answer =
            program.request("GET", &format!("/api/annotations?{query}"), &[("authorization", bearer.as_str())], b"");
        json(&answer.body)["annotations"].as_array().cloned().unwrap_or_else(|| panic!("{}", answer.body))
    };
    let found = get("");
    assert_eq!((found.len(), &found[0]["alarm"], &found[0]["tags"]), (1, &Value::from(1), &Value::from("high,open")));
    assert_eq!(get("station=park/S1").len(), 1);
    assert_eq!(get("station=park/S2").len(), 0);
    assert_eq!(get("from=2026-03-13&to=2026-03-14").len(), 0);
    assert_eq!(district.visitor().get("/api/annotations").status, 401);
}

#[test]
fn metrics_are_for_programs_of_the_machine_and_for_accounts() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut local = district.visitor();
    let answer = local.get("/metrics");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    for line in [
        "# TYPE vocdb_frames_accepted_total counter",
        "vocdb_frames_accepted_total 20",
        "vocdb_values_accepted_total 40",
        "vocdb_alarms_open 1",
        "vocdb_platform_incidents_open 0",
        "vocdb_station_lag_seconds{station=\"park/S1\"} 0",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} is missing: {}", answer.body);
    }
    // Each metric has its help and type once, before its values.
    let names: Vec<&str> =
        answer.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for line in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.split_once([' ', '{']).unwrap();
        assert!(names.contains(&name) && value.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
    }
    // What a proxy forwards comes from elsewhere.
    for header in ["x-forwarded-for", "forwarded"] {
        assert_eq!(local.request("GET", "/metrics", &[(header, "203.0.113.9")], b"").status, 401, "{header}");
    }
    let bearer = format!("Bearer {}", token(&district, "lea"));
    let headers = [("x-forwarded-for", "203.0.113.9"), ("authorization", bearer.as_str())];
    assert_eq!(local.request("GET", "/metrics", &headers, b"").status, 200);
    assert_eq!(local.request("GET", "/metrics", &[("authorization", "Bearer 0")], b"").status, 401);
    let proxied = District::with(|options| vocdb_platform::Options { is_https: true, ..options });
    assert_eq!(proxied.visitor().get("/metrics").status, 401);
}

/// Checks a value against a schema of the description: types, required fields, and no field that is not described.
fn check(value: &Value, schema: &Value, all: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return check(
            value,
            all.pointer(&format!("/components/schemas/{name}")).unwrap(),
            all,
            &format!("{place}:{name}"),
        );
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_number = own == "integer" && types.contains(&"number");
    assert!(types.contains(&own) || is_number, "{place}: {value} is no {types:?}");
    if let Value::Array(items) = value {
        items.iter().for_each(|item| check(item, &schema["items"], all, place));
    }
    let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(fields.contains_key(name), "{place}: {name} is missing in {value}");
    }
    for (name, field) in fields {
        let described = properties.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
        check(field, described, all, &format!("{place}.{name}"));
    }
}

#[test]
fn every_route_of_the_interface_is_described_and_answers_as_described() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut program = district.visitor();
    let described = json(&program.page("/api/openapi.json"));
    assert!(described["openapi"].as_str().unwrap().starts_with("3."), "{described}");
    // The routes as the server has them.
    let source = include_str!("../../src/server.rs");
    let routes: BTreeSet<&str> = source.split(".route(\"").skip(1).filter_map(|part| part.split('"').next()).collect();
    let routes: BTreeSet<&str> = routes.into_iter().filter(|route| route.starts_with("/api/")).collect();
    let paths: BTreeSet<&str> = described["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(routes, paths);
    let bearer = format!("Bearer {}", token(&district, "ada"));
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string() || operation["description"].is_string(), "{path}");
            let mut query = Vec::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path}: {parameter}");
                if let Some(example) = parameter["example"].as_str().or(parameter["schema"]["example"].as_str()) {
                    query.push(format!("{}={}", parameter["name"].as_str().unwrap(), crate::client::encode(example)));
                }
            }
            let content = &operation["requestBody"]["content"]["application/json"];
            let schema = content["schema"]["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap());
            let example =
                schema.map_or(Value::Null, |name| described["components"]["schemas"][name]["example"].clone());
            let body = if method == "post" { example.to_string() } else { String::new() };
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let address = format!("{path}?{}", query.join("&"));
            let answer = program.request(&method.to_uppercase(), &address, &headers, body.as_bytes());
            assert_eq!(answer.status, 200, "{method} {address} {body}: {}", answer.body);
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{path}: {operation}");
            check(&json(&answer.body), schema, &described, path);
            if operation["security"].is_array() {
                let refused = program.request(
                    &method.to_uppercase(),
                    &address,
                    &[("content-type", "application/json")],
                    body.as_bytes(),
                );
                let schema =
                    &operation["responses"][refused.status.to_string()]["content"]["application/json"]["schema"];
                assert!(schema.is_object(), "{path} {}: {operation}", refused.status);
                check(&json(&refused.body), schema, &described, path);
            }
        }
    }
}
