//! `vocdb completions`: completions for a shell.

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print completions for a shell
///
/// Example for bash: vocdb completions bash > ~/.local/share/bash-completion/completions/vocdb
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell to print completions for
    shell: Shell,
}

impl Completions {
    /// Prints the completions of a command line.
    pub(crate) fn run(&self, mut command: Command, output: &mut Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "vocdb", &mut script);
        output.writer().write_all(&script).map_err(Failure::from_output)
    }
}
