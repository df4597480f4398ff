//! A channel of a station over a range of time: for pages, for files, and for programs.

mod csv;
mod figure;
mod series;

pub(crate) use csv::Csv;
pub(crate) use series::{Chart, ChartAsked, READINGS_MAX, SPANS, chart, found};
