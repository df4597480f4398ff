//! The size of the first page with everything that it loads.

use super::{Browser, stage};
use std::net::SocketAddr;
use vocdb_platform::demo::{Demo, DemoOptions, Scale};

const PASSWORD: &str = "a night in the park";
/// Bytes of the first page, of its styles and of its scripts, uncompressed.
const BYTES_MAX: u64 = 300_000;
/// What the page has loaded so far, each part with its bytes.
const LOADED: &str = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map((one) => [new URL(one.name).pathname, one.decodedBodySize])";

#[test]
fn the_first_page_of_a_park_has_at_most_300_kilobytes_with_everything_it_loads() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = DemoOptions {
        scale: Scale { stations: 24, species: 36, interval_s: 10 },
        password: Some(PASSWORD.to_owned()),
        until_min: Some(100),
        ..DemoOptions::new(folder.path().join("demo"), listen)
    };
    let mut demo = runtime.block_on(Demo::start(options)).unwrap();
    runtime.block_on(demo.finished()).unwrap();
    let browser = Browser::start();
    let officer = browser.person(demo.address());
    officer.log_in("duty officer", PASSWORD);
    officer.keep_nothing();
    officer.open("/");
    stage::keep_picture(&officer, "first page of the demo");
    let loaded = officer.value(LOADED);
    let parts = loaded.as_array().unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part[0].as_str().unwrap()).collect();
    assert!(["/", "/assets/style.css", "/assets/live.js"].iter().all(|name| names.contains(name)), "{loaded}");
    let sizes: Vec<u64> = parts.iter().map(|part| part[1].as_u64().unwrap()).collect();
    assert!(sizes.iter().all(|size| *size > 0), "{loaded}");
    let bytes: u64 = sizes.iter().sum();
    println!("first page: {bytes} bytes: {loaded}");
    assert!(bytes <= BYTES_MAX, "{bytes} bytes: {loaded}");
    assert!(officer.value("document.querySelectorAll('svg.map, tbody tr').length").as_u64().unwrap() > 24);
    runtime.block_on(demo.stop()).unwrap();
}
