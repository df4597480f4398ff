//! Tests of data quality: on real data, on forgeries laid into real data, and as properties.

mod forgeries;
mod network;
mod properties;
mod real;
mod series;
