//! Every page as axe-core judges it: nothing serious or critical for readers with a disability.

use super::{Browser, Page, stage};

const AXE: &str = include_str!("../../assets/axe-core/axe.min.js");
/// Judges a page, and returns what is serious or critical.
const JUDGE: &str = r#"axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.flatMap((rule) => rule.nodes
    .filter((node) => ["serious", "critical"].includes(node.impact ?? rule.impact))
    .map((node) => `${rule.id}: ${node.html.slice(0, 160)}: ${node.failureSummary.replace(/\s+/g, " ").slice(0, 260)}`)))"#;

fn findings(page: &Page<'_>) -> Vec<String> {
    page.value(&format!("{AXE}\n;0"));
    let found = page.value(JUDGE);
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_page_has_a_serious_or_critical_finding_of_axe() {
    let (stage, browser) = (stage::open(), Browser::start());
    let mut found = Vec::new();
    stage.look_at_all(&browser, |page, path, width| {
        found.extend(findings(page).into_iter().map(|finding| format!("{path} at {width}: {finding}")));
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
    // The check itself: a field without a label, and text that is hardly there.
    let visitor = browser.person(stage.district.address());
    visitor.open("/");
    visitor.value("document.querySelector('main').append(document.createElement('input'))");
    visitor.value("document.querySelector('main p, main a').style.color = '#eee'");
    let seeded = findings(&visitor).join("\n");
    assert!(seeded.contains("label: ") && seeded.contains("color-contrast: "), "{seeded}");
}
