//! What only the bare tokens show: paths in macros, attributes in macros, words in code.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;

/// Every path in a run of tokens, for what is given to macros and attributes and is parsed by nobody here.
/// A string that begins like a path of this crate counts as one. `crate::{` is the path `crate`.
pub(crate) fn paths(stream: TokenStream) -> Vec<(Vec<String>, Span)> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut found = vec![];
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            TokenTree::Ident(ident) => {
                let mut segments = vec![ident.unraw().to_string()];
                rest = chain(&mut segments, tail);
                let is_type = segments.first().is_some_and(|first| first.starts_with(char::is_uppercase));
                if segments.len() > 1 || is_type || (ident == "crate" && begins_double_colon(rest)) {
                    found.push((segments, ident.span()));
                }
            }
            TokenTree::Group(group) => found.extend(paths(group.stream())),
            TokenTree::Punct(punct) if punct.as_char() == '.' => rest = without_name(tail),
            TokenTree::Punct(_) => {}
            TokenTree::Literal(literal) => {
                found.extend(quoted(&literal.to_string()).map(|segments| (segments, literal.span())));
            }
        }
    }
    found
}

fn chain<'t>(segments: &mut Vec<String>, mut rest: &'t [TokenTree]) -> &'t [TokenTree] {
    while let [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Ident(ident), tail @ ..] = rest
        && (a.as_char(), b.as_char()) == (':', ':')
    {
        segments.push(ident.unraw().to_string());
        rest = tail;
    }
    rest
}

fn begins_double_colon(rest: &[TokenTree]) -> bool {
    matches!(rest, [TokenTree::Punct(a), TokenTree::Punct(b), ..] if (a.as_char(), b.as_char()) == (':', ':'))
}

fn without_name(rest: &[TokenTree]) -> &[TokenTree] {
    match rest {
        [TokenTree::Ident(_), tail @ ..] => tail,
        all => all,
    }
}

fn quoted(literal: &str) -> Option<Vec<String>> {
    let segments: Vec<String> = literal.trim_matches('"').split("::").map(str::to_owned).collect();
    let rooted = matches!(segments.first().map(String::as_str), Some("crate" | "super" | "self"));
    let plain = segments.iter().all(|name| name.chars().all(|char| char.is_alphanumeric() || char == '_'));
    (rooted && plain && segments.len() > 1).then_some(segments)
}

/// An attribute as tokens: its name, what follows the name, and the tokens after the attribute.
pub(crate) struct RawAttribute {
    /// The last segment of its path.
    pub(crate) name: String,
    /// All that stands between the brackets.
    pub(crate) content: TokenStream,
    /// The item that it adorns begins somewhere here, after other attributes perhaps.
    pub(crate) after: TokenStream,
    /// Where it stands.
    pub(crate) span: Span,
}

/// Every attribute in a file, also within macros; doc comments are attributes too.
pub(crate) fn attributes(stream: TokenStream) -> Vec<RawAttribute> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut found = vec![];
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let TokenTree::Group(group) = first {
            found.extend(attributes(group.stream()));
        }
        let after_bang = match (first, tail) {
            (TokenTree::Punct(hash), [TokenTree::Punct(bang), inner @ ..])
                if hash.as_char() == '#' && bang.as_char() == '!' =>
            {
                inner
            }
            (TokenTree::Punct(hash), outer) if hash.as_char() == '#' => outer,
            _ => continue,
        };
        if let [TokenTree::Group(group), after @ ..] = after_bang
            && group.delimiter() == Delimiter::Bracket
        {
            rest = after;
            found.extend(raw_attribute(group.stream(), after, group.span()));
        }
    }
    found
}

fn raw_attribute(content: TokenStream, after: &[TokenTree], span: Span) -> Option<RawAttribute> {
    let tokens: Vec<TokenTree> = content.clone().into_iter().collect();
    let [TokenTree::Ident(first), rest @ ..] = tokens.as_slice() else { return None };
    let mut segments = vec![first.unraw().to_string()];
    chain(&mut segments, rest);
    let after = if first == "doc" { TokenStream::new() } else { after.iter().take(AFTER_MAX).cloned().collect() };
    segments.pop().map(|name| RawAttribute { name, content, after, span })
}

/// How far behind an attribute its item's name may stand.
const AFTER_MAX: usize = 64;

/// Every occurrence of a bare word in code, also within macros, but not within strings and comments.
pub(crate) fn words(stream: TokenStream, word: &str) -> Vec<Span> {
    let mut found = vec![];
    for token in stream {
        match token {
            TokenTree::Group(group) => found.extend(words(group.stream(), word)),
            TokenTree::Ident(ident) if ident == word => found.push(ident.span()),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

#[test]
fn paths_in_macro_tokens_are_found() -> Result<(), Box<dyn std::error::Error>> {
    let stream: TokenStream =
        r#"x.y(crate::store::wal::open(a::B)), "super::frame", "super::not this", crate::{c}, T"#.parse()?;
    let found: Vec<String> = paths(stream).into_iter().map(|(segments, _)| segments.join("::")).collect();
    assert_eq!(found, ["crate::store::wal::open", "a::B", "super::frame", "crate", "T"]);
    Ok(())
}
