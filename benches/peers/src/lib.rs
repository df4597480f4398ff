//! vocdb and its rivals on the same readings, in one run: answers are checked against one another and against the source, then a
//! Markdown table and one JSON object a line say how fast and how small each of them is.

mod cases;
mod child;
mod engines;
mod failure;
mod load;
mod measure;
mod options;
mod report;

use cases::Run;
use failure::Failure;
use options::{Job, Options};
use std::io::Write;
use std::process::ExitCode;

/// Runs what the arguments say (see [`options::USAGE`]) and prints the result. A failure, or engines that disagree, end in an exit
/// code of 1 and a line on standard error.
pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let outcome = Options::parse(arguments).and_then(|options| match &options.job {
        Job::Usage => print(options::USAGE),
        Job::Child(child) => child::run(&options, child),
        Job::Bench => bench(options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: Options) -> Result<(), Failure> {
    let mut run = Run::new(options)?;
    let outcome = run.all();
    print(&report::text(&run))?;
    outcome
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| Failure::new("write the report", e))
}
