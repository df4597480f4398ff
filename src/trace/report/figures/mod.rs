//! The figures of the report, each with a caption and a text alternative.

mod facility;
mod gaps;
mod labels;
mod map;
mod odours;
mod readings;
mod scale;
mod wind_rose;

pub(super) use facility::facility;
pub(super) use map::map;
pub(super) use readings::readings;
pub(super) use wind_rose::wind_rose;
