//! Charts as files: SVG with its own colours, and CSV of what is drawn.

use crate::district::District;

#[test]
fn a_chart_is_an_svg_file_and_its_values_are_a_csv_file() {
    let district = District::open();
    district.raise_alarm("park/S1");
    let mut visitor = district.visitor();
    let page = visitor.page("/station?name=park%2FS1&channel=pid%2Ftoluene&hours=1");
    let link = |file: &str| {
        let (_, rest) = page.split_once(&format!("href=\"/{file}?")).unwrap();
        format!("/{file}?{}", rest.split('"').next().unwrap().replace("&amp;", "&"))
    };
    let svg = visitor.get(&link("station.svg"));
    assert_eq!((svg.status, svg.header("content-type")), (200, Some("image/svg+xml")));
    for text in [
        "<?xml",
        "xmlns=\"http://www.w3.org/2000/svg\"",
        "<style>",
        ".trend .series",
        "<title>pid/toluene",
        "value with a flag",
    ] {
        assert!(svg.body.contains(text), "{text} is missing: {}", svg.body);
    }
    assert!(svg.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let csv = visitor.get(&link("station.csv"));
    assert!(csv.header("content-disposition").unwrap().ends_with("filename=\"park-S1-pid-toluene.csv\""));
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(lines[0], "time,pid/toluene (ppb),flag");
    assert_eq!(
        (lines.len(), lines[3], lines[20]),
        (21, "2026-03-14T14:23:00Z,3,calibration", "2026-03-14T14:40:00Z,20,normal")
    );
    let csv =
        visitor.get("/station.csv?name=park%2FS1&channel=pid%2Fbenzene&from=2026-03-14T14:30&to=2026-03-14T14:32").body;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "time,pid/benzene (ppb),flag,limit benzene-high (ppb),limit detection limit (ppb)");
    assert_eq!((lines.len(), lines[1]), (3, "2026-03-14T14:30:00Z,90,normal,30,0.5"));
    for path in ["/station.svg?name=park%2FS2", "/station.csv?name=nobody", "/station.svg"] {
        assert_eq!(visitor.get(path).status, 404, "{path}");
    }
}
