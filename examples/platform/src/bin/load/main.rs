//! `load`: a platform with live pages under the load of a district, in a process of its own.
//!
//! Stations send a frame a second; browsers hold a live page open and read it again at each event, as the script of the pages does. Printed are the
//! time from sending a frame to its answer, to the event and to the page that shows it, from an act of a person to the page of another one that
//! shows it, the time of the first page for a reader, and what the platform takes of a core and of memory. With `--flood`, connections then send as many requests as they can, up to a number a second.

mod browser;
mod flood;
mod http;
mod people;
mod platform;
mod reader;
mod spread;

use browser::Seen;
use clap::Parser;
use http::Connection;
use platform::Running;
use spread::Spread;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use vocdb::Timestamp;

/// Measure a platform with live pages under the load of a district
#[derive(Debug, Clone, Parser)]
#[command(version)]
struct Options {
    /// Number of stations, a frame a second each
    #[arg(long, default_value_t = 48)]
    stations: usize,
    /// Species of each frame
    #[arg(long, default_value_t = 36)]
    species: usize,
    /// Number of browsers with a live page
    #[arg(long, default_value_t = 20)]
    browsers: usize,
    /// Seconds
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Page that the browsers hold open
    #[arg(long, default_value = "/")]
    page: String,
    /// Fail if an act of a person takes longer to appear on another person's page
    #[arg(long, value_name = "MILLISECONDS")]
    acts_within_ms: Option<f64>,
    /// Requests a second that are sent afterwards, for as many seconds, while a reader is served; none unless given
    #[arg(long, value_name = "N")]
    flood: Option<u32>,
}

/// A frame that was sent, and the number of the change that the platform announces for it.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    /// Time until its answer.
    answered: Duration,
    change: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let running = Arc::new(Running::start(folder.path(), options.stations, options.species)?);
    people::raise_alarm(&running).await?;
    let (stop, stopped) = watch::channel(false);
    let mut browsers = tokio::task::JoinSet::new();
    for _ in 0..options.browsers {
        browsers.spawn(browser::watch(running.address, options.page.clone(), stopped.clone()));
    }
    let start = Instant::now() + Duration::from_secs(1);
    let mut stations = tokio::task::JoinSet::new();
    for station in 0..options.stations {
        // The frames of a second are spread over it.
        let offset = Duration::from_secs(1).mul_f64(station as f64 / options.stations as f64);
        stations.spawn(send(running.clone(), station, start + offset, options.clone()));
    }
    let acting = tokio::spawn(people::act(running.address, start, options.seconds));
    let reading = tokio::spawn(reader::read(running.address, options.page.clone(), stopped.clone()));
    tokio::time::sleep_until(start).await;
    let before = running.used()?;
    let mut sent = Vec::new();
    while let Some(done) = stations.join_next().await {
        sent.extend(done.map_err(|error| error.to_string())??);
    }
    let (wall, after) = (start.elapsed(), running.used()?);
    // The last events are on their way.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = stop.send(true);
    let mut seen = Vec::new();
    while let Some(done) = browsers.join_next().await {
        seen.push(done.map_err(|error| error.to_string())??);
    }
    let read = reading.await.map_err(|error| error.to_string())??;
    let acts = acting.await.map_err(|error| error.to_string())??;
    let core = (after.busy - before.busy).as_secs_f64() / wall.as_secs_f64();
    report(&sent, &seen, (core, after.resident_most_mib))?;
    report_people(&read, &acts, options.acts_within_ms)?;
    match options.flood {
        Some(per_second) => flood::run(&running, &options.page, (per_second, options.seconds)).await,
        None => Ok(()),
    }
}

/// Sends a frame a second, and notes the change that each makes.
async fn send(running: Arc<Running>, station: usize, start: Instant, options: Options) -> Result<Vec<Sent>, String> {
    let mut connection = Connection::open(running.address).await?;
    let mut sent = Vec::new();
    for second in 0..options.seconds {
        tokio::time::sleep_until(start + Duration::from_secs(second.into())).await;
        let values = (0..options.species).map(|species| {
            let mixed = (station * 7_919 + second as usize * 104_729 + species * 1_299_709) % 9_973;
            format!("\"{}\":{}.{:02}", platform::channel(species), mixed / 100, mixed % 100)
        });
        let body = format!(
            r#"{{"frames":[{{"station":"{}","instrument":"gc","time":"{}","values":{{{}}}}}]}}"#,
            platform::station(station),
            Timestamp::now(),
            values.collect::<Vec<_>>().join(",")
        );
        let at = Instant::now();
        let answer = connection.post("/api/readings", &running.token, &body).await?;
        let answered = at.elapsed();
        let change = answer
            .split_once("\"change\":")
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let change = change.and_then(|digits| digits.parse().ok()).ok_or(answer)?;
        sent.push(Sent { at, answered, change });
    }
    Ok(sent)
}

/// Prints the figures of the reader and of the people who act.
fn report_people(read: &Spread, acts: &Spread, within_ms: Option<f64>) -> Result<(), String> {
    println!(
        "load: first_pages={} first_page_p50_ms={:.1} first_page_p99_ms={:.1} acts={} act_p50_ms={:.0} act_p99_ms={:.0} act_most_ms={:.0}",
        read.len(),
        read.ms(0.5),
        read.ms(0.99),
        acts.len(),
        acts.ms(0.5),
        acts.ms(0.99),
        acts.ms(1.0),
    );
    match within_ms {
        Some(within) if acts.ms(1.0) > within => {
            Err(format!("an act appeared on another page after {:.0} ms", acts.ms(1.0)))
        }
        _ => Ok(()),
    }
}

/// Prints the figures of the stations and of the live pages. Every browser must have seen every change.
fn report(sent: &[Sent], seen: &[Seen], (core, resident_mib): (f64, f64)) -> Result<(), String> {
    let (mut events, mut pages) = (Vec::new(), Vec::new());
    for browser in seen {
        for frame in sent {
            let event = browser.events.iter().find(|(change, _)| *change >= frame.change);
            let (_, at) = event.ok_or_else(|| format!("a browser has not seen change {}", frame.change))?;
            events.push(at.duration_since(frame.at));
            let page = browser.pages.iter().find(|(change, _)| *change >= frame.change);
            let (_, at) = page.ok_or_else(|| format!("a browser has no page with change {}", frame.change))?;
            pages.push(at.duration_since(frame.at));
        }
    }
    let answers = Spread::of(sent.iter().map(|frame| frame.answered).collect());
    let (events, pages) = (Spread::of(events), Spread::of(pages));
    println!(
        "load: frames={} browsers={} answer_p50_ms={:.1} answer_p99_ms={:.1} event_p50_ms={:.0} event_p99_ms={:.0} page_p50_ms={:.0} \
         page_p99_ms={:.0} page_kb={:.0} pages={} core_percent={:.0} resident_mib={resident_mib:.0}",
        sent.len(),
        seen.len(),
        answers.ms(0.5),
        answers.ms(0.99),
        events.ms(0.5),
        events.ms(0.99),
        pages.ms(0.5),
        pages.ms(0.99),
        seen.iter().map(|browser| browser.page_bytes).max().unwrap_or_default() as f64 / 1e3,
        seen.iter().map(|browser| browser.pages.len()).sum::<usize>(),
        core * 100.0,
    );
    Ok(())
}
