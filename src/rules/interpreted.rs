//! Closures of rule files that are interpreted at each instant, as plans see them: something that can be asked.

use crate::base::checksum::Digest;
use crate::verdict::Truth;
use std::fmt;
use std::sync::Arc;

/// What a closure answers: a truth, or why it has none.
pub type ScriptAnswer = Result<Truth, String>;

/// What asks a closure.
pub type Ask = dyn Fn(&[f64]) -> ScriptAnswer + Send + Sync;

/// An interpreted closure of a rule file, ready to be asked. It is given numbers (NaN for unknown) in the order of [`Script::names`].
#[derive(Clone)]
pub struct Script {
    /// What it calls the numbers.
    pub names: Arc<[String]>,
    /// Its text.
    pub text: Arc<str>,
    /// SHA-256 over the values that it has captured and the functions that it may call.
    pub surroundings: Digest,
    /// Asks it.
    pub ask: Arc<Ask>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, text, surroundings, ask: _ } = self;
        let mut shown = f.debug_struct("Script");
        shown.field("names", names).field("text", text).field("surroundings", surroundings).finish_non_exhaustive()
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        (&self.names, &self.text, self.surroundings) == (&other.names, &other.text, other.surroundings)
    }
}
