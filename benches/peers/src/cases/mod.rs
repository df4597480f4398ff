//! The cases, one file for each kind, and what they share.

mod alarm;
mod backtest;
mod durable;
mod growth;
mod ingest;
pub(crate) mod memory;
mod reading;
pub(crate) mod recovery;
mod rules;
mod size;

use crate::engines::{self, Engine};
use crate::failure::{Failure, of};
use crate::load::Tally;
use crate::options::Options;
use std::io::Write;
use tempfile::TempDir;

/// One measured value.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) engine: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

/// A run of the bench and what it has found.
pub(crate) struct Run {
    pub(crate) options: Options,
    pub(crate) figures: Vec<Figure>,
    /// What was measured and how, by case.
    pub(crate) notes: Vec<(String, String)>,
}

impl Run {
    pub(crate) fn new(options: Options) -> Result<Self, Failure> {
        std::fs::create_dir_all(&options.dir).map_err(of("make the folder for stores"))?;
        Ok(Self { options, figures: Vec::new(), notes: Vec::new() })
    }

    /// All cases that are asked for. The first failure ends the run; figures found before it are kept.
    pub(crate) fn all(&mut self) -> Result<(), Failure> {
        ingest::run(self)?;
        durable::run(self)?;
        size::run(self)?;
        reading::run(self)?;
        recovery::run(self)?;
        memory::run(self)?;
        growth::run(self)?;
        rules::run(self)?;
        backtest::run(self)?;
        alarm::run(self)?;
        match self.figures.is_empty() {
            true => Err(Failure::says("no case has a name that begins so; README.md lists them")),
            false => Ok(()),
        }
    }

    /// The engines that are asked for.
    fn engines(&self) -> Vec<&'static dyn Engine> {
        engines::ALL.iter().copied().filter(|engine| self.options.wants_engine(engine.name())).collect()
    }

    /// One of two numbers: for a full and for a quick run.
    fn either<T>(&self, full: T, quick: T) -> T {
        if self.options.is_quick { quick } else { full }
    }

    /// A folder for one store, removed when it is dropped.
    fn folder(&self) -> Result<TempDir, Failure> {
        let made = tempfile::Builder::new().prefix("vocdb-peers-").tempdir_in(&self.options.dir);
        made.map_err(of("make a folder for a store"))
    }

    fn add(&mut self, case: &str, engine: &'static str, value: f64, unit: &'static str) {
        if self.options.wants(case) {
            let _ = writeln!(std::io::stderr().lock(), "{case:32} {engine:8} {value:16.3} {unit}");
            self.figures.push(Figure { case: case.to_owned(), engine, value, unit });
        }
    }

    fn note(&mut self, case: &str, text: impl Into<String>) {
        if self.options.wants(case) {
            self.notes.push((case.to_owned(), text.into()));
        }
    }
}

/// An engine must give the answer that the source of the readings gives.
fn check(case: &str, engine: &dyn Engine, expected: Tally, found: Tally) -> Result<(), Failure> {
    if found.agrees(&expected) {
        return Ok(());
    }
    Err(Failure::says(format!(
        "{case}: {} gives {} values that sum up to {}, the source has {} that sum up to {}",
        engine.name(),
        found.count,
        found.sum,
        expected.count,
        expected.sum
    )))
}

/// As [`check`], for a single number.
fn check_value(case: &str, engine: &dyn Engine, expected: f64, found: Option<f64>) -> Result<(), Failure> {
    let one = |value: f64| Tally { count: 1, sum: value };
    check(case, engine, one(expected), found.map_or_else(Tally::default, one))
}
