//! The command line.

use crate::failure::Failure;
use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
cargo bench --manifest-path benches/peers/Cargo.toml -- [OPTIONS]

  --quick          smaller loads, two minutes in all; every figure says how much smaller
  --only PREFIX    only cases whose name begins so; may be given more than once
  --engine NAME    only this engine (vocdb, sqlite, tsink, pco); may be given more than once
  --dir FOLDER     where stores are made (the system's temporary folder otherwise); durable figures are about this disk
  --help           this text
";

/// What to do.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// Print how to call it.
    Usage,
    /// Run the cases.
    Bench,
    /// Be the process that one case measures, or kills.
    Child(ChildJob),
}

/// What a child process does.
#[derive(Debug, Clone)]
pub(crate) struct ChildJob {
    /// `memory`, `fill-log` or `recover`.
    pub(crate) task: String,
    /// Bytes or seconds, as the task says.
    pub(crate) amount: u64,
}

/// Everything from the command line.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) job: Job,
    pub(crate) is_quick: bool,
    pub(crate) only: Vec<String>,
    pub(crate) engines: Vec<String>,
    pub(crate) dir: PathBuf,
}

impl Options {
    /// Reads the arguments behind the program's name.
    ///
    /// `--bench`, which cargo adds, says nothing.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let dir = std::env::temp_dir();
        let mut options = Self { job: Job::Bench, is_quick: false, only: Vec::new(), engines: Vec::new(), dir };
        let (mut task, mut amount) = (None, 0);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = || Failure::says(format!("`{argument}` needs a value; see --help"));
                arguments.next().ok_or_else(missing)
            };
            match argument.as_str() {
                "--bench" => {}
                "--quick" => options.is_quick = true,
                "--help" | "-h" => options.job = Job::Usage,
                "--only" => options.only.push(value()?),
                "--engine" => options.engines.push(value()?),
                "--dir" => options.dir = PathBuf::from(value()?),
                "--child" => task = Some(value()?),
                "--amount" => amount = value()?.parse().map_err(|e| Failure::new("read --amount", e))?,
                other => return Err(Failure::says(format!("`{other}` is no option; see --help"))),
            }
        }
        if let Some(task) = task {
            options.job = Job::Child(ChildJob { task, amount });
        }
        Ok(options)
    }

    /// Whether a case is asked for.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|prefix| case.starts_with(prefix.as_str()))
    }

    /// Whether any of some cases is asked for.
    pub(crate) fn wants_any(&self, cases: &[&str]) -> bool {
        cases.iter().any(|case| self.wants(case))
    }

    /// Whether an engine is asked for.
    pub(crate) fn wants_engine(&self, name: &str) -> bool {
        self.engines.is_empty() || self.engines.iter().any(|wanted| wanted == name)
    }
}
