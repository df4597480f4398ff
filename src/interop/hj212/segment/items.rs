//! The items of `CP`: parameters and factors.

use super::number::number;
use super::sub_item::SubItem;
use crate::model::Quality;

/// One `name=value` of `CP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// A pair in its place in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut<'a> {
    /// Text of the pair.
    pub(super) text: &'a str,
    /// Text behind its separator.
    pub(super) rest: &'a str,
    /// Separator behind it; `None` at the end.
    pub(super) separator: Option<u8>,
}

/// Cuts the first pair off; `None` for the empty text.
pub(super) fn cut(text: &str) -> Option<Cut<'_>> {
    if text.is_empty() {
        return None;
    }
    let end = text.bytes().position(|byte| byte == b';' || byte == b',');
    let Some(end) = end else { return Some(Cut { text, rest: "", separator: None }) };
    let (pair, rest) = text.split_at_checked(end)?;
    Some(Cut { text: pair, rest: rest.get(1..)?, separator: rest.bytes().next() })
}

pub(super) fn pair(text: &str) -> Option<Pair<'_>> {
    let at = text.bytes().position(|byte| byte == b'=')?;
    let (name, value) = text.split_at_checked(at)?;
    Some(Pair { name, value: value.get(1..)? })
}

/// Code and sub-item of a factor's name; `None` for the name of a parameter.
pub(super) fn split_name(name: &str) -> Option<(&str, &str)> {
    let at = name.bytes().position(|byte| byte == b'-')?;
    let (code, sub_item) = name.split_at_checked(at)?;
    Some((code, sub_item.get(1..)?))
}

/// An item of `CP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A parameter such as `DataTime`, `QnRtn` or `PolId`.
    Parameter {
        /// Name.
        name: &'a str,
        /// Value.
        value: &'a str,
    },
    /// A factor with its sub-items.
    Factor(Factor<'a>),
}

/// The items of `CP`, in their order.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    rest: &'a str,
}

impl<'a> Items<'a> {
    pub(super) const fn of(content: &'a str) -> Self {
        Self { rest: content }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let first = cut(self.rest)?;
            let whole = self.rest;
            self.rest = first.rest;
            // Empty pairs were counted when the segment was read.
            let Some(Pair { name, value }) = pair(first.text) else { continue };
            let Some((code, sub_item)) = split_name(name) else { return Some(Item::Parameter { name, value }) };
            let (mut seen, mut end, mut separator) = (bit(sub_item), first.text.len(), first.separator);
            while let Some(next) = cut(self.rest) {
                let Some((also, sub_item)) = pair(next.text).and_then(|pair| split_name(pair.name)) else { break };
                let bit = bit(sub_item);
                if !continues((code, seen), (also, bit), separator) {
                    break;
                }
                seen |= bit;
                separator = next.separator;
                self.rest = next.rest;
                end = whole.len() - next.rest.len() - usize::from(next.separator.is_some());
            }
            let text = whole.get(..end).unwrap_or_default();
            return Some(Item::Factor(Factor { code, text, seen }));
        }
    }
}

fn bit(sub_item: &str) -> u32 {
    SubItem::of_name(sub_item).map_or(0, SubItem::bit)
}

/// Whether a sub-item belongs to the factor before it, of which the code and the sub-items are known. Senders separate values and flags of
/// one factor by `;` too; equipment has several sub-items of its own behind `;`.
pub(super) fn continues((code, seen): (&str, u32), (next, bit): (&str, u32), separator: Option<u8>) -> bool {
    let is_same = code == next && seen & bit == 0;
    is_same && (separator == Some(b',') || (seen & SubItem::MEASURED != 0 && bit & SubItem::FLAGGED != 0))
}

/// A factor, that is a measured quantity or a unit of equipment, with its sub-items.
///
/// ```
/// use vocdb::Quality;
/// use vocdb::interop::hj212::{Decoder, Item, Mode, SubItem};
/// let text = b"##0120QN=20200828190600000;ST=27;CN=2011;PW=123456;MN=18AAH;Flag=4;\
///              CP=&&DataTime=20200828190600;a24088-Rtd=0.0,a24088-Flag=F&&B981\r\n";
/// let mut decoder = Decoder::new(Mode::Strict);
/// let frame = decoder.decode(text)?;
/// let Some(Item::Factor(factor)) = frame.segment.items().nth(1) else { panic!("a parameter") };
/// assert_eq!((factor.code(), factor.number(SubItem::Rtd)), ("a24088", Some(0.0)));
/// assert_eq!(factor.quality(), Some(Quality::OutOfOperation));
/// # Ok::<(), vocdb::interop::hj212::Fault>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor<'a> {
    code: &'a str,
    text: &'a str,
    seen: u32,
}

impl<'a> Factor<'a> {
    /// Factor code, such as `a25002` for benzene.
    #[must_use]
    pub const fn code(&self) -> &'a str {
        self.code
    }

    /// Names and values of the sub-items, in their order.
    pub fn sub_items(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            loop {
                let next = cut(rest)?;
                rest = next.rest;
                if let Some(pair) = pair(next.text) {
                    let sub_item = split_name(pair.name).map_or(pair.name, |(_, sub_item)| sub_item);
                    return Some((sub_item, pair.value));
                }
            }
        })
    }

    /// Returns whether the factor has this sub-item.
    #[must_use]
    pub const fn has(&self, sub_item: SubItem) -> bool {
        self.seen & sub_item.bit() != 0
    }

    /// The value of a sub-item as it stands in the frame.
    #[must_use]
    pub fn value(&self, sub_item: SubItem) -> Option<&'a str> {
        if !self.has(sub_item) {
            return None;
        }
        self.sub_items().find(|(name, _)| SubItem::of_name(name) == Some(sub_item)).map(|(_, value)| value)
    }

    /// The value of a sub-item as a number; `None` where the factor has none or it is no number.
    #[must_use]
    pub fn number(&self, sub_item: SubItem) -> Option<f64> {
        self.value(sub_item).and_then(number)
    }

    /// The quality by the sub-item `Flag`: suspect for a flag that the standard does not have, `None` without a flag.
    #[must_use]
    pub fn quality(&self) -> Option<Quality> {
        let value = self.value(SubItem::Flag)?;
        Some(quality(value).unwrap_or(Quality::Suspect))
    }
}

/// The quality of a flag's letter, in any case.
pub(super) fn quality(value: &str) -> Option<Quality> {
    let mut letters = value.chars();
    let letter = letters.next()?.to_ascii_uppercase();
    Quality::from_hj212(letter).filter(|_| letters.next().is_none())
}
