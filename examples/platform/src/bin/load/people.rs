//! Two people with the page of an alarm: one comments on it every second, the other has it open.

use crate::http::Connection;
use crate::platform::{LOADER, Running, channel, station};
use crate::spread::Spread;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;
use vocdb::Timestamp;

/// The page that both have open.
const PAGE: &str = "/alarms/1";
/// Seconds of readings that open the alarm.
const SECONDS: i64 = 20;

/// Sends the readings that open the alarm.
pub(crate) async fn raise_alarm(running: &Running) -> Result<(), String> {
    let now = Timestamp::now();
    let frame = |age: i64| {
        let (station, channel, time) = (station(0), channel(0), now.plus_ms(-1_000 * age));
        format!(r#"{{"station":"{station}","instrument":"gc","time":"{time}","values":{{"{channel}":50}}}}"#)
    };
    let frames: Vec<String> = (0..SECONDS).rev().map(frame).collect();
    let body = format!(r#"{{"frames":[{}]}}"#, frames.join(","));
    let answer = Connection::open(running.address).await?.post("/api/readings", &running.token, &body).await?;
    if answer.contains("\"alarms_opened\":1") { Ok(()) } else { Err(format!("no alarm has opened: {answer}")) }
}

/// Comments every second, and returns how long each comment took to be on the other page.
pub(crate) async fn act(address: SocketAddr, start: Instant, seconds: u32) -> Result<Spread, String> {
    let (mut author, mut reader) = (Person::log_in(address).await?, Person::log_in(address).await?);
    let token = token_of(&author.page().await?)?;
    let mut events = Connection::open(address).await?;
    events.ask_for_events(&reader.headers).await?;
    while events.line().await? != "event: ready" {}
    let mut took = Vec::new();
    for second in 0..seconds {
        tokio::time::sleep_until(start + Duration::from_secs(second.into())).await;
        let comment = format!("comment-{second}-");
        let sent = Instant::now();
        let body = format!("token={token}&comment={comment}");
        author.submit("/alarms/1/comment", &body).await?;
        loop {
            while events.line().await? != "event: alarms" {}
            if reader.page().await?.contains(&comment) {
                break;
            }
        }
        took.push(sent.elapsed());
    }
    Ok(Spread::of(took))
}

/// A person who is logged in.
struct Person {
    connection: Connection,
    headers: String,
}

impl Person {
    async fn log_in(address: SocketAddr) -> Result<Self, String> {
        let mut connection = Connection::open(address).await?;
        let form = connection.send(("GET", "/login"), "", "").await?;
        let headers = cookies(&form.cookies);
        let token = token_of(&form.with_status(200)?)?;
        let mut person = Self { connection, headers };
        let (name, password) = (LOADER.0, LOADER.1.replace(' ', "+"));
        person.headers = person.submit("/login", &format!("token={token}&name={name}&password={password}")).await?;
        Ok(person)
    }

    async fn page(&mut self) -> Result<String, String> {
        self.connection.send(("GET", PAGE), &self.headers, "").await?.with_status(200)
    }

    /// Sends a form that must be accepted, and returns the header with the cookies that are set.
    async fn submit(&mut self, path: &str, body: &str) -> Result<String, String> {
        let headers = format!("{}content-type: application/x-www-form-urlencoded\r\n", self.headers);
        let reply = self.connection.send(("POST", path), &headers, body).await?;
        let headers = cookies(&reply.cookies);
        reply.with_status(303)?;
        Ok(headers)
    }
}

fn cookies(set: &[String]) -> String {
    format!("cookie: {}\r\n", set.join("; "))
}

/// The token of the forms of a page.
fn token_of(page: &str) -> Result<String, String> {
    let found = page.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    found.map(str::to_owned).ok_or_else(|| format!("the page has no form: {page:.200}"))
}
