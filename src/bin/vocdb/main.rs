//! The operator's tool: files in, answers out, upkeep of a store. It wires the library to a terminal and holds no logic of its own.
//!
//! Results go to standard output, errors as `error: ...` to standard error, with `--json` as one object with `error`. The exit code is 0, 1 where something cannot be done, or
//! 2 where the command line makes no sense. A reader that closes the pipe early is no error.

mod choice;
mod commands;
mod failure;
mod output;
mod progress;
mod store;
mod values;

use clap::{CommandFactory, Parser};
use commands::Command;
use output::Output;
use std::io::Write;
use std::process::ExitCode;
use vocdb::base::escape::Lines;

/// Readings of air-quality stations: import, query, look, keep in order.
#[derive(Debug, Parser)]
#[command(name = "vocdb", version, term_width = 100)]
struct Arguments {
    /// Print JSON instead of text, one object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and the version; an error repeats what was given, which must not reach a terminal as it is.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            let _ = write!(std::io::stderr().lock(), "{}", Lines(error.render()));
            return ExitCode::from(2);
        }
    };
    let mut output = Output::new(arguments.json);
    let outcome = arguments.command.run(&mut output, Arguments::command).and_then(|()| output.flush());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(arguments.json),
    }
}
