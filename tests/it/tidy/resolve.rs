//! What a path means: the module that really holds what it names, re-exports followed.

use super::modules::{Crate, Mention, Module, ModulePath, Role};

/// How many aliases and re-exports may follow each other; a longer chain is a circle.
const HOPS_MAX: usize = 12;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A module itself.
    Module(ModulePath),
    /// An item of a module, which the module is seen to define or (made by a macro, perhaps) not.
    Item {
        /// The module.
        module: ModulePath,
        /// Whether the definition was seen.
        defined: bool,
    },
}

impl Target {
    /// The module, or the module of the item.
    pub(crate) fn module(&self) -> &ModulePath {
        match self {
            Self::Module(module) | Self::Item { module, .. } => module,
        }
    }
}

impl Crate {
    /// The path from the crate's root that a module means by these segments; `None` for other crates and local names.
    pub(crate) fn absolute(&self, module: &[String], segments: &[String]) -> Option<ModulePath> {
        self.absolute_within(module, segments, HOPS_MAX)
    }

    /// Follows an absolute path down the modules and through their `use`s.
    pub(crate) fn resolve(&self, path: &[String]) -> Option<Target> {
        self.resolve_within(path, HOPS_MAX)
    }

    fn absolute_within(&self, module: &[String], segments: &[String], hops: usize) -> Option<ModulePath> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" | "super" => return climb(module, segments),
            _ => {}
        }
        if self.modules.contains_key(&joined(module, first)) {
            return Some([module, segments].concat());
        }
        let import = self.import(self.modules.get(module)?, first)?;
        let target = self.absolute_within(module, &import.segments, hops.checked_sub(1)?)?;
        Some([target.as_slice(), rest].concat())
    }

    fn resolve_within(&self, path: &[String], hops: usize) -> Option<Target> {
        let hops = hops.checked_sub(1)?;
        let mut module: ModulePath = vec![];
        let mut rest = path;
        while let [name, tail @ ..] = rest {
            let child = joined(&module, name);
            if !self.modules.contains_key(&child) {
                return self.resolve_item(module, rest, hops);
            }
            module = child;
            rest = tail;
        }
        Some(Target::Module(module))
    }

    fn resolve_item(&self, module: ModulePath, rest: &[String], hops: usize) -> Option<Target> {
        let (name, tail) = rest.split_first()?;
        let home = self.modules.get(&module)?;
        if home.defines.contains(name) {
            return Some(Target::Item { module, defined: true });
        }
        if let Some(import) = self.import(home, name) {
            let target = self.absolute_within(&module, &import.segments, hops)?;
            return self.resolve_within(&[target.as_slice(), tail].concat(), hops);
        }
        let through_glob = self.globs(&module, home).find(|glob| self.holds(glob, name));
        match through_glob {
            Some(glob) => self.resolve_within(&[glob.as_slice(), rest].concat(), hops),
            None => Some(Target::Item { module, defined: false }),
        }
    }

    fn import<'m>(&self, module: &'m Module, name: &str) -> Option<&'m Mention> {
        module.mentions.iter().find(|mention| match &mention.role {
            Role::Import(known) | Role::Reexport(known) => known == name,
            Role::Path => false,
        })
    }

    /// The modules that a module takes everything from.
    fn globs<'m>(&'m self, path: &'m [String], module: &'m Module) -> impl Iterator<Item = ModulePath> + 'm {
        let globbed = |mention: &'m Mention| match mention.segments.split_last() {
            Some((last, source)) if last == "*" => self.absolute(path, source),
            _ => None,
        };
        module.mentions.iter().filter_map(globbed).filter(move |source| source.as_slice() != path)
    }

    fn holds(&self, path: &[String], name: &str) -> bool {
        let own = |module: &Module| module.defines.contains(name) || self.import(module, name).is_some();
        self.modules.contains_key(&joined(path, name)) || self.modules.get(path).is_some_and(own)
    }
}

fn climb(module: &[String], segments: &[String]) -> Option<ModulePath> {
    let mut here = module;
    let mut rest = segments;
    while let [first, tail @ ..] = rest {
        match first.as_str() {
            "self" => {}
            "super" => (_, here) = here.split_last()?,
            _ => break,
        }
        rest = tail;
    }
    Some([here, rest].concat())
}

fn joined(module: &[String], name: &str) -> ModulePath {
    [module, &[name.to_owned()]].concat()
}

#[test]
fn a_name_is_followed_through_reexports_to_its_definition() {
    let tree = super::tree::Tree::of(&[
        ("src/lib.rs", "mod model; mod store;"),
        ("src/model/mod.rs", "mod time; mod unit; pub use time::Stamp; pub use unit::*; pub struct Own;"),
        ("src/model/time.rs", "pub struct Stamp;"),
        ("src/model/unit.rs", "pub struct Unit; use super::Stamp as S;"),
        ("src/store.rs", "use crate::model as m; mod inner { use super::super::model::Own; }"),
    ]);
    let grown = Crate::grow(&tree, "src/lib.rs");
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let home = |from: &str, text: &str| {
        let absolute = grown.absolute(&path(from), &path(text))?;
        grown.resolve(&absolute).map(|target| target.module().join("::"))
    };
    assert_eq!(home("store", "crate::model::Stamp").as_deref(), Some("model::time"));
    assert_eq!(home("store", "m::Unit::new").as_deref(), Some("model::unit"));
    assert_eq!(home("store::inner", "super::super::model::Own").as_deref(), Some("model"));
    assert_eq!(home("model::unit", "S").as_deref(), Some("model::time"));
    assert_eq!(home("store", "std::fmt"), None);
}
