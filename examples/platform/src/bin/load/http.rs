//! Just enough HTTP for the load: requests one behind the other on a connection.

use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to the platform.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true);
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends JSON, and returns the answer, which must be one of success.
    pub(crate) async fn post(&mut self, path: &str, token: &str, body: &str) -> Result<String, String> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: platform\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.exchange(&[head.as_bytes(), body.as_bytes()].concat()).await
    }

    /// Reads a page.
    pub(crate) async fn get(&mut self, path: &str) -> Result<String, String> {
        self.exchange(format!("GET {path} HTTP/1.1\r\nhost: platform\r\n\r\n").as_bytes()).await
    }

    /// Asks for a stream of events.
    pub(crate) async fn ask_for_events(&mut self) -> Result<(), String> {
        self.write(b"GET /events HTTP/1.1\r\nhost: platform\r\n\r\n").await
    }

    /// The next line, without its end.
    pub(crate) async fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let count = self.0.read_line(&mut line).await.map_err(|error| error.to_string())?;
        if count == 0 {
            return Err("the platform has closed a connection".to_owned());
        }
        Ok(line.trim_end().to_owned())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).await.map_err(|error| error.to_string())
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<String, String> {
        self.write(request).await?;
        let status = self.line().await?;
        let mut length = 0;
        loop {
            let line = self.line().await?.to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(|_| format!("`{line}` has no length"))?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.map_err(|error| error.to_string())?;
        let body = String::from_utf8(body).map_err(|error| error.to_string())?;
        if status.starts_with("HTTP/1.1 200") { Ok(body) } else { Err(format!("{status}: {body}")) }
    }
}
