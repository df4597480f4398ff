//! Whether those who are told are those who are known: a folder that keeps its contacts in files of its own has no others.

use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::verdict::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Unknown contacts that are told; there may be very many.
const UNKNOWN_MAX: usize = 100;
/// Contacts of one set that are looked up.
const NAMED_MAX: usize = 100_000;
/// Of how many of them something close is looked for, and among how many.
const HELPED_MAX: usize = 5;
const COMPARED_MAX: usize = 200;

/// The contacts that files name.
#[derive(Debug, Default)]
pub(in crate::rules::script) struct Contacts {
    /// Those that files export, by themselves, in lists, or as somebody on duty; with the file.
    known: BTreeMap<String, String>,
    /// All that are named, with their places.
    named: BTreeSet<(Place, String)>,
    /// Whether what a file exports is not known, for a mistake.
    is_open: bool,
}

impl Contacts {
    /// Takes in the contacts that a file has named, and those that it exports; none where a mistake leaves that open.
    pub(in crate::rules::script) fn add(
        &mut self,
        file: &str,
        named: BTreeSet<(Place, String)>,
        exported: Option<Vec<String>>,
    ) {
        let left = NAMED_MAX.saturating_sub(self.named.len());
        self.named.extend(named.into_iter().take(left));
        self.is_open |= exported.is_none();
        self.known.extend(exported.into_iter().flatten().map(|name| (name, file.to_owned())));
    }

    /// Whether contacts are named, and no file exports any to compare them with.
    pub(in crate::rules::script) fn is_unchecked(&self) -> bool {
        self.known.is_empty() && !self.named.is_empty()
    }

    /// Those that nobody knows, where any are known.
    pub(in crate::rules::script) fn unknown(self) -> Vec<Diagnostic> {
        let Some(list) = self.known.values().min().filter(|_| !self.is_open) else { return Vec::new() };
        let is_unknown = |(_, name): &(Place, String)| !self.known.contains_key(name);
        let unknown = self.named.into_iter().filter(is_unknown).take(UNKNOWN_MAX);
        let told = unknown.enumerate().map(|(number, (place, name))| {
            let known = self.known.keys().map(String::as_str).take(COMPARED_MAX);
            let help = match Some(known).filter(|_| number < HELPED_MAX).and_then(|known| nearest(&name, known)) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("add it to {list}, as an exported constant"),
            };
            let message = format!("no file of this folder exports a contact `{name}`");
            Diagnostic { place, message, help, is_warning: false }
        });
        told.collect()
    }
}
