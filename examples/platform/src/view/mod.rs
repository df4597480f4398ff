//! Parts of pages: layout, forms, times, states, drawings.

mod form;
mod layout;
mod limits;
mod state;
mod time;
mod trend;

pub(crate) use form::{Form, hidden_token, query};
pub(crate) use layout::{Tab, bare_page, page};
pub(crate) use limits::{Limit, limits_of};
pub(crate) use state::{StationState, open_stations};
pub(crate) use time::{ago, moment, number, span};
pub(crate) use trend::{Trend, trend};
