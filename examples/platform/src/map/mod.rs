//! Maps in local metres: stations with their states and winds, sites, and where the source of an incident lies. Nothing is loaded from elsewhere.

mod draw;
mod labels;
mod marks;
mod scale;
mod scene;
mod source;

pub(crate) use draw::{Caption, Located, map};
pub(crate) use scene::{Scene, scene};
pub(crate) use source::{Found, Ranked, Sources};
