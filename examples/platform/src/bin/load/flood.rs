//! A flood of requests on several connections, while a reader is served.

use crate::http::Connection;
use crate::platform::Running;
use crate::reader;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Connections of the flood.
const CONNECTIONS: u32 = 16;
/// What the flood asks for, in turn.
const PATHS: [&str; 4] = ["/assets/style.css", "/login", "/api/openapi.json", "/odour"];

/// Sends so many requests a second for so many seconds, as far as the platform answers them, and prints what the reader had of it.
pub(crate) async fn run(running: &Running, page: &str, (per_second, seconds): (u32, u32)) -> Result<(), String> {
    let before = running.used()?;
    let (stop, stopped) = watch::channel(false);
    let reading = tokio::spawn(reader::read(running.address, page.to_owned(), stopped));
    let start = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..CONNECTIONS {
        // The requests of a second are shared out, the rest to the first connections.
        let share = per_second / CONNECTIONS + u32::from(sender < per_second % CONNECTIONS);
        senders.spawn(send(running.address, share, seconds));
    }
    let mut answered = 0;
    while let Some(done) = senders.join_next().await {
        answered += done.map_err(|error| error.to_string())??;
    }
    let (wall, after) = (start.elapsed().as_secs_f64(), running.used()?);
    let _ = stop.send(true);
    let read = reading.await.map_err(|error| error.to_string())??;
    println!(
        "flood: asked_per_s={per_second} answered={answered} answered_per_s={:.0} reader_pages={} reader_p50_ms={:.1} reader_p99_ms={:.1} \
         core_percent={:.0} resident_before_mib={:.1} resident_after_mib={:.1} resident_most_mib={:.1}",
        answered as f64 / wall,
        read.len(),
        read.ms(0.5),
        read.ms(0.99),
        (after.busy - before.busy).as_secs_f64() / wall * 100.0,
        before.resident_mib,
        after.resident_mib,
        after.resident_most_mib,
    );
    Ok(())
}

/// Sends requests one behind the other at a rate, or without a pause if answers take longer, and returns the number of answers.
async fn send(address: SocketAddr, per_second: u32, seconds: u32) -> Result<u64, String> {
    if per_second == 0 {
        return Ok(0);
    }
    let mut connection = Connection::open(address).await?;
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut due = tokio::time::interval(Duration::from_secs(1) / per_second);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut answered = 0;
    for path in PATHS.iter().cycle() {
        due.tick().await;
        if Instant::now() >= end {
            break;
        }
        connection.get(path).await?;
        answered += 1;
    }
    Ok(answered)
}
