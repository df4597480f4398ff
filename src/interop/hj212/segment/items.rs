//! The items of `CP`: parameters and factors.

use super::number::number;
use super::sub_item::SubItem;
use super::token::{Token, Tokens};
use crate::model::Quality;

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
    content: &'a str,
    tokens: Tokens<'a>,
    /// The token that ended the last factor.
    ahead: Option<Token<'a>>,
}

impl<'a> Items<'a> {
    pub(super) const fn of(content: &'a str) -> Self {
        Self { content, tokens: Tokens::of(content), ahead: None }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let first = self.ahead.take().or_else(|| self.tokens.next())?;
            // Empty items were counted when the segment was read.
            let Some((name, value)) = first.pair() else { continue };
            let Some((code, sub_item)) = first.factor() else { return Some(Item::Parameter { name, value }) };
            let mut factor = Factor { code, text: first.text, seen: 0, measured: None, flag: None };
            factor.note(SubItem::of_name(sub_item), value);
            let (mut separator, mut end) = (first.separator, first.end());
            for next in self.tokens.by_ref() {
                let (Some((also, sub_item)), Some((_, value))) = (next.factor(), next.pair()) else {
                    self.ahead = Some(next);
                    break;
                };
                let sub_item = SubItem::of_name(sub_item);
                if !continues((code, factor.seen), (also, sub_item.map_or(0, SubItem::bit)), separator) {
                    self.ahead = Some(next);
                    break;
                }
                factor.note(sub_item, value);
                (separator, end) = (next.separator, next.end());
            }
            factor.text = self.content.get(first.start..end).unwrap_or_default();
            return Some(Item::Factor(factor));
        }
    }
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
    /// The first measured value, and the flag: most frames have these two only.
    measured: Option<(SubItem, &'a str)>,
    flag: Option<&'a str>,
}

impl<'a> Factor<'a> {
    fn note(&mut self, sub_item: Option<SubItem>, value: &'a str) {
        let Some(sub_item) = sub_item else { return };
        self.seen |= sub_item.bit();
        if sub_item == SubItem::Flag {
            self.flag = Some(value);
        } else if self.measured.is_none() {
            self.measured = Some((sub_item, value));
        }
    }

    /// Factor code, such as `a25002` for benzene.
    #[must_use]
    pub const fn code(&self) -> &'a str {
        self.code
    }

    /// Names and values of the sub-items, in their order.
    pub fn sub_items(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        Tokens::of(self.text).filter_map(|token| Some((token.factor()?.1, token.pair()?.1)))
    }

    /// The sub-items that must be a number and are not, each with its value. An empty value is a missing one.
    pub fn bad_numbers(&self) -> impl Iterator<Item = (SubItem, &'a str)> + use<'a> {
        self.sub_items().filter_map(|(name, value)| {
            let sub_item = SubItem::of_name(name).filter(|sub_item| sub_item.is_number())?;
            (!value.is_empty() && super::number::number(value).is_none()).then_some((sub_item, value))
        })
    }

    /// Returns whether the factor has this sub-item.
    #[must_use]
    pub const fn has(&self, sub_item: SubItem) -> bool {
        self.seen & sub_item.bit() != 0
    }

    /// The value of a sub-item, as the frame has it.
    #[must_use]
    pub fn value(&self, sub_item: SubItem) -> Option<&'a str> {
        if !self.has(sub_item) {
            return None;
        }
        match self.measured {
            Some((first, value)) if first == sub_item => return Some(value),
            _ if sub_item == SubItem::Flag => return self.flag,
            _ => {}
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
        Some(quality(self.flag?).unwrap_or(Quality::Suspect))
    }
}

/// The quality of a flag's letter, in any case.
pub(super) fn quality(value: &str) -> Option<Quality> {
    let [letter] = value.as_bytes() else { return None };
    Quality::from_hj212(char::from(letter.to_ascii_uppercase()))
}
