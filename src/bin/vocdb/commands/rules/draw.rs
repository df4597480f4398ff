//! Draws errors in a rule file: the line, the place, the fix.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;
use vocdb::base::escape::{Line, drawn};
use vocdb::rules::{Diagnostic, RuleFile};
use vocdb::verdict::Place;

/// All diagnostics in order of place, an empty line between them.
pub(super) fn all(found: &[Diagnostic], files: &[RuleFile], is_styled: bool) -> String {
    let mut sorted: Vec<&Diagnostic> = found.iter().collect();
    sorted.sort_by_key(|diagnostic| &diagnostic.place);
    let draw = |diagnostic: &&Diagnostic| {
        let level = if diagnostic.is_warning { Level::WARNING } else { Level::ERROR };
        one(level, &diagnostic.place, (&diagnostic.message, &diagnostic.help), (files, is_styled))
    };
    sorted.iter().map(draw).collect::<Vec<_>>().join("\n")
}

/// One message at a place of a file.
pub(super) fn one(
    level: Level<'_>,
    place: &Place,
    (message, help): (&str, &str),
    (files, is_styled): (&[RuleFile], bool),
) -> String {
    let file = files.iter().find(|file| *file.name == *place.file);
    let text = file.map_or_else(String::new, |file| drawn(&file.text));
    let (message, help, path) = (Line(message).to_string(), Line(help).to_string(), Line(&place.file).to_string());
    let annotation = AnnotationKind::Primary.span(span(&text, place)).label(&help);
    let snippet = Snippet::source(&text).path(&path).annotation(annotation);
    let renderer = if is_styled { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[level.primary_title(message).element(snippet)]) + "\n"
}

/// The bytes of the name, number or text at a place; one character of anything else.
fn span(text: &str, place: &Place) -> Range<usize> {
    let count = |number: u32| usize::try_from(number).unwrap_or(1).saturating_sub(1);
    let line_at: usize = text.split_inclusive('\n').take(count(place.line)).map(str::len).sum();
    let line = text.get(line_at..).unwrap_or_default().lines().next().unwrap_or_default();
    let column_at = line.char_indices().nth(count(place.column)).map_or(line.len(), |(at, _)| at);
    let rest = line.get(column_at..).unwrap_or_default();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let length = match rest.chars().next() {
        Some('"') => rest.get(1..).and_then(|inner| inner.find('"')).map_or(1, |quote| quote + 2),
        Some(first) if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
        Some(first) => first.len_utf8(),
        None => 0,
    };
    line_at + column_at..line_at + column_at + length
}
