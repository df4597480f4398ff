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
        let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        self.send(("POST", path), &headers, body).await?.with_status(200)
    }

    /// Reads a page.
    pub(crate) async fn get(&mut self, path: &str) -> Result<String, String> {
        self.send(("GET", path), "", "").await?.with_status(200)
    }

    /// Sends a request with headers, each of which ends its line.
    pub(crate) async fn send(
        &mut self,
        (method, path): (&str, &str),
        headers: &str,
        body: &str,
    ) -> Result<Reply, String> {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: platform\r\n{headers}content-length: {}\r\n\r\n", body.len());
        self.exchange(&[head.as_bytes(), body.as_bytes()].concat()).await
    }

    /// Asks for a stream of events, with headers each of which ends its line.
    pub(crate) async fn ask_for_events(&mut self, headers: &str) -> Result<(), String> {
        self.write(format!("GET /events HTTP/1.1\r\nhost: platform\r\n{headers}\r\n").as_bytes()).await
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

    async fn exchange(&mut self, request: &[u8]) -> Result<Reply, String> {
        self.write(request).await?;
        let status = self.line().await?;
        let (mut length, mut cookies) = (0, Vec::new());
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(|_| format!("`{line}` has no length"))?,
                "set-cookie" => cookies.extend(value.split(';').next().map(str::to_owned)),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.map_err(|error| error.to_string())?;
        let body = String::from_utf8(body).map_err(|error| error.to_string())?;
        Ok(Reply { status, cookies, body })
    }
}

/// An answer.
pub(crate) struct Reply {
    status: String,
    /// Cookies that are set, each as `NAME=VALUE`.
    pub(crate) cookies: Vec<String>,
    body: String,
}

impl Reply {
    /// The body of an answer that must have a status.
    pub(crate) fn with_status(self, status: u16) -> Result<String, String> {
        let has_status = self.status.starts_with(&format!("HTTP/1.1 {status}"));
        if has_status { Ok(self.body) } else { Err(format!("{}: {}", self.status, self.body)) }
    }
}
