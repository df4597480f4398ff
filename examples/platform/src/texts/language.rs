//! The languages, and the messages of their files.

use clap::ValueEnum;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use maud::{Markup, html};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Language {
    /// English.
    #[default]
    #[value(name = "en")]
    English,
    /// Chinese, in simplified characters.
    #[value(name = "zh")]
    Chinese,
}

type Messages = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Messages> = LazyLock::new(|| messages("en", include_str!("../../texts/en.ftl")));
static CHINESE: LazyLock<Messages> = LazyLock::new(|| messages("zh-CN", include_str!("../../texts/zh.ftl")));
/// First of the characters that stand for markup while a message is put together; names and texts have no use for them.
const FIRST_MARK: u32 = 0xE000;

/// The messages of a file. A part of it that cannot be read is left out; a test reads both files whole.
fn messages(tag: &str, text: &str) -> Messages {
    let mut messages = FluentBundle::new_concurrent(tag.parse().into_iter().collect());
    // The marks of writing directions would be characters within names.
    messages.set_use_isolating(false);
    let file = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(file, _)| file);
    messages.add_resource_overriding(file);
    messages
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The code in cookies, options and addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The tag of BCP 47 that pages state.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The name in the language itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// The language of a code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    fn messages(self) -> &'static Messages {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }

    /// A message without values.
    pub(crate) fn say(self, key: &str) -> Cow<'static, str> {
        self.find(key).unwrap_or_else(|| Cow::Owned(key.to_owned()))
    }

    fn find(self, key: &str) -> Option<Cow<'static, str>> {
        let messages = self.messages();
        let pattern = messages.get_message(key)?.value()?;
        Some(messages.format_pattern(pattern, None, &mut Vec::new()))
    }

    /// A message with values.
    pub(crate) fn fill(self, key: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let messages = self.messages();
        let pattern = messages.get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else { return key.to_owned() };
        let mut given = FluentArgs::with_capacity(values.len());
        values.iter().for_each(|(name, value)| given.set(*name, value.clone()));
        messages.format_pattern(pattern, Some(&given), &mut Vec::new()).into_owned()
    }

    /// A message with markup within it.
    pub(crate) fn frame(self, key: &str, parts: &[(&'static str, Markup)]) -> Markup {
        let marks = || (FIRST_MARK..).filter_map(char::from_u32);
        let marked = parts.iter().zip(marks()).map(|((name, _), mark)| (*name, FluentValue::from(mark.to_string())));
        let text = self.fill(key, &marked.collect::<Vec<_>>());
        let part_of = |piece: &str| {
            let mark = piece.chars().next();
            parts.iter().zip(marks()).find(|(_, own)| Some(*own) == mark).map(|((_, part), _)| part)
        };
        let is_mark = |char: char| marks().take(parts.len()).any(|mark| mark == char);
        html! {
            @for piece in text.split_inclusive(is_mark).flat_map(|piece| split_end(piece, is_mark)) {
                @match part_of(piece) { Some(part) => (part), None => (piece) }
            }
        }
    }

    /// A sentence that the engine has written in English. Pages in another language say so.
    pub(crate) fn english(self, sentence: &str) -> Markup {
        html! { @if self == Self::English { (sentence) } @else { span lang="en" { (sentence) } } }
    }

    /// A word of the engine, such as a state. A word without a message stays as it is.
    pub(crate) fn word(self, kind: &str, word: &str) -> Cow<'static, str> {
        self.find(&word_key(kind, word)).unwrap_or_else(|| Cow::Owned(word.to_owned()))
    }
}

/// The key of a word: `flag-below-detection`.
fn word_key(kind: &str, word: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
    format!("{kind}-{}", word.chars().map(plain).collect::<String>())
}

/// A piece and the mark at its end, apart.
fn split_end(piece: &str, is_mark: impl Fn(char) -> bool) -> [&str; 2] {
    match piece.char_indices().next_back() {
        Some((place, last)) if is_mark(last) => piece.split_at(place).into(),
        _ => [piece, ""],
    }
}

/// A name or a number that is the same in every language.
pub(crate) fn verbatim(text: &str) -> Markup {
    html! { span translate="no" { (text) } }
}
