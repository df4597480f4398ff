//! Runs targets on mutated seeds. An iteration depends on the seed, the target and its own number alone, so that any can be repeated.

use crate::random::{Random, mutate};
use crate::{MEMORY, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// For how long and from where.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Of the random numbers.
    pub seed: u64,
    /// The first iteration.
    pub from: u64,
    /// How many at most.
    pub iterations: u64,
    /// For how long at most.
    pub time: Duration,
    /// Whether each iteration is announced, to find one that ends the process.
    pub is_loud: bool,
}

/// An input that a target does not stand.
#[derive(Debug, Clone)]
pub struct Failure {
    /// In which iteration.
    pub iteration: u64,
    /// Why.
    pub reason: String,
    /// The input.
    pub input: Vec<u8>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Iterations.
    pub iterations: u64,
    /// The most bytes that one iteration allocated.
    pub peak_bytes: usize,
    /// By how much that was more than its seed took, where seeds are changed place by place.
    pub excess_bytes: usize,
    /// The first failures.
    pub failures: Vec<Failure>,
}

/// Failures after which a target has had enough.
const FAILURES_MAX: usize = 5;
/// Bytes that a seed with one change may have allocated beyond what the seed has, whatever its length (other files of its store may be read
/// because of it),
const MARGIN_BYTES: usize = 2 << 20;
/// and for each of its bytes.
const MARGIN_BYTES_PER_BYTE: usize = 64;

/// Runs a target. The seeds themselves come first.
pub fn run(target: &Target, plan: Plan) -> Outcome {
    let seeds = (target.seeds)();
    let name_seed = target.name.bytes().fold(plan.seed, |seed, byte| Random::new(seed ^ u64::from(byte)).draw());
    let mut outcome = Outcome::default();
    let begin = Instant::now();
    for iteration in plan.from..plan.from.saturating_add(plan.iterations) {
        if begin.elapsed() >= plan.time || outcome.failures.len() >= FAILURES_MAX {
            break;
        }
        let mut random = Random::new(name_seed ^ iteration);
        let place = usize::try_from(iteration).unwrap_or(usize::MAX);
        let mut input = seeds.get(place).cloned().unwrap_or_else(|| seeds[random.below(seeds.len())].clone());
        if place >= seeds.len() {
            mutate(&mut input, &seeds, &mut random);
        }
        if plan.is_loud {
            eprintln!("{} {iteration}: {} bytes", target.name, input.len());
        }
        let (peak_bytes, result) = attempt(target, &input);
        outcome.iterations += 1;
        outcome.peak_bytes = outcome.peak_bytes.max(peak_bytes);
        if let Err(reason) = result {
            outcome.failures.push(Failure { iteration, reason, input });
        }
    }
    outcome
}

/// Runs a target once: how many bytes it took at most, and what went wrong.
pub fn attempt(target: &Target, input: &[u8]) -> (usize, Result<(), String>) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let peak_bytes = MEMORY.peak_usage().saturating_sub(before);
    let bytes_max = target.base_bytes + target.bytes_per_byte * input.len();
    let result = match result {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(text.unwrap_or("a panic without text").to_owned())
        }
        Ok(()) if peak_bytes > bytes_max => {
            Err(format!("{peak_bytes} bytes allocated for {} bytes of input; {bytes_max} are allowed", input.len()))
        }
        Ok(()) => Ok(()),
    };
    (peak_bytes, result)
}

/// Flips a bit of every byte of every seed, and cuts each seed at every length: no change may have more allocated than the seed itself has,
/// but for a margin. Of `shares` parts of all places it takes one, another for each seed.
pub fn exhaust(target: &Target, shares: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        // The second time, what is made once has been made.
        let unchanged = [attempt(target, &seed), attempt(target, &seed)].map(|(peak_bytes, result)| {
            let iteration = outcome.iterations;
            outcome.failures.extend(result.err().map(|reason| Failure { iteration, reason, input: seed.clone() }));
            peak_bytes
        });
        let bytes_max = unchanged[0].max(unchanged[1]) + MARGIN_BYTES + MARGIN_BYTES_PER_BYTE * seed.len();
        for place in (0..seed.len()).filter(|place| (place + number).is_multiple_of(shares)) {
            let mut flipped = seed.clone();
            flipped[place] ^= 1 << (Random::new(place as u64).draw() % 8);
            for input in [flipped, seed[..place].to_vec()] {
                let (peak_bytes, mut result) = attempt(target, &input);
                if peak_bytes > bytes_max {
                    let reason =
                        format!("{peak_bytes} bytes allocated; the unchanged seed and a margin are {bytes_max}");
                    result = result.and(Err(reason));
                }
                if let Err(reason) = result {
                    outcome.failures.push(Failure { iteration: outcome.iterations, reason, input });
                }
                outcome.iterations += 1;
                outcome.peak_bytes = outcome.peak_bytes.max(peak_bytes);
                outcome.excess_bytes =
                    outcome.excess_bytes.max(peak_bytes.saturating_sub(unchanged[0].max(unchanged[1])));
                if outcome.failures.len() >= FAILURES_MAX {
                    return outcome;
                }
            }
        }
    }
    outcome
}
