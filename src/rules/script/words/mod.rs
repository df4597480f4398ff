//! The words of the rule language by table: what they are called, how they are written, and what they leave.

mod clauses;
mod closure;
mod conditions;
mod definitions;
mod series;
mod tables;

use super::builder;
use super::call::{Call, Signature};
use super::functions as beginnings;
use super::symbol::Symbol;
use super::tracer::Outcome;
pub(in crate::rules) use definitions::definitions;
pub(super) use tables::{functions, methods};

/// Runs a call.
pub(super) fn run(call: &Call<'_>) -> Outcome<Symbol> {
    clauses::check_once(call)?;
    let is_of = |table: &'static [Signature]| table.iter().any(|signature| std::ptr::eq(signature, call.signature));
    if call.signature.name == "coverage" {
        series::coverage(call).unwrap_or_else(|| builder::run(call))
    } else if is_of(&series::FUNCTIONS) || is_of(&series::METHODS) {
        series::run(call)
    } else if is_of(&conditions::FUNCTIONS) {
        conditions::run(call)
    } else if is_of(&clauses::METHODS) {
        clauses::run(call)
    } else if call.signature.receiver.is_some() {
        builder::run(call)
    } else {
        beginnings::run(call)
    }
}
