//! The operator's tool `vocdb`, run as a process of its own.

mod alarms;
mod dump;
mod hj212;
mod import;
mod incidents;
mod profiles;
mod quality;
mod query;
mod readme;
mod rules;
mod upkeep;
mod usage;
mod words;
mod zones;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How one run has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// What it printed, where it has gone well and said nothing on standard error.
    pub(crate) fn printed(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Its error, where it ended with this code and printed nothing.
    pub(crate) fn error(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(self.err.starts_with("error: ") || self.err.starts_with(r#"{"error":"#), "{}", self.err);
        self.err
    }

    /// The one JSON object that it printed.
    pub(crate) fn object(self) -> serde_json::Value {
        let printed = self.printed();
        assert_eq!(printed.lines().count(), 1, "{printed}");
        serde_json::from_str(&printed).unwrap()
    }
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vocdb"));
    command.args(arguments).current_dir(dir).stdin(Stdio::null());
    command
}

/// Runs the tool in a folder.
pub(crate) fn run(dir: &Path, arguments: &[&str]) -> Ended {
    let output = command(dir, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the tool in a folder with bytes on its standard input.
pub(crate) fn run_piped(dir: &Path, arguments: &[&str], input: &[u8]) -> Ended {
    let mut command = command(dir, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs it with `more` behind `arguments`.
fn run_with(dir: &Path, arguments: &[&str], more: &[&str]) -> Ended {
    run(dir, &[arguments, more].concat())
}

/// A file under `examples/data`.
pub(crate) fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(path).display().to_string()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tool").join(name)
}

/// Compares with a golden file.
fn assert_golden(name: &str, found: &str) {
    let golden = std::fs::read_to_string(fixture(name)).unwrap_or_default();
    assert_eq!(found, golden, "{name} is another now:\n{found}");
}

/// Times of a text that are in UTC, without the text before and after them.
pub(crate) fn times_in_utc(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !(letter.is_ascii_digit() || "-:.TZ".contains(letter)));
    words.filter(|word| word.len() >= 20 && word.ends_with('Z') && word.contains('T')).collect()
}

/// Lines of a plain file, fields split at commas: an oracle that shares nothing with the reader under test.
fn plain_rows(path: &str, lines_before: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(example(path)).unwrap();
    let rows = text.lines().skip(lines_before).map(|line| line.split(',').map(str::to_owned).collect());
    rows.collect()
}

/// `time,value,quality` lines behind the header, as time and value.
fn samples(printed: &str) -> Vec<(String, Option<f64>)> {
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("time,value,quality"));
    let sample = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), fields[2]), (3, "normal"), "{line}");
        (fields[0].to_owned(), (!fields[1].is_empty()).then(|| fields[1].parse().unwrap()))
    };
    lines.map(sample).collect()
}
