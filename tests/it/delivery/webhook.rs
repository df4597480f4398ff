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
    let dir = tempfile::tempdir().unwrap();
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
    let dir = tempfile::tempdir().unwrap();
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

#[test]
fn a_receiver_that_is_gone_is_asked_never_again() {
    let dir = tempfile::tempdir().unwrap();
    let (url, requests) = serve(&[(410, None)]);
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &url);
    requests.recv_timeout(BOUND).unwrap();
    host.db.drain().unwrap();
    assert!(matches!(results(&host)[..], [DeliveryResult::Refused { .. }]));
    let is_system = |event: &AlarmEvent| matches!(event, AlarmEvent::SystemAlarm(system) if system.next_way.is_none());
    assert!(host.db.events().unwrap().iter().any(is_system));
    host.read(1_000, 0.5);
    host.db.drain().unwrap();
    assert!(matches!(results(&host)[..], [.., DeliveryResult::Refused { .. }]));
    assert!(requests.is_empty());
}

#[test]
fn a_server_that_is_not_there_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr().to_ip().unwrap());
    drop(server);
    let host = Host::with_an_alarm(dir.path());
    connect(&host, &url);
    host.db.drain().unwrap();
    assert!(matches!(results(&host)[..], [DeliveryResult::Retry { .. }]), "{:?}", results(&host));
}
