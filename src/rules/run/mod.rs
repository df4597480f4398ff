//! Plans at work: windows that move with the grid, programs, verdicts. Nothing here knows of scripts.

mod engine;
mod evaluate;
mod inside;
mod joint;
mod late;
mod member;
mod progress;
mod rerun;
mod series;
mod window;

pub use engine::{Engine, EngineState};
pub use late::{Late, LateState, Progress};
pub use progress::feed::LastingLag;
pub use progress::source::SourceStates;
pub use rerun::Rerun;
