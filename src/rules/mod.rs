//! Rules: scripts that operators write, traced once into symbols and bound to stations as native plans, which then run.
//!
//! [`compile`] is the way in: [`script::trace`] runs the files and leaves [`expr::Rule`]s, [`bind::bind`] turns them into
//! [`plan::Plan`]s for the stations there are, and [`Engine`] evaluates those as frames arrive. Nothing of the script language runs per
//! reading.

pub mod bind;
mod check;
mod compile;
pub mod diagnostic;
pub mod expr;
mod folder;
mod getter;
pub mod interpreted;
pub(crate) mod nearest;
pub mod plan;
mod roster;
mod run;
pub mod script;
pub mod testing;

pub use bind::{Stage, Staging, bind};
pub use check::{Report, check, check_without_stations, sites_of};
pub(crate) use compile::compile_part;
pub use compile::{Compiled, compile, compile_staged};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use expr::Rule;
pub use folder::{FolderError, read_folder, read_tests};
pub use nearest::closest;
pub use plan::{Plan, Site};
pub use run::{Engine, EngineState, LastingLag, Late, LateState, Progress, Rerun, SourceStates};
pub use script::{RuleFile, has_unchecked_contacts, trace};

/// The text of a definitions file for editors, `vocdb.d.rhai`: every word of the language with what it takes. Written from the tables that
/// register the words.
///
/// ```
/// let text = vocdb::rules::definitions();
/// assert!(text.contains("fn stddev(string1: String, duration2: Duration) -> Measurement;"));
/// ```
#[must_use]
pub fn definitions() -> String {
    script::definitions()
}
