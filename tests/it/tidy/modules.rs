//! The modules of one crate and what each of them names: `use` declarations, paths in code, paths in macros.

use super::syntax::{attributes_of, is_test_only, name_of, path_attribute};
use super::tokens;
use super::tree::{SourceFile, Tree, line_of};
use proc_macro2::{Span, TokenStream};
use std::collections::{BTreeMap, BTreeSet};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A module's path from the root of its crate; the root's is empty.
pub(crate) type ModulePath = Vec<String>;

/// Why a path stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// `use` under this name, for the module's own needs.
    Import(String),
    /// `pub use`, of whatever reach, under this name.
    Reexport(String),
    /// A path in an expression, a type, a macro or an attribute.
    Path,
}

/// One path as written, outside test code.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    /// Its segments as written; a glob ends in `*`.
    pub(crate) segments: Vec<String>,
    /// What it is there for.
    pub(crate) role: Role,
    /// Its line.
    pub(crate) line: usize,
}

/// One module, in its own file or inline.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The file that it stands in.
    pub(crate) file: String,
    /// Whether it exists in test builds only.
    pub(crate) test_only: bool,
    /// The items that it defines itself.
    pub(crate) defines: BTreeSet<String>,
    /// The paths that it names.
    pub(crate) mentions: Vec<Mention>,
}

/// All modules that one root file reaches.
pub(crate) struct Crate {
    /// By their paths.
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

impl Crate {
    /// Follows the `mod` declarations from `root`, a file's path.
    pub(crate) fn grow(tree: &Tree, root: &str) -> Self {
        let mut modules = BTreeMap::new();
        let home = parent(root).to_owned();
        let mut ahead = vec![Growth { file: root.to_owned(), home, path: vec![], test_only: false }];
        while let Some(growth) = ahead.pop() {
            let Some(file) = tree.files.iter().find(|file| file.path == growth.file) else { continue };
            let mut walk = Walk::new(growth, tree);
            walk.read(file);
            modules.append(&mut walk.modules);
            ahead.append(&mut walk.ahead);
        }
        Self { modules }
    }

    /// The library and every binary under `src/`: their root files.
    pub(crate) fn roots(tree: &Tree) -> Vec<String> {
        let is_root = |path: &str| {
            let inner = path.strip_prefix("src/bin/");
            let is_bin = inner.is_some_and(|name| !name.contains('/') || name.ends_with("/main.rs"));
            path == "src/lib.rs" || path == "src/main.rs" || is_bin
        };
        tree.files.iter().map(|file| file.path.clone()).filter(|path| is_root(path)).collect()
    }
}

/// A module file still to be read.
struct Growth {
    file: String,
    /// The folder in which its child modules stand.
    home: String,
    path: ModulePath,
    test_only: bool,
}

struct Walk<'t> {
    tree: &'t Tree,
    file: String,
    homes: Vec<String>,
    path: ModulePath,
    test_only: bool,
    modules: BTreeMap<ModulePath, Module>,
    ahead: Vec<Growth>,
}

impl<'t> Walk<'t> {
    fn new(growth: Growth, tree: &'t Tree) -> Self {
        let Growth { file, home, path, test_only } = growth;
        Self { tree, file, homes: vec![home], path, test_only, modules: BTreeMap::new(), ahead: vec![] }
    }

    fn read(&mut self, file: &SourceFile) {
        self.test_only |= is_test_only(&file.syntax.attrs);
        self.here();
        self.visit_file(&file.syntax);
    }

    fn here(&mut self) -> &mut Module {
        let blank = || Module { file: self.file.clone(), test_only: self.test_only, ..Module::default() };
        self.modules.entry(self.path.clone()).or_insert_with(blank)
    }

    fn mention(&mut self, segments: Vec<String>, role: Role, span: Span) {
        if !self.test_only {
            self.here().mentions.push(Mention { segments, role, line: line_of(span) });
        }
    }

    /// Visits a part unless only test builds have it.
    fn unless_test(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        if !is_test_only(attributes) {
            visit(self);
        }
    }

    fn queue(&mut self, item: &syn::ItemMod, name: &str) {
        let home = self.homes.last().cloned().unwrap_or_default();
        let candidates = match path_attribute(&item.attrs) {
            Some(file) => vec![(join(parent(&self.file), &file), parent(&join(parent(&self.file), &file)).to_owned())],
            None => vec![
                (format!("{home}/{name}.rs"), format!("{home}/{name}")),
                (format!("{home}/{name}/mod.rs"), format!("{home}/{name}")),
            ],
        };
        let standing = |file: &str| self.tree.files.iter().any(|source| source.path == file);
        if let Some((file, home)) = candidates.into_iter().find(|(file, _)| standing(file)) {
            self.ahead.push(Growth { file, home, path: self.path.clone(), test_only: self.test_only });
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, prefix: &[String], reexport: bool) {
        let extended = |ident: &syn::Ident| [prefix, &[ident.unraw().to_string()]].concat();
        let (mut segments, name, span) = match tree {
            syn::UseTree::Path(path) => return self.use_tree(&path.tree, &extended(&path.ident), reexport),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(tree, prefix, reexport));
            }
            syn::UseTree::Name(leaf) => (extended(&leaf.ident), None, leaf.ident.span()),
            syn::UseTree::Rename(leaf) => (extended(&leaf.ident), Some(leaf.rename.to_string()), leaf.ident.span()),
            syn::UseTree::Glob(glob) => ([prefix, &["*".to_owned()]].concat(), None, glob.span()),
        };
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let name = name.or_else(|| segments.last().cloned()).unwrap_or_default();
        let role = if reexport { Role::Reexport(name) } else { Role::Import(name) };
        self.mention(segments, role, span);
    }

    fn mention_tokens(&mut self, tokens: TokenStream) {
        for (segments, span) in tokens::paths(tokens) {
            self.mention(segments, Role::Path, span);
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let syn::Item::Mod(item) = item {
            return self.visit_item_mod(item);
        }
        if is_test_only(attributes_of(item)) {
            return;
        }
        if let Some(ident) = name_of(item) {
            self.here().defines.insert(ident.unraw().to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let before = self.test_only;
        self.test_only |= is_test_only(&item.attrs);
        let name = item.ident.unraw().to_string();
        self.path.push(name.clone());
        match &item.content {
            None => self.queue(item, &name),
            Some((_, items)) => {
                let home = self.homes.last().cloned().unwrap_or_default();
                self.homes.push(format!("{home}/{name}"));
                self.here();
                items.iter().for_each(|item| self.visit_item(item));
                self.homes.pop();
            }
        }
        self.path.pop();
        self.test_only = before;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes: &[syn::Attribute] = match item {
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        self.unless_test(attributes, |walk| visit::visit_impl_item(walk, item));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.unless_test(&local.attrs, |walk| visit::visit_local(walk, local));
    }

    fn visit_expr_block(&mut self, block: &'ast syn::ExprBlock) {
        self.unless_test(&block.attrs, |walk| visit::visit_expr_block(walk, block));
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.unless_test(&field.attrs, |walk| visit::visit_field(walk, field));
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.unless_test(&variant.attrs, |walk| visit::visit_variant(walk, variant));
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.unless_test(&arm.attrs, |walk| visit::visit_arm(walk, arm));
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.mention_tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        self.mention_tokens(invocation.tokens.clone());
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && let Some(ident) = function.path.get_ident()
        {
            self.mention(vec![ident.unraw().to_string()], Role::Path, ident.span());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
        let is_type = segments.first().is_some_and(|first| first.starts_with(char::is_uppercase));
        if let Some(first) = path.segments.first()
            && path.leading_colon.is_none()
            && (segments.len() > 1 || is_type)
        {
            self.mention(segments, Role::Path, first.ident.span());
        }
        visit::visit_path(self, path);
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, inner: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in inner.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}
