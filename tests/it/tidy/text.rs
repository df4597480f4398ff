//! What no file may say: unfinished work, code in comments, hosts of registries, folders of one machine.

use super::tables::{MACHINE_PATHS, REGISTRY_HOSTS, REPLACED_WORDS, REWRITTEN_FILES, UNFINISHED};
use super::tree::{SourceFile, TextFile, Tree};

/// Marks of unfinished work.
pub(crate) fn unfinished(tree: &Tree) -> Vec<String> {
    lines_with(tree, |_, line| {
        let mark = UNFINISHED.iter().find(|mark| holds_word(line, mark))?;
        Some(format!("`{mark}` stands where finished work should"))
    })
}

/// Words that the glossary replaces, in files that are rewritten.
pub(crate) fn replaced_words(tree: &Tree) -> Vec<String> {
    lines_with(tree, |path, line| {
        let found =
            REPLACED_WORDS.iter().find(|(word, _)| is_rewritten(path) && holds_word(&line.to_lowercase(), word))?;
        Some(format!("`{}` is `{}` in the glossary", found.0, found.1))
    })
}

/// Hosts of package registries.
pub(crate) fn registry_hosts(tree: &Tree) -> Vec<String> {
    lines_with(tree, |_, line| {
        let host = REGISTRY_HOSTS.iter().find(|host| line.contains(**host))?;
        Some(format!("names the registry host `{host}`"))
    })
}

/// Paths that exist on somebody's machine only.
pub(crate) fn machine_paths(tree: &Tree) -> Vec<String> {
    lines_with(tree, |path, line| {
        let tolerated = |prefix: &Option<&str>| prefix.is_some_and(|prefix| path.starts_with(prefix));
        let held = MACHINE_PATHS.iter().find(|(folder, prefix)| !tolerated(prefix) && begins_path(line, folder));
        held.map(|(folder, _)| format!("names the machine's own `{folder}`"))
    })
}

/// Rows of a table in a document that have lost its head: a blank line before them ends the table.
pub(crate) fn torn_tables(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in tree.texts.iter().filter(|file| file.path.ends_with(".md")) {
        let (mut is_code, mut before) = (false, "");
        let mut lines = (1..).zip(file.text.lines()).peekable();
        while let Some((line, text)) = lines.next() {
            is_code ^= text.starts_with("```");
            let is_head = lines.peek().is_some_and(|(_, next)| next.starts_with("|--") || next.starts_with("| -"));
            if !is_code && text.starts_with('|') && !before.starts_with('|') && !is_head {
                found.push(format!("{}:{line}: a row of a table without a head", file.path));
            }
            before = text;
        }
    }
    found
}

/// Comments that are code. One line at a time, and only what no prose looks like.
pub(crate) fn commented_code(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for file in tree.files.iter().filter(|file| file.text.contains("//")) {
        let offending = comments(file).filter(|(_, comment)| is_code(comment));
        found.extend(offending.map(|(line, comment)| format!("{}:{line}: code in a comment: `{comment}`", file.path)));
    }
    found
}

fn is_rewritten(path: &str) -> bool {
    REWRITTEN_FILES
        .iter()
        .any(|rewritten| *rewritten == path || rewritten.ends_with('/') && path.starts_with(rewritten))
}

fn lines_with(tree: &Tree, fault: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let faults = |file: &TextFile| {
        let told = |(index, line)| fault(&file.path, line).map(|why| format!("{}:{}: {why}", file.path, index + 1));
        file.text.lines().enumerate().filter_map(told).collect::<Vec<_>>()
    };
    tree.texts.iter().flat_map(faults).collect()
}

fn holds_word(line: &str, word: &str) -> bool {
    let joins = |char: char| char.is_alphanumeric() || char == '_';
    let bang = word.ends_with('!');
    line.match_indices(word).any(|(start, _)| {
        let (before, rest) = line.split_at(start);
        let after = rest.get(word.len()..).unwrap_or_default();
        !before.ends_with(joins) && (bang || !after.starts_with(joins))
    })
}

/// Whether a path from the root of a file system stands in a line, rather than a part of a longer path or address.
fn begins_path(line: &str, folder: &str) -> bool {
    let joins = |char: char| char.is_alphanumeric() || "_-.}~*".contains(char);
    line.match_indices(folder).any(|(start, _)| !line.get(..start).is_some_and(|before| before.ends_with(joins)))
}

/// The lines that are a `//` comment and nothing else, doc comments left out.
fn comments(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let plain = |line: &str| !line.starts_with("///") && !line.starts_with("//!");
    let lines = file.text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let bare = lines.filter(move |(number, line)| plain(line) && !file.code_lines.contains(number));
    bare.filter_map(|(number, line)| Some((number, line.strip_prefix("//")?.trim())))
}

fn is_code(comment: &str) -> bool {
    let signs = comment.trim_end_matches(';').contains(['(', '=', '{', '!', ':']);
    if !comment.ends_with([';', '{', '}']) || !signs || comment.contains(". ") || comment.contains('`') {
        return false;
    }
    let whole = if comment.ends_with('{') { format!("{comment}}}") } else { comment.to_owned() };
    let statements = syn::parse::Parser::parse_str(syn::Block::parse_within, &whole);
    statements
        .is_ok_and(|statements| !statements.is_empty() && statements.iter().all(|one| is_unmistakable(one, comment)))
}

/// Statements that prose does not fall into by chance, as `return early;` or `{ x }` would.
fn is_unmistakable(statement: &syn::Stmt, comment: &str) -> bool {
    match statement {
        syn::Stmt::Local(_) | syn::Stmt::Item(_) | syn::Stmt::Macro(_) => true,
        syn::Stmt::Expr(expression, _) => match expression {
            syn::Expr::Return(inner) => inner.expr.as_ref().is_some_and(|inner| matches!(**inner, syn::Expr::Call(_))),
            syn::Expr::Try(_) | syn::Expr::Assign(_) | syn::Expr::Call(_) | syn::Expr::MethodCall(_) => true,
            syn::Expr::ForLoop(_) | syn::Expr::While(_) | syn::Expr::Loop(_) => comment.ends_with('{'),
            syn::Expr::If(_) | syn::Expr::Match(_) | syn::Expr::Unsafe(_) => comment.ends_with('{'),
            _ => false,
        },
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
    fn every_mark_of_unfinished_work_fires_as_a_whole_word() {
        for mark in UNFINISHED {
            assert_eq!(places(&unfinished(&library(&format!("//! Head.\n// {mark}(x): later")))), ["src/lib.rs:2"]);
            assert_eq!(unfinished(&library(&format!("// a_{mark} A{mark}B"))), Vec::<String>::new());
        }
    }

    #[test]
    fn replaced_words_fire_in_rewritten_files_only() {
        for (word, _) in REPLACED_WORDS {
            let text = format!("\nsomebody {word} here");
            for path in ["README.md", "src/bin/vocdb/commands/rules/check.rs"] {
                let text = if path.ends_with(".rs") { format!("\n// Somebody {word} here") } else { text.clone() };
                assert_eq!(places(&replaced_words(&Tree::of(&[(path, &text)]))), [format!("{path}:2")]);
            }
            assert_eq!(replaced_words(&Tree::of(&[("NOTES.md", &text)])), Vec::<String>::new());
        }
    }

    #[test]
    fn a_row_behind_a_blank_line_fires_outside_of_code() {
        let table = "| a | b |\n|---|---|\n| 1 | 2 |\n";
        let torn = format!("{table}\n| 3 | 4 |\n\n```\n| x |\n```\n\n{table}");
        assert_eq!(places(&torn_tables(&Tree::of(&[("README.md", &torn)]))), ["README.md:5"]);
    }

    #[test]
    fn code_in_a_comment_fires() {
        let lines = [
            "let x = 3;",
            "self.head.push(row)?;",
            "if x > 3 {",
            "println!(\"{x}\");",
            "use crate::store::Wal;",
            "fn f() { 1 }",
            "x = y;",
            "return Err(e);",
        ];
        for line in lines {
            assert_eq!(
                places(&commented_code(&library(&format!("fn f() {{}}\n    // {line}")))),
                ["src/lib.rs:2"],
                "{line}"
            );
        }
    }

    #[test]
    fn prose_and_strings_are_no_code_in_a_comment() {
        let lines = [
            "nothing;",
            "return early;",
            "use it;",
            "the head is sealed first; then the ledger is told;",
            "see `foo(x);`",
            "e.g. foo(x);",
            "width = high - low",
            "{",
            "}",
            "} else {",
            "a row (of two values);",
            "SAFETY: the map outlives it;",
            "for each x in {",
            "if expr { block } else { block }",
        ];
        for line in lines {
            assert_eq!(commented_code(&library(&format!("// {line}"))), Vec::<String>::new(), "{line}");
        }
        assert_eq!(
            commented_code(&library("/// let x = 1;\nconst S: &str = \"\n// let x = 1;\n\";")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn hosts_and_machine_paths_fire() {
        for host in REGISTRY_HOSTS {
            assert_eq!(
                places(&registry_hosts(&Tree::of(&[("README.md", &format!("\nhttps://{host}/x"))]))),
                ["README.md:2"]
            );
        }
        for (folder, tolerated) in MACHINE_PATHS {
            let text = format!("see `{folder}x`");
            assert_eq!(places(&machine_paths(&Tree::of(&[(".ci/run", &text)]))), [".ci/run:1"]);
            let in_tests = machine_paths(&Tree::of(&[("tests/it/main.rs", &format!("// {text}"))]));
            assert_eq!(in_tests.is_empty(), tolerated.is_some());
            assert_eq!(
                machine_paths(&Tree::of(&[("README.md", &format!("a{folder}x ..{folder}"))])),
                Vec::<String>::new()
            );
        }
        assert_eq!(
            registry_hosts(&Tree::of(&[("Cargo.lock", REGISTRY_HOSTS.first().unwrap_or(&""))])),
            Vec::<String>::new()
        );
    }
}
