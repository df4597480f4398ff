//! Bytes that a sender or a log prints as `{0x..}`.

const START: &[u8] = b"{0x";
/// Bytes of one printed byte: `{0x0D}`.
const PRINTED_BYTES: usize = 6;

/// Whether a text has a printed byte.
pub(super) fn has_printed(text: &[u8]) -> bool {
    text.contains(&b'{') && text.windows(PRINTED_BYTES).any(|bytes| printed(bytes).is_some())
}

/// The byte that is printed at the start of a text.
fn printed(text: &[u8]) -> Option<u8> {
    let [high, low, b'}', ..] = text.strip_prefix(START)? else { return None };
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Appends the bytes that a text prints, at most `bytes_max`; returns the bytes of the text that were read.
pub(super) fn unprint(text: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> usize {
    let (mut rest, mut left) = (text, bytes_max);
    while left > 0 {
        let byte = printed(rest);
        let Some(first) = rest.first() else { break };
        let taken = if byte.is_some() { PRINTED_BYTES } else { 1 };
        out.push(byte.unwrap_or(*first));
        rest = rest.get(taken..).unwrap_or_default();
        left -= 1;
    }
    text.len() - rest.len()
}

#[test]
fn printed_bytes_are_read_and_look_alikes_stay() {
    let mut out = vec![];
    let text = b"a{0x0D}{0xfF}{0xg0}{0x1}{0x0a";
    assert!(has_printed(text));
    assert_eq!(unprint(text, 100, &mut out), text.len());
    assert_eq!(out, b"a\r\xff{0xg0}{0x1}{0x0a");
    out.clear();
    assert_eq!((unprint(text, 2, &mut out), out.as_slice()), (7, &b"a\r"[..]));
    assert!(!has_printed(b"{0x}") && !has_printed(b""));
}
