//! Any bytes as a file of sites, of profiles or of stations.

use std::collections::BTreeMap;
use vocdb::trace::{LocalFrame, Outline, read_profiles, read_sites, read_stations};

/// Sites that are read have an area and a place in metres, all of them finite.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let profiles = read_profiles(text).unwrap_or_default();
    if let Ok(sheet) = read_stations(text) {
        assert!(sheet.places.iter().all(|place| place.position.check().is_ok()));
    }
    for site in read_sites(text, &profiles).unwrap_or_default() {
        let points = site.outline.points().map(|point| (point.latitude_deg, point.longitude_deg));
        let frame = LocalFrame::around(points).expect("points of a site that was checked");
        let local = site.outline.in_frame(&frame);
        let is_point = matches!(site.outline, Outline::Point(_));
        assert!(local.area_m2().is_finite() && (is_point || local.area_m2() > 0.0));
        let (east, north) = local.centre();
        assert!(local.distance_m(east, north).is_finite() && frame.to_wgs84(east, north).0.is_finite());
    }
}

/// A file of each kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let geojson = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","geometry":{"type":"Point","coordinates":[121.5,31.2]},"properties":{"name":"stack","height_m":30}},
        {"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[121.5,31.2],[121.6,31.2],[121.6,31.3],[121.5,31.2]],
        [[121.57,31.22],[121.58,31.22],[121.58,31.23],[121.57,31.22]]]]},"properties":{"name":"plant","profile":{"benzene":12.5}}}]}"#;
    let texts = [
        geojson,
        "name,lat,lon,height\nstack,31.2,121.5,30\ntank,31.21,121.52,\n",
        "station,x_east_m,y_north_m,lng,latitude\nS1,-3.5,12,179.9,-17\n\"S2\",4,5,-179.9,-17\n",
        "profile,species,weight_percent\ntank,benzene,12\ntank,n-hexane,30\n",
    ];
    assert!(read_sites(geojson, &BTreeMap::new()).is_ok());
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
