//! The location of a source: on releases of known place, on scenes made for the purpose, and on scenes that bear no answer.

mod cases;
mod made;
mod peer_puffs;
mod releases;
mod scenes;
mod two;
mod verdicts;
