//! Parts of pages: layout, forms, times, states, drawings.

mod drawing;
mod form;
mod layout;
mod limits;
mod maintenance;
mod range;
mod state;
mod time;
mod trend;

pub(crate) use drawing::{Drawing, Entry, place};
pub(crate) use form::{Form, hidden_token, query};
pub(crate) use layout::{Tab, bare_page, page};
pub(crate) use limits::{Limit, RuleLimits};
pub(crate) use maintenance::{maintained, of_station};
pub(crate) use range::{Asked, Span};
pub(crate) use state::{StationState, is_overdue, open_stations};
pub(crate) use time::{DIRECTIONS, ago, direction, local, minute, moment, number, span};
pub(crate) use trend::{Trend, trend};
