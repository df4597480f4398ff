//! A text whose reader is not known yet.

use super::Language;
use fluent_bundle::FluentValue;
use maud::{Markup, html};
use std::fmt::Display;

/// A text that is put into the language of its reader later.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    /// A message of the platform.
    Own {
        /// Key of the message.
        key: &'static str,
        /// Values within it.
        values: Vec<(&'static str, Value)>,
    },
    /// A sentence in English: of the engine, or for programs.
    English(String),
}

/// A value within a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A name or the like.
    Name(String),
    /// A number.
    Number(i64),
    /// Another message without values.
    Message(&'static str),
    /// A word of the engine.
    Word(&'static str, &'static str),
}

impl Text {
    /// A message of the platform.
    pub(crate) const fn new(key: &'static str) -> Self {
        Self::Own { key, values: Vec::new() }
    }

    /// A sentence in English: of the engine, or for programs.
    pub(crate) fn english(sentence: impl Display) -> Self {
        Self::English(sentence.to_string())
    }

    /// The text with a value.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if let Self::Own { values, .. } = &mut self {
            values.push((name, value.into()));
        }
        self
    }

    /// The text in a language.
    pub(crate) fn to(&self, language: Language) -> String {
        match self {
            Self::Own { key, values } => {
                let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.to(language))).collect();
                language.fill(key, &values)
            }
            Self::English(sentence) => sentence.clone(),
        }
    }

    /// The text in a language, on a page.
    pub(crate) fn markup(&self, language: Language) -> Markup {
        match self {
            Self::Own { .. } => html! { (self.to(language)) },
            Self::English(sentence) => language.english(sentence),
        }
    }
}

impl Value {
    fn to(&self, language: Language) -> FluentValue<'_> {
        match self {
            Self::Name(name) => FluentValue::from(name.as_str()),
            Self::Number(number) => FluentValue::from(*number),
            Self::Message(key) => FluentValue::from(language.say(key).into_owned()),
            Self::Word(kind, word) => FluentValue::from(language.word(kind, word).into_owned()),
        }
    }
}

impl From<&str> for Value {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
