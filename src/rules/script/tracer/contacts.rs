//! Whether those who are told are those who are known: a folder that keeps its contacts in files of its own has no others.

use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::verdict::Place;
use std::collections::{BTreeMap, BTreeSet};

/// The contacts that files name.
#[derive(Debug, Default)]
pub(in crate::rules::script) struct Contacts {
    /// Those of files that export contacts or rosters, with the file that names each.
    known: BTreeMap<String, String>,
    /// All others, with their places.
    named: BTreeSet<(Place, String)>,
}

impl Contacts {
    /// Takes in the contacts that a file has named; it may be one that exports contacts or rosters.
    pub(in crate::rules::script) fn add(&mut self, file: &str, named: BTreeSet<(Place, String)>, is_list: bool) {
        if is_list {
            self.known.extend(named.into_iter().map(|(_, name)| (name, file.to_owned())));
        } else {
            self.named.extend(named);
        }
    }

    /// Those that nobody knows, where any are known.
    pub(in crate::rules::script) fn unknown(self) -> Vec<Diagnostic> {
        let Some(list) = self.known.values().next() else { return Vec::new() };
        let is_unknown = |(_, name): &(Place, String)| !self.known.contains_key(name);
        let unknown = self.named.into_iter().filter(is_unknown);
        let told = unknown.map(|(place, name)| {
            let help = match nearest(&name, self.known.keys().map(String::as_str)) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("add it to {list}, as an exported constant"),
            };
            let message = format!("there is no contact `{name}` among those that files of this folder export");
            Diagnostic { place, message, help, is_warning: false }
        });
        told.collect()
    }
}
