//! The rules of the house, as tests: layers, circles, sizes, names, exceptions, dead files.
//!
//! `tables.rs` has every list and every limit. A check is a function from a [`Tree`] to its offences, each `path:line: why`,
//! and is itself tested on made-up trees beside it.

mod attributes;
mod clocks;
mod cycles;
mod documented;
mod layers;
mod layout;
mod modules;
mod names;
mod resolve;
mod sizes;
mod syntax;
mod tables;
mod text;
mod tokens;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use tree::Tree;

/// One check: all its offences in a tree.
type Check = fn(&Tree) -> Vec<String>;

/// All offences of this crate by the sentence they break. The crate is parsed once, by whichever test comes first.
fn report() -> &'static BTreeMap<&'static str, Vec<String>> {
    static REPORT: OnceLock<BTreeMap<&'static str, Vec<String>>> = OnceLock::new();
    REPORT.get_or_init(|| match Tree::load(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Ok(tree) => CHECKS.iter().map(|(sentence, check)| (*sentence, check(&tree))).collect(),
        Err(error) => CHECKS.iter().map(|(sentence, _)| (*sentence, vec![format!("unread: {error}")])).collect(),
    })
}

fn hold(sentence: &str) {
    let offences = report().get(sentence).map(Vec::as_slice).unwrap_or_default();
    assert!(offences.is_empty(), "{}: {} offences\n{}", sentence, offences.len(), offences.join("\n"));
}

macro_rules! house_rules {
    ($($sentence:ident: $check:expr;)+) => {
        const CHECKS: &[(&str, Check)] = &[$((stringify!($sentence), $check)),+];
        $(#[test] fn $sentence() { hold(stringify!($sentence)); })+
    };
}

house_rules! {
    every_source_file_parses: |tree| tree.unparsed.clone();
    no_folder_imports_what_its_layer_may_not: layers::breaches;
    no_files_need_each_other_in_a_circle: cycles::knots;
    no_folders_of_a_layer_need_each_other_in_a_circle: cycles::folder_knots;
    no_function_is_too_long: sizes::long_functions;
    no_function_has_too_many_parameters: sizes::wide_functions;
    no_function_nests_its_blocks_too_deep: sizes::deep_functions;
    no_file_has_too_many_lines: sizes::long_files;
    no_folder_holds_too_many_files: sizes::full_folders;
    no_name_has_a_word_that_says_nothing: names::banned;
    every_test_name_is_a_sentence: names::short_test_names;
    no_file_has_unfinished_work: text::unfinished;
    no_rewritten_file_has_a_replaced_word: text::replaced_words;
    no_table_of_a_document_is_torn: text::torn_tables;
    no_comment_is_code: text::commented_code;
    no_file_names_a_registry_host: text::registry_hosts;
    no_file_names_a_path_of_one_machine: text::machine_paths;
    every_lint_exception_is_expected_with_a_reason: attributes::silent_exceptions;
    every_ignored_test_says_why: attributes::silent_ignores;
    unsafe_code_is_where_it_is_expected_only: attributes::unsafe_elsewhere;
    every_unsafe_block_argues_its_safety: attributes::unsafe_without_safety;
    no_rust_file_is_dead: layout::dead_files;
    examples_hold_nothing_stray: layout::stray_examples;
    the_top_of_the_project_holds_nothing_stray: layout::stray_at_the_top;
    every_byte_format_has_its_document: layout::missing_formats;
    every_pub_item_is_documented: documented::undocumented;
    no_test_looks_at_the_clock: clocks::clocks_in_tests;
}
