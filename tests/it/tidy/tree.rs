//! The crate as the checks see it: every file by its path, every Rust file parsed.

use super::tables::{SOURCE_FOLDERS, UNREAD_FILES, UNWALKED_FOLDERS};
use proc_macro2::{Delimiter, LineColumn, Span, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// One Rust file. Lines count from 1 everywhere.
pub(crate) struct SourceFile {
    /// Where it stands, from the root, with `/` between folders.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
    /// The same as tokens: also what macros are given.
    pub(crate) tokens: TokenStream,
    /// The same as items.
    pub(crate) syntax: syn::File,
    /// The lines with code on them: no blank lines, no comments.
    pub(crate) code_lines: BTreeSet<usize>,
}

/// One file that reads as text.
pub(crate) struct TextFile {
    /// Where it stands, from the root.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// A project on disk, or a made-up one.
pub(crate) struct Tree {
    /// Every file of the project, sorted.
    pub(crate) paths: Vec<String>,
    /// Those that are text.
    pub(crate) texts: Vec<TextFile>,
    /// Those that are Rust.
    pub(crate) files: Vec<SourceFile>,
    /// Rust files that do not parse, each with its reason.
    pub(crate) unparsed: Vec<String>,
}

impl Tree {
    /// Reads the project under `root`; build output and git's own files are left out.
    pub(crate) fn load(root: &Path) -> io::Result<Self> {
        let mut tree = Self::empty();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                if !entry.file_type()?.is_dir() {
                    tree.add(&relative(root, &entry.path()), fs::read(entry.path())?);
                } else if !UNWALKED_FOLDERS.iter().any(|skipped| name == **skipped) {
                    folders.push(entry.path());
                }
            }
        }
        tree.sort();
        Ok(tree)
    }

    /// A made-up project of these paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::empty();
        for (path, text) in files {
            tree.add(path, text.as_bytes().to_vec());
        }
        tree.sort();
        tree
    }

    fn empty() -> Self {
        Self { paths: vec![], texts: vec![], files: vec![], unparsed: vec![] }
    }

    fn sort(&mut self) {
        self.paths.sort();
        self.texts.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.paths.push(path.to_owned());
        let name = path.rsplit('/').next().unwrap_or(path);
        if UNREAD_FILES.contains(&name) {
            return;
        }
        let Ok(text) = String::from_utf8(bytes) else { return };
        let folder = path.split('/').next().unwrap_or_default();
        if name.ends_with(".rs") && SOURCE_FOLDERS.contains(&folder) {
            match SourceFile::parse(path, &text) {
                Ok(file) => self.files.push(file),
                Err(reason) => self.unparsed.push(reason),
            }
        }
        self.texts.push(TextFile { path: path.to_owned(), text });
    }
}

impl SourceFile {
    fn parse(path: &str, text: &str) -> Result<Self, String> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("{path}:1: {error}"))?;
        let syntax = syn::parse2(tokens.clone()).map_err(|error| at(path, error.span(), &error.to_string()))?;
        let lines: Vec<&str> = text.lines().collect();
        let mut code_lines = BTreeSet::new();
        collect_code_lines(tokens.clone(), &lines, &mut code_lines);
        code_lines.retain(|line| lines.get(line - 1).is_some_and(|text| !text.trim().is_empty()));
        Ok(Self { path: path.to_owned(), text: text.to_owned(), tokens, syntax, code_lines })
    }
}

/// An offence: where, then why.
pub(crate) fn at(path: &str, span: Span, why: &str) -> String {
    format!("{path}:{}: {why}", line_of(span))
}

/// The line on which something begins.
pub(crate) fn line_of(span: Span) -> usize {
    span.start().line
}

/// The `path:line` parts of offences, for the checks' own tests.
pub(crate) fn places(offences: &[String]) -> Vec<&str> {
    offences.iter().map(|offence| offence.split(": ").next().unwrap_or_default()).collect()
}

fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn collect_code_lines(tokens: TokenStream, lines: &[&str], found: &mut BTreeSet<usize>) {
    for token in tokens {
        let start = token.span().start();
        if begins_comment(lines, start) {
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::None {
                    found.insert(start.line);
                    found.insert(group.span_close().end().line);
                }
                collect_code_lines(group.stream(), lines, found);
            }
            TokenTree::Literal(literal) => found.extend(start.line..=literal.span().end().line),
            TokenTree::Ident(_) | TokenTree::Punct(_) => found.extend([start.line]),
        }
    }
}

/// Whether a token is a doc comment in disguise: the lexer turns those into attributes.
fn begins_comment(lines: &[&str], start: LineColumn) -> bool {
    let Some(line) = lines.get(start.line.saturating_sub(1)) else { return false };
    let mut rest = line.chars().skip(start.column);
    rest.next() == Some('/') && matches!(rest.next(), Some('/' | '*'))
}

#[test]
fn load_finds_every_file_but_build_output() -> io::Result<()> {
    let home = tempfile::tempdir()?;
    for folder in ["src/base", "target/debug", ".git", "fuzz/target"] {
        fs::create_dir_all(home.path().join(folder))?;
    }
    for file in ["Cargo.toml", "src/lib.rs", "src/base/mod.rs", "target/debug/x.rs", ".git/HEAD", "fuzz/target/y.rs"] {
        fs::write(home.path().join(file), "")?;
    }
    fs::write(home.path().join("src/base/noise.rs"), [0xff, 0xfe])?;
    fs::write(home.path().join("src/broken.rs"), "//! Broken.\nfn f( {")?;
    let tree = Tree::load(home.path())?;
    assert_eq!(tree.paths, ["Cargo.toml", "src/base/mod.rs", "src/base/noise.rs", "src/broken.rs", "src/lib.rs"]);
    assert_eq!(tree.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["src/base/mod.rs", "src/lib.rs"]);
    assert_eq!(tree.unparsed.len(), 1);
    Ok(())
}

#[test]
fn code_lines_leave_out_comments_and_blanks() {
    let text =
        "//! Head.\n\n/// Doc.\nfn f() {\n    // note\n    let _x = \"a\n\nb\"; // tail\n    /* block\n    */\n}\n";
    let tree = Tree::of(&[("src/lib.rs", text)]);
    let lines: Vec<usize> = tree.files.iter().flat_map(|file| file.code_lines.iter().copied()).collect();
    assert_eq!(lines, [4, 6, 8, 11]);
}
