//! Drawings as SVG: small functions without state outside the drawing.

mod axis;
mod canvas;
mod cells;
mod trace;

pub(super) use axis::{nice_step, nice_ticks, time_ticks};
pub(super) use canvas::{Anchor, Canvas};
pub(super) use cells::area_path;
pub(super) use trace::line_path;
