//! Every `pub` thing says what it is.

use super::syntax::{attributes_of, is_test_only, name_of};
use super::tree::{Tree, at};
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Visibility};

/// Everything `pub` under `src/` without a doc comment. `pub(crate)` and narrower, and what a trait demands, are exempt.
pub(crate) fn undocumented(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in tree.files.iter().filter(|file| file.path.starts_with("src/")) {
        let mut silence = Silence { path: &file.path, found: vec![] };
        silence.visit_file(&file.syntax);
        found.extend(silence.found);
        if !has_doc(&file.syntax.attrs) {
            found.push(format!("{}:1: the file does not say what it is", file.path));
        }
    }
    found
}

fn has_doc(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

fn is_pub(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn visibility_of(item: &syn::Item) -> Option<&Visibility> {
    match item {
        syn::Item::Const(item) => Some(&item.vis),
        syn::Item::Enum(item) => Some(&item.vis),
        syn::Item::Fn(item) => Some(&item.vis),
        // A module in a file of its own says at the top of that file what it is.
        syn::Item::Mod(item) if item.content.is_some() => Some(&item.vis),
        syn::Item::Static(item) => Some(&item.vis),
        syn::Item::Struct(item) => Some(&item.vis),
        syn::Item::Trait(item) => Some(&item.vis),
        syn::Item::Type(item) => Some(&item.vis),
        syn::Item::Union(item) => Some(&item.vis),
        _ => None,
    }
}

struct Silence<'p> {
    path: &'p str,
    found: Vec<String>,
}

impl Silence<'_> {
    fn check(&mut self, ident: &Ident, attributes: &[Attribute]) {
        if !has_doc(attributes) && !is_test_only(attributes) {
            self.found.push(at(self.path, ident.span(), &format!("`{ident}` is `pub` and does not say what it is")));
        }
    }

    fn check_fields(&mut self, fields: &syn::Fields, owner_is_pub: bool) {
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            if owner_is_pub || is_pub(&field.vis) {
                self.check(ident, &field.attrs);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Silence<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test_only(attributes_of(item)) {
            return;
        }
        if let Some(ident) = name_of(item)
            && visibility_of(item).is_some_and(is_pub)
        {
            self.check(ident, attributes_of(item));
        }
        visit::visit_item(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.check_fields(&item.fields, false);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        for variant in item.variants.iter().filter(|_| is_pub(&item.vis)) {
            self.check(&variant.ident, &variant.attrs);
            self.check_fields(&variant.fields, true);
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        for inner in item.items.iter().filter(|_| is_pub(&item.vis)) {
            match inner {
                syn::TraitItem::Fn(function) => self.check(&function.sig.ident, &function.attrs),
                syn::TraitItem::Const(constant) => self.check(&constant.ident, &constant.attrs),
                syn::TraitItem::Type(kind) => self.check(&kind.ident, &kind.attrs),
                _ => {}
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        match item {
            syn::ImplItem::Fn(function) if is_pub(&function.vis) => self.check(&function.sig.ident, &function.attrs),
            syn::ImplItem::Const(constant) if is_pub(&constant.vis) => self.check(&constant.ident, &constant.attrs),
            _ => {}
        }
        visit::visit_impl_item(self, item);
    }
}

#[test]
fn a_pub_item_without_a_doc_fires() {
    let text = "//! Head.\npub fn a() {}\n/// Doc.\npub struct B {\npub c: u8, d: u8 }\n/// Doc.\npub enum E {\nF,\n/// Doc.\nG {
        h: u8 } }\n/// Doc.\npub trait T {\nfn i(); }\nimpl B {\npub fn j() {}\nfn k() {} }\nimpl T for B { fn i() {} }
        pub(crate) fn l() {}\nenum M { N }\npub use x::Y;\npub mod o;\n/// Doc.\npub mod p {\npub const Q: u8 = 1; }
        #[cfg(test)]\npub mod tests { pub fn r() {} }\n/// Doc.\npub struct U(pub u8);";
    let tree = Tree::of(&[("src/lib.rs", text), ("src/o.rs", "fn a() {}"), ("tests/it/main.rs", "pub fn a() {}")]);
    let found = undocumented(&tree);
    let mut lines: Vec<String> = [2, 5, 8, 11, 14, 16, 25].map(|n| format!("src/lib.rs:{n}")).to_vec();
    lines.push("src/o.rs:1".to_owned());
    assert_eq!(super::tree::places(&found), lines, "{found:#?}");
}
