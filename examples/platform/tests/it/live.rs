//! The script of the pages in a real browser: it reads the page again when something has happened.

use crate::district::District;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// The first event of a stream.
const READY: &[u8] = b"event: ready";

/// Stands between a browser and a platform, and tells which pages the browser gets.
fn forward(platform: SocketAddr) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, requests) = channel();
    thread::spawn(move || {
        for browser in listener.incoming() {
            let (browser, tell) = (browser.unwrap(), tell.clone());
            thread::spawn(move || connect(&browser, platform, &tell));
        }
    });
    (address, requests)
}

/// Copies what a browser sends, line by line. It sends no bodies here.
fn connect(browser: &TcpStream, platform: SocketAddr, tell: &Sender<String>) {
    let mut to_platform = TcpStream::connect(platform).unwrap();
    let (from_platform, to_browser) = (to_platform.try_clone().unwrap(), browser.try_clone().unwrap());
    let tell_ready = tell.clone();
    thread::spawn(move || answer(from_platform, to_browser, &tell_ready));
    let mut lines = BufReader::new(browser);
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        if line.starts_with("GET ") {
            let _ = tell.send(line.split(' ').nth(1).unwrap().to_owned());
        }
        if to_platform.write_all(line.as_bytes()).is_err() {
            break;
        }
        line.clear();
    }
    let _ = to_platform.shutdown(Shutdown::Both);
}

/// Copies what a browser receives, and tells when its stream of events is ready.
fn answer(mut from_platform: TcpStream, mut to_browser: TcpStream, tell: &Sender<String>) {
    let mut buffer = [0; 16_384];
    while let Ok(count @ 1..) = from_platform.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap();
        if to_browser.write_all(bytes).is_err() {
            break;
        }
        if bytes.windows(READY.len()).any(|window| window == READY) {
            let _ = tell.send("ready".to_owned());
        }
    }
    let _ = to_browser.shutdown(Shutdown::Both);
}

/// A browser that ends with the test.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the browser gets a page, or its events are ready. A test that waits for nothing fails instead of standing still.
fn wait_for(requests: &Receiver<String>, page: &str) {
    loop {
        let path = requests.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("nobody gets {page}"));
        if path == page {
            return;
        }
    }
}

#[test]
fn an_open_page_is_read_again_when_readings_arrive() {
    let district = District::open();
    let (address, requests) = forward(district.address());
    let profile = tempfile::tempdir().unwrap();
    let browser = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--remote-debugging-port=0", &format!("--user-data-dir={}", profile.path().display())])
        .arg(format!("http://{address}/"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("the browser is missing ({error}): install Debian's package `chromium`"));
    let _browser = Browser(browser);
    wait_for(&requests, "/");
    wait_for(&requests, "/assets/live.js");
    wait_for(&requests, "ready");
    district.raise_alarm("park/S1");
    wait_for(&requests, "/");
}
