//! Rules: scripts that operators write, traced once into symbols and bound to stations as native plans, which then run.
//!
//! [`compile`] is the way in: [`script::trace`] runs the files and leaves [`expr::Rule`]s, [`bind::bind`] turns them into
//! [`plan::Plan`]s for the stations there are, and [`Engine`] evaluates those as frames arrive. Nothing of the script language runs per
//! reading.

pub mod bind;
mod compile;
pub mod diagnostic;
pub mod expr;
mod getter;
mod nearest;
pub mod plan;
mod roster;
mod run;
pub mod script;
pub mod verdict;

pub use bind::bind;
pub use compile::{Compiled, FolderError, compile, read_folder};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use expr::Rule;
pub use plan::{Plan, Site};
pub use run::{Engine, EngineState};
pub use script::{RuleFile, trace};
