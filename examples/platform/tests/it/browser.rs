//! Every page in a real browser: Debian's `chromium`, without a window. A missing browser is a failure.

use crate::district::{District, PAGES};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows each page in frames of two widths, and prints what is wider than its frame.
const WRAPPER: &str = r#"<!DOCTYPE html><html><body><pre id="found"></pre><script>
const pages = PAGES, widths = [390, 1280], found = [];
function measure(frame, name, width) {
    const page = frame.contentDocument, root = page.documentElement;
    const wide = [...page.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > width + 0.5 && !one.closest("svg") && !one.closest(".scroll > *"));
    const texts = [...page.querySelectorAll("svg text")].map(one => parseFloat(page.defaultView.getComputedStyle(one).fontSize) *
        one.closest("svg").getBoundingClientRect().width / one.closest("svg").viewBox.baseVal.width);
    const clipped = [...page.querySelectorAll("svg text")].filter(one => {
        const own = one.getBoundingClientRect(), around = one.closest("svg").getBoundingClientRect();
        return own.left < around.left - 1 || own.right > around.right + 1 || own.bottom > around.bottom + 1;
    });
    const is_styled = page.defaultView.getComputedStyle(page.body).backgroundColor === "rgb(246, 247, 249)";
    found.push([name, width, root.scrollWidth, wide.map(one => one.tagName).join("+") || "none", clipped.length,
        Math.min(99, ...texts).toFixed(1), is_styled].join(" "));
    if (found.length === pages.length * widths.length) document.getElementById("found").textContent = "measured\n" + found.join("\n") + "\nend";
}
for (const name of pages) for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.style.border = 0;
    frame.onload = () => measure(frame, name, width);
    frame.src = name;
    document.body.appendChild(frame);
}
</script></body></html>"#;

fn chromium(dir: &Path, arguments: &[&str]) -> String {
    let profile = tempfile::tempdir_in(dir).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the browser is missing ({error}): install Debian's package `chromium`"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The pages of a district with an alarm, an incident and an odour report, as files with their style within them.
fn save_pages(district: &District, dir: &Path) -> Vec<String> {
    district.raise_alarm("park/S1");
    let (mut ada, mut visitor) = (district.person("ada"), district.visitor());
    let long = "W".repeat(180);
    ada.act("/alarms/1", "/alarms/1/comment", &[("comment", &long)]);
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", &long)]);
    ada.act("/incidents/1", "/incidents/1/step", &[("step", "suspect"), ("site", &long), ("comment", "plume")]);
    let odour = [
        ("time", "2026-03-14T14:20"),
        ("latitude", "30.731"),
        ("longitude", "121.286"),
        ("intensity", "4"),
        ("words", &long),
    ];
    let confirmed = visitor.submit("/odour", "/odour", &odour).body;
    let checked = ada.submit("/rules", "/rules/check", &[("name", "park.rhai"), ("text", "alarm(\"x\")")]).body;
    let style = format!("<style>{}</style>", visitor.get("/assets/style.css").body);
    let of = |path: &str, page: String| (path.replace(['/', '?', '='], "_"), page);
    let mut pages = vec![of("confirmed", confirmed), of("checked", checked), of("missing", ada.get("/nowhere").body)];
    for path in ["/login", "/odour"] {
        pages.push(of(path, visitor.page(path)));
    }
    for path in PAGES {
        pages.push(of(path, ada.page(path)));
    }
    pages.extend(park_pages());
    let link = "<link rel=\"stylesheet\" href=\"/assets/style.css\">";
    let mut names = Vec::new();
    for (name, page) in pages {
        assert!(page.contains(link), "{name}: {page}");
        let page = page.replace(link, &style).replace("<script src=\"/assets/live.js\" defer></script>", "");
        fs::write(dir.join(format!("page{name}.html")), page).unwrap();
        names.push(format!("page{name}.html"));
    }
    names
}

/// The pages of a park with positions, wind and a located source.
fn park_pages() -> Vec<(String, String)> {
    let park = crate::park::open();
    let mut dan = park.person("dan");
    dan.act("/alarms/1", "/alarms/1/incident", &[("comment", "smell")]);
    let suspect = [("step", "suspect"), ("site", "tank farm"), ("comment", "plume")];
    dan.act("/incidents/1", "/incidents/1/step", &suspect);
    let pages = [
        ("park-first", "/"),
        ("park-map", "/map"),
        ("park-values", "/values"),
        ("park-incident", "/incidents/1"),
        ("park-rose", "/rose?station=ring/R6&channel=gc/benzene"),
        ("park-station", "/station?name=ring/R6&hours=6"),
        ("park-quality", "/quality?station=ring/mast"),
        ("park-statistics", "/statistics?channel=benzene&average=1h&limit=30&unit=ppb&from=2026-02-20&to=2026-03-15"),
    ];
    pages.into_iter().map(|(name, path)| (name.to_owned(), dan.page(path))).collect()
}

/// With `VOCDB_PLATFORM_PAGES` set to a folder, the pages stay there for people to look at.
#[test]
fn every_page_fits_a_phone_and_a_desktop() {
    let district = District::open();
    let kept = std::env::var_os("VOCDB_PLATFORM_PAGES").map(std::path::PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let dir = kept.as_deref().unwrap_or_else(|| folder.path());
    let names = save_pages(&district, dir);
    fs::write(dir.join("wrapper.html"), WRAPPER.replace("PAGES", &format!("{names:?}"))).unwrap();
    let wrapper = format!("file://{}", dir.join("wrapper.html").display());
    let dom = chromium(dir, &["--allow-file-access-from-files", "--dump-dom", &wrapper]);
    let (_, measured) = dom.split_once("measured\n").unwrap_or_else(|| panic!("nothing was measured: {dom:.500}"));
    let lines: Vec<&str> = measured.lines().take_while(|line| !line.starts_with("end")).collect();
    assert_eq!(lines.len(), 2 * names.len(), "{lines:?}");
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| fields[place].parse::<f64>().unwrap();
        assert!(number(2) <= number(1), "the page is wider than the screen: {line}");
        assert_eq!(fields[3], "none", "elements are wider than the screen: {line}");
        assert_eq!(fields[4], "0", "text of drawings is cut off: {line}");
        assert!(number(5) >= 8.0, "text of drawings is too small: {line}");
        assert_eq!(fields[6], "true", "the style is missing: {line}");
    }
}
