//! Plans at work: windows that move with the grid, programs, verdicts. Nothing here knows of scripts.

mod engine;
mod evaluate;
mod member;
mod series;
mod window;

pub use engine::{Engine, EngineState};
