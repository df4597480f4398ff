//! Pages for readers who do not see them, or do not see them well.

use crate::district::{District, PAGES};

/// Tags of a page with their attributes, in order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|part| part.split('>').next()).collect()
}

fn name(tag: &str) -> &str {
    tag.split([' ', '/']).next().unwrap_or_default()
}

#[test]
fn headings_are_in_order_fields_have_labels_and_drawings_have_words() {
    let district = crate::park::open();
    let mut ada = district.person("ada");
    district.raise_alarm("park/S1");
    ada.act("/alarms/1", "/alarms/1/incident", &[("comment", "calls")]);
    let rose = "/rose?station=ring/mast&channel=gc/benzene";
    for path in PAGES.into_iter().chain([rose, "/login", "/odour", "/station?name=ring/R0", "/nowhere"]) {
        let page = ada.get(path).body;
        let tags = tags(&page);
        let levels: Vec<u32> = tags.iter().filter_map(|tag| name(tag).strip_prefix('h')?.parse().ok()).collect();
        assert_eq!(levels.first(), Some(&1), "{path}: {levels:?}");
        assert!(levels.iter().filter(|level| **level == 1).count() == 1, "{path}: {levels:?}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path}: {levels:?}");
        let mut is_in_label = false;
        for tag in &tags {
            match name(tag) {
                "label" => is_in_label = true,
                "" if tag.starts_with("/label") => is_in_label = false,
                "input" | "select" | "textarea" if !tag.contains("type=\"hidden\"") => {
                    assert!(is_in_label, "{path}: a field without a label: {tag}");
                }
                _ => {}
            }
        }
        for drawing in page.split("<svg ").skip(1) {
            let head = drawing.split('>').next().unwrap();
            let is_hidden = head.contains("aria-hidden=\"true\"");
            let has_words = head.contains("aria-label=\"") && drawing.contains("<title>") && drawing.contains("<desc>");
            assert!(is_hidden || has_words, "{path}: {head}");
        }
        for table in page.split("<table>").skip(1) {
            assert!(
                table.split("</tr>").next().unwrap().contains("<th"),
                "{path}: a table without a head: {table:.300}"
            );
        }
    }
}

/// Relative luminance of a colour (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let digits: Vec<f64> = match colour.len() {
        3 => colour.chars().map(|digit| f64::from(digit.to_digit(16).unwrap() * 17)).collect(),
        _ => {
            (0..3).map(|place| f64::from(u8::from_str_radix(&colour[2 * place..2 * place + 2], 16).unwrap())).collect()
        }
    };
    let part = |value: f64| {
        let share = value / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = *digits.as_slice() else { panic!("{colour} is no colour") };
    0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_has_enough_contrast() {
    let style = District::open().visitor().get("/assets/style.css").body;
    let colour = |block: &str, property: &str| {
        let found = block
            .split([';', '{'])
            .find_map(|part| part.trim().strip_prefix(property)?.trim().strip_prefix('#').map(str::to_owned));
        found.filter(|text| text.chars().all(|char| char.is_ascii_hexdigit()))
    };
    let mut pairs = 0;
    for block in style.split('}') {
        // Text on a ground of its own, and text on white.
        let ground = colour(block, "background:");
        let ink = colour(block, "color:");
        let Some(ink) = ink else { continue };
        let ground = ground.unwrap_or_else(|| "fff".to_owned());
        if ink == "fff" && ground == "fff" {
            continue;
        }
        pairs += 1;
        assert!(contrast(&ink, &ground) >= 4.5, "{:.2} in {block}", contrast(&ink, &ground));
    }
    assert!(pairs >= 8, "{pairs}");
    for ink in ["1c2430", "5a6675", "0b5394", "3d4754", "4d4636", "8c1d18"] {
        assert!(contrast(ink, "eef2f0") >= 4.5, "{ink}: {:.2}", contrast(ink, "eef2f0"));
    }
}
