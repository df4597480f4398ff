//! Servers on loopback that gateways talk to: SMTP in the clear, with STARTTLS or with TLS from the first byte, and a webhook over HTTPS.
#![cfg(test)]

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Longest line that a server reads.
const LINE_BYTES_MAX: usize = 64 << 10;

/// What a server received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// A login, and whether user and password were right.
    Login { user: String, is_right: bool },
    /// A mail: sender and recipients of the envelope, and the lines of the message.
    Mail { from: String, to: Vec<String>, lines: Vec<String> },
    /// The `webhook-id` of a POST.
    Post(String),
}

/// What a connection ends with where it goes on in TLS.
pub(super) struct StartTls;

/// One connection: reads a request, answers, reports what it received.
pub(super) type Serve = dyn Fn(TcpStream, &Sender<Received>) -> io::Result<()> + Send + Sync;

/// A server on a port of loopback. It ends with the test.
pub(super) struct Server {
    pub(super) port: u16,
    received: Receiver<Received>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(serve: Arc<Serve>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, received) = unbounded();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let accept = move || {
            let mut connections = Vec::new();
            for stream in listener.incoming() {
                if ends.load(Ordering::Acquire) {
                    break;
                }
                let (serve, sender, stream) = (Arc::clone(&serve), sender.clone(), stream.unwrap());
                // A client that breaks off is no failure of the server: the test looks at what was received.
                connections.push(std::thread::spawn(move || drop(serve(stream, &sender))));
            }
            connections.into_iter().for_each(|connection| connection.join().unwrap());
        };
        Self { port, received, is_over, thread: Some(std::thread::spawn(accept)) }
    }

    /// The next thing that the server receives.
    pub(super) fn next(&self) -> Received {
        self.received.recv_timeout(super::BOUND).unwrap()
    }

    /// Everything that it has received and nobody has looked at, once all its connections have ended.
    pub(super) fn rest(mut self) -> Vec<Received> {
        self.end();
        self.received.try_iter().collect()
    }

    fn end(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            drop(TcpStream::connect(("127.0.0.1", self.port)));
            thread.join().unwrap();
        }
    }
}

/// A port of loopback on which nothing listens.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A line without its end; an error where the client has gone.
pub(super) fn read_line(stream: &mut impl Read) -> io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
        if line.len() > LINE_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Gives the user of a login, and the refusal of a wrong password.
pub(super) type CheckLogin = fn(&str) -> (String, Result<(), String>);

/// What an SMTP server offers beside mail.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    /// Checks the text behind `AUTH PLAIN`; gives the user, and the refusal of a wrong password.
    pub(super) login: Option<CheckLogin>,
}

/// Speaks SMTP until the client quits, or until it asks for TLS.
pub(super) fn smtp(
    stream: &mut (impl Read + Write),
    offers: Offers,
    received: &Sender<Received>,
) -> io::Result<Option<StartTls>> {
    let (mut from, mut to, mut is_logged_in) = (String::new(), Vec::new(), offers.login.is_none());
    loop {
        let line = read_line(stream)?;
        let (verb, rest) = line.split_at(line.len().min(4));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => {
                let starttls = if offers.starttls { "250-STARTTLS\r\n" } else { "" };
                let auth = if offers.login.is_some() { "250-AUTH PLAIN\r\n" } else { "" };
                format!("250-localhost\r\n{starttls}{auth}250 8BITMIME")
            }
            "STAR" if offers.starttls => {
                stream.write_all(b"220 go on\r\n")?;
                return Ok(Some(StartTls));
            }
            "AUTH" if offers.login.is_some() => {
                let check = offers.login.unwrap();
                let (user, answer) = check(rest.trim_start_matches(" PLAIN "));
                is_logged_in = answer.is_ok();
                let _ = received.send(Received::Login { user, is_right: is_logged_in });
                answer.map_or_else(|refusal| refusal, |()| "235 welcome".to_owned())
            }
            "MAIL" if is_logged_in => {
                from = address(rest);
                "250 ok".to_owned()
            }
            "RCPT" if is_logged_in => {
                to.push(address(rest));
                "250 ok".to_owned()
            }
            "DATA" if !to.is_empty() => {
                stream.write_all(b"354 go on\r\n")?;
                let lines = message(stream)?;
                let mail = Received::Mail { from: std::mem::take(&mut from), to: std::mem::take(&mut to), lines };
                let _ = received.send(mail);
                "250 taken".to_owned()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(None);
            }
            "NOOP" | "RSET" => "250 ok".to_owned(),
            _ => "503 not here".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
}

/// The lines of a message up to the dot that ends it.
fn message(stream: &mut impl Read) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line == "." {
            return Ok(lines);
        }
        lines.push(line.strip_prefix('.').map(str::to_owned).unwrap_or(line));
    }
}

/// What stands between angle brackets.
fn address(text: &str) -> String {
    let text = text.split_once('<').map_or("", |(_, text)| text);
    text.split_once('>').map_or("", |(text, _)| text).to_owned()
}
