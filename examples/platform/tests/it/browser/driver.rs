//! A browser without a window, driven over the pipe of the Chrome DevTools Protocol. A missing browser is a failure.

use super::page::Page;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A test that waits for nothing fails instead of standing still.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
const FLAGS: [&str; 15] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
];

/// A browser that ends with its test.
pub(crate) struct Browser {
    child: Child,
    requests: RefCell<ChildStdin>,
    messages: Receiver<Value>,
    next: Cell<u64>,
    events: RefCell<Vec<Value>>,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The protocol is spoken on the descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "chromium"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = RefCell::new(child.stdin.take().unwrap());
        let messages = read(child.stdout.take().unwrap());
        let events = RefCell::default();
        Self { child, requests, messages, next: Cell::new(1), events, _profile: profile }
    }

    /// A page of a person: nobody else has their cookies.
    pub(crate) fn person(&self, address: SocketAddr) -> Page<'_> {
        let context = self.call(None, "Target.createBrowserContext", json!({}));
        let context = at(&context, "/browserContextId");
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = self.call(None, "Target.createTarget", target);
        let target = at(&target, "/targetId");
        let attached = self.call(None, "Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        Page::new(self, at(&attached, "/sessionId").as_str().unwrap().to_owned(), address)
    }

    /// Calls a method, and returns its result. Events that arrive meanwhile are kept.
    pub(crate) fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        let id = self.next.replace(self.next.get() + 1);
        let request = match session {
            Some(session) => json!({"id": id, "method": method, "params": parameters, "sessionId": session}),
            None => json!({"id": id, "method": method, "params": parameters}),
        };
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        let sent = self.requests.borrow_mut().write_all(&bytes);
        sent.unwrap_or_else(|error| panic!("the browser is missing or has ended ({error}): {INSTALL}"));
        loop {
            let message = self.message(method);
            if *at(&message, "/id") != json!(id) {
                self.events.borrow_mut().push(message);
                continue;
            }
            assert!(at(&message, "/error").is_null(), "{method}: {message}");
            return at(&message, "/result").clone();
        }
    }

    /// The next event of a session that fits. Events before it stay.
    pub(crate) fn wait_for(&self, session: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let fits = |event: &Value| *at(event, "/sessionId") == json!(session) && fits(event);
            let found = self.events.borrow().iter().position(fits);
            if let Some(place) = found {
                return self.events.borrow_mut().remove(place);
            }
            let message = self.message(what);
            self.events.borrow_mut().push(message);
        }
    }

    /// Takes the events of a session that have arrived.
    pub(crate) fn take_events(&self, session: &str) -> Vec<Value> {
        let (own, others) =
            self.events.take().into_iter().partition(|event| *at(event, "/sessionId") == json!(session));
        self.events.replace(others);
        own
    }

    fn message(&self, what: &str) -> Value {
        let message = self.messages.recv_timeout(ANSWER_WITHIN);
        message.unwrap_or_else(|error| panic!("no answer from the browser to {what} ({error}): {INSTALL}"))
    }
}

/// A part of a message; null if it is missing.
pub(crate) fn at<'a>(message: &'a Value, pointer: &str) -> &'a Value {
    message.pointer(pointer).unwrap_or(&Value::Null)
}

const INSTALL: &str = "the tests need Debian's package `chromium`";

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The messages of the browser, each of which ends with a zero byte.
fn read(output: ChildStdout) -> Receiver<Value> {
    let (send, messages) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut bytes = Vec::new();
            if !output.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
                return;
            }
            bytes.pop();
            let Ok(message) = serde_json::from_slice(&bytes) else { return };
            if send.send(message).is_err() {
                return;
            }
        }
    });
    messages
}
