//! Values per station: every exception must be for some station.

use super::channels::mistake;
use super::glob;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Param, Rule, Series};
use crate::rules::nearest::closest;
use crate::rules::plan::Site;
use std::sync::Arc;

/// The mistake of every exception that no station of the registry fits.
pub(super) fn unknown(rule: &Rule, sites: &[&Site]) -> Vec<Diagnostic> {
    let mut params = Vec::new();
    rule.conditions().for_each(|condition| in_condition(condition, &mut params));
    let exceptions = params.into_iter().flat_map(|param| param.exceptions.iter().map(move |one| (param, one)));
    let unfit = exceptions.filter(|(_, one)| !sites.iter().any(|site| glob::fits(&one.0, &site.name)));
    let told = unfit.map(|(param, one)| {
        let (globs, _, place) = &**one;
        let help = match closest(globs, sites.iter().map(|site| site.name.as_str())) {
            Some(close) => format!("the nearest station is \"{close}\""),
            None => "register stations first".to_owned(),
        };
        mistake(place, format!("no station matches `{globs}`, for which `{}` has a value", param.name), help)
    });
    told.collect()
}

/// Leaves out the exceptions that are for none of the stations that there are.
pub(super) fn retain(rule: &mut Rule, is_there: &dyn Fn(&str) -> bool) {
    for condition in rule.conditions_mut().filter(|condition| must_shrink(condition, is_there)) {
        retain_in_condition(Arc::make_mut(condition), is_there);
    }
}

/// Whether a condition has an exception for none of the stations that there are; most rules share theirs with others and keep it.
fn must_shrink(condition: &Condition, is_there: &dyn Fn(&str) -> bool) -> bool {
    let mut params = Vec::new();
    in_condition(condition, &mut params);
    params.iter().any(|param| param.exceptions.iter().any(|one| !is_there(&one.0)))
}

fn retain_in_condition(condition: &mut Condition, is_there: &dyn Fn(&str) -> bool) {
    match condition {
        Condition::Compare { left, right, .. } => {
            retain_in_series(left, is_there);
            retain_in_series(right, is_there);
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            retain_in_condition(Arc::make_mut(left), is_there);
            retain_in_condition(Arc::make_mut(right), is_there);
        }
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => {
            retain_in_condition(Arc::make_mut(inner), is_there);
        }
        Condition::Script { terms, .. } => terms.iter_mut().for_each(|(_, series)| retain_in_series(series, is_there)),
        _ => {}
    }
}

fn retain_in_series(series: &mut Series, is_there: &dyn Fn(&str) -> bool) {
    match series {
        Series::Param(param) => Arc::make_mut(param).exceptions.retain(|one| is_there(&one.0)),
        Series::Spread { inner, .. } | Series::Mean { inner, .. } => {
            retain_in_series(Arc::make_mut(inner), is_there);
        }
        Series::Binary { left, right, .. } => {
            retain_in_series(Arc::make_mut(left), is_there);
            retain_in_series(Arc::make_mut(right), is_there);
        }
        _ => {}
    }
}

fn in_condition<'a>(condition: &'a Condition, found: &mut Vec<&'a Param>) {
    match condition {
        Condition::Compare { left, right, .. } => {
            in_series(left, found);
            in_series(right, found);
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            in_condition(left, found);
            in_condition(right, found);
        }
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => in_condition(inner, found),
        Condition::Script { terms, .. } => terms.iter().for_each(|(_, series)| in_series(series, found)),
        _ => {}
    }
}

fn in_series<'a>(series: &'a Series, found: &mut Vec<&'a Param>) {
    match series {
        Series::Param(param) => found.push(param),
        Series::Spread { inner, .. } | Series::Mean { inner, .. } => in_series(inner, found),
        Series::Binary { left, right, .. } => {
            in_series(left, found);
            in_series(right, found);
        }
        _ => {}
    }
}
