//! A reader who opens a page now and then, and waits for it.

use crate::http::Connection;
use crate::spread::Spread;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Pause between two pages.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads a page until the load ends, each time on a connection of its own as a browser that comes anew does, and returns how long each took.
pub(crate) async fn read(address: SocketAddr, page: String, stop: watch::Receiver<bool>) -> Result<Spread, String> {
    let mut took = Vec::new();
    while !*stop.borrow() {
        let start = Instant::now();
        Connection::open(address).await?.get(&page).await?;
        took.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Spread::of(took))
}
