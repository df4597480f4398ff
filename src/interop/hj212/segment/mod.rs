//! The content of a frame: fields of the segment, items and factors of `CP`, times and flags. Nothing here allocates.

mod fields;
mod flag;
mod items;
mod number;
mod sub_item;
mod time;
mod token;

pub(super) use fields::content_range;
pub use fields::{Packet, Segment};
pub use flag::{Edition, Flag};
pub use items::{Factor, Item, Items};
pub use number::number;
pub use sub_item::SubItem;
pub use time::{LocalTime, StationClock};
