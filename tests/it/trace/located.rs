//! The location of a source: on releases of known place, on scenes made for the purpose, and on scenes that bear no answer.

mod cases;
mod drifting;
mod made;
mod peer_puffs;
#[path = "../../../examples/trace/prairie.rs"]
mod prairie;
mod releases;
mod scenes;
mod two;
mod verdicts;
