//! One call of a function or method: its arguments, where they stand, and what is wrong with them.

use super::symbol::{self, Symbol};
use super::tracer::{Fault, Outcome, Tracer, fault};
use crate::base::escape::is_plain;
use crate::base::limits::WINDOW_MS_MAX;
use crate::model::{Unit, Zone};
use crate::rules::expr::{Condition, Series};
use crate::rules::getter::number_text;
use crate::verdict::Place;
use rhai::Dynamic;
use std::sync::Arc;

/// Milliseconds of a day without a clock change.
pub(super) const DAY_MS: i64 = 86_400_000;

/// What a function takes, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is called on; nothing for a plain function.
    pub(super) receiver: Option<&'static str>,
    /// What it takes.
    pub(super) takes: &'static str,
    /// How it is written.
    pub(super) example: &'static str,
    /// How many arguments it may have, not counting what it is called on.
    pub(super) counts: &'static [usize],
}

/// One call.
pub(super) struct Call<'a> {
    /// Of what.
    pub(super) signature: &'static Signature,
    /// For whom.
    pub(super) tracer: &'a Tracer,
    /// The token of its name.
    pub(super) token: Option<usize>,
    /// Where its name stands.
    pub(super) place: Place,
    /// What it is given, the receiver first.
    pub(super) args: Vec<Dynamic>,
}

impl Call<'_> {
    /// How many arguments come before those in brackets.
    fn shift(&self) -> usize {
        let dotted = self.token.is_some_and(|token| matches!(self.tracer.source.word_before(token), "." | "?."));
        usize::from(dotted)
    }

    /// How many arguments there are besides the receiver.
    pub(super) fn count(&self) -> usize {
        self.args.len().saturating_sub(usize::from(self.signature.receiver.is_some()))
    }

    /// The first token of an argument, counted from the receiver.
    pub(super) fn token_of(&self, index: usize) -> Option<usize> {
        let token = self.token?;
        match index.checked_sub(self.shift()) {
            Some(index) => self.tracer.source.argument(token, index),
            None => self.tracer.source.left_operand(token.checked_sub(1)?),
        }
    }

    /// Where an argument stands; the name's place where that cannot be said.
    pub(super) fn place_of(&self, index: usize) -> Place {
        self.token_of(index).map_or_else(|| self.place.clone(), |token| self.tracer.source.place(token))
    }

    /// An argument.
    pub(super) fn arg(&self, index: usize) -> &Dynamic {
        static NOTHING: Dynamic = Dynamic::UNIT;
        self.args.get(index).unwrap_or(&NOTHING)
    }

    /// How the call is named in messages: `.hold` or `avg`.
    pub(super) fn title(&self) -> String {
        let dot = if self.signature.receiver.is_some() { "." } else { "" };
        format!("`{dot}{}`", self.signature.name)
    }

    /// An argument of the wrong kind.
    pub(super) fn wrong<T>(&self, index: usize) -> Outcome<T> {
        if symbol::is_poison(self.arg(index)) {
            return Err(Fault::Silent);
        }
        let what = symbol::describe(self.arg(index));
        let message = format!("{} takes {}, not {what} here", self.title(), self.signature.takes);
        fault(self.place_of(index), message, format!("write {}", self.signature.example))
    }

    /// Too many or too few arguments.
    pub(super) fn wrong_count<T>(&self) -> Outcome<T> {
        let message = format!("{} takes {}", self.title(), self.signature.takes);
        fault(self.place.clone(), message, format!("write {}", self.signature.example))
    }

    /// A text.
    pub(super) fn text(&self, index: usize) -> Outcome<String> {
        match self.arg(index).clone().into_string() {
            Ok(text) => {
                self.tracer.charge(text.len());
                Ok(text)
            }
            Err(_) => self.wrong(index),
        }
    }

    /// A name that is not empty and fits into a line.
    pub(super) fn name(&self, index: usize, length_max: usize) -> Outcome<String> {
        let name = self.text(index)?;
        let is_usable = !name.trim().is_empty() && name.len() <= length_max && is_plain(&name);
        if is_usable {
            return Ok(name);
        }
        let message =
            format!("this name is empty, longer than {length_max} bytes, or not one line of visible characters");
        fault(self.place_of(index), message, format!("write {}", self.signature.example))
    }

    /// A symbol.
    pub(super) fn symbol(&self, index: usize) -> Outcome<Symbol> {
        symbol::symbol(self.arg(index)).map_or_else(|| self.wrong(index), Ok)
    }

    /// A condition.
    pub(super) fn condition(&self, index: usize) -> Outcome<Arc<Condition>> {
        match self.symbol(index)? {
            Symbol::Condition(condition, nodes) => {
                // Each rule that has it is bound on its own.
                self.tracer.spend(nodes)?;
                Ok(condition)
            }
            _ => self.wrong(index),
        }
    }

    /// A duration of at least `least_ms`.
    pub(super) fn duration(&self, index: usize, least_ms: i64) -> Outcome<i64> {
        if let Some(count) = symbol::number(self.arg(index)) {
            let count = number_text(count);
            let message = format!("{count} has no unit of time");
            return fault(self.place_of(index), message, format!("write {count}.minutes, .seconds, .hours or .days"));
        }
        let Symbol::Duration(ms) = self.symbol(index)? else { return self.wrong(index) };
        if ms < least_ms {
            let bound = if least_ms > 0 { "longer than zero" } else { "zero or longer" };
            let message = format!("a duration here must be {bound}, not {}", symbol::duration_text(ms));
            return fault(self.place_of(index), message, format!("write {}", self.signature.example));
        }
        if ms > WINDOW_MS_MAX {
            let message = format!("{} is too long", symbol::duration_text(ms));
            let help = format!("write at most {}.days", WINDOW_MS_MAX / 86_400_000);
            return fault(self.place_of(index), message, help);
        }
        Ok(ms)
    }

    /// A time zone.
    pub(super) fn zone(&self, index: usize) -> Outcome<Zone> {
        let name = self.text(index)?;
        let help = "write a name like \"Asia/Shanghai\", or an offset like \"+08:00\"";
        Zone::find(&name).or_else(|message| fault(self.place_of(index), message, help))
    }

    /// The length of a window in milliseconds, and the zone of one that is a local day.
    pub(super) fn width(&self, index: usize) -> Outcome<(i64, Option<Arc<Zone>>)> {
        match symbol::symbol(self.arg(index)) {
            Some(Symbol::Day(zone)) => Ok((DAY_MS, Some(zone))),
            _ => self.duration(index, 1).map(|ms| (ms, None)),
        }
    }

    /// A share, as a number between 0 and 1.
    pub(super) fn share(&self, index: usize) -> Outcome<f64> {
        if let Some(bare) = symbol::number(self.arg(index)) {
            let percent = if (0.0..=1.0).contains(&bare) { (bare * 1e6).round() / 1e4 } else { bare };
            let message = format!("{} is not a share", number_text(bare));
            return fault(self.place_of(index), message, format!("write {}.percent", number_text(percent)));
        }
        let Symbol::Series(series, _) = self.symbol(index)? else { return self.wrong(index) };
        match *series {
            Series::Number { value, unit: Some(Unit::Percent), .. } if (0.0..=100.0).contains(&value) => {
                Ok(value / 100.0)
            }
            Series::Number { value, unit: Some(Unit::Percent), .. } => {
                let message = format!("{} percent is not a share", number_text(value));
                fault(self.place_of(index), message, "write a share from 0.percent to 100.percent")
            }
            _ => self.wrong(index),
        }
    }
}
