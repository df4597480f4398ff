//! `vocdb rules test`: runs the tests of rules.

use super::draw;
use super::files::{rules_of, tests_of};
use crate::failure::Failure;
use crate::output::Output;
use annotate_snippets::Level;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape;
use vocdb::base::escape::counted;
use vocdb::{Registry, TestFailure, TestOutcome, run_rule_tests};

/// An example for the help text, printed as it is.
const EXAMPLE: &str = "\
Example, as rules/park_test.rhai beside rules/park.rhai:

  test(\"a plume opens the alarm, clean air closes it\", |t| {
      t.instrument(\"park/S1\", \"gc\", 1.minute, #{ benzene: \"ppb\" });
      t.feed(\"park/S1\", \"benzene\", \"12x10 90x20 5x40\");  // 12 minutes at 10 ppb, 20 at 90, 40 at 5
      t.at(10.minutes).expect_normal(\"benzene-high\");
      t.at(25.minutes).expect_open(\"benzene-high\", \"park/S1\");
      t.at(25.minutes).expect_sent(\"duty officer\", 1);
      t.at(70.minutes).expect_closed(\"benzene-high\");
  });";

/// Run the tests in a rules folder
///
/// Tests are in files whose names end in `_test.rhai`. Each test runs the rules of the folder with its own stations, readings and clock.
/// The exit code is 1 if a test fails or no test exists.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLE)]
pub(crate) struct Test {
    /// Folder of rule files and tests
    dir: PathBuf,
}

/// A test as JSON.
#[derive(Serialize)]
struct Line<'a> {
    test: &'a str,
    place: String,
    passed: bool,
    failures: Vec<String>,
}

/// The label of the place of a failure.
const fn label(failure: &TestFailure) -> &'static str {
    if failure.is_error { "error in the test" } else { "this expectation failed" }
}

impl Test {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let (rules, tests) = (rules_of(&self.dir)?, tests_of(&self.dir)?);
        let outcomes = run_rule_tests(&rules, &tests, &Registry::default());
        if outcomes.is_empty() {
            let says = format!(
                "`{}` has no tests; write them in a file whose name ends in _test.rhai",
                escape::Line(self.dir.display())
            );
            return Err(Failure::Says(says));
        }
        for outcome in &outcomes {
            let TestOutcome { name, place, failures } = outcome;
            let told = failures.iter().map(|failure| format!("{}: {}", failure.place, failure.message)).collect();
            let line = Line { test: name, place: place.to_string(), passed: failures.is_empty(), failures: told };
            let files = [rules.as_slice(), tests.as_slice()].concat();
            output.either(&line, || {
                let mut text =
                    format!("{} {}\n", if failures.is_empty() { "ok    " } else { "FAILED" }, escape::Line(name));
                for failure in failures {
                    let said = (failure.message.as_str(), label(failure));
                    text.push_str(&draw::one(Level::ERROR, &failure.place, said, (&files, false)));
                }
                text
            })?;
        }
        output.flush()?;
        let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
        if failed > 0 {
            return Err(Failure::Says(format!("{failed} of {} failed", counted(outcomes.len(), "test"))));
        }
        let text = format!("{} passed\n", counted(outcomes.len(), "test"));
        if output.is_json() { Ok(()) } else { output.writer().write_all(text.as_bytes()).map_err(Failure::from_output) }
    }
}
