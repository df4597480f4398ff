//! How large things may grow: functions, parameter lists, nesting, files, folders.

use super::syntax::{attributes_of, is_test_only};
use super::tables::{FILE_LINES_MAX, FOLDER_FILES_MAX, FUNCTION_LINES_MAX, NESTING_MAX, PARAMETERS_MAX};
use super::tree::{SourceFile, Tree, at, line_of};
use proc_macro2::Span;
use std::collections::{BTreeMap, BTreeSet};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Functions with too many lines.
pub(crate) fn long_functions(tree: &Tree) -> Vec<String> {
    measured(tree, |measure| {
        let lines = measure.lines;
        (lines > FUNCTION_LINES_MAX)
            .then(|| (measure.span, format!("has {lines} lines, more than {FUNCTION_LINES_MAX}")))
    })
}

/// Functions with too many parameters.
pub(crate) fn wide_functions(tree: &Tree) -> Vec<String> {
    measured(tree, |measure| {
        let count = measure.parameters;
        (count > PARAMETERS_MAX).then(|| (measure.span, format!("has {count} parameters, more than {PARAMETERS_MAX}")))
    })
}

/// Functions with too many blocks within blocks; told at the first line that is too deep.
pub(crate) fn deep_functions(tree: &Tree) -> Vec<String> {
    measured(tree, |measure| {
        measure.too_deep.map(|span| (span, format!("nests its blocks {} deep, more than {NESTING_MAX}", measure.depth)))
    })
}

/// Files with too many lines of code.
pub(crate) fn long_files(tree: &Tree) -> Vec<String> {
    let told = |file: &SourceFile| {
        let lines = code_lines(file);
        (lines > FILE_LINES_MAX)
            .then(|| format!("{}:1: has {lines} lines of code, more than {FILE_LINES_MAX}", file.path))
    };
    tree.files.iter().filter_map(told).collect()
}

/// Folders under `src/` with too many files.
pub(crate) fn full_folders(tree: &Tree) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (folder, _) in tree.paths.iter().filter_map(|path| path.rsplit_once('/')) {
        *counts.entry(folder).or_default() += 1;
    }
    let full = counts.iter().filter(|(folder, count)| folder.starts_with("src") && **count > FOLDER_FILES_MAX);
    full.map(|(folder, count)| format!("{folder}:1: holds {count} files, more than {FOLDER_FILES_MAX}")).collect()
}

/// The lines with code on them that are in a build without tests, or all of them in a folder of tests.
fn code_lines(file: &SourceFile) -> usize {
    let mut tests = TestLines { lines: BTreeSet::new() };
    tests.visit_file(&file.syntax);
    file.code_lines.difference(&tests.lines).count()
}

struct TestLines {
    lines: BTreeSet<usize>,
}

impl<'ast> Visit<'ast> for TestLines {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test_only(attributes_of(item)) {
            self.lines.extend(line_of(item.span())..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

/// What one function measures.
struct Measure {
    name: String,
    span: Span,
    lines: usize,
    parameters: usize,
    depth: usize,
    too_deep: Option<Span>,
}

fn measured(tree: &Tree, judge: impl Fn(&Measure) -> Option<(Span, String)>) -> Vec<String> {
    let mut found = vec![];
    for file in &tree.files {
        let mut functions = Functions { measures: vec![] };
        functions.visit_file(&file.syntax);
        let offence = |measure: &Measure| {
            judge(measure).map(|(span, why)| at(&file.path, span, &format!("fn `{}` {why}", measure.name)))
        };
        found.extend(functions.measures.iter().filter_map(offence));
    }
    found
}

struct Functions {
    measures: Vec<Measure>,
}

impl Functions {
    fn measure(&mut self, signature: &syn::Signature, body: Option<&syn::Block>) {
        let end = body.map_or(signature.fn_token.span, |body| body.brace_token.span.close());
        let mut nesting = Nesting { depth: 0, deepest: 0, too_deep: None };
        if let Some(body) = body {
            visit::visit_block(&mut nesting, body);
        }
        self.measures.push(Measure {
            name: signature.ident.to_string(),
            span: signature.fn_token.span,
            lines: end.end().line + 1 - line_of(signature.fn_token.span),
            parameters: signature.inputs.iter().filter(|input| matches!(input, syn::FnArg::Typed(_))).count(),
            depth: nesting.deepest,
            too_deep: nesting.too_deep,
        });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig, Some(&function.block));
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig, Some(&function.block));
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.measure(&function.sig, function.default.as_ref());
        visit::visit_trait_item_fn(self, function);
    }
}

/// How deep one function's blocks go. A match is one level, whether or not its arms have blocks; `else if` is none.
struct Nesting {
    depth: usize,
    deepest: usize,
    too_deep: Option<Span>,
}

impl Nesting {
    fn deeper(&mut self, span: Span, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth > NESTING_MAX {
            self.too_deep.get_or_insert(span);
        }
        visit(self);
        self.depth -= 1;
    }

    /// An expression whose own block, if it is one, has been counted already.
    fn flat(&mut self, expression: &syn::Expr) {
        match expression {
            syn::Expr::Block(inner) => visit::visit_block(self, &inner.block),
            other => self.visit_expr(other),
        }
    }
}

impl<'ast> Visit<'ast> for Nesting {
    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.deeper(block.brace_token.span.open(), |nesting| visit::visit_block(nesting, block));
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        self.visit_expr(&expression.expr);
        self.deeper(expression.brace_token.span.open(), |nesting| {
            for arm in &expression.arms {
                arm.guard.iter().for_each(|(_, guard)| nesting.visit_expr(guard));
                nesting.flat(&arm.body);
            }
        });
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
    fn a_function_of_71_lines_fires_and_one_of_70_does_not() {
        let of = |lines: usize| {
            format!("\nimpl S {{\n/// Doc.\n#[inline]\npub fn f() {{\n{}}}\n}}", "a();\n".repeat(lines - 2))
        };
        assert_eq!(places(&long_functions(&library(&of(71)))), ["src/lib.rs:5"]);
        assert_eq!(long_functions(&library(&of(70))), Vec::<String>::new());
    }

    #[test]
    fn a_sixth_parameter_fires_but_self_is_free() {
        let text = "trait T { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8); }\nfn g(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {}";
        assert_eq!(places(&wide_functions(&library(text))), ["src/lib.rs:2"]);
    }

    #[test]
    fn a_fifth_level_of_blocks_fires() {
        let four = "fn f() { for a in b { if c { x } else if d { match e { 1 => { g(|y| { y }) } _ => {} } } } }";
        assert_eq!(deep_functions(&library(four)), Vec::<String>::new());
        let five = "fn f() {\nfor a in b {\nwhile c {\nmatch e {\n1 => g(|y| {\nlet Some(z) = y else {\nreturn };\n}),\n_ => {} } } } }";
        assert_eq!(places(&deep_functions(&library(five))), ["src/lib.rs:6"]);
        let nested = "fn f() { loop { loop { fn g() { loop { loop { loop { } } } } } } }";
        assert_eq!(deep_functions(&library(nested)), Vec::<String>::new());
    }

    #[test]
    fn a_file_of_401_lines_of_code_fires_and_tests_are_free() {
        let of = |lines: usize| {
            let items = "// note\n\nfn f() {}\n".repeat(lines);
            format!("//! Head.\n{items}#[cfg(test)]\nmod tests {{\n{}}}\n", "fn g() {}\n".repeat(50))
        };
        assert_eq!(places(&long_files(&library(&of(401)))), ["src/lib.rs:1"]);
        assert_eq!(long_files(&library(&of(400))), Vec::<String>::new());
    }

    #[test]
    fn a_folder_of_13_files_fires() {
        let names: Vec<String> = (0..13).map(|n| format!("src/model/{n}.rs")).collect();
        let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(places(&full_folders(&Tree::of(&files))), ["src/model:1"]);
        files.pop();
        assert_eq!(full_folders(&Tree::of(&files)), Vec::<String>::new());
    }
}
