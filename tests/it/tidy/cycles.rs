//! Files, and folders of a layer, that need each other in a circle.

use super::modules::{Crate, Mention, Module, ModulePath, Role};
use super::resolve::Target;
use super::tables::WIRING;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// One file's need of another.
struct Edge {
    from: String,
    line: usize,
    to: String,
    path: String,
    /// The modules at both ends.
    modules: (ModulePath, ModulePath),
}

/// Every edge that lies on a circle of folders and files directly in the folder of a layer, once.
pub(crate) fn folder_knots(tree: &Tree) -> Vec<String> {
    let edges = all_edges(&Crate::grow(tree, "src/lib.rs"));
    let siblings: Vec<(&Edge, (ModulePath, ModulePath))> =
        edges.iter().filter_map(|edge| Some((edge, siblings_of(&edge.modules)?))).collect();
    let mut needs: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = BTreeMap::new();
    for (_, (from, to)) in &siblings {
        needs.entry(from).or_default().insert(to);
    }
    let returns = |from: &ModulePath, to: &ModulePath| reach(&needs, to).contains(from);
    let mut told_of = BTreeSet::new();
    let mut found = Vec::new();
    for (edge, (from, to)) in &siblings {
        if told_of.insert((from, to)) && returns(from, to) {
            let (from, to) = (from.join("::"), to.join("::"));
            found.push(format!("{}:{}: {from} is in a circle with {to} by `{}`", edge.from, edge.line, edge.path));
        }
    }
    found
}

/// The folders or files directly in a layer through which one module of it needs another; none in the wiring, and where both are in the same.
fn siblings_of((from, to): &(ModulePath, ModulePath)) -> Option<(ModulePath, ModulePath)> {
    let (from, to) = (from.get(..2)?, to.get(..2)?);
    let is_of_layer = from.first() == to.first() && from != to && !WIRING.contains(&from.first()?.as_str());
    is_of_layer.then(|| (from.to_vec(), to.to_vec()))
}

/// Every edge that lies on a circle of files, once, for the library and each binary.
pub(crate) fn knots(tree: &Tree) -> Vec<String> {
    Crate::roots(tree).iter().flat_map(|root| knots_of(&Crate::grow(tree, root))).collect()
}

fn knots_of(grown: &Crate) -> Vec<String> {
    let edges = all_edges(grown);
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

fn all_edges(grown: &Crate) -> Vec<Edge> {
    grown
        .modules
        .iter()
        .filter(|(_, module)| !module.test_only)
        .flat_map(|(path, module)| module.mentions.iter().flat_map(|mention| edges(grown, path, module, mention)))
        .collect()
}

/// Everything that is needed from a start, directly or not.
fn reach<'e, T: Ord + ?Sized>(needs: &BTreeMap<&'e T, BTreeSet<&'e T>>, start: &T) -> BTreeSet<&'e T> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<&T> = needs.get(start).into_iter().flatten().copied().collect();
    while let Some(file) = ahead.pop() {
        if found.insert(file) {
            ahead.extend(needs.get(file).into_iter().flatten().copied());
        }
    }
    found
}

fn edges(grown: &Crate, path_of: &ModulePath, module: &Module, mention: &Mention) -> Vec<Edge> {
    if matches!(mention.role, Role::Reexport(_)) {
        return vec![];
    }
    let targets = match mention.segments.split_last() {
        Some((last, source)) if last == "*" => glob_targets(grown, path_of, source, module),
        _ => grown.absolute(path_of, &mention.segments).and_then(|path| grown.resolve(&path)).into_iter().collect(),
    };
    let edge = |target: Target| {
        let other = grown.modules.get(target.module()).filter(|other| other.file != module.file && !other.test_only)?;
        let upward = path_of.starts_with(target.module());
        let counts = !upward || matches!(target, Target::Item { defined: true, .. });
        let path = mention.segments.join("::");
        let modules = (path_of.clone(), target.module().clone());
        counts.then(|| Edge { from: module.file.clone(), line: mention.line, to: other.file.clone(), path, modules })
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
    fn two_folders_that_need_each_other_fire_even_where_no_files_do() {
        let files = [
            ("src/lib.rs", "mod a;"),
            ("src/a/mod.rs", "mod x; mod y; mod z;"),
            ("src/a/x/mod.rs", "mod one; mod two;"),
            ("src/a/x/one.rs", "use super::super::y::other::B;\npub struct A;"),
            ("src/a/x/two.rs", "pub struct C;"),
            ("src/a/y/mod.rs", "pub mod other; mod more;"),
            ("src/a/y/other.rs", "pub struct B;"),
            ("src/a/y/more.rs", "use crate::a::z;\nuse crate::a::x::two::C;"),
            ("src/a/z.rs", "pub struct D;"),
        ];
        assert_eq!(places(&folder_knots(&Tree::of(&files))), ["src/a/x/one.rs:1", "src/a/y/more.rs:2"]);
        assert_eq!(found(&files), Vec::<String>::new());
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
