//! The webhook against a server that the test starts on loopback.
#![cfg(test)]

use super::{BEGIN_MS, BOUND, Host};
use crossbeam_channel::{Receiver, unbounded};
use std::sync::Arc;
use tiny_http::{Header, Response, Server};
use vocdb::alarm::event::DeliveryResult;
use vocdb::base::clock::ManualClock;
use vocdb::interop::webhook::Webhook;
use vocdb::{AlarmEvent, Timestamp};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What came in: headers by name, and the body.
struct Request {
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .unwrap()
    }
}

/// A server that answers with these statuses and `Retry-After`s, one after the other; the last one stays.
fn serve(answers: &'static [(u16, Option<&'static str>)]) -> (String, Receiver<Request>) {
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alarms", server.server_addr().to_ip().unwrap());
    let (sender, receiver) = unbounded();
    std::thread::spawn(move || {
        let mut next = answers.iter().copied().cycle().take(answers.len());
        for mut request in server.incoming_requests() {
            let (status, after) = next.next().unwrap_or(answers[answers.len() - 1]);
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            let header =
                |header: &Header| (header.field.as_str().as_str().to_owned(), header.value.as_str().to_owned());
            let headers = request.headers().iter().map(header).collect();
            let mut response = Response::from_string("").with_status_code(status);
            if let Some(after) = after {
                response.add_header(Header::from_bytes("Retry-After", after).unwrap());
            }
            let _ = sender.send(Request { headers, body });
            let _ = request.respond(response);
        }
    });
    (url, receiver)
}

fn connect(host: &Host, url: &str) {
    let clock = Arc::new(ManualClock::new(BEGIN_MS + 999));
    host.db.connect("sms", Arc::new(Webhook::with_clock(url, SECRET, clock).unwrap())).unwrap();
}

fn results(host: &Host) -> Vec<DeliveryResult> {
    host.deliveries().into_iter().map(|delivery| delivery.result).collect()
}

#[test]
fn a_notification_arrives_signed_and_counts_as_delivered() {
    let dir = crate::support::scratch::dir();
    let (url, requests) = serve(&[(204, None)]);
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &url);
    let request = requests.recv_timeout(BOUND).unwrap();
    host.settle(1);
    assert_eq!(results(&host), [DeliveryResult::Delivered]);
    let notification = host.notifications().into_iter().find(|row| row.way == "sms").unwrap();
    assert_eq!(
        (request.header("webhook-id"), request.header("webhook-timestamp")),
        (notification.id.as_str(), "1700000000")
    );
    let signed = format!("{}.1700000000.{}", notification.id, request.body);
    let key: [u8; 24] =
        [49, 242, 144, 246, 191, 6, 41, 138, 171, 79, 8, 212, 60, 63, 8, 44, 246, 72, 163, 98, 218, 45, 164, 176];
    let expected = vocdb::base::checksum::hmac_sha256(&key, signed.as_bytes());
    let signature = request.header("webhook-signature").strip_prefix("v1,").unwrap();
    assert_eq!(signature.len(), 44, "32 bytes in base64");
    assert_eq!(base64_bytes(signature), expected.0);
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["data"]["text"], &body["data"]["contact"]), (&"1.5 ppm at S".into(), &"duty".into()));
}

#[test]
fn what_to_do_about_an_alarm_is_in_the_body_on_its_own_and_below_the_title() {
    let dir = crate::support::scratch::dir();
    let (url, requests) = serve(&[(204, None)]);
    let guided = super::RULES.replace(".scope", ".guidance(\"Check tank farm B\").scope");
    let host = Host::open(dir.path(), 0).alarmed_by(&guided);
    connect(&host, &url);
    let request = requests.recv_timeout(BOUND).unwrap();
    host.settle(1);
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["data"]["guidance"], "Check tank farm B");
    assert_eq!(body["data"]["text"], "1.5 ppm at S\nCheck tank farm B");
}

/// A naive reader of base64.
fn base64_bytes(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = ALPHABET.iter().position(|known| *known == letter).unwrap();
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

#[test]
fn busy_and_broken_servers_are_asked_again_after_what_they_ask_for() {
    let dir = crate::support::scratch::dir();
    let (url, requests) =
        serve(&[(429, Some("90")), (503, Some("Tue, 14 Nov 2023 22:18:20 GMT")), (500, None), (200, None)]);
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &url);
    let mut ids = Vec::new();
    // The webhook's clock stands just before the second: the date is 299.001 s ahead of it.
    for (now_ms, next_ms) in [(0, 90_000), (90_000, 389_001), (389_001, 509_001)] {
        host.advance_to(now_ms);
        ids.push(requests.recv_timeout(BOUND).unwrap().header("webhook-id").to_owned());
        host.db.drain().unwrap();
        let Some(DeliveryResult::Retry { at, .. }) = results(&host).pop() else { panic!("{:?}", results(&host)) };
        assert_eq!(at, Timestamp::from_ms(BEGIN_MS + next_ms));
    }
    host.advance_to(509_001);
    ids.push(requests.recv_timeout(BOUND).unwrap().header("webhook-id").to_owned());
    host.settle(1);
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same id every time");
}

const TWO_WAYS: &str = r#"
    alarm("high").title("{value} at {stations}").scope("S").when(last("x") > 1.ppm)
        .escalate(escalation("chain").step(0.minutes, contact("duty", ["phone"]), "sms"));
"#;

#[test]
fn a_receiver_that_is_gone_is_disabled_on_record_and_the_next_way_is_taken() {
    let dir = crate::support::scratch::dir();
    let (url, requests) = serve(&[(410, None), (204, None)]);
    let host = Host::open(dir.path(), 0).alarmed_by(TWO_WAYS);
    connect(&host, &url);
    requests.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let phone = host.connect("phone", super::delivered);
    phone.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    assert!(matches!(results(&host)[..], [DeliveryResult::Refused { .. }, DeliveryResult::Delivered]));
    let of_endpoint = |event: AlarmEvent| match event {
        AlarmEvent::EndpointChanged(change) => Some((change.way.clone(), change.is_disabled, change)),
        _ => None,
    };
    let changes = || host.db.events().unwrap().into_iter().filter_map(of_endpoint).collect::<Vec<_>>();
    assert_eq!(changes().len(), 1);
    let (way, is_disabled, change) = changes().remove(0);
    assert!(is_disabled && way == "sms" && change.reason.contains("410 Gone"), "{change:?}");
    assert!(change.endpoint.starts_with("http://127.0.0.1:") && !change.endpoint.contains("alarms"), "{change:?}");
    // The alarm closes: that goes straight to the next way.
    host.read(1_000, 0.5);
    host.db.drain().unwrap();
    phone.recv_timeout(BOUND).unwrap();
    assert_eq!((requests.len(), changes().len()), (0, 1));
    let audit = host.db.audit();
    assert_eq!((audit.disabled.len(), audit.disabled[0].way.as_str()), (1, "sms"));
    assert!(audit.to_string().contains("disabled endpoints: 1\n  sms at http://127.0.0.1:"), "{audit}");
    assert_eq!(host.db.alarm_metrics(vocdb::TimeRange::ALL).unwrap().endpoints_disabled, 1);
}

#[test]
fn a_receiver_that_is_gone_stays_disabled_over_restarts_until_a_rule_set_names_it_anew() {
    let dir = crate::support::scratch::dir();
    let (url, requests) = serve(&[(410, None), (204, None)]);
    let host = Host::open(dir.path(), 0).alarmed_by(TWO_WAYS);
    connect(&host, &url);
    requests.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    drop(host);

    let host = Host::open(dir.path(), 1_000);
    connect(&host, &url);
    host.read(1_000, 0.5);
    host.read(2_000, 2.5);
    host.db.drain().unwrap();
    assert!(requests.is_empty(), "it is not asked after a restart");
    assert_eq!(host.db.audit().disabled.len(), 1);

    let load = |text: String| {
        host.db.load_rule_files(vec![vocdb::rules::RuleFile { name: "r.rhai".to_owned(), text }]).unwrap();
    };
    load("alarm(\"other\").scope(\"S\").when(last(\"x\") > 9.ppm);".to_owned());
    assert_eq!(host.db.audit().disabled.len(), 1, "a rule set that does not name the way changes nothing");
    load(TWO_WAYS.replace("1.ppm", "1.5.ppm"));
    assert_eq!(host.db.audit().disabled, []);
    host.read(3_000, 2.5);
    host.db.drain().unwrap();
    requests.recv_timeout(BOUND).unwrap();
    assert!(results(&host).contains(&DeliveryResult::Delivered));
}

#[test]
fn another_receiver_in_place_of_one_that_is_gone_is_asked() {
    let dir = crate::support::scratch::dir();
    let [(gone, _gone_requests), (there, requests)] = [serve(&[(410, None)]), serve(&[(204, None)])];
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &gone);
    host.db.drain().unwrap();
    connect(&host, &there);
    host.read(1_000, 0.5);
    requests.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    let shown = format!("{:?}", Webhook::new("http://user:word@host/token?key=1", SECRET).unwrap());
    assert!(
        shown.contains("http://host (") && ["word", "token", "key"].iter().all(|one| !shown.contains(one)),
        "{shown}"
    );
}

#[test]
fn a_server_that_is_not_there_is_asked_again() {
    let dir = crate::support::scratch::dir();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr().to_ip().unwrap());
    drop(server);
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &url);
    host.db.drain().unwrap();
    assert!(matches!(results(&host)[..], [DeliveryResult::Retry { .. }]), "{:?}", results(&host));
}
