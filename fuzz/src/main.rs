//! `vocdb-fuzz [--target NAME] [--seconds S] [--iterations N] [--seed N] [--from N] [--input FILE] [--loud]
//! [--every-byte SHARES]`: runs every target, or one, for so many seconds in all; or one target on the bytes of a file; or the targets
//! of files on every byte of every seed, flipped, and on every shorter length (one in `SHARES` of these). Inputs that fail are kept in `fuzz/target/failures/`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use vocdb_fuzz::Target;
use vocdb_fuzz::run::{Plan, attempt, exhaust, run};
use vocdb_fuzz::targets::TARGETS;

struct Arguments {
    target: Option<String>,
    input: Option<String>,
    seconds: f64,
    every_byte: Option<usize>,
    plan: Plan,
}

fn arguments() -> Result<Arguments, String> {
    let plan = Plan { seed: 1, from: 0, iterations: u64::MAX, time: Duration::ZERO, is_loud: false };
    let mut found = Arguments { target: None, input: None, seconds: 10.0, every_byte: None, plan };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--loud" {
            found.plan.is_loud = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|error| format!("{word} {value}: {error}"));
        match word.as_str() {
            "--target" => found.target = Some(value),
            "--input" => found.input = Some(value),
            "--seconds" => found.seconds = value.parse().map_err(|error| format!("{word} {value}: {error}"))?,
            "--iterations" => found.plan.iterations = number()?,
            "--seed" => found.plan.seed = number()?,
            "--every-byte" => {
                let shares = usize::try_from(number()?).ok().filter(|shares| *shares > 0);
                found.every_byte = Some(shares.ok_or("--every-byte wants 1 or more")?);
            }
            "--from" => found.plan.from = number()?,
            _ => return Err(format!("{word} is not known")),
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    match fuzz() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz() -> Result<bool, String> {
    let mut arguments = arguments()?;
    let wanted = |target: &&Target| arguments.target.as_ref().is_none_or(|name| name == target.name);
    let targets: Vec<&Target> = TARGETS.iter().filter(wanted).collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        return Err(format!("there is no such target; there are {}", names.join(", ")));
    }
    if let Some(file) = &arguments.input {
        let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        // What is made once counts for no input.
        targets.iter().for_each(|target| drop((target.seeds)()));
        let failed = targets.iter().filter_map(|target| attempt(target, &bytes).1.err());
        let failures: Vec<String> = failed.inspect(|reason| eprintln!("{reason}")).collect();
        return Ok(failures.is_empty());
    }
    arguments.plan.time = Duration::from_secs_f64(arguments.seconds / targets.len() as f64);
    let mut is_good = true;
    for target in targets {
        let outcome = match arguments.every_byte {
            Some(shares) if target.is_file => exhaust(target, shares),
            Some(_) => continue,
            None => run(target, arguments.plan),
        };
        let (name, peak_kib) = (target.name, outcome.peak_bytes / 1024);
        if arguments.every_byte.is_some() {
            println!("{name}: at most {} KiB more than the seeds took", outcome.excess_bytes / 1024);
        }
        let verdict = match outcome.failures.len() {
            0 => "each answered as it should be".to_owned(),
            failures => format!("{failures} not as they should be"),
        };
        println!("{name}: {} iterations, at most {peak_kib} KiB, {verdict}", outcome.iterations);
        for failure in &outcome.failures {
            is_good = false;
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/failures");
            let of = arguments.every_byte.map_or_else(|| arguments.plan.seed.to_string(), |_| "byte".to_owned());
            let file = folder.join(format!("{name}-{of}-{}", failure.iteration));
            let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &failure.input));
            println!("  iteration {}: {}", failure.iteration, failure.reason);
            println!("  input in {} ({kept:?})", file.display());
        }
    }
    Ok(is_good)
}
