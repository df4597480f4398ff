//! Notifications: to whom, and how that went.

use crate::district::District;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// Takes one notification and answers it. Returns its body.
fn take_one(listener: &TcpListener, status: &str) -> String {
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes()).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn the_page_of_an_alarm_shows_what_was_delivered_and_what_was_refused() {
    let [app, sms] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let url = |listener: &TcpListener| format!("http://{}/", listener.local_addr().unwrap());
    let district = District::with_webhooks(vec![("app".to_owned(), url(&app)), ("sms".to_owned(), url(&sms))]);
    let mut dan = district.person("dan");
    let mut events = dan.events();
    district.raise_alarm("park/S1");
    assert!(take_one(&app, "200 OK").contains("duty officer"));
    take_one(&sms, "410 Gone");
    // Each answer of a receiver is an event: the page is read again after each, as a browser does.
    loop {
        let page = dan.page("/alarms/1");
        if page.contains("delivered") && page.contains("410 Gone") {
            break;
        }
        events.next();
    }
}
