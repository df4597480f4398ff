//! Clients that keep the server waiting, or send without end: others are served meanwhile.

use crate::district::{District, PASSWORD};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::Duration;
use vocdb_platform::Options;

/// Connections at a time.
const CONNECTIONS: usize = 32;

fn small_district() -> District {
    District::with(|options| Options { connections: CONNECTIONS, ..options })
}

/// A connection that sends some bytes and no more.
fn connect(district: &District, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(district.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The server may have closed it already, to serve others.
    let _ = stream.write_all(bytes);
    stream
}

/// Whether the server closes the connection, whatever it says before.
fn is_closed(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
    }
}

#[test]
fn silent_connections_and_half_heads_do_not_keep_others_out() {
    let district = small_district();
    let mut slow = Vec::new();
    for number in 0..300 {
        let bytes: &[u8] = if number % 2 == 0 { b"" } else { b"GET / HTTP/1.1\r\nhost: platform\r\nx-slow: " };
        slow.push(connect(&district, bytes));
        if number % 50 == 0 {
            assert_eq!(district.visitor().get("/").status, 200);
        }
    }
    let mut ada = district.person("ada");
    assert_eq!(ada.get("/alarms").status, 200);
    // The oldest were closed at once; the newest are closed when they have kept the server waiting for too long.
    let oldest = slow.drain(..200);
    for stream in oldest {
        assert!(is_closed(stream));
    }
}

#[test]
fn a_head_without_end_is_refused() {
    let district = small_district();
    let mut stream = connect(&district, b"GET / HTTP/1.1\r\nhost: platform\r\nx-long: ");
    let mut sent = 0_usize;
    let piece = [b'x'; 16 * 1_024];
    while stream.write_all(&piece).is_ok() {
        sent += piece.len();
        assert!(sent < 64 << 20, "the server reads a head of {sent} bytes");
    }
    assert_eq!(district.visitor().get("/").status, 200);
}

#[test]
fn bodies_that_do_not_come_leave_places_for_others() {
    let district = small_district();
    let head = "POST /login HTTP/1.1\r\nhost: platform\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 40\r\n\r\nname=";
    let slow: Vec<TcpStream> = (0..CONNECTIONS - 2).map(|_| connect(&district, head.as_bytes())).collect();
    assert_eq!(district.visitor().get("/").status, 200);
    assert_eq!(district.person("ada").get("/alarms").status, 200);
    drop(slow);
}

#[test]
fn events_that_nobody_reads_leave_places_for_others() {
    let district = small_district();
    let request = b"GET /events HTTP/1.1\r\nhost: platform\r\n\r\n";
    let streams: Vec<TcpStream> = (0..CONNECTIONS - 2).map(|_| connect(&district, request)).collect();
    district.raise_alarm("park/S1");
    assert_eq!(district.visitor().get("/").status, 200);
    drop(streams);
}

/// Many clients at once, a connection for each request: every one of them gets an answer or finds its connection closed, and a person on
/// duty acknowledges an alarm meanwhile.
#[test]
fn a_flood_of_requests_does_not_keep_a_person_on_duty_out() {
    let district = small_district();
    district.raise_alarm("park/S1");
    let mut dan = district.person("dan");
    let started = Barrier::new(9);
    std::thread::scope(|scope| {
        let floods: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    started.wait();
                    (0..250).filter(|_| is_answered(&district)).count()
                })
            })
            .collect();
        started.wait();
        dan.act("/alarms/1", "/alarms/1/acknowledge", &[("comment", "on my way")]);
        let answered: usize = floods.into_iter().map(|flood| flood.join().unwrap()).sum();
        assert!(answered > 0);
    });
    assert!(dan.page("/alarms/1").contains("on my way"));
    assert_eq!(district.visitor().get("/").status, 200);
}

fn is_answered(district: &District) -> bool {
    let mut stream =
        connect(district, b"GET /assets/style.css HTTP/1.1\r\nhost: platform\r\nconnection: close\r\n\r\n");
    let mut start = [0; 12];
    stream.read_exact(&mut start).is_ok() && start == *b"HTTP/1.1 200"
}

#[test]
fn requests_that_are_no_http_are_refused() {
    let district = small_district();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET / HTTP/1.1\r\nhost: platform\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"GET / HTTP/1.1\r\nhost: platform\r\nx y: z\r\n\r\n",
        b"POST /login HTTP/1.1\r\nhost: platform\r\ncontent-length: -1\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: platform\r\n\r\n",
        b"##0101QN=20260314144000001;ST=31;CN=2011;",
    ] {
        let mut stream = connect(&district, bytes);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    // Two requests in one: the second is answered as what it is, a request without a session.
    let smuggled = b"POST /login HTTP/1.1\r\nhost: platform\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\nGET /audit HTTP/1.1\r\nhost: platform\r\nconnection: close\r\n\r\n";
    let mut stream = connect(&district, smuggled);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(!answer.contains("HTTP/1.1 200") && !answer.contains(PASSWORD), "{answer}");
}

/// A number of the page of metrics.
pub(crate) fn metric(district: &District, name: &str) -> u64 {
    let text = district.visitor().page("/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing: {text}")).parse().unwrap()
}

/// Ten thousand requests as quick as they come, a connection for each: every one is answered or finds its connection closed, the counters
/// say so, no more places are taken than there are, and a reader gets every page meanwhile.
#[test]
fn a_burst_of_ten_thousand_requests_is_counted_and_bounded_and_a_reader_is_served() {
    const SENDERS: usize = 16;
    const EACH: usize = 625;
    let district = small_district();
    let (connections, requests) = ("vocdb_platform_connections_total", "vocdb_platform_requests_total");
    let before = (metric(&district, connections), metric(&district, requests));
    let mut reader = district.visitor();
    let (answered, read) = std::thread::scope(|scope| {
        let floods: Vec<_> =
            (0..SENDERS).map(|_| scope.spawn(|| (0..EACH).filter(|_| is_answered(&district)).count())).collect();
        let mut read = 0;
        while floods.iter().any(|flood| !flood.is_finished()) {
            assert_eq!(reader.get("/").status, 200);
            read += 1;
        }
        (floods.into_iter().map(|flood| flood.join().unwrap()).sum::<usize>() as u64, read)
    });
    assert!(read > 0 && answered > 0);
    // The two readings of the second counter are connections and requests of their own.
    let after = (metric(&district, connections), metric(&district, requests));
    let sent = (SENDERS * EACH) as u64;
    let refused = metric(&district, "vocdb_platform_connections_refused_total");
    assert_eq!(after.0 - before.0 + refused, sent + read + 2, "every connection is counted once");
    let counted = after.1 - before.1 - read - 2;
    assert!((answered..=sent).contains(&counted), "{answered} answers, {counted} requests, {sent} sent");
    let most = metric(&district, "vocdb_platform_connections_most");
    assert!(most <= CONNECTIONS as u64, "{most} connections at a time");
    // The places are free again: each reading of the counter has one itself.
    let is_free = (0..20_000).any(|_| metric(&district, "vocdb_platform_connections") <= 1);
    assert!(is_free, "places of connections that have ended are not free");
}
