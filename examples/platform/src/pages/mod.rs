//! The pages, one module each.

pub(crate) mod accounts;
pub(crate) mod alarm;
pub(crate) mod alarms;
pub(crate) mod audit;
pub(crate) mod incident;
pub(crate) mod incidents;
pub(crate) mod login;
pub(crate) mod maintenance;
pub(crate) mod map;
pub(crate) mod odour;
pub(crate) mod password;
pub(crate) mod phones;
pub(crate) mod quality;
pub(crate) mod register;
pub(crate) mod rose;
pub(crate) mod rules;
pub(crate) mod station;
pub(crate) mod stations;
pub(crate) mod statistics;
pub(crate) mod values;
