//! Exceptions must say why: lint exceptions, ignored tests, `unsafe`.

use super::tables::UNSAFE_FILES;
use super::tokens::{attributes, words};
use super::tree::{SourceFile, Tree, at, line_of};
use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// `allow` where `expect` belongs, and `expect` without a reason.
pub(crate) fn silent_exceptions(tree: &Tree) -> Vec<String> {
    attribute_faults(tree, |name, content| match name {
        "allow" => Some("`allow`: say `expect` with a reason"),
        "cfg_attr" if holds(content, "allow") => Some("`allow`: say `expect` with a reason"),
        "expect" if !holds(content, "reason") => Some("`expect` without a reason"),
        "cfg_attr" if holds(content, "expect") && !holds(content, "reason") => Some("`expect` without a reason"),
        _ => None,
    })
}

/// Tests that are ignored without a reason.
pub(crate) fn silent_ignores(tree: &Tree) -> Vec<String> {
    attribute_faults(tree, |name, content| {
        let text = content.to_string();
        let bare = name == "ignore" && !text.contains('"');
        let conditional = name == "cfg_attr" && holds(content, "ignore") && !text.contains("ignore = \"");
        (bare || conditional).then_some("`ignore` without a reason")
    })
}

/// `unsafe` in a file that may have none.
pub(crate) fn unsafe_elsewhere(tree: &Tree) -> Vec<String> {
    let barred = tree.files.iter().filter(|file| !UNSAFE_FILES.contains(&file.path.as_str()));
    let told = |file: &SourceFile| {
        let spans = words(file.tokens.clone(), "unsafe");
        spans.into_iter().map(|span| at(&file.path, span, "`unsafe` in a file that may have none")).collect::<Vec<_>>()
    };
    barred.flat_map(told).collect()
}

/// `unsafe` without a `// SAFETY:` comment directly above it or above the statement that it stands in.
pub(crate) fn unsafe_without_safety(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in tree.files.iter().filter(|file| UNSAFE_FILES.contains(&file.path.as_str())) {
        let mut blocks = UnsafeBlocks { statement: 0, found: vec![] };
        blocks.visit_file(&file.syntax);
        let lines: Vec<&str> = file.text.lines().collect();
        for (span, statement) in blocks.found {
            if !argued(&lines, line_of(span)) && !argued(&lines, statement) {
                found.push(at(&file.path, span, "`unsafe` without a `// SAFETY:` comment directly above"));
            }
        }
    }
    found
}

fn attribute_faults(tree: &Tree, fault: impl Fn(&str, &TokenStream) -> Option<&'static str>) -> Vec<String> {
    let mut found = vec![];
    for file in &tree.files {
        for attribute in attributes(file.tokens.clone()) {
            found.extend(fault(&attribute.name, &attribute.content).map(|why| at(&file.path, attribute.span, why)));
        }
    }
    found
}

fn holds(content: &TokenStream, word: &str) -> bool {
    !words(content.clone(), word).is_empty()
}

/// Whether the run of comments that ends just above a line argues for safety.
fn argued(lines: &[&str], line: usize) -> bool {
    let above = lines.get(..line.saturating_sub(1)).unwrap_or_default();
    let comments = above.iter().rev().map(|line| line.trim()).take_while(|line| line.starts_with("//"));
    comments.into_iter().any(|comment| comment.starts_with("// SAFETY:"))
}

/// Each `unsafe` block or impl, with the line on which the statement or item around it begins.
struct UnsafeBlocks {
    statement: usize,
    found: Vec<(Span, usize)>,
}

impl<'ast> Visit<'ast> for UnsafeBlocks {
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let before = std::mem::replace(&mut self.statement, line_of(statement.span()));
        visit::visit_stmt(self, statement);
        self.statement = before;
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.found.push((block.unsafe_token.span, self.statement));
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        if let Some(token) = &block.unsafety {
            self.found.push((token.span, line_of(block.span())));
        }
        visit::visit_item_impl(self, block);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn library(text: &str) -> Tree {
        Tree::of(&[("src/lib.rs", text)])
    }

    #[test]
    fn an_exception_without_a_reason_fires() {
        let text = "#![allow(dead_code)]\n#[expect(clippy::panic)]\nfn f() {}\n#[expect(a, reason = \"b\")]\nfn g() {}
            #[cfg_attr(test, allow(x))]\nfn h() {}\nmacro_rules! m { () => {\n#[allow(y)]\nfn f() {} } }
            #[deny(z)]\n#[doc = \"allow\"]\nfn allow() { x.expect(\"y\"); }";
        let lines = [1, 2, 6, 9].map(|n| format!("src/lib.rs:{n}"));
        assert_eq!(places(&silent_exceptions(&library(text))), lines);
    }

    #[test]
    fn an_ignored_test_without_a_reason_fires() {
        let text =
            "#[test]\n#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\nfn b() {}\n#[cfg_attr(miri, ignore)]\nfn c() {}
            #[cfg_attr(miri, ignore = \"no files\")]\nfn d() {}";
        assert_eq!(places(&silent_ignores(&library(text))), ["src/lib.rs:2", "src/lib.rs:6"]);
    }

    #[test]
    fn unsafe_fires_wherever_it_is_not_expected() {
        let text = "// unsafe\nfn f() { g(\"unsafe\") }\nfn h() { unsafe { g() } }\n#![deny(unsafe_code)]";
        assert_eq!(places(&unsafe_elsewhere(&library(&text.replace("#![deny(unsafe_code)]", "")))), ["src/lib.rs:3"]);
        let expected = Tree::of(&[("src/io/map.rs", "fn h() { unsafe { g() } }")]);
        assert_eq!(unsafe_elsewhere(&expected), Vec::<String>::new());
    }

    #[test]
    fn unsafe_without_its_argument_fires() {
        let text = "fn f() {\n    // SAFETY: the file is ours,\n    // and stays.\n    let a =\n        unsafe { g() };
            // Something else.\n    unsafe { g() };\n\n    // SAFETY: far away.\n\n    unsafe { g() };\n}\nunsafe impl Send for X {}";
        let lines = [7, 11, 13].map(|n| format!("src/io/map.rs:{n}"));
        assert_eq!(places(&unsafe_without_safety(&Tree::of(&[("src/io/map.rs", text)]))), lines);
    }
}
