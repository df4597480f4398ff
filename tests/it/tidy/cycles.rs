//! Files that need each other in a circle.

use super::modules::{Crate, Mention, Module, ModulePath, Role};
use super::resolve::Target;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// One file's need of another.
struct Edge {
    from: String,
    line: usize,
    to: String,
    path: String,
}

/// Every edge that lies on a circle of files, once, for the library and each binary.
pub(crate) fn knots(tree: &Tree) -> Vec<String> {
    Crate::roots(tree).iter().flat_map(|root| knots_of(&Crate::grow(tree, root))).collect()
}

fn knots_of(grown: &Crate) -> Vec<String> {
    let edges: Vec<Edge> = grown
        .modules
        .iter()
        .filter(|(_, module)| !module.test_only)
        .flat_map(|(path, module)| module.mentions.iter().flat_map(|mention| edges(grown, path, module, mention)))
        .collect();
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in &edges {
        needs.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = needs.keys().map(|file| (*file, reach(&needs, file))).collect();
    let returns = |edge: &&Edge| reached.get(edge.to.as_str()).is_some_and(|all| all.contains(edge.from.as_str()));
    let told = |edge: &Edge| format!("{}:{}: in a circle with {} by `{}`", edge.from, edge.line, edge.to, edge.path);
    let mut told_of = BTreeSet::new();
    let new = |edge: &&Edge| told_of.insert((edge.from.clone(), edge.to.clone()));
    edges.iter().filter(returns).filter(new).map(told).collect()
}

fn reach<'e>(needs: &BTreeMap<&'e str, BTreeSet<&'e str>>, start: &str) -> BTreeSet<&'e str> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<&str> = needs.get(start).into_iter().flatten().copied().collect();
    while let Some(file) = ahead.pop() {
        if found.insert(file) {
            ahead.extend(needs.get(file).into_iter().flatten().copied());
        }
    }
    found
}

fn edges(grown: &Crate, path: &ModulePath, module: &Module, mention: &Mention) -> Vec<Edge> {
    if matches!(mention.role, Role::Reexport(_)) {
        return vec![];
    }
    let targets = match mention.segments.split_last() {
        Some((last, source)) if last == "*" => glob_targets(grown, path, source, module),
        _ => grown.absolute(path, &mention.segments).and_then(|path| grown.resolve(&path)).into_iter().collect(),
    };
    let edge = |target: Target| {
        let other = grown.modules.get(target.module()).filter(|other| other.file != module.file && !other.test_only)?;
        let upward = path.starts_with(target.module());
        let counts = !upward || matches!(target, Target::Item { defined: true, .. });
        let path = mention.segments.join("::");
        counts.then(|| Edge { from: module.file.clone(), line: mention.line, to: other.file.clone(), path })
    };
    targets.into_iter().filter_map(edge).collect()
}

/// A glob takes what the source defines itself, and what it re-exports from elsewhere.
fn glob_targets(grown: &Crate, path: &ModulePath, source: &[String], module: &Module) -> Vec<Target> {
    let Some(target) = grown.absolute(path, source).and_then(|path| grown.resolve(&path)) else { return vec![] };
    let Target::Module(origin) = &target else { return vec![target] };
    let Some(other) = grown.modules.get(origin).filter(|other| other.file != module.file) else { return vec![] };
    let reexports = other.mentions.iter().filter(|mention| matches!(mention.role, Role::Reexport(_)));
    let further = reexports.filter_map(|mention| grown.resolve(&grown.absolute(origin, &mention.segments)?));
    let own = Target::Item { module: origin.clone(), defined: !other.defines.is_empty() };
    std::iter::once(own).chain(further).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const LIB: (&str, &str) = ("src/lib.rs", "mod a; mod b; mod c;");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        knots(&Tree::of(files))
    }

    #[test]
    fn a_circle_of_three_files_fires_on_every_edge() {
        let files = [
            LIB,
            ("src/a.rs", "use crate::b::B;\npub struct A;"),
            ("src/b.rs", "pub struct B;\nfn f() { super::c::go() }"),
            ("src/c.rs", "use std::fmt;\n\npub fn go() { matches!(x, crate::a::A) }"),
        ];
        assert_eq!(places(&found(&files)), ["src/a.rs:1", "src/b.rs:2", "src/c.rs:3"]);
    }

    #[test]
    fn test_code_and_reexports_make_no_circle() {
        let files = [
            LIB,
            ("src/a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y;"),
            ("src/a/x.rs", "pub struct X;\n#[cfg(test)]\nmod tests { use super::super::Y; use super::*; }"),
            ("src/a/y.rs", "use super::X;\npub struct Y(crate::a::X);"),
            ("src/b.rs", "use crate::a::{self, Y};\nfn f() { a::Y }"),
            ("src/c.rs", "use crate::b; #[cfg(test)] mod tests;"),
            ("src/c/tests.rs", "use crate::a::X;"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn a_child_that_needs_its_parent_which_needs_it_fires() {
        let files = [
            LIB,
            ("src/a/mod.rs", "mod x;\npub use x::X;\npub struct Options;\nfn f() -> X {}"),
            ("src/a/x.rs", "use super::Options;\npub struct X;"),
            ("src/b.rs", ""),
            ("src/c.rs", ""),
        ];
        assert_eq!(places(&found(&files)), ["src/a/mod.rs:4", "src/a/x.rs:1"]);
    }

    #[test]
    fn a_circle_through_aliases_and_globs_fires() {
        let files = [
            LIB,
            ("src/a.rs", "use crate::b as other;\npub struct A(other::B);"),
            ("src/b.rs", "use crate::c::*;\npub struct B;"),
            ("src/c.rs", "pub use crate::a::A;"),
        ];
        assert_eq!(places(&found(&files)), ["src/a.rs:1", "src/b.rs:1"]);
    }
}
