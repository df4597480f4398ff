//! pco on the bare integers: a reference for sizes, no engine. No times, no gaps, no flags, no checksums, no file.

use crate::failure::{Failure, of};
use crate::load::{Load, StationRows};

/// Its default.
const LEVEL: usize = 8;
/// Decimal places beyond which a value is no decimal.
const DECIMALS_MAX: i32 = 12;

/// Bytes of all present values, each channel of all stations as integers in the least power of ten that holds them.
pub(crate) fn bytes_of_bare_integers(load: &Load) -> Result<u64, Failure> {
    let config = pco::ChunkConfig::default().with_compression_level(LEVEL);
    let mut bytes = 0;
    for channel in 0..load.shape.channels.len() {
        let of_channel = |rows| StationRows::column(rows, channel, load.shape.channels.len());
        let integers = integers(&load.stations.iter().flat_map(of_channel).collect::<Vec<f64>>())?;
        bytes += pco::standalone::simple_compress(&integers, &config).map_err(of("compress with pco"))?.len() as u64;
    }
    Ok(bytes)
}

/// The values times the least power of ten that makes them all whole.
fn integers(values: &[f64]) -> Result<Vec<i64>, Failure> {
    let scaled = |decimals: i32| {
        let scale = 10_f64.powi(decimals);
        let integer = |value: &f64| {
            let integer = (value * scale).round();
            (integer / scale == *value).then(|| format!("{integer:.0}").parse().ok()).flatten()
        };
        values.iter().map(integer).collect::<Option<Vec<i64>>>()
    };
    (0..=DECIMALS_MAX).find_map(scaled).ok_or_else(|| Failure::says("a column holds values that are no decimals"))
}
