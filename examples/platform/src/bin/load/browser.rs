//! A browser with a live page: it reads the page again at each event, and once more if something happens meanwhile.

use crate::http::Connection;
use std::net::SocketAddr;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// What a browser has seen, by the number of the newest change that it then knew of.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: Vec<(u64, Instant)>,
    pub(crate) pages: Vec<(u64, Instant)>,
    pub(crate) page_bytes: usize,
}

/// Holds a page open until the load ends.
pub(crate) async fn watch(address: SocketAddr, page: String, mut stop: watch::Receiver<bool>) -> Result<Seen, String> {
    let mut events = Connection::open(address).await?;
    events.ask_for_events("").await?;
    let (changed, changes) = mpsc::unbounded_channel();
    let reading = tokio::spawn(read_pages(address, page, changes));
    let mut seen = Vec::new();
    loop {
        let line = tokio::select! {
            _ = stop.wait_for(|stops| *stops) => break,
            line = events.line() => line?,
        };
        let Some(number) = line.strip_prefix("id: ").and_then(|number| number.parse().ok()) else { continue };
        seen.push((number, Instant::now()));
        let _ = changed.send(number);
    }
    drop(changed);
    let of_pages = reading.await.map_err(|error| error.to_string())??;
    Ok(Seen { events: seen, ..of_pages })
}

async fn read_pages(
    address: SocketAddr,
    page: String,
    mut changes: mpsc::UnboundedReceiver<u64>,
) -> Result<Seen, String> {
    let mut connection = Connection::open(address).await?;
    let mut seen = Seen::default();
    while let Some(mut number) = changes.recv().await {
        while let Ok(newer) = changes.try_recv() {
            number = newer;
        }
        let body = connection.get(&page).await?;
        seen.page_bytes = seen.page_bytes.max(body.len());
        seen.pages.push((number, Instant::now()));
    }
    Ok(seen)
}
