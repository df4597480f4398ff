//! No test looks at the clock: what passes on a quiet machine must pass on a busy one. Tests bound the work itself: operations, bytes
//! allocated, growth from n to 2n.

use super::syntax::{attributes_of, is_test_only};
use super::tables::CLOCK_WORDS;
use super::tokens::words;
use super::tree::{SourceFile, Tree, at, line_of};
use std::ops::RangeInclusive;
use syn::spanned::Spanned;

/// Words of the clock in tests.
pub(crate) fn clocks_in_tests(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in &tree.files {
        let ranges = test_lines(file);
        for (word, why) in CLOCK_WORDS {
            let spans = words(file.tokens.clone(), word).into_iter();
            let in_tests = spans.filter(|span| ranges.iter().any(|range| range.contains(&line_of(*span))));
            found.extend(in_tests.map(|span| at(&file.path, span, why)));
        }
    }
    found
}

/// The lines of a file that exist in test builds only.
fn test_lines(file: &SourceFile) -> Vec<RangeInclusive<usize>> {
    let is_of_tests = file.path.starts_with("tests/") || file.path.ends_with("/tests.rs");
    if is_of_tests || is_test_only(&file.syntax.attrs) {
        return vec![1..=usize::MAX];
    }
    let mut found = vec![];
    collect(&file.syntax.items, &mut found);
    found
}

fn collect(items: &[syn::Item], found: &mut Vec<RangeInclusive<usize>>) {
    for item in items {
        if is_test_only(attributes_of(item)) || is_test(item) {
            found.push(line_of(item.span())..=item.span().end().line);
        } else if let syn::Item::Mod(syn::ItemMod { content: Some((_, inner)), .. }) = item {
            collect(inner, found);
        }
    }
}

fn is_test(item: &syn::Item) -> bool {
    attributes_of(item).iter().any(|attribute| attribute.path().is_ident("test"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn the_clock_in_a_test_fires() {
        let text =
            "fn f() { let t = Instant::now(); t.elapsed(); }\n#[test]\nfn a() {\n    assert!(x.elapsed() < y);\n}
            mod inner {\n#[cfg(test)]\nmod tests {\n    use std::time::SystemTime;\n    m!(Instant::now());\n}\n}";
        let tree = Tree::of(&[("src/lib.rs", text)]);
        let mut found = clocks_in_tests(&tree);
        found.sort();
        assert_eq!(places(&found), ["src/lib.rs:10", "src/lib.rs:4", "src/lib.rs:9"]);
        for path in ["tests/it/x.rs", "src/a/tests.rs"] {
            let found = clocks_in_tests(&Tree::of(&[(path, "fn f() {\n begun.elapsed()\n}")]));
            assert_eq!(places(&found), [format!("{path}:2")]);
        }
        let whole = "#![cfg(test)]\nfn f() {\n begun.elapsed()\n}";
        assert_eq!(places(&clocks_in_tests(&Tree::of(&[("src/x.rs", whole)]))), ["src/x.rs:3"]);
    }

    #[test]
    fn the_clock_elsewhere_and_in_words_does_not() {
        let text = "//! Instant::now()\nfn f() { Instant::now().elapsed(); }\n#[cfg(not(test))]\nmod m { fn g() { t.elapsed() } }
            #[test]\nfn a() { let elapsed_ms = 3; assert_eq!(\"elapsed()\", \"\"); }";
        assert_eq!(clocks_in_tests(&Tree::of(&[("src/lib.rs", text)])), Vec::<String>::new());
        assert_eq!(clocks_in_tests(&Tree::of(&[("benches/x.rs", "fn f() { t.elapsed() }")])), Vec::<String>::new());
    }
}
