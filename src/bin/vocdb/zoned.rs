//! The zone of every time that is printed as text.

use std::borrow::Cow;
use std::sync::OnceLock;
use vocdb::model::Zone;

/// Zone of every time that is printed as text, if `--zone` gives one.
static SHOWN_IN: OnceLock<Zone> = OnceLock::new();

/// Prints times as text in this zone from now on. A second call has no effect.
pub(crate) fn show_in(zone: Zone) {
    let _ = SHOWN_IN.set(zone);
}

/// A text with its times in the zone of `--zone`, or in UTC.
pub(crate) fn localized(text: &str) -> Cow<'_, str> {
    SHOWN_IN.get().map_or(Cow::Borrowed(text), |zone| Cow::Owned(zone.localize(text)))
}
