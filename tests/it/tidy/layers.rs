//! Who may import whom.

use super::modules::{Crate, Mention, ModulePath};
use super::tables::{LAYERS, WIRING};
use super::tree::Tree;

/// Every path by which a layer names what the table does not allow it, and every folder without a row in the table.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let library = Crate::grow(tree, "src/lib.rs");
    let mut found = vec![];
    for (path, module) in library.modules.iter().filter(|(_, module)| !module.test_only) {
        let Some(layer) = path.first().filter(|layer| !WIRING.contains(&layer.as_str())) else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| name == layer) else {
            found.push(format!("{}:1: `{layer}` is no layer: it has no row in the table", module.file));
            continue;
        };
        for mention in &module.mentions {
            let why = breach(&library, path, mention, allowed);
            found.extend(why.map(|why| format!("{}:{}: `{layer}` {why}", module.file, mention.line)));
        }
    }
    found.dedup();
    found
}

fn breach(library: &Crate, module: &ModulePath, mention: &Mention, allowed: &[&str]) -> Option<String> {
    let first = mention.segments.first()?;
    let written = mention.segments.join("::");
    if first == "vocdb" {
        return Some(format!("goes through the crate's own front door: `{written}`"));
    }
    if !matches!(first.as_str(), "crate" | "self" | "super") {
        return None;
    }
    let Some(path) = library.absolute(module, &mention.segments) else {
        return Some(format!("climbs out of the crate: `{written}`"));
    };
    let Some(other) = path.first().filter(|other| library.modules.contains_key(&vec![(*other).clone()])) else {
        return Some(format!("names the crate's root: `{written}`"));
    };
    let resolved = library.resolve(&path).map(|target| target.module().clone()).unwrap_or_default();
    let own = module.first() == Some(other);
    let within = |path: &[String]| allowed.iter().any(|allowed| begins_with(path, allowed));
    (!own && !within(&path) && !within(&resolved)).then(|| format!("may not import `{written}`"))
}

fn begins_with(path: &[String], prefix: &str) -> bool {
    let mut names = path.iter();
    prefix.split("::").all(|part| names.next().is_some_and(|name| name == part))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const LIB: &str =
        "mod base; mod model; mod store; mod query; mod rules; mod alarm; mod error; mod db; pub use error::Error;";

    fn with(extra: &[(&str, &str)]) -> Vec<String> {
        let whole = [
            ("src/lib.rs", LIB),
            ("src/base/mod.rs", "pub struct Clock;"),
            ("src/model/mod.rs", "pub struct Stamp;"),
            (
                "src/store/mod.rs",
                "pub mod engine; pub mod io; pub mod read; pub use engine::Store; pub use read::Chunk;",
            ),
            ("src/store/engine.rs", "pub struct Store;"),
            ("src/store/io.rs", "pub struct Io;"),
            ("src/store/read.rs", "pub struct Chunk;"),
            ("src/query/mod.rs", ""),
            ("src/rules/mod.rs", "pub mod plan; pub use plan::Plan;"),
            ("src/rules/plan.rs", "pub struct Plan;"),
            ("src/alarm/mod.rs", ""),
            ("src/error.rs", "pub struct Error(crate::store::Store);"),
            ("src/db.rs", "use crate::{alarm, rules}; use crate::Error;"),
        ];
        let base = whole.iter().filter(|(path, _)| extra.iter().all(|(other, _)| other != path));
        breaches(&Tree::of(&base.chain(extra).copied().collect::<Vec<_>>()))
    }

    #[test]
    fn a_well_layered_crate_passes() {
        let query = "use crate::store::{Chunk, read::{self}}; use crate::base::Clock;
            fn f(chunk: crate::store::read::Chunk) {}
            #[cfg(test)] mod tests { use crate::store::Store; use super::super::db; }";
        assert_eq!(with(&[("src/query/mod.rs", query)]), Vec::<String>::new());
    }

    #[test]
    fn a_breach_fires_however_it_is_written() {
        let rules = "pub mod plan;\nuse {std::fmt, crate::{base::Clock, alarm::{self as a}}};
            use super::super::super::store;\nfn f() { crate::store::Store; }\nfn g(x: super::store::Store) {}
            fn h() { println!(\"{}\", crate::alarm::X) }\n#[serde(with = \"crate::store::io\")]\nstruct S;
            use crate::*;\nuse crate::Error;\nuse crate::error::Error as E;\nuse super::{super::x, base::Clock as C};";
        let found = with(&[("src/rules/mod.rs", rules)]);
        let lines: Vec<String> = [2, 3, 4, 5, 6, 7, 9, 10, 11, 12].map(|n| format!("src/rules/mod.rs:{n}")).to_vec();
        assert_eq!(places(&found), lines, "{found:#?}");
    }

    #[test]
    fn a_finer_rule_holds_below_the_folder() {
        let found =
            with(&[("src/query/mod.rs", "use crate::store::Store;\nuse crate::store;\nuse crate::store::engine;")]);
        assert_eq!(places(&found), ["src/query/mod.rs:1", "src/query/mod.rs:2", "src/query/mod.rs:3"]);
    }

    #[test]
    fn a_folder_without_a_row_fires() {
        let found = with(&[("src/lib.rs", &format!("{LIB} mod extra;")), ("src/extra.rs", "")]);
        assert_eq!(places(&found), ["src/extra.rs:1"]);
    }
}
