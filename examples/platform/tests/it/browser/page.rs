//! One page in a browser: what a person sees and does.

use super::driver::{Browser, at};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A page in a browser, with the cookies of one person.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
    session: String,
    address: SocketAddr,
}

impl<'a> Page<'a> {
    pub(crate) fn new(browser: &'a Browser, session: String, address: SocketAddr) -> Self {
        let page = Self { browser, session, address };
        for domain in ["Page", "Runtime", "Log", "Audits"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        page.resize(1280, 900);
        page
    }

    fn call(&self, method: &str, parameters: Value) -> Value {
        self.browser.call(Some(&self.session), method, parameters)
    }

    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Opens an address of the platform, and returns once everything is loaded.
    pub(crate) fn open(&self, path: &str) {
        let url = format!("http://{}{path}", self.address);
        let loader = self.call("Page.navigate", json!({"url": url}));
        let loader = at(&loader, "/loaderId");
        assert!(loader.is_string(), "{path} is not opened");
        self.browser.wait_for(&self.session, path, |event| is_loaded(event) && at(event, "/params/loaderId") == loader);
    }

    /// Goes back to the page before.
    pub(crate) fn go_back(&self) {
        self.browser.take_events(&self.session);
        self.value("history.back(), 0");
        self.browser.wait_for(&self.session, "going back", |event| at(event, "/method") == "Page.frameNavigated");
    }

    /// Logs in, as a person does.
    pub(crate) fn log_in(&self, name: &str, password: &str) {
        self.open("/login");
        self.fill("input[name=name]", name);
        self.fill("input[name=password]", password);
        self.submit("main button");
        assert!(self.text(".account").starts_with(name), "{}", self.text("body"));
    }

    /// Loads everything anew from now on.
    pub(crate) fn keep_nothing(&self) {
        self.call("Network.enable", json!({}));
        self.call("Network.setCacheDisabled", json!({"cacheDisabled": true}));
    }

    /// The value of an expression, once its promise is kept.
    pub(crate) fn value(&self, expression: &str) -> Value {
        let what = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let result = self.call("Runtime.evaluate", what);
        assert!(at(&result, "/exceptionDetails").is_null(), "{expression:.300}: {}", at(&result, "/exceptionDetails"));
        at(&result, "/result/value").clone()
    }

    /// The text of an element, as it is shown.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?})?.innerText"));
        text.as_str()
            .unwrap_or_else(|| panic!("{selector} is missing: {}", self.value("document.body.innerText")))
            .to_owned()
    }

    /// The address of the page without its host.
    pub(crate) fn path(&self) -> String {
        self.value("location.pathname + location.search").as_str().unwrap().to_owned()
    }

    /// Waits until a condition holds on the page as it is, without loading it again.
    pub(crate) fn until(&self, condition: &str) {
        let waiting = format!(
            "new Promise((done, fail) => {{
                const check = () => {{ if ({condition}) done(true); }};
                setTimeout(() => fail(new Error('it does not hold within a minute: ' + document.body.innerText.slice(0, 2000))), 60000);
                new MutationObserver(check).observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
                check();
            }})"
        );
        assert_eq!(self.value(&waiting), json!(true), "{condition}");
    }

    /// Holds requests for a path until [`Page::release`].
    pub(crate) fn hold(&self, path: &str) {
        self.call("Fetch.enable", json!({"patterns": [{"urlPattern": format!("*{path}")}]}));
    }

    /// Lets the request that is held go on, and all others.
    pub(crate) fn release(&self) {
        let held = self
            .browser
            .wait_for(&self.session, "the request that is held", |event| at(event, "/method") == "Fetch.requestPaused");
        self.call("Fetch.continueRequest", json!({"requestId": at(&held, "/params/requestId")}));
        self.call("Fetch.disable", json!({}));
    }

    /// Waits until the page hears of changes.
    pub(crate) fn until_live(&self) {
        self.until("document.getElementById('live').textContent === 'live'");
    }

    /// Writes into a field. Fields that are chosen rather than written take the value as it is.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let is_written = self.value(&format!(
            "(() => {{
                const field = document.querySelector({selector:?});
                field.scrollIntoView({{ block: 'center' }});
                field.focus();
                const is_written = field.matches('textarea, input:not([type=datetime-local])');
                if (is_written) field.select();
                else {{ field.value = {text:?}; field.dispatchEvent(new Event('change', {{ bubbles: true }})); }}
                return is_written;
            }})()"
        ));
        if is_written == json!(true) {
            self.call("Input.insertText", json!({"text": text}));
        }
        let value = self.value(&format!("document.querySelector({selector:?}).value"));
        assert_eq!(value, json!(text), "{selector}");
    }

    /// Presses a button that sends a form or opens another page, and returns once that is loaded.
    pub(crate) fn submit(&self, selector: &str) {
        let before = self.browser.take_events(&self.session);
        assert!(problems(&before).is_empty(), "{:?}", problems(&before));
        self.click(selector);
        self.browser.wait_for(&self.session, selector, is_loaded);
    }

    /// Presses the middle of an element with the mouse.
    pub(crate) fn click(&self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.mouse("mouseMoved", (x, y));
        self.mouse("mousePressed", (x, y));
        self.mouse("mouseReleased", (x, y));
    }

    /// The middle of an element on the screen.
    pub(crate) fn middle(&self, selector: &str) -> (f64, f64) {
        let place = self.value(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        ));
        (at(&place, "/0").as_f64().unwrap(), at(&place, "/1").as_f64().unwrap())
    }

    /// Moves, presses or releases the mouse.
    pub(crate) fn mouse(&self, what: &str, (x, y): (f64, f64)) {
        let is_moved = what == "mouseMoved";
        let button = if is_moved { "none" } else { "left" };
        let event = json!({"type": what, "x": x, "y": y, "button": button, "clickCount": i32::from(!is_moved)});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key.
    pub(crate) fn key(&self, name: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            // A key with a letter writes it.
            let text = if kind == "keyDown" && name.len() == 1 { name } else { "" };
            let event = json!({"type": kind, "key": name, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The page as it is printed.
    pub(crate) fn pdf(&self) -> Vec<u8> {
        let how = json!({"printBackground": true, "generateDocumentOutline": true, "generateTaggedPDF": true});
        let printed = self.call("Page.printToPDF", how);
        BASE64_STANDARD.decode(at(&printed, "/data").as_str().unwrap()).unwrap()
    }

    /// The page as it is seen, as PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let picture = self.call("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        BASE64_STANDARD.decode(at(&picture, "/data").as_str().unwrap()).unwrap()
    }

    /// What the browser has complained about since it was asked last: errors of scripts, files that are missing, violations of the policy.
    pub(crate) fn problems(&self) -> Vec<String> {
        // Events arrive before the answer to a later question.
        self.value("0");
        problems(&self.browser.take_events(&self.session))
    }
}

fn is_loaded(event: &Value) -> bool {
    at(event, "/method") == "Page.lifecycleEvent" && at(event, "/params/name") == "load"
}

fn problems(events: &[Value]) -> Vec<String> {
    let is_problem = |event: &&Value| {
        let parameters = at(event, "/params");
        match at(event, "/method").as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                ["error", "warning", "assert"].iter().any(|kind| at(parameters, "/type") == *kind)
            }
            Some("Log.entryAdded") => ["error", "warning"].iter().any(|level| at(parameters, "/entry/level") == *level),
            Some("Audits.issueAdded") => at(parameters, "/issue/code") == "ContentSecurityPolicyIssue",
            _ => false,
        }
    };
    events.iter().filter(is_problem).map(|event| at(event, "/params").to_string()).collect()
}
