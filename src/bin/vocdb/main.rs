//! The command-line tool. It connects the library to a terminal and contains no logic of its own.
//!
//! Results go to standard output. Errors go to standard error as `error: ...`, or as one object with `error` if `--json` is given. The exit
//! code is 0, 1 if an operation failed, or 2 if the command line is invalid. A reader that closes the pipe early is no error.

mod choice;
mod commands;
mod failure;
mod output;
mod progress;
mod store;
mod values;
mod zoned;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use commands::Command;
use output::Output;
use std::io::Write;
use std::process::ExitCode;
use vocdb::base::escape::Lines;
use vocdb::model::Zone;

/// Import, query and maintain readings of air-quality stations, and check their alarm rules.
#[derive(Debug, Parser)]
#[command(name = "vocdb", version, term_width = 100)]
struct Arguments {
    /// Print JSON instead of text, one object per line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

/// The arguments. Times are printed in the zone that they give.
fn parse() -> Result<Arguments, clap::Error> {
    let matches = Arguments::command().try_get_matches()?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut Arguments::command()))?;
    let of_command = innermost(&matches);
    let printed: Option<&Zone> = of_command.try_get_one("zone").ok().flatten();
    // An import reads the zone of a file as text.
    let of_file: Option<&String> = of_command.try_get_one("zone").ok().flatten();
    let zone = printed.cloned().or_else(|| of_file?.parse().ok());
    zone.and_then(|zone| zone.note()).iter().for_each(|note| store::note(note, arguments.json));
    printed.cloned().into_iter().for_each(zoned::show_in);
    Ok(arguments)
}

/// The matches of the innermost command.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, of_command)| innermost(of_command))
}

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        // An error repeats the arguments, which must be escaped before they reach a terminal.
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
        Err(failure) => failure.report(arguments.json),
    }
}
