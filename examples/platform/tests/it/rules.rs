//! The rules: read, check, load.

use crate::district::District;

const BROKEN: &str =
    "alarm(\"benzene-high\")\n    .scope(stations(\"park/*\"))\n    .when(avg(\"benzen\", 10.minutes) > 5.ppb);\n";
pub(crate) const GOOD: &str = "alarm(\"benzene-low\")\n    .scope(stations(\"park/*\"))\n    .when(avg(\"benzene\", 10.minutes) > 5.ppb)\n    \
    .escalate(escalation(\"desk\").step(0.minutes, contact(\"duty officer\"), \"app\"));\n";

#[test]
fn errors_are_located_and_the_good_rules_are_loaded_with_author_and_reason() {
    let mut district = District::open();
    let mut ada = district.person("ada");
    assert!(ada.page("/rules").contains("Benzene {value} at {stations}"));
    for action in ["/rules/check", "/rules/load"] {
        let fields = [("name", "park.rhai"), ("text", BROKEN), ("reason", "tighter")];
        let answer = ada.submit("/rules", action, &fields);
        assert_eq!(answer.status, 200);
        for text in ["park.rhai:3:", "benzen", "have not changed", "avg(&quot;benzen&quot;"] {
            assert!(answer.body.contains(text), "{action}: {text} is missing: {}", answer.body);
        }
    }
    let checked = ada.submit("/rules", "/rules/check", &[("name", "park.rhai"), ("text", GOOD)]);
    assert!(checked.body.contains("The rules have no errors"), "{}", checked.body);
    assert!(ada.page("/rules").contains("benzene-high"), "a check changes nothing");
    let reasonless = ada.submit("/rules", "/rules/load", &[("name", "park.rhai"), ("text", GOOD)]);
    assert_eq!(reasonless.status, 422);
    // Browsers send the ends of lines as CR and LF.
    let sent = GOOD.replace('\n', "\r\n");
    ada.act(
        "/rules",
        "/rules/load",
        &[("name", "park.rhai"), ("text", &sent), ("name", ""), ("text", ""), ("reason", "tighter")],
    );
    assert!(ada.page("/rules").contains("by ada: tighter"));
    let audit = ada.page("/audit");
    assert!(audit.contains("loaded rules: tighter") && audit.contains("loaded rules: first rules"), "{audit}");
    let mut lea = district.person("lea");
    let read = lea.page("/rules");
    assert!(read.contains("benzene-low") && !read.contains("/rules/load"), "{read}");

    let set = district.stop().rule_set().unwrap();
    assert_eq!((set.by.as_str(), set.reason.as_str()), ("ada", "tighter"));
    assert_eq!(set.files[0].text, GOOD);
}
