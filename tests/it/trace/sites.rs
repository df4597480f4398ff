//! Sites: files of them, broken ones too, and their geometry.

use crate::tool::example;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vocdb::trace::{
    GeoPoint, LocalFrame, Outline, Polygon, Profile, SiteAt, SitesError, read_profiles, read_sites_csv,
    read_sites_geojson,
};

type Profiles = BTreeMap<String, Profile>;

/// A collection with one feature for each geometry and list of properties.
fn collection(features: &[(&str, &str)]) -> String {
    let feature = |(geometry, properties): &(&str, &str)| {
        format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{properties}}}"#)
    };
    let features = features.iter().map(feature).collect::<Vec<_>>().join(",");
    format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
}

fn refused(text: &str) -> String {
    read_sites_geojson(text, &Profiles::new()).unwrap_err().to_string()
}

const POINT: &str = r#"{"type":"Point","coordinates":[121.5,31.2]}"#;
const SQUARE: &str =
    r#"{"type":"Polygon","coordinates":[[[121.5,31.2],[121.6,31.2],[121.6,31.3],[121.5,31.3],[121.5,31.2]]]}"#;

#[test]
fn every_kind_of_site_is_read_with_its_height_and_profile() {
    let two = r#"{"type":"MultiPolygon","coordinates":[
        [[[121.5,31.2],[121.6,31.2],[121.6,31.3],[121.5,31.2]]],
        [[[121.7,31.2,4.0],[121.8,31.2,4.0],[121.8,31.3,4.0],[121.7,31.2,4.0]],[[121.77,31.22],[121.78,31.22],[121.78,31.23],[121.77,31.22]]]]}"#;
    let profiles = read_profiles("profile,species,weight_percent\ntank,benzene,12\ntank,n-hexane,30\n").unwrap();
    let text = collection(&[
        (POINT, r#"{"name":"stack","height_m":30,"profile":"tank"}"#),
        (SQUARE, r#"{"name":" refinery ","profile":{"benzene":12.5,"71-43-2":null}}"#),
        (two, r#"{"name":"storage","colour":"red","height_m":null}"#),
    ]);
    assert!(
        read_sites_geojson(&text, &profiles)
            .unwrap_err()
            .to_string()
            .starts_with("feature 2: site `refinery`: `profile`")
    );
    let sites = read_sites_geojson(&text.replace(r#","71-43-2":null"#, ""), &profiles).unwrap();
    assert_eq!(sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>(), ["stack", "refinery", "storage"]);
    assert_eq!(sites[0].height_m, Some(30.0));
    assert_eq!(sites[0].outline, Outline::Point(GeoPoint { latitude_deg: 31.2, longitude_deg: 121.5 }));
    assert_eq!(sites[0].profile.as_ref().unwrap().weight_percent_sum(), 42.0);
    assert_eq!(sites[1].profile.as_ref().unwrap().weights().next().unwrap().0.name(), "benzene");
    let Outline::Polygons(polygons) = &sites[2].outline else { panic!("{:?}", sites[2].outline) };
    assert_eq!((polygons.len(), polygons[1].holes.len(), sites[2].height_m), (2, 1, None));
}

#[test]
fn every_broken_feature_is_named_with_its_number_and_site() {
    let named = r#"{"name":"a"}"#;
    let polygon = |ring: &str| format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
    let second = |geometry: &str| refused(&collection(&[(POINT, r#"{"name":"first"}"#), (geometry, named)]));
    for (ring, says) in [
        ("[[0,0],[0,1],[1,1],[1,0]]", "not closed"),
        ("[[0,0],[0,1],[0,0]]", "has 3 positions, and a closed ring needs at least 4"),
        ("[]", "it has no ring"),
        ("[[0,0],[0,1],[1,0],[1,1],[0,0]]", "edges cross near latitude"),
        ("[[0,0],[0,1],[0,2],[0,0]]", "has no area"),
        ("[[31.2,121.5],[31.3,121.5],[31.3,121.6],[31.2,121.5]]", "check whether they are swapped"),
        ("[[0,0],[0,40],[40,40],[0,0]]", "km from the centre"),
        ("[[0,0],[0,1],[1,1],[0,0]],[[2,2],[2,3],[3,3],[2,2]]", "is a hole, but lies outside"),
        ("[[0,0],[0,1],[1,1],[0,0]],[[0.1,0.2],[0.1,0.9],[2,1],[0.1,0.2]]", "edges cross near"),
        ("[[0,0],[0,1],[1,1],[0,0]],[[0,0],[0,1],[1,1],[0,0]]", "holes of polygon 1 leave nothing"),
        ("[[0],[0,1],[1,1],[0]]", "feature 2"),
        ("[[0,0],[0,\"1\"],[1,1],[0,0]]", "feature 2"),
        ("[[0,0],[0,null],[1,1],[0,0]]", "feature 2"),
    ] {
        let error = second(&polygon(ring));
        assert!(error.contains("feature 2") && error.contains(says), "{ring}: {error}");
    }
    assert!(
        second(r#"{"type":"LineString","coordinates":[[0,0],[0,1]]}"#).contains("feature 2: site `a` has a LineString")
    );
    assert!(second("null").contains("feature 2: site `a` has no geometry"));
    for (properties, says) in [
        ("{}", "feature 1: the site has no usable `name`"),
        (r#"{"name":"  "}"#, "feature 1: the site has no usable `name`"),
        (r#"{"name":"a\nb"}"#, "no usable `name`"),
        (r#"{"name":7}"#, "no usable `name`"),
        ("null", "no usable `name`"),
        (r#"{"name":"a","height_m":"high"}"#, "`height_m` must be a number"),
        (r#"{"name":"a","profile":{"benzine":3}}"#, "nearest name is `benzene`"),
        (r#"{"name":"a","profile":{"benzene":300}}"#, "give a number from 0 to 100"),
        (r#"{"name":"a","profile":{"benzene":3,"71-43-2":4}}"#, "`benzene` is there twice"),
        (r#"{"name":"a","profile":{}}"#, "it has no species"),
        (r#"{"name":"a","profile":"tank"}"#, "names the profile `tank`, which is not given; given are: none"),
    ] {
        let error = refused(&collection(&[(POINT, properties)]));
        assert!(error.contains(says), "{properties}: {error}");
    }
    let twice = collection(&[(POINT, named), (SQUARE, named)]);
    let error = read_sites_geojson(&twice, &Profiles::new()).unwrap_err();
    assert!(
        matches!(error, SitesError::Duplicate { at: SiteAt::Feature(2), first: SiteAt::Feature(1), .. }),
        "{error}"
    );
    assert!(refused(&collection(&[])).contains("no site"));
    for text in ["", "[]", "{}", "{\"type\":\"Feature\"}", "{\"type\":\"FeatureCollection\",\"features\":{}}"] {
        assert!(refused(text).contains("no GeoJSON feature collection"), "{text}: {}", refused(text));
    }
    let projected =
        twice.replacen('{', r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4549"}},"#, 1);
    assert!(refused(&projected).contains("export it as WGS 84"));
    let near = |at: &str| format!(r#"{{"type":"Point","coordinates":{at}}}"#);
    let urumqi = [near("[87.6,43.8]"), near("[87.7,43.9]"), near("[87.5,43.7]"), near("[43.8,87.6]")];
    let names = ["a", "b", "c", "d"].map(|name| format!(r#"{{"name":"{name}"}}"#));
    let features: Vec<(&str, &str)> = urumqi.iter().zip(&names).map(|(g, n)| (g.as_str(), n.as_str())).collect();
    assert!(
        refused(&collection(&features)).starts_with("feature 4: site `d` is"),
        "{}",
        refused(&collection(&features))
    );
}

#[test]
fn hostile_files_end_in_an_error_without_much_memory() {
    assert!(refused(&"[".repeat(100_000)).contains("no GeoJSON"));
    let deep = collection(&[(POINT, &format!(r#"{{"name":"a","x":{}}}"#, "[".repeat(5_000)))]);
    assert!(refused(&deep).contains("no GeoJSON"));
    assert!(refused(&" ".repeat((8 << 20) + 1)).contains("may have 8388608"));
    let mut ring = String::from("[");
    for step in 0..25_000 {
        let angle = f64::from(step) / 25_000.0 * std::f64::consts::TAU;
        let _ = write!(ring, "[{},{}],", 0.1 * angle.cos(), 0.1 * angle.sin());
    }
    let ring = format!(r#"{{"type":"Polygon","coordinates":[{ring}[0.1,0]]]}}"#);
    assert!(refused(&collection(&[(&ring, r#"{"name":"a"}"#)])).contains("a site may have 20000"));
    let names: Vec<String> = (0..10_001).map(|number| format!(r#"{{"name":"{number}"}}"#)).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (POINT, name.as_str())).collect();
    assert!(refused(&collection(&many)).contains("more than 10000 sites"));
}

#[test]
fn sites_and_profiles_of_a_csv_file_are_read_or_refused_by_line() {
    let text = std::fs::read_to_string(example("metec/sources.csv")).unwrap();
    let sites = read_sites_csv(&text, &Profiles::new()).unwrap();
    assert_eq!((sites.len(), sites[0].name.as_str(), sites[0].height_m), (5, "Tank", Some(4.5)));
    let speciate = std::fs::read_to_string(example("fingerprints/speciate_voc_profiles.csv")).unwrap();
    let profiles = read_profiles(&speciate).unwrap();
    assert_eq!(
        profiles.len(),
        speciate.lines().skip(1).map(|line| line.split(',').next()).collect::<BTreeSet<_>>().len()
    );
    for (text, says) in [
        ("name,lat,lon\n", "no site"),
        ("name,lat\na,31\n", "no column `longitude`"),
        ("name,lat,lon\na,31,121\n\nb,31,x\n", "line 4: `x`"),
        ("name,lat,lon\na,31,121\n,31,121\n", "line 3: the site has no usable `name`"),
        ("name,lat,lon\na,31,\n", "line 2: column `longitude` is empty"),
        ("name,lat,lon\na,121,31\n", "line 2: site `a`: latitude 121"),
        ("name,lat,lon\na,31,121\na,31,121\n", "line 3: site `a` is already at line 2"),
        ("name,lat,lon,profile\na,31,121,tank\n", "line 2: site `a` names the profile `tank`"),
    ] {
        let error = read_sites_csv(text, &Profiles::new()).unwrap_err().to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
    for (text, says) in [
        ("profile,species,weight_percent\nt,benzene,x\n", "line 2: `x`"),
        (
            "profile,species,weight_percent\nt,benzene,80\nt,toluene,80\n",
            "line 2: profile of `t`: its weights add up to 160.0 %",
        ),
        ("profile,species,weight_percent\nt,benzene,-1\n", "give a number from 0 to 100"),
    ] {
        let error = read_profiles(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
}

fn ring(points: &[(f64, f64)]) -> Vec<GeoPoint> {
    let closed = points.iter().chain(points.first());
    closed
        .map(|(longitude_deg, latitude_deg)| GeoPoint { latitude_deg: *latitude_deg, longitude_deg: *longitude_deg })
        .collect()
}

/// Area of the cell between two meridians and two parallels of the ellipsoid, by the closed formula of the authalic latitude.
fn cell_area_m2(width_deg: f64, south: f64, north: f64) -> f64 {
    let (a, f) = (6_378_137.0_f64, 1.0 / 298.257_223_563_f64);
    let e = (f * (2.0 - f)).sqrt();
    let b2 = a * a * (1.0 - e * e);
    let q = |latitude: f64| {
        let s = latitude.to_radians().sin();
        s / (1.0 - e * e * s * s) + ((1.0 + e * s) / (1.0 - e * s)).ln() / (2.0 * e)
    };
    b2 * width_deg.to_radians() / 2.0 * (q(north) - q(south))
}

#[test]
fn areas_are_those_of_the_ellipsoid_also_across_the_antimeridian() {
    for (west, south) in [(121.5, 31.2), (-105.2, 40.5), (10.0, 69.0), (179.995, -17.0), (0.0, 0.0)] {
        let wrap = |longitude: f64| if longitude > 180.0 { longitude - 360.0 } else { longitude };
        let (east, north) = (west + 0.01, south + 0.01);
        let hole = [
            (west + 0.004, south + 0.004),
            (west + 0.006, south + 0.004),
            (west + 0.006, south + 0.006),
            (west + 0.004, south + 0.006),
        ];
        let wrapped = |points: &[(f64, f64)]| ring(&points.iter().map(|(x, y)| (wrap(*x), *y)).collect::<Vec<_>>());
        let outer = wrapped(&[(west, south), (east, south), (east, north), (west, north)]);
        let outline = Outline::Polygons(vec![Polygon { outer, holes: vec![wrapped(&hole)] }]);
        outline.check().unwrap();
        let frame = LocalFrame::new(south + 0.005, wrap(west + 0.005)).unwrap();
        let local = outline.in_frame(&frame);
        let expected = cell_area_m2(0.01, south, north) - cell_area_m2(0.002, south + 0.004, south + 0.006);
        assert!((local.area_m2() / expected - 1.0).abs() < 2e-6, "{} instead of {expected}", local.area_m2());
        assert!(!local.contains(0.0, 0.0), "the middle is the hole");
        let (to_hole, to_edge) = (local.distance_m(0.0, 0.0), frame.to_local(south + 0.006, wrap(west + 0.005)).1);
        let across = frame.to_local(south + 0.005, wrap(west + 0.006)).0;
        assert!((to_hole - across.min(to_edge)).abs() < 0.01, "{to_hole}");
        assert!(local.contains(across + 1.0, 0.0) && local.distance_m(across + 1.0, 0.0) == 0.0);
    }
}

proptest! {
    #[test]
    fn a_point_is_within_where_the_outline_winds_around_it(
        radii in prop::collection::vec(50.0..500.0_f64, 3..30), east in -600.0..600.0_f64, north in -600.0..600.0_f64,
    ) {
        // A star around the reference point never crosses itself; the winding number is an oracle of its own.
        let frame = LocalFrame::new(31.2, 121.5).unwrap();
        let turn = |place: usize| place as f64 / radii.len() as f64 * std::f64::consts::TAU;
        let corners: Vec<(f64, f64)> = radii.iter().enumerate().map(|(n, r)| (r * turn(n).sin(), r * turn(n).cos())).collect();
        let degrees: Vec<(f64, f64)> = corners.iter().map(|(x, y)| frame.to_wgs84(*x, *y)).map(|(lat, lon)| (lon, lat)).collect();
        let outline = Outline::Polygons(vec![Polygon { outer: ring(&degrees), holes: vec![] }]);
        prop_assert_eq!(outline.check(), Ok(()));
        let local = outline.in_frame(&frame);
        let next = corners.iter().cycle().skip(1);
        let edges: Vec<_> = corners.iter().zip(next).collect();
        let angle = |(a, b): &(&(f64, f64), &(f64, f64))| {
            let (ax, ay, bx, by) = (a.0 - east, a.1 - north, b.0 - east, b.1 - north);
            (ax * by - ay * bx).atan2(ax * bx + ay * by)
        };
        let winds = edges.iter().map(angle).sum::<f64>().abs() > std::f64::consts::PI;
        let nearest = edges.iter().map(|(a, b)| {
            (0..=1_000).map(|part| f64::from(part) / 1e3)
                .map(|t| (a.0 + t * (b.0 - a.0) - east).hypot(a.1 + t * (b.1 - a.1) - north)).fold(f64::MAX, f64::min)
        }).fold(f64::MAX, f64::min);
        if nearest > 0.01 {
            prop_assert_eq!(local.contains(east, north), winds);
            let distance = local.distance_m(east, north);
            prop_assert!(if winds { distance == 0.0 } else { (distance - nearest).abs() < 1.0 }, "{distance} {nearest}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in r#"[\[\]{}",:0-9a-z. -]{0,200}"#, cut in 0_usize..400) {
        let _ = read_sites_geojson(&text, &Profiles::new());
        let whole = collection(&[(SQUARE, r#"{"name":"a","profile":{"benzene":3}}"#)]);
        let cut: String = whole.chars().take(cut.min(whole.len() - 1)).collect();
        prop_assert!(read_sites_geojson(&cut, &Profiles::new()).is_err());
        let _ = read_sites_csv(&text, &Profiles::new());
    }
}
