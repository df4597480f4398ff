//! A client of HTTP that keeps cookies, and nothing else.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A browser without a screen.
pub(crate) struct Client {
    address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    /// Logs in, which must succeed.
    pub(crate) fn logged_in(address: SocketAddr, name: &str, password: &str) -> Self {
        let mut client = Self::new(address);
        let answer = client.submit("/login", "/login", &[("name", name), ("password", password)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.body);
        client
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    /// A page that must be there.
    pub(crate) fn page(&mut self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Sends a form with the token of the page that has it.
    pub(crate) fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(page);
        self.post(action, &[&[("token", token.as_str())], fields].concat())
    }

    /// Sends a form that must be accepted.
    pub(crate) fn act(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) {
        let answer = self.submit(page, action, fields);
        assert_eq!(answer.status, 303, "{action}: {}", answer.body);
    }

    /// The form token of a page.
    pub(crate) fn token(&mut self, page: &str) -> String {
        let body = self.page(page);
        let (_, rest) =
            body.split_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("{page} has no form: {body}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as it is.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.request("POST", path, &form, pairs.join("&").as_bytes())
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = BufReader::new(self.send(method, path, headers, body));
        let (status, headers) = head(&mut stream);
        for (_, value) in headers.iter().filter(|(key, _)| key == "set-cookie") {
            let (pair, _) = value.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let length =
            headers.iter().find(|(key, _)| key == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).unwrap();
        Answer { status, headers, body: String::from_utf8(bytes).unwrap() }
    }

    /// Opens the stream of events, and returns it once it is ready.
    pub(crate) fn events(&mut self) -> Events {
        let mut stream = BufReader::new(self.send("GET", "/events", &[], b""));
        assert_eq!(head(&mut stream).0, 200);
        let mut events = Events(stream);
        assert_eq!(events.next(), "ready");
        events
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // A test that waits for nothing fails instead of standing still.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: platform\r\nconnection: close\r\n");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            text.push_str(&format!("cookie: {}\r\n", cookies.join("; ")));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        // A server may answer and close before it has the whole body.
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(body));
        stream
    }
}

/// A stream of events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    /// The name of the next event. Lines of chunk sizes and data are left out.
    pub(crate) fn next(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream has ended");
            if let Some(name) = line.strip_prefix("event: ") {
                return name.trim().to_owned();
            }
        }
    }
}

fn head(stream: &mut impl BufRead) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {line:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { return (status, headers) };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
}

/// A value as a part of a form or query.
pub(crate) fn encode(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
