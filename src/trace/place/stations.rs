//! CSV files of stations with their positions.

use super::error::PlaceError;
use super::moves::{StationPlace, check_places};
use crate::model::Position;
use crate::trace::sheet::{Column, Row, Sheet};

/// Names that the columns of a file of stations may have, in small letters.
const NAME: Column = Column::new("name", &["name", "station"]);
const LATITUDE: Column = Column::new("latitude", &["latitude", "lat", "latitude_deg", "lat_deg"]);
const LONGITUDE: Column = Column::new("longitude", &["longitude", "lon", "lng", "long", "longitude_deg", "lon_deg"]);
const EAST: Column = Column::new("east", &["x_east_m", "east_m", "east"]);
const NORTH: Column = Column::new("north", &["y_north_m", "north_m", "north"]);
const HEIGHT: Column = Column::new("height", &["height", "height_m"]);

/// The stations of a CSV file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StationSheet {
    /// Stations in the order of the file.
    pub places: Vec<StationPlace>,
    /// Columns that say nothing about positions and were ignored.
    pub ignored_columns: Vec<String>,
}

/// Reads a CSV file of stations: a header with `name`, and any of `latitude` and `longitude`, `x_east_m` and `y_north_m`, `height_m`.
///
/// Short names are understood (`lat`, `lon`, `lng`, `station`, `height`), in any case and order. Degrees are WGS 84, heights are metres above
/// ground. An empty cell says nothing. Columns with other names are ignored and listed.
///
/// # Errors
/// [`PlaceError`] names the line and the station: a cell that is no finite number, one number of a pair, degrees outside the globe or swapped, a
/// row without a position, and a station that is there twice.
///
/// ```
/// use vocdb::trace::read_stations;
/// let sheet = read_stations("name,lat,lon,height\npark/S1,31.25,121.5,3\n")?;
/// assert_eq!(sheet.places[0].position.lon_lat_deg, Some((121.5, 31.25)));
/// let swapped = read_stations("name,lat,lon\npark/S1,121.5,31.25\n").unwrap_err();
/// assert!(swapped.to_string().starts_with("line 2: station `park/S1`"));
/// # Ok::<(), vocdb::trace::PlaceError>(())
/// ```
pub fn read_stations(text: &str) -> Result<StationSheet, PlaceError> {
    let sheet = Sheet::parse(text, &[NAME, LATITUDE, LONGITUDE, EAST, NORTH, HEIGHT], &[NAME])?;
    let places = sheet.rows.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    check_places(&places)?;
    Ok(StationSheet { places, ignored_columns: sheet.ignored_columns })
}

fn place(row: &Row) -> Result<StationPlace, PlaceError> {
    let name = row.required(NAME)?.to_owned();
    let pair = |first: Column, second: Column| match (row.number(first)?, row.number(second)?) {
        (Some(a), Some(b)) => Ok(Some((a, b))),
        (None, None) => Ok(None),
        (found, _) => {
            let (given, missing) = if found.is_some() { (first, second) } else { (second, first) };
            Err(PlaceError::HalfGiven { line: row.line, name: name.clone(), given: given.name, missing: missing.name })
        }
    };
    let position = Position {
        lon_lat_deg: pair(LONGITUDE, LATITUDE)?,
        east_north_m: pair(EAST, NORTH)?,
        height_m: row.number(HEIGHT)?,
    };
    Ok(StationPlace { line: row.line, name, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read_stations(text).unwrap_err().to_string()
    }

    #[test]
    fn every_mistake_names_its_line_and_what_to_write() {
        for (text, says) in [
            ("", "no header"),
            ("latitude,longitude\n1,2\n", "no column `name`"),
            ("name,lat,latitude,lon\nS,1,1,2\n", "both give the latitude"),
            ("name,lat,lon\nS1,31.2,121.5\nS2,31.x,121.5\n", "line 3: `31.x` in column `lat` is no number"),
            ("name,lat,lon\nS1,NaN,121.5\n", "line 2: `NaN` in column `lat` is no number"),
            ("name,lat,lon\nS1,\"31,2\",121.5\n", "line 2: `31,2`"),
            ("name,lat,lon\nS1,1e999,121.5\n", "line 2: `1e999`"),
            ("name,lat,lon\nS1,31.2\n", "line 2"),
            ("name,lat,lon\n,31.2,121.5\n", "line 2: column `name` is empty"),
            ("name,lat,lon\nS1,31.2,\n", "line 2: station `S1` has latitude and no longitude"),
            ("name,lat,lon\nS1,,\n", "line 2: station `S1` has no position"),
            ("name,lat,lon\nS1,121.5,31.2\n", "line 2: station `S1`: this is no position: the latitude"),
            ("name,lat,lon\nS1,31.2,121.5\nS1,31.3,121.5\n", "line 3: station `S1` is already on line 2"),
            ("name,lat,lon\na*b,31.2,121.5\n", "line 2: station `a*b`"),
            ("name,lat,lon\n\n\nS1,x,121.5\n", "line 4: `x`"),
            ("name,lat,lon\n\"S\n1\",x,121.5\n", "line 2"),
        ] {
            let error = refused(text);
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }

    #[test]
    fn one_swapped_row_among_right_ones_is_found_though_both_numbers_fit_the_globe() {
        let text = "name,lat,lon\nS1,45.46,9.19\nS2,9.20,45.47\nS3,45.48,9.18\nS4,45.49,9.17\n";
        assert!(refused(text).starts_with("line 3: station `S2` is"), "{}", refused(text));
        let far = "name,lat,lon\nS1,45.46,9.19\nS2,-33.9,151.2\nS3,45.48,9.18\n";
        assert!(read_stations(far).is_ok());
    }

    #[test]
    fn names_of_columns_have_synonyms_in_any_order_and_case() {
        let text = "\u{feff}Height_m , LNG,lat,owner,Station\r\n2.4,-105.1,40.5,x,S\r\n";
        let sheet = read_stations(text).unwrap();
        let position = Position { lon_lat_deg: Some((-105.1, 40.5)), height_m: Some(2.4), ..Position::default() };
        assert_eq!(sheet.places, [StationPlace { line: 2, name: "S".to_owned(), position }]);
        assert_eq!(sheet.ignored_columns, ["owner"]);
    }
}
