//! Line numbers of offsets in a stream.

use std::collections::VecDeque;

/// Counts lines while a stream passes by. It holds the line feeds between the last report and the bytes that arrived.
#[derive(Debug)]
pub(super) struct Lines {
    feeds: VecDeque<u64>,
    arrived: u64,
    line: u64,
    /// Offset and line behind the last report: where bytes that belong to no frame begin.
    behind: (u64, u64),
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self { feeds: VecDeque::new(), arrived: 0, line: 1, behind: (0, 1) }
    }

    /// Notes bytes that arrive.
    pub(super) fn note(&mut self, bytes: &[u8]) {
        let arrived = self.arrived;
        let feeds = (arrived..).zip(bytes).filter(|(_, byte)| **byte == b'\n').map(|(offset, _)| offset);
        self.feeds.extend(feeds);
        self.arrived += bytes.len() as u64;
    }

    /// The line of a frame or fault, counted from 1; the next one begins behind it.
    pub(super) fn of(&mut self, offset: u64, bytes: u64) -> u64 {
        let line = if offset == self.behind.0 { self.behind.1 } else { self.pass(offset) };
        let end = offset + bytes;
        self.behind = (end, self.pass(end));
        line
    }

    /// Counts the lines before an offset that no later report lies before.
    pub(super) fn pass(&mut self, offset: u64) -> u64 {
        while self.feeds.front().is_some_and(|feed| *feed < offset) {
            self.feeds.pop_front();
            self.line += 1;
        }
        self.line
    }
}

#[test]
fn lines_are_those_of_the_offsets() {
    let mut lines = Lines::new();
    lines.note(b"a\nbb\n");
    lines.note(b"ccc\nd");
    assert_eq!((lines.of(0, 2), lines.of(2, 1), lines.pass(4)), (1, 2, 2));
    // Noise begins behind the last report, although later bytes have passed.
    assert_eq!(lines.pass(9), 4);
    assert_eq!((lines.of(3, 6), lines.of(9, 1)), (2, 4));
}
