//! The README's section about the tool, run as a reader would.

use super::{Ended, run};
use std::fs;
use std::path::Path;

const README: &str = include_str!("../../../README.md");

/// The section about the tool.
fn section() -> &'static str {
    let (_, section) = README.split_once("\n## The command-line tool\n").unwrap();
    section.split_once("\n## ").unwrap().0
}

/// The only code block of a language in the section.
fn block(language: &str) -> &'static str {
    let blocks: Vec<&str> = section().split(&format!("```{language}\n")).skip(1).collect();
    assert_eq!(blocks.len(), 1, "blocks of {language}");
    blocks[0].split_once("```").unwrap().0
}

/// The commands and their outputs, each command on one line.
fn joined() -> &'static str {
    static JOINED: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| block("console").replace("\\\n", ""));
    &JOINED
}

/// Each command of the section with the output that the README shows.
fn commands() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in joined().lines() {
        match line.strip_prefix("$ vocdb ") {
            Some(command) => commands.push((command, Vec::new())),
            None => commands.last_mut().unwrap().1.push(line),
        }
    }
    commands
}

/// The arguments of a command line, whose only quotes are double ones.
fn arguments(command: &str) -> Vec<&str> {
    let quoted = command.split('"').enumerate();
    quoted
        .flat_map(|(number, part)| if number % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

/// Runs a command of the README, which must succeed and print what is shown; a line `...` stands for any lines.
fn run_shown(dir: &Path, command: &str, shown: &[&str]) {
    let ended: Ended = run(dir, &arguments(command));
    assert_eq!(ended.code, Some(0), "{command}: {}", ended.err);
    let printed: Vec<&str> = ended.out.lines().collect();
    let is_cut = shown.iter().any(|line| line.trim() == "...");
    assert!(is_cut || shown.is_empty() || printed.len() == shown.len(), "{command}: {}", ended.out);
    let mut rest = printed.iter();
    for line in shown.iter().filter(|line| line.trim() != "...") {
        assert!(rest.any(|printed| printed == line), "{command}: `{line}` is not in\n{}", ended.out);
    }
}

fn folder() -> tempfile::TempDir {
    let dir = crate::support::scratch::dir();
    fs::create_dir(dir.path().join("rules")).unwrap();
    for (name, language) in [("readings.csv", "csv"), ("rules/park.rhai", "rhai")] {
        assert!(section().contains(&format!("`{name}`:\n\n```{language}\n")), "{name}");
        fs::write(dir.path().join(name), block(language)).unwrap();
    }
    dir
}

#[test]
fn commands_of_the_readme_print_what_it_shows() {
    let dir = folder();
    let commands = commands();
    assert!(commands.len() >= 7 && commands.iter().filter(|(_, shown)| !shown.is_empty()).count() >= 4);
    for (command, shown) in &commands {
        run_shown(dir.path(), command, shown);
    }
    // The next file, as the README says.
    let next = block("csv").replace("2024-06-01", "2024-06-02");
    fs::write(dir.path().join("readings.csv"), next).unwrap();
    run_shown(dir.path(), commands[0].0, &[]);
    let listed = run(dir.path(), &["alarms", "list", "store", "--state", "all"]).printed();
    assert!(
        listed.starts_with("#1 2024-06-02T05:00:00Z") && listed.contains("`benzene-high` at `park/S1`"),
        "{listed}"
    );
}

#[test]
fn readme_names_what_a_new_user_needs() {
    let version = include_str!("../../../Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = format!("Rust {}", version.unwrap().trim_matches('"'));
    let wanted = [
        version.as_str(),
        "a few minutes",
        "cargo install --path . --features cli",
        "vocdb.d.rhai",
        "## Glossary",
        "| **ledger** |",
        "| **segment** |",
        "| **fresh, settled** |",
    ];
    for text in wanted {
        assert!(README.contains(text), "{text}");
    }
}
