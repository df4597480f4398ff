//! The report in a real browser: Debian's `chromium`, without a window. A missing browser is a failure.

use super::sample::{Amount, full};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the browser with a profile of its own and returns what it printed.
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

/// A page that shows the report in frames of some widths, and prints what it measures there.
const WRAPPER: &str = r#"<!DOCTYPE html><html><body><pre id="found"></pre><script>
const found = [];
const widths = [390, 1280];
function measure(frame, width) {
    const page = frame.contentDocument, root = page.documentElement;
    const wide = [...page.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > width + 0.5 &&
        !one.closest("svg") && !one.closest("thead"));
    const texts = [...page.querySelectorAll("svg text")].map(one => one.getBoundingClientRect());
    const clipped = [...page.querySelectorAll("svg text")].filter(one => {
        const own = one.getBoundingClientRect(), around = one.closest("svg").getBoundingClientRect();
        return own.left < around.left - 1 || own.right > around.right + 1 || own.top < around.top - 1 || own.bottom > around.bottom + 1;
    });
    const least = Math.min(...[...page.querySelectorAll("svg text")].map(one =>
        parseFloat(page.defaultView.getComputedStyle(one).fontSize) * one.closest("svg").getBoundingClientRect().width /
        one.closest("svg").viewBox.baseVal.width));
    found.push([width, root.scrollWidth, wide.length, texts.length, clipped.map(one => one.textContent).join("+") || "none",
        least.toFixed(1), page.querySelectorAll("svg[role=img]").length].join(" "));
    if (found.length === widths.length) document.getElementById("found").textContent = "measured\n" + found.join("\n") + "\nend";
}
for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.width = width; frame.height = 800; frame.style.border = 0;
    frame.onload = () => measure(frame, width);
    frame.src = "report.html";
    document.body.appendChild(frame);
}
</script></body></html>"#;

/// Shows a page at both widths, and asserts that nothing is cut off or too small.
fn assert_readable(dir: &Path, page: &str) {
    fs::write(dir.join("report.html"), page).unwrap();
    fs::write(dir.join("wrapper.html"), WRAPPER).unwrap();
    let wrapper = format!("file://{}", dir.join("wrapper.html").display());
    let dom = chromium(dir, &["--allow-file-access-from-files", "--dump-dom", &wrapper]);
    let (_, measured) = dom.split_once("measured\n").unwrap_or_else(|| panic!("nothing was measured: {dom:.500}"));
    let lines: Vec<&str> = measured.lines().take_while(|line| !line.starts_with("end")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| fields[place].parse::<f64>().unwrap();
        assert!(number(1) <= number(0), "the page is wider than the screen: {line}");
        assert_eq!(number(2), 0.0, "elements are wider than the screen: {line}");
        assert!(number(3) > 10.0, "drawings have no text: {line}");
        assert_eq!(fields[4], "none", "text of drawings is cut off: {line}");
        assert!(number(5) >= 8.0, "text of drawings is too small: {line}");
    }
}

#[test]
fn report_fits_a_phone_and_a_desktop_and_prints() {
    let dir = crate::support::scratch::dir();
    let page = full(&Amount::default(), "").html();
    assert_readable(dir.path(), &page);
    let file = format!("file://{}", dir.path().join("report.html").display());
    chromium(dir.path(), &["--print-to-pdf=report.pdf", "--no-pdf-header-footer", &file]);
    let pdf = fs::read(dir.path().join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{} bytes", pdf.len());
    for width in ["390", "1280"] {
        let (shot, size) = (format!("--screenshot=report-{width}.png"), format!("--window-size={width},1200"));
        chromium(dir.path(), &[&shot, &size, &file]);
        let png = fs::read(dir.path().join(format!("report-{width}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 20_000, "{} bytes", png.len());
    }
}

#[test]
fn long_and_hostile_names_do_not_widen_the_page() {
    let dir = crate::support::scratch::dir();
    let page = full(&Amount::default(), &format!("-{}<b>", "W".repeat(190))).html();
    assert_readable(dir.path(), &page);
}
