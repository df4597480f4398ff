//! All words of the rule language.

use super::super::builder;
use super::super::call::Signature;
use super::super::functions as beginnings;
use super::{clauses, conditions, series};

/// All functions: those that begin something, those over windows, and those that are conditions.
pub(in crate::rules::script) fn functions() -> impl Iterator<Item = &'static Signature> + Clone {
    beginnings::FUNCTIONS.iter().chain(&series::FUNCTIONS).chain(&conditions::FUNCTIONS)
}

/// All methods: of alarms and chains, of terms, and the further clauses of alarms.
pub(in crate::rules::script) fn methods() -> impl Iterator<Item = &'static Signature> + Clone {
    builder::METHODS.iter().chain(&series::METHODS).chain(&clauses::METHODS)
}
