//! Pages of segments that were read last, kept in memory: reading them again costs what reading a mapped file does.

use crate::base::limits::PAGES_KEPT_BYTES_MAX;
use crate::io::SealedBytes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

/// What a page takes beside its bytes.
const OVERHEAD_BYTES: usize = 128;

/// The pages of one segment that are in memory.
#[derive(Debug)]
pub(super) struct Pages(Arc<[Place]>);

/// The place of one page.
#[derive(Debug, Default)]
struct Place {
    bytes: Mutex<Option<SealedBytes>>,
    /// Whether it was read since it last came up for removal.
    is_used: AtomicBool,
}

/// The pages of all segments that are in memory, in the order in which they come up for removal.
static KEPT: Mutex<Kept> = Mutex::new(Kept { bytes: 0, queue: VecDeque::new() });

#[derive(Debug)]
struct Kept {
    bytes: usize,
    queue: VecDeque<(Weak<[Place]>, usize, usize)>,
}

impl Pages {
    /// Places for so many pages.
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).map(|_| Place::default()).collect())
    }

    /// A page, if it is in memory.
    pub(super) fn get(&self, number: usize) -> Option<SealedBytes> {
        let place = self.0.get(number)?;
        let bytes = place.bytes.lock().clone()?;
        if !place.is_used.load(Ordering::Relaxed) {
            place.is_used.store(true, Ordering::Relaxed);
        }
        Some(bytes)
    }

    /// Keeps a page that has been checked; a copy of a file's bytes in the place of those that were not read for the longest time.
    pub(super) fn put(&self, number: usize, bytes: &SealedBytes, is_copied: bool) {
        let Some(place) = self.0.get(number) else { return };
        if place.bytes.lock().replace(bytes.clone()).is_none() && is_copied {
            KEPT.lock().add((Arc::downgrade(&self.0), number, bytes.len() + OVERHEAD_BYTES));
        }
    }

    /// Bytes of its pages that are in memory.
    pub(super) fn kept_bytes(&self) -> u64 {
        self.0.iter().map(|place| place.bytes.lock().as_ref().map_or(0, |bytes| bytes.len() as u64)).sum()
    }
}

impl Kept {
    fn add(&mut self, page: (Weak<[Place]>, usize, usize)) {
        self.bytes += page.2;
        self.queue.push_back(page);
        while self.bytes > PAGES_KEPT_BYTES_MAX {
            let Some((places, number, bytes)) = self.queue.pop_front() else { break };
            let alive = places.upgrade();
            let place = alive.as_ref().and_then(|places| places.get(number));
            if place.is_some_and(|place| place.is_used.swap(false, Ordering::Relaxed)) {
                self.queue.push_back((places, number, bytes));
                continue;
            }
            self.bytes -= bytes;
            if let Some(place) = place {
                *place.bytes.lock() = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::SealedFile;

    #[test]
    fn no_more_is_kept_than_is_allowed_and_what_is_read_again_stays() {
        let page_bytes = PAGES_KEPT_BYTES_MAX / 64;
        let file = SealedFile::owned(vec![7; page_bytes]);
        let pages = Pages::new(1_000);
        for number in 0..1_000 {
            pages.put(number, &file.read_at(0, page_bytes).unwrap(), true);
            assert!(pages.get(0).is_some(), "page {number}: the first is read again and again");
        }
        assert!(pages.kept_bytes() <= PAGES_KEPT_BYTES_MAX as u64);
        assert!(pages.get(500).is_none());
        assert!(KEPT.lock().bytes <= PAGES_KEPT_BYTES_MAX);
    }
}
