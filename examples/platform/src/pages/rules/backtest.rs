//! Runs a draft of the rules over stored readings, and compares its alarms with those of the rules in force.

use super::compared::changes;
use super::draft::Draft;
use super::raised::{Compared, Raised, shown};
use super::{Refused, answer, check, refusal};
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::moment;
use crate::visit::Act;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;
use vocdb::alarm::report::AlarmTally;
use vocdb::rules::RuleFile;
use vocdb::{Backtest, Error, Replayed, TimeRange};

const TITLE: &str = "rules-backtest-title";

type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// `POST /rules/backtest`
pub(crate) async fn backtest(State(platform): State<Arc<Platform>>, act: Act) -> Result<Response, Failure> {
    act.visitor.must(Right::LoadRules)?;
    let draft = Draft::of(&act.fields)?;
    let problem = draft.problem().map_or_else(|| draft.range(&platform), Err);
    let range = match problem {
        Ok(range) => range,
        Err(problem) => return Ok(refusal(&platform, &act, &draft, (TITLE, &problem))),
    };
    let (tried, stop) = (draft.clone(), platform.trial_end());
    let compute = move |platform: &Platform| {
        let compared = compare(platform, &tried.rules(), (range, &stop))?;
        let in_force = check::in_force(platform)?;
        Ok(compared.map(|compared| (compared, changes(&in_force, &tried.files))))
    };
    Ok(match platform.compute(compute).await? {
        Ok((compared, changes)) => {
            let result =
                html! { (shown(&platform, act.visitor.language, &compared)) (changes.shown(act.visitor.language)) };
            answer(&platform, &act, &draft, (TITLE, result))
        }
        Err(refused) => refused.answer(&platform, &act, &draft, TITLE),
    })
}

/// The alarms of a draft, and those of the rules in force.
fn compare(
    platform: &Platform,
    rules: &[RuleFile],
    (range, stop): (TimeRange, &Stop),
) -> Result<Result<Compared, Refused>, Failure> {
    let in_force = platform.db.rule_set().map(|set| set.files);
    let is_same = in_force.as_deref() == Some(rules);
    let draft = match run(platform, rules, (range, stop))? {
        Ok(draft) => draft,
        Err(refused) => return Ok(Err(refused)),
    };
    let before = match in_force.filter(|_| !is_same) {
        None => None,
        Some(files) => match run(platform, &files, (range, stop))? {
            Ok(before) => Some(before),
            Err(Refused::Rules(_)) => {
                return Ok(Err(Refused::Other(Text::new("rules-in-force-wrong"))));
            }
            Err(refused) => return Ok(Err(refused)),
        },
    };
    Ok(Ok(Compared { draft, before, is_same }))
}

fn run(
    platform: &Platform,
    rules: &[RuleFile],
    (range, stop): (TimeRange, &Stop),
) -> Result<Result<Raised, Refused>, Failure> {
    let question = Backtest::new(range).stopped_when(stop.clone());
    let (mut tally, mut covered) = (AlarmTally::default(), range);
    let ran = platform.db.backtest(rules, &question, &mut |step| match step {
        Replayed::Begins(begun) => covered = begun,
        Replayed::Event(event) => tally.take(&event),
        Replayed::Reached(_) => {}
    });
    Ok(match ran {
        Ok(summary) => {
            tally.end(covered.to);
            Ok(Raised { tally, frames: summary.frames, range: covered })
        }
        Err(Error::Rules(found)) => Err(Refused::Rules(found)),
        Err(error @ Error::NoRules) => Err(Refused::Other(Text::english(error))),
        Err(Error::BacktestStopped { reached }) => Err(Refused::Other(stopped(platform, range, reached))),
        Err(other) => return Err(other.into()),
    })
}

fn stopped(platform: &Platform, range: TimeRange, reached: vocdb::Timestamp) -> Text {
    let [from, to, reached] = [range.from, range.to, reached].map(|time| moment(&platform.zone, time));
    let text = Text::new("rules-backtest-stopped").with("from", from.as_str()).with("to", to.as_str());
    text.with("reached", reached.as_str())
}
