//! What a reader reads on a page: its text, and the attributes that are read out or shown.

/// Elements without an end tag.
const VOID: [&str; 4] = ["br", "input", "link", "meta"];
/// Attributes that a reader sees or hears.
const READ: [&str; 15] = [
    "alt",
    "aria-label",
    "data-detection",
    "data-flagged",
    "data-help",
    "data-label",
    "data-lost",
    "data-max",
    "data-mean",
    "data-min",
    "data-ready",
    "data-time",
    "data-value",
    "data-whole",
    "placeholder",
];

/// The texts of a page, with the names of their elements. Names and the like (`translate="no"`), and sentences in another language (`lang`), are
/// left out.
pub(super) fn texts(page: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open: Vec<(&str, bool)> = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        let name = tag.split([' ', '/']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            let (opened, _) = open.pop().unwrap_or_else(|| panic!("</{closed}> closes nothing"));
            assert_eq!(opened, closed, "an element is not closed");
        } else if !tag.starts_with(['!', '?']) {
            let is_exempt = open.last().is_some_and(|(_, is_exempt)| *is_exempt)
                || tag.contains("translate=\"no\"")
                || (name != "html" && attribute(tag, "lang").is_some())
                || name == "style";
            if !is_exempt {
                texts.extend(READ.iter().filter_map(|name| attribute(tag, name)).map(unescape));
            }
            if !VOID.contains(&name) {
                open.push((name, is_exempt));
            }
        }
        if !open.last().is_none_or(|(_, is_exempt)| *is_exempt) {
            texts.push(unescape(text));
        }
    }
    assert_eq!(open, [], "elements are not closed");
    texts.retain(|text| !text.trim().is_empty());
    texts
}

/// The value of an attribute of a tag.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Whether a text has a Chinese character.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char))
}

/// Whether a text has a letter of English.
pub(super) fn has_letters(text: &str) -> bool {
    text.chars().any(|char| char.is_ascii_alphabetic())
}

#[test]
fn names_and_sentences_in_another_language_are_left_out() {
    let page = "<html lang=\"zh\"><p>A<b translate=\"no\">x<i>y</i></b>B<br>C</p><p lang=\"en\" aria-label=\"z\">D</p><i aria-label=\"E &amp; F\"></i></html>";
    assert_eq!(texts(page), ["A", "B", "C", "E & F"]);
}
