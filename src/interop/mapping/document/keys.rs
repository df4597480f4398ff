//! Tables of a mapping file: typed values with their positions, and unknown keys with the nearest known one.

use super::super::error::{MappingError, PROBLEMS_MAX, Problem};
use crate::base::edits::{distance, is_close};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Entries of one list in a mapping file.
const ENTRIES_MAX: usize = 1_000;

/// The mistakes found so far.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Problems<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Adds a mistake at a position of the text.
    pub(super) fn add(&mut self, at: usize, text: impl Into<String>) {
        if self.found.len() < PROBLEMS_MAX {
            self.found.push((at, text.into()));
        }
    }

    /// The error of all mistakes; none if there are none.
    pub(super) fn into_error(mut self, name: &str) -> Option<MappingError> {
        self.found.sort_by_key(|(at, _)| *at);
        let place = |(at, text): (usize, String)| {
            let before = self.text.get(..at).unwrap_or(self.text);
            let line_start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
            let column = before.get(line_start..).unwrap_or_default().chars().count().saturating_add(1);
            let line = before.matches('\n').count().saturating_add(1);
            Problem { line, column, text }
        };
        let problems: Vec<Problem> = self.found.into_iter().map(place).collect();
        (!problems.is_empty()).then(|| MappingError::Invalid { name: name.to_owned(), problems })
    }
}

/// A text with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) at: usize,
}

/// One table, of which each key is read once.
#[derive(Debug)]
pub(super) struct Keys<'a, 't> {
    /// Heading of the table, such as `[file]`; empty for the top of the file.
    heading: String,
    table: Option<&'a DeTable<'t>>,
    /// Position of the table.
    pub(super) at: usize,
    asked: Vec<&'static str>,
}

impl<'a, 't> Keys<'a, 't> {
    /// The table at the top of the file.
    pub(super) fn top(table: &'a DeTable<'t>) -> Self {
        Self { heading: String::new(), table: Some(table), at: 0, asked: Vec::new() }
    }

    /// Whether the table is in the file.
    pub(super) const fn is_present(&self) -> bool {
        self.table.is_some()
    }

    fn find(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.asked.push(key);
        let mut entries = self.table?.iter();
        entries.find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// A table below this one; an absent one has no keys.
    pub(super) fn table(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Self {
        let found = self.find(key);
        let table = found.and_then(|value| value.get_ref().as_table());
        if let (Some(value), None) = (found, table) {
            problems.add(value.span().start, format!("`{key}` must be a table: write [{key}]"));
        }
        let at = found.map_or(self.at, |value| value.span().start);
        Self { heading: format!("[{key}]"), table, at, asked: Vec::new() }
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Vec<Self> {
        let Some(found) = self.find(key) else { return Vec::new() };
        let Some(array) = found.get_ref().as_array().filter(|array| array.len() <= ENTRIES_MAX) else {
            problems.add(found.span().start, format!("`{key}` must be a list of tables: write [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in array.iter() {
            match value.get_ref().as_table() {
                Some(table) => tables.push(Self {
                    heading: format!("[[{key}]]"),
                    table: Some(table),
                    at: value.span().start,
                    asked: Vec::new(),
                }),
                None => problems.add(value.span().start, format!("write this entry as [[{key}]]")),
            }
        }
        tables
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Text> {
        let value = self.find(key)?;
        let text = text_of(value);
        if text.is_none() {
            problems.add(value.span().start, format!("`{key}` must be a text in quotes"));
        }
        text
    }

    /// A text or a list of texts.
    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Vec<Text> {
        let Some(value) = self.find(key) else { return Vec::new() };
        texts_of(value).unwrap_or_else(|at| {
            problems.add(at, format!("`{key}` must be a text in quotes, or a list of them in brackets"));
            Vec::new()
        })
    }

    /// A whole number that is not negative.
    pub(super) fn count(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<(u64, usize)> {
        let value = self.find(key)?;
        let at = value.span().start;
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        let number = number.filter(|_| value.get_ref().as_integer().is_some_and(|number| number.radix() == 10));
        if number.is_none() {
            problems.add(at, format!("`{key}` must be a whole number"));
        }
        number.map(|number| (number, at))
    }

    /// True or false; false if absent.
    pub(super) fn flag(&mut self, key: &'static str, problems: &mut Problems<'_>) -> bool {
        let Some(value) = self.find(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            problems.add(value.span().start, format!("`{key}` must be true or false, without quotes"));
            false
        })
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let Text { text, at } = self.text(key, problems)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            problems.add(at, format!("`{key}` must be one of {}", names.join(", ")));
        }
        found
    }

    /// All entries of the table, whatever their keys: each key with the texts that it has.
    pub(super) fn entries(&self, problems: &mut Problems<'_>) -> Vec<(Text, Vec<Text>)> {
        let mut entries = Vec::new();
        for (key, value) in self.table.into_iter().flat_map(|table| table.iter()).take(ENTRIES_MAX) {
            match texts_of(value) {
                Ok(texts) => {
                    let key = Text { text: key.get_ref().trim().to_owned(), at: key.span().start };
                    entries.push((key, texts));
                }
                Err(at) => problems.add(at, format!("write a text in quotes for `{}`", key.get_ref())),
            }
        }
        entries
    }

    /// Reports the keys that were not read.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        let asked = &self.asked;
        for (key, _) in self.table.into_iter().flat_map(|table| table.iter()) {
            let name = key.get_ref().as_ref();
            if asked.contains(&name) {
                continue;
            }
            let edits = |known: &str| distance(&shortened(name), known);
            let nearest = asked.iter().copied().min_by_key(|known| edits(known));
            let nearest = nearest.filter(|known| is_close(&shortened(name), edits(known)));
            let place = if self.heading.is_empty() { String::new() } else { format!(" in {}", self.heading) };
            let known = asked.join(", ");
            let nearest = nearest.map_or_else(String::new, |nearest| format!("; the nearest is `{nearest}`"));
            problems.add(
                key.span().start,
                format!("unknown key `{}`{place}{nearest}; known keys: {known}", shortened(name)),
            );
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn text_of(value: &Spanned<DeValue<'_>>) -> Option<Text> {
    let Range { start, .. } = value.span();
    value.get_ref().as_str().map(|text| Text { text: text.to_owned(), at: start })
}

/// A text or a list of texts; otherwise the position of what is neither.
fn texts_of(value: &Spanned<DeValue<'_>>) -> Result<Vec<Text>, usize> {
    if let Some(text) = text_of(value) {
        return Ok(vec![text]);
    }
    let array = value.get_ref().as_array().filter(|array| array.len() <= ENTRIES_MAX);
    let array = array.ok_or(value.span().start)?;
    array.iter().map(|entry| text_of(entry).ok_or(entry.span().start)).collect()
}
