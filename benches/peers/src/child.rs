//! Work that needs a process of its own: one whose memory is measured, one that ends without closing its store.

use crate::cases::{memory, recovery};
use crate::engines::{self, Engine};
use crate::failure::{Failure, of};
use crate::options::{ChildJob, Options};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a child says on its last line: numbers, separated by spaces.
pub(crate) fn answer(engine: &dyn Engine, task: &str, amount: u64, dir: &Path) -> Result<Vec<u64>, Failure> {
    let program = std::env::current_exe().map_err(of("find this program"))?;
    let output = Command::new(program)
        .args(["--child", task, "--amount", &amount.to_string(), "--engine", engine.name(), "--dir"])
        .arg(dir)
        .stderr(Stdio::inherit())
        .output()
        .map_err(of("start a child process"))?;
    if !output.status.success() {
        return Err(Failure::says(format!(
            "the child process for {task} of {} failed: {}",
            engine.name(),
            output.status
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let numbers: Result<Vec<u64>, _> = last.split_whitespace().map(str::parse).collect();
    numbers.map_err(of("read what the child process says"))
}

/// Does a child's work, and says what came of it.
pub(crate) fn run(options: &Options, job: &ChildJob) -> Result<(), Failure> {
    let name = options.engines.first().ok_or_else(|| Failure::says("a child process needs its engine"))?;
    let engine = engines::named(name)?;
    let numbers = match job.task.as_str() {
        "memory" => memory::steady(engine, &options.dir, job.amount)?,
        "fill-log" => recovery::fill_log(engine, &options.dir, job.amount)?,
        "recover" => recovery::recover(engine, &options.dir)?,
        other => return Err(Failure::says(format!("no task is named `{other}`"))),
    };
    let text: Vec<String> = numbers.iter().map(u64::to_string).collect();
    crate::print(&(text.join(" ") + "\n"))?;
    // Destructors would close the store; a process that is killed runs none.
    std::process::exit(0)
}
