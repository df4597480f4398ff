//! Pages in Chinese on a phone and on a desktop, in Debian's `chromium`.

use super::pages::{eventful, in_language};
use crate::district::PAGES;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows each page in frames of two widths, and prints by how much each is wider than its frame, and the elements that are.
const WRAPPER: &str = r#"<!DOCTYPE html><html><body><pre id="found"></pre><script>
const pages = PAGES, widths = [390, 1280], found = [];
const measure = (frame, name, width) => {
    const root = frame.contentDocument.documentElement;
    const is_wide = (one) => one.getBoundingClientRect().right > width + 0.5 && !one.closest("svg") && !one.closest(".scroll > *");
    const wide = [...root.querySelectorAll("body *")].filter(is_wide).map((one) => one.tagName).join("+") || "none";
    found.push([name, width, root.scrollWidth, wide].join(" "));
    if (found.length === pages.length * widths.length) document.getElementById("found").textContent = "measured\n" + found.join("\n") + "\nend";
};
for (const name of pages) for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.style.border = 0;
    frame.onload = () => measure(frame, name, width);
    frame.src = name;
    document.body.appendChild(frame);
}
</script></body></html>"#;

/// The tree of a page after its script has run.
fn dom_of(folder: &Path, file: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--virtual-time-budget=20000", "--dump-dom"])
        .args(["--allow-file-access-from-files", &format!("--user-data-dir={}", profile.path().display())])
        .arg(format!("file://{}", folder.join(file).display()))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the browser is missing ({error}): install Debian's package `chromium`"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A page with its style within it, and without scripts.
fn alone(page: &str, style: &str) -> String {
    let head = format!("<meta charset=\"utf-8\"><style>{style}</style>");
    let without_scripts: Vec<&str> = page
        .split("<script")
        .enumerate()
        .map(|(place, part)| if place == 0 { part } else { part.split_once("</script>").unwrap().1 })
        .collect();
    let page = without_scripts.concat();
    page.replacen("<head>", &format!("<head>{head}"), 1)
}

/// With `VOCDB_PLATFORM_PAGES` set to a folder, the pages stay there for people to look at.
#[test]
fn pages_in_chinese_fit_a_phone_and_a_desktop() {
    let (district, park) = (eventful(), crate::park::open());
    let mut ada = in_language(district.person("ada"), "zh");
    let mut dan = in_language(park.person("dan"), "zh");
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "smell")]);
    let checked = ada.submit("/rules", "/rules/check", &[("name", "park.rhai"), ("text", "alarm(\"x\")")]).body;
    let mut pages = vec![("checked", checked), ("missing", ada.get("/nowhere").body)];
    pages.extend(["/login", "/odour", "/phones"].into_iter().chain(PAGES).map(|path| (path, ada.page(path))));
    let of_park = ["/map", "/incidents/1", "/rose?station=ring/R6&channel=gc/benzene", "/quality?station=ring/mast"];
    pages.extend(of_park.map(|path| (path, dan.page(path))));

    let kept = std::env::var_os("VOCDB_PLATFORM_PAGES").map(std::path::PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or_else(|| temporary.path());
    let style = ada.get("/assets/style.css").body;
    let mut names = Vec::new();
    for (number, (path, page)) in pages.iter().enumerate() {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        let name = format!("zh-{number}{}.html", path.chars().map(plain).take(40).collect::<String>());
        fs::write(folder.join(&name), alone(page, &style)).unwrap();
        names.push(name);
    }
    fs::write(folder.join("zh-wrapper.html"), WRAPPER.replace("PAGES", &format!("{names:?}"))).unwrap();
    let dom = dom_of(folder, "zh-wrapper.html");
    let (_, measured) = dom.split_once("measured\n").unwrap_or_else(|| panic!("nothing was measured: {dom:.500}"));
    let lines: Vec<&str> = measured.lines().take_while(|line| *line != "end" && !line.starts_with("end<")).collect();
    assert_eq!(lines.len(), 2 * names.len(), "{lines:?}");
    for line in lines {
        let [_, width, shown, wide] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(shown.parse::<u32>().unwrap() <= width.parse().unwrap(), "the page is wider than the screen: {line}");
        assert_eq!(wide, "none", "elements are wider than the screen: {line}");
    }
}
