//! What things are called.

use super::syntax::name_of;
use super::tables::{BANNED_PREFIXES, BANNED_WORDS, NAMED_FOLDERS, TEST_NAME_WORDS_MIN};
use super::tokens::{RawAttribute, attributes};
use super::tree::{Tree, at};
use proc_macro2::TokenTree;
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};

/// Items, files and folders with a word in their name that says nothing. Tests are exempt: their names are sentences.
pub(crate) fn banned(tree: &Tree) -> Vec<String> {
    let mut found = BTreeSet::new();
    for file in &tree.files {
        let mut items = Items { path: &file.path, found: vec![] };
        items.visit_file(&file.syntax);
        found.extend(items.found);
        found.extend(banned_path(&file.path));
    }
    found.into_iter().collect()
}

/// Tests whose name is no sentence.
pub(crate) fn short_test_names(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in &tree.files {
        for attribute in attributes(file.tokens.clone()).into_iter().filter(|attribute| attribute.name == "test") {
            let Some(name) = function_after(&attribute) else { continue };
            let words = name.to_string().split('_').filter(|word| !word.is_empty()).count();
            if words < TEST_NAME_WORDS_MIN {
                let why = format!("test `{name}` is no sentence: {words} words, at least {TEST_NAME_WORDS_MIN}");
                found.push(at(&file.path, name.span(), &why));
            }
        }
    }
    found
}

fn function_after(attribute: &RawAttribute) -> Option<syn::Ident> {
    let mut tokens = attribute.after.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(ident) if ident == "fn"))?;
    match tokens.next()? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}

fn banned_path(path: &str) -> Option<String> {
    let mut folder = String::new();
    for part in path.split('/') {
        folder = if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
        if NAMED_FOLDERS.contains(&folder.as_str()) {
            continue;
        }
        let stem = part.split('.').next().unwrap_or(part).replace('-', "_");
        if let Some(why) = fault(&stem) {
            return Some(format!("{folder}:1: file or folder {why}"));
        }
    }
    None
}

/// Why a name is banned.
fn fault(name: &str) -> Option<String> {
    if let Some(prefix) = BANNED_PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
        return Some(format!("`{name}` begins with `{prefix}`"));
    }
    let banned = words(name).into_iter().find(|word| BANNED_WORDS.contains(&word.as_str()))?;
    Some(format!("`{name}` has the word `{banned}`"))
}

/// The words of a name in snake or camel case, in small letters, without numbers behind.
fn words(name: &str) -> Vec<String> {
    name.split('_').flat_map(camel_words).map(|word| word.trim_end_matches(char::is_numeric).to_lowercase()).collect()
}

fn camel_words(part: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let letters: Vec<char> = part.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after_small = before.is_some_and(|before| !before.is_uppercase());
        let ends_acronym = before.is_some() && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_small || ends_acronym) {
            found.push(String::new());
        }
        found.iter_mut().last().into_iter().for_each(|word| word.push(*letter));
    }
    found
}

struct Items<'p> {
    path: &'p str,
    found: Vec<String>,
}

impl Items<'_> {
    fn check(&mut self, ident: &syn::Ident, attributes: &[syn::Attribute]) {
        let named_test = |attribute: &syn::Attribute| {
            attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
        };
        if attributes.iter().any(named_test) {
            return;
        }
        if let Some(why) = fault(&ident.unraw().to_string()) {
            self.found.push(at(self.path, ident.span(), &format!("item {why}")));
        }
    }
}

impl<'ast> Visit<'ast> for Items<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let Some(ident) = name_of(item) {
            self.check(ident, super::syntax::attributes_of(item));
        }
        visit::visit_item(self, item);
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        for item in block.items.iter().filter(|_| block.trait_.is_none()) {
            match item {
                syn::ImplItem::Fn(function) => self.check(&function.sig.ident, &function.attrs),
                syn::ImplItem::Const(constant) => self.check(&constant.ident, &constant.attrs),
                _ => {}
            }
        }
        visit::visit_item_impl(self, block);
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        match item {
            syn::TraitItem::Fn(function) => self.check(&function.sig.ident, &function.attrs),
            syn::TraitItem::Const(constant) => self.check(&constant.ident, &constant.attrs),
            syn::TraitItem::Type(kind) => self.check(&kind.ident, &kind.attrs),
            _ => {}
        }
        visit::visit_trait_item(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn names_fall_apart_into_words() {
        assert_eq!(words("HTTPInfoOfMetadata2"), ["http", "info", "of", "metadata"]);
        assert_eq!(words("SEGMENT_DATA2"), ["segment", "data"]);
    }

    #[test]
    fn a_banned_word_fires_in_items_and_files() {
        let text = "mod utils {}\nstruct RowData;\nimpl Row {\nfn process_row() {}\nconst INFO: u8 = 1; }
            trait Misc {\nfn do_it(); }\nimpl Foreign for Row { fn data() {} }\nfn f() { let data = 1; }
            struct Metadata;\nfn dataset() {}\nfn r#handle_x() {}\n#[test]\nfn correct_data_comes_back() {}";
        let found = banned(&Tree::of(&[
            ("src/lib.rs", text),
            ("src/helper.rs", ""),
            ("tests/common/mod.rs", ""),
            ("examples/data/make.rs", ""),
        ]));
        let mut lines: Vec<String> = [1, 2, 4, 5, 6, 7, 12].map(|n| format!("src/lib.rs:{n}")).to_vec();
        lines.extend(["src/helper.rs:1".to_owned(), "tests/common:1".to_owned()]);
        lines.sort();
        let mut told = places(&found);
        told.sort_unstable();
        assert_eq!(told, lines);
    }

    #[test]
    fn a_test_of_two_words_fires() {
        let text = "#[test]\nfn it_works() {}\n#[test]\n#[ignore = \"slow\"]\nfn it_works_well() {}
            proptest! {\n#[test]\nfn prop(x in 0..1) {} }\nfn two_words() {}";
        assert_eq!(
            places(&short_test_names(&Tree::of(&[("tests/it/main.rs", text)]))),
            ["tests/it/main.rs:2", "tests/it/main.rs:8"]
        );
    }
}
