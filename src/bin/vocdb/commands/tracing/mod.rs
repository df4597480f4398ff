//! From readings and alarms to named sources: `vocdb locate` and `vocdb trace`.

mod answer;
mod locate;
mod suspects;
mod trace;

pub(super) use locate::Locate;
pub(super) use suspects::SiteArguments;
pub(super) use trace::Trace;
