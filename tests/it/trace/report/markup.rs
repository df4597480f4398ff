//! A small checker: whether a page is well-formed XML.

/// Asserts that every element is closed in order, that attributes are quoted and given once, and that text has only known entities.
pub(super) fn check(page: &str) {
    let body = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = body;
    while let Some((text, behind)) = rest.split_once('<') {
        check_text(text);
        let (tag, behind) = behind.split_once('>').unwrap();
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> before {rest:.80}");
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "<{tag}>");
        check_attributes(attributes);
        if !is_empty {
            open.push(name);
        }
    }
    check_text(rest);
    assert_eq!(open, Vec::<&str>::new());
}

fn check_attributes(text: &str) {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("attributes {text}"));
        let (value, behind) = behind.split_once('"').unwrap_or_else(|| panic!("attributes {text}"));
        assert!(!name.starts_with("on"), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
        assert!(!names.contains(&name), "{name} twice");
        names.push(name);
        check_text(value);
        rest = behind.trim_start();
    }
}

fn check_text(text: &str) {
    assert!(!text.contains("]]>") && text.chars().all(|c| !c.is_control() || c == '\n'), "{text:.80}");
    for behind in text.split('&').skip(1) {
        let (entity, _) = behind.split_once(';').unwrap_or((behind, ""));
        assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "&{entity}");
    }
}

#[test]
fn broken_markup_is_noticed() {
    check("<!DOCTYPE html>\n<p class=\"a\">b &amp; c<br/></p>");
    for broken in
        ["<p>", "<p></q>", "<p a=b></p>", "<p a=\"1\" a=\"2\"></p>", "a & b", "<p>&nbsp;</p>", "<p onload=\"a\"></p>"]
    {
        let page = format!("<!DOCTYPE html>\n{broken}");
        assert!(std::panic::catch_unwind(|| check(&page)).is_err(), "{broken}");
    }
}
