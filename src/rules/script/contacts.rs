//! Whether those who are told are those who are known: a folder that keeps its contacts in files of its own has no others.

use super::run::Exports;
use super::symbol::{self, Symbol};
use super::tracer::mistake;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::verdict::Place;
use std::collections::{BTreeMap, BTreeSet};

/// The contacts that files name.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    /// Those of files that export contacts or rosters, with the file that names each.
    known: BTreeMap<String, String>,
    /// All others, with their places.
    named: BTreeSet<(Place, String)>,
}

impl Contacts {
    /// Takes in the contacts that a file has named.
    pub(super) fn add(&mut self, file: &str, named: BTreeSet<(Place, String)>, exports: &Exports) {
        let is_party =
            |value: &rhai::Dynamic| matches!(symbol::symbol(value), Some(Symbol::Contact(_) | Symbol::Roster(_)));
        if exports.values().any(is_party) {
            self.known.extend(named.into_iter().map(|(_, name)| (name, file.to_owned())));
        } else {
            self.named.extend(named);
        }
    }

    /// Those that nobody knows, where any are known.
    pub(super) fn unknown(self) -> Vec<Diagnostic> {
        let Some(list) = self.known.values().next() else { return Vec::new() };
        let is_unknown = |(_, name): &(Place, String)| !self.known.contains_key(name);
        let unknown = self.named.into_iter().filter(is_unknown);
        let told = unknown.map(|(place, name)| {
            let help = match nearest(&name, self.known.keys().map(String::as_str)) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("add it to {list}, as an exported constant"),
            };
            mistake(place, format!("there is no contact `{name}` among those that files of this folder export"), help)
        });
        told.collect()
    }
}
