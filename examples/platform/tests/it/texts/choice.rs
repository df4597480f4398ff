//! The language of a reader.

use crate::client::{Answer, Client};
use crate::district::District;
use vocdb_platform::Options;
use vocdb_platform::texts::Language;

const CHINESE: &str = "<html lang=\"zh-CN\">";
const ENGLISH: &str = "<html lang=\"en\">";

fn asking(client: &mut Client, header: &str) -> Answer {
    client.request("GET", "/", &[("accept-language", header)], b"")
}

#[test]
fn a_browser_asks_for_a_language_and_a_reader_chooses_another() {
    let district = District::open();
    let mut visitor = district.visitor();
    assert!(visitor.page("/").contains(ENGLISH));
    assert!(asking(&mut visitor, "zh-CN,zh;q=0.9,en;q=0.8").body.contains(CHINESE));
    assert!(asking(&mut visitor, "fr,de;q=0.5").body.contains(ENGLISH));
    let page = visitor.page("/values?only=stale");
    let link = "/language/zh?back=%2Fvalues%3Fonly%3Dstale";
    assert!(page.contains(&format!("href=\"{link}\" lang=\"zh-CN\"")), "{page}");
    let answer = visitor.get(link);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/values?only=stale")));
    assert_eq!(visitor.cookies.get("vocdb_language").map(String::as_str), Some("zh"));
    assert!(visitor.page("/").contains(CHINESE));
    assert!(asking(&mut visitor, "en").body.contains(CHINESE), "the choice outweighs the browser");
    assert!(visitor.page("/").contains("href=\"/language/en?back=%2F\" lang=\"en\""));
    visitor.get("/language/en");
    assert!(asking(&mut visitor, "zh").body.contains(ENGLISH));
}

#[test]
fn the_choice_outlasts_the_session() {
    let district = District::open();
    let mut olga = district.person("olga");
    olga.get("/language/zh?back=/");
    assert_eq!(olga.submit("/", "/logout", &[]).status, 303);
    assert!(olga.page("/login").contains(CHINESE));
}

#[test]
fn the_option_is_the_language_of_readers_who_ask_for_none() {
    let district = District::with(|options| Options { language: Language::Chinese, ..options });
    let mut visitor = district.visitor();
    assert!(visitor.page("/").contains(CHINESE));
    assert!(asking(&mut visitor, "fr").body.contains(CHINESE));
    assert!(asking(&mut visitor, "en-GB").body.contains(ENGLISH));
    assert!(visitor.get("/nowhere").body.contains(CHINESE));
}

#[test]
fn an_unknown_language_changes_nothing() {
    let district = District::open();
    let mut visitor = district.visitor();
    for code in ["fr", "ZH", "zh-CN", "", "zh%0d%0aset-cookie:%20a=b", "..%2f..%2fetc", "zhzh"] {
        let answer = visitor.get(&format!("/language/{code}?back=/values"));
        assert_eq!((answer.status, answer.header("set-cookie")), (404, None), "{code}");
    }
    for value in ["fr", "zh%0d%0aset-cookie:%20a=b", "\"zh\"", "<svg onload=alert(1)>", &"zh".repeat(2_000)] {
        visitor.cookies.insert("vocdb_language".to_owned(), value.to_owned());
        let answer = visitor.get("/values");
        assert!(answer.status == 200 && answer.body.contains(ENGLISH), "{value}");
        let is_told = |text: &str| text.len() > 2 && value.len() > 2 && text.contains(value);
        assert!(!is_told(&answer.body), "{value}");
        assert!(answer.headers.iter().all(|(_, header)| !is_told(header)), "{value}");
    }
    for header in ["zh%0d%0aset-cookie: a=b", "<svg onload=alert(1)>", &"zh;q=0.9,".repeat(3_000)] {
        let answer = asking(&mut visitor, header);
        assert!(answer.status < 500 && !answer.body.contains(header), "{header:.60}");
    }
}

#[test]
fn a_change_of_the_language_leads_nowhere_else() {
    let district = District::open();
    let mut visitor = district.visitor();
    for back in [
        "//evil.example",
        "https://evil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "/%0d%0aset-cookie:%20a=b",
        "%ff",
        "",
    ] {
        let answer = visitor.get(&format!("/language/zh?back={back}"));
        assert_eq!(answer.header("location").unwrap_or("/"), "/", "{back}");
        let cookies: Vec<&str> =
            answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
        assert!(
            cookies.iter().all(|cookie| cookie.starts_with("vocdb_language=zh; Path=/; Max-Age=")),
            "{back}: {cookies:?}"
        );
    }
    // A page that a form has made is no page to return to.
    let mut ada = district.person("ada");
    let checked = ada.submit("/rules", "/rules/check", &[("name", "a.rhai"), ("text", "alarm(")]);
    assert!(checked.body.contains("href=\"/language/zh?back=%2F\""), "{}", checked.body);
}

#[test]
fn programs_get_english() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut ada = district.person("ada");
    ada.cookies.insert("vocdb_language".to_owned(), "zh".to_owned());
    let addresses = [
        "/api/stations",
        "/api/alarms",
        "/metrics",
        "/station.csv?name=park/S1",
        "/api/series?station=park/S1&channel=pid/benzene&from=x",
        "/api/series?station=park/S1&channel=pid/benzene&from=2000-01-01",
    ];
    for address in addresses {
        let answer = ada.get(address);
        assert!(!super::markup::is_chinese(&answer.body), "{address}: {}", answer.body);
    }
    assert!(ada.get("/api/stations").body.contains("alarm, high priority"));
}
