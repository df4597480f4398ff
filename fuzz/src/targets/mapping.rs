//! Any bytes as a mapping file and a file that it describes: mistakes with places, or rows of which each is accounted for.

use vocdb::interop::mapping::{MappedReader, Mapping, MappingError, Rows, SeriesTable, shipped};

/// What stands between the mapping file and the file.
const BETWEEN: &[u8] = b"\n=====\n";

/// A mapping file has mistakes or is one; lines read are rows, filtered or rejected, and values are finite.
pub fn run(input: &[u8]) {
    let split = input.windows(BETWEEN.len()).position(|window| window == BETWEEN);
    let Some((text, file)) = split.and_then(|at| Some((input.get(..at)?, input.get(at + BETWEEN.len()..)?))) else {
        return;
    };
    let mapping = match Mapping::parse("any.toml", &String::from_utf8_lossy(text)) {
        Ok(mapping) => mapping.station("a/B").instrument("i").zone("Europe/Berlin"),
        Err(MappingError::Invalid { problems, .. }) => {
            assert!(!problems.is_empty());
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let mapping = if mapping.has_several_stations() { mapping } else { mapping.interval(vocdb::Interval::HOUR) };
    let Ok(mut reader) = MappedReader::from_reader(file, "any.csv", &mapping) else { return };
    let (mut table, mut rows, mut found) = (SeriesTable::default(), Rows::new(), 0);
    while let Ok(read) = reader.read_rows(&mut table, 7, &mut rows) {
        if read == 0 {
            break;
        }
        found += read as u64;
        for row in rows.iter() {
            let series = &table.series()[row.series];
            assert!(row.cells.iter().all(|cell| cell.value.is_finite() && cell.channel < series.channels.len()));
        }
    }
    assert_eq!(reader.report().frames, found);
}

/// Every shipped profile with a line that fits it more or less.
pub fn seeds() -> Vec<Vec<u8>> {
    let files = [
        (
            "openaq",
            "location_id,datetime,parameter,units,value\n1,2023-02-22T01:00:00-07:00,pm10,µg/m³,14\n1,2023-02-22T01:00:00-07:00,o3,ppm,x\n",
        ),
        ("china-sites", "date,hour,type,1001A,1002A\n20230101,0,PM2.5,16,13\n20230101,24,O3,40,<1\n"),
        ("uci", "Date;Time;CO(GT);T;;\n10/03/2004;18.00.00;2,6;-200;;\n"),
        ("aurn", "x\nDate,time,Ozone,status,unit\n31-12-2023,24:00,43,R,ugm-3\n01-01-2024,01:00,44,?,ugm-3\n"),
    ];
    let own = "[time]\ncolumns=\"d\"\nformat=\"%Y%m%d %H\"\n[hours]\ncolumns=[\"a\",\"b\"]\n[values]\nflags=\"+1\"\n[[channel]]\nname=\"x\"\nunit=\"1\"\n";
    let text = |name: &str| shipped().iter().find(|profile| profile.name == name).map_or("", |profile| profile.text);
    let seed = |text: &str, file: &str| [text.as_bytes(), BETWEEN, file.as_bytes()].concat();
    let own = seed(own, "d,a,b,c\n20240101,1,2,K\n20240331,3,4,\n");
    files.iter().map(|(name, file)| seed(text(name), file)).chain([own]).collect()
}
