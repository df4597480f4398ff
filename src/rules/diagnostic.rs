//! What is wrong with a rule file, where, and what to write instead.

use crate::base::escape::Line;
use crate::verdict::Place;
use std::fmt;

/// One mistake in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// Whether it only deserves a look; a rule set with warnings loads.
    pub is_warning: bool,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_warning { "warning" } else { "error" };
        write!(f, "{}: {severity}: {}; {}", self.place, Line(&self.message), Line(&self.help))
    }
}

/// All mistakes of a rule set, in order of file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// In order, errors before warnings at one place, and each thing said once.
    pub(super) fn sorted(mut found: Vec<Diagnostic>) -> Self {
        found.sort_by_cached_key(|one| (one.place.clone(), one.is_warning, one.message.clone()));
        found.dedup_by(|later, earlier| (&later.place, &later.message) == (&earlier.place, &earlier.message));
        Self(found)
    }

    /// The mistakes that keep the rule set from loading.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|diagnostic| !diagnostic.is_warning)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
