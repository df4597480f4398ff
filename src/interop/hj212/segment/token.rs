//! Texts cut at their separators: `name=value`, and what should be one.

/// Bytes that are looked at once.
const LANES: usize = 8;
const LOWEST: u64 = u64::from_le_bytes([1; LANES]);
const HIGHEST: u64 = u64::from_le_bytes([0x80; LANES]);

/// The marks `;`, `,`, `=` and `-` of a text, from front to back.
#[derive(Debug, Clone)]
struct Marks<'a> {
    bytes: &'a [u8],
    /// Place behind the bytes that were looked at.
    place: usize,
    /// The highest bit of each byte of the last word that is a mark and was not returned.
    found: u64,
}

impl Marks<'_> {
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let rest = self.bytes.get(self.place..)?;
            let word = match rest.first_chunk::<LANES>() {
                Some(bytes) => *bytes,
                None if rest.is_empty() => return None,
                None => {
                    let mut bytes = [0; LANES];
                    bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                    bytes
                }
            };
            self.found = marks_of(u64::from_le_bytes(word));
            self.place += LANES;
        }
        let lane = self.found.trailing_zeros() as usize / LANES;
        self.found &= self.found - 1;
        Some(self.place - LANES + lane)
    }
}

/// The highest bit of each byte that is a mark.
const fn marks_of(word: u64) -> u64 {
    // A comma and a hyphen differ in the lowest bit only.
    equal(word | LOWEST, b'-') | equal(word, b';') | equal(word, b'=')
}

/// The highest bit of each byte that equals another.
const fn equal(word: u64, byte: u8) -> u64 {
    let rest = word ^ u64::from_le_bytes([byte; LANES]);
    !(((rest & !HIGHEST) + !HIGHEST) | rest) & HIGHEST
}

/// A text up to the next separator, with the places of its marks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// The text before the separator.
    pub(super) text: &'a str,
    /// The separator; `None` at the end.
    pub(super) separator: Option<u8>,
    /// Place of the text.
    pub(super) start: usize,
    equals: Option<usize>,
    /// The first hyphen before `=`.
    hyphen: Option<usize>,
}

impl<'a> Token<'a> {
    /// Place behind the text.
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Name and value.
    pub(super) fn pair(&self) -> Option<(&'a str, &'a str)> {
        let equals = self.equals?;
        Some((self.text.get(..equals)?, self.text.get(equals + 1..)?))
    }

    /// Code and sub-item of a factor's name; `None` for a parameter.
    pub(super) fn factor(&self) -> Option<(&'a str, &'a str)> {
        let (hyphen, equals) = (self.hyphen?, self.equals?);
        Some((self.text.get(..hyphen)?, self.text.get(hyphen + 1..equals)?))
    }
}

/// The tokens of a text.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    start: usize,
    marks: Marks<'a>,
}

impl<'a> Tokens<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, start: 0, marks: Marks { bytes: text.as_bytes(), place: 0, found: 0 } }
    }

    /// The text behind the last token.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.start..).unwrap_or_default()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.start;
        if start >= self.text.len() {
            return None;
        }
        let (mut equals, mut hyphen) = (None, None);
        while let Some(place) = self.marks.next() {
            match self.marks.bytes.get(place) {
                Some(b'=') if equals.is_none() => equals = Some(place - start),
                Some(b'-') if hyphen.is_none() && equals.is_none() => hyphen = Some(place - start),
                Some(b';' | b',') => {
                    self.start = place + 1;
                    let separator = self.marks.bytes.get(place).copied();
                    return Some(Token { text: self.text.get(start..place)?, separator, start, equals, hyphen });
                }
                _ => {}
            }
        }
        self.start = self.text.len();
        Some(Token { text: self.text.get(start..)?, separator: None, start, equals, hyphen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by the means of the standard library.
    fn naive(text: &str) -> Vec<(String, Option<(String, String)>)> {
        let mut tokens: Vec<&str> = text.split([';', ',']).collect();
        if tokens.last() == Some(&"") {
            tokens.pop();
        }
        let pair = |token: &str| token.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        tokens.into_iter().map(|token| (token.to_owned(), pair(token))).collect()
    }

    proptest! {
        #[test]
        fn tokens_are_those_of_a_plain_split(text in "[-a;,=<.:9/+\\u{AD}\\u{BB}-\\u{BF}é苯]{0,60}") {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let found: Vec<_> = Tokens::of(&text).map(|token| (token.text.to_owned(), token.pair().map(owned))).collect();
            prop_assert_eq!(found, naive(&text));
            for token in Tokens::of(&text) {
                prop_assert_eq!(&text[token.start..token.end()], token.text);
                let split = token.pair().and_then(|(name, _)| name.split_once('-'));
                prop_assert_eq!(token.factor(), split);
            }
        }
    }
}
