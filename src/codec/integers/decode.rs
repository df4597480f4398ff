//! From the bytes of a block back to its integers, group by group.

use super::lanes::{self, Begins, Lanes, write_values};
use super::mode::{CONSTANT, DELTA, DICTIONARY, DIVISOR, FIRST_KNOWN, FRAME, KIND_BITS, KNOWN_BITS, WIDE};
use super::narrow::{self, GroupSink};
use super::wide;
use crate::base::bytes::{ByteReader, unzigzag};
use crate::base::limits::{DICTIONARY_ENTRIES_MAX, ROWS_PER_BLOCK, VALUES_PER_GROUP};
use crate::base::processor::with_best;
use crate::codec::CodecError;

/// What receives the integers of a block, in order.
pub(in super::super) trait Sink {
    /// The first `count` of 128 integers of 32 bits, each less what its lane begins with. Inlined into code for the best instructions of
    /// the processor.
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize);
    /// Any number of integers up to 128.
    fn run(&mut self, values: &[i64]);
}

/// Reads `count` integers (at most 1,024) that [`encode`](super::encode) wrote. `known_first` is the first one, where the caller has it.
pub(in super::super) fn decode(
    reader: &mut ByteReader<'_>,
    count: usize,
    known_first: Option<i64>,
    sink: &mut impl Sink,
) -> Result<(), CodecError> {
    if count == 0 {
        return Ok(());
    }
    let mode = read_mode(reader, count)?;
    if mode & DICTIONARY == 0 {
        return decode_mode(reader, count, Start { mode, known_first }, sink);
    }
    let entries = decode_dictionary(reader)?;
    let before = match mode & KIND_BITS {
        FRAME => 0,
        _ => i64::try_from(reader.varint()?).unwrap_or_default(),
    };
    let mut by_rank = ByRank { entries: &entries, sink, unknown: None };
    let start = Start { mode: mode & !DICTIONARY | FIRST_KNOWN, known_first: Some(before) };
    decode_mode(reader, count, start, &mut by_rank)?;
    match by_rank.unknown {
        None => Ok(()),
        Some(rank) => Err(CodecError::Unknown {
            field: "rank",
            offset: reader.offset(),
            found: rank.cast_unsigned(),
            known: "places in the dictionary",
        }),
    }
}

/// As [`decode`], for integers that may not have a dictionary.
fn decode_plain(reader: &mut ByteReader<'_>, count: usize, sink: &mut impl Sink) -> Result<(), CodecError> {
    if count == 0 {
        return Ok(());
    }
    let offset = reader.offset();
    let mode = read_mode(reader, count)?;
    if mode & DICTIONARY != 0 {
        return Err(unknown_mode(offset, mode));
    }
    decode_mode(reader, count, Start { mode, known_first: None }, sink)
}

fn read_mode(reader: &mut ByteReader<'_>, count: usize) -> Result<u8, CodecError> {
    if count > ROWS_PER_BLOCK {
        return Err(CodecError::Count { what: "integers of a block", expected: ROWS_PER_BLOCK, found: count });
    }
    let offset = reader.offset();
    let mode = reader.u8()?;
    let is_known = mode & !KNOWN_BITS == 0
        && (mode & WIDE == 0 || mode & (DIVISOR | DICTIONARY) == 0)
        && (mode & DICTIONARY == 0 || mode & (DIVISOR | FIRST_KNOWN) == 0);
    if is_known { Ok(mode) } else { Err(unknown_mode(offset, mode)) }
}

const fn unknown_mode(offset: usize, mode: u8) -> CodecError {
    CodecError::Unknown { field: "integer mode", offset, found: mode as u64, known: "the modes of FORMAT.md" }
}

#[derive(Clone, Copy)]
struct Start {
    mode: u8,
    known_first: Option<i64>,
}

impl Start {
    const fn kind(self) -> u8 {
        self.mode & KIND_BITS
    }

    fn first(self, reader: &mut ByteReader<'_>) -> Result<i64, CodecError> {
        match (self.mode & FIRST_KNOWN, self.known_first) {
            (0, _) => Ok(reader.zigzag()?),
            (_, Some(first)) => Ok(first),
            (_, None) => Err(unknown_mode(reader.offset(), self.mode)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "narrow blocks are modulo 2^32 on purpose")]
fn decode_mode(
    reader: &mut ByteReader<'_>,
    count: usize,
    start: Start,
    sink: &mut impl Sink,
) -> Result<(), CodecError> {
    let has_divisor = start.mode & DIVISOR != 0;
    let needs_first = start.kind() != FRAME || has_divisor;
    let first = if needs_first { start.first(reader)? } else { 0 };
    if start.kind() == CONSTANT {
        return repeat(first, count, sink);
    }
    let divisor = if has_divisor { reader.varint()? } else { 1 };
    let least = if start.kind() == FRAME || start.kind() == DELTA { reader.zigzag()? } else { 0 };
    let before = if has_divisor { 0 } else { first };
    let before = if start.kind() == DELTA { before.wrapping_sub(least) } else { before };
    if start.mode & WIDE != 0 {
        return decode_wide(reader, count, (start.kind(), least, before), sink);
    }
    let scale = has_divisor.then_some((first as u32, divisor as u32));
    let mut integrate = Integrate { kind: start.kind(), least: least as u32, before: before as u32, scale, sink };
    narrow::decode(reader, count, &mut integrate)
}

fn repeat(value: i64, count: usize, sink: &mut impl Sink) -> Result<(), CodecError> {
    let run = [value; VALUES_PER_GROUP];
    let mut left = count;
    while left > 0 {
        let size = left.min(VALUES_PER_GROUP);
        sink.run(run.get(..size).unwrap_or_default());
        left -= size;
    }
    Ok(())
}

fn decode_wide(
    reader: &mut ByteReader<'_>,
    count: usize,
    (kind, least, before): (u8, i64, i64),
    sink: &mut impl Sink,
) -> Result<(), CodecError> {
    let mut before = before;
    wide::decode(reader, count, |units| {
        let mut values = [0_i64; VALUES_PER_GROUP];
        for (value, unit) in values.iter_mut().zip(units.iter()) {
            *value = match kind {
                FRAME => least.wrapping_add(unit.cast_signed()),
                DELTA => before.wrapping_add(least.wrapping_add(unit.cast_signed())),
                _ => before.wrapping_add(unzigzag(*unit)),
            };
            before = *value;
        }
        sink.run(values.get(..units.len()).unwrap_or_default());
    })
}

/// Turns the units of narrow groups into values.
struct Integrate<'a, S> {
    kind: u8,
    least: u32,
    before: u32,
    /// First value and divisor.
    scale: Option<(u32, u32)>,
    sink: &'a mut S,
}

/// Zigzag of 32 bits, undone.
#[inline(always)]
const fn unzigzag_word(unit: u32) -> u32 {
    (unit >> 1) ^ (unit & 1).wrapping_neg()
}

impl<S: Sink> Integrate<'_, S> {
    /// Gives a group to the sink.
    #[inline(always)]
    fn integrate(&mut self, lanes: &mut Lanes, count: usize) {
        let least = self.least;
        let begins = match self.kind {
            FRAME => [least; 4],
            DELTA => lanes::run_up(lanes, &mut self.before, |unit| unit.wrapping_add(least)),
            _ => lanes::run_up(lanes, &mut self.before, unzigzag_word),
        };
        let Some((first, divisor)) = self.scale else { return self.sink.lanes(lanes, begins, count) };
        lanes::map(lanes, begins, |multiple| first.wrapping_add(multiple.wrapping_mul(divisor)));
        self.sink.lanes(lanes, [0; 4], count);
    }
}

impl<S: Sink> GroupSink for Integrate<'_, S> {
    fn lanes(&mut self, lanes: &mut Lanes, count: usize) {
        with_best(
            #[inline(always)]
            || self.integrate(lanes, count),
        );
    }
}

/// Looks ranks up.
struct ByRank<'a, S> {
    entries: &'a [i64],
    sink: &'a mut S,
    unknown: Option<i64>,
}

impl<S: Sink> Sink for ByRank<'_, S> {
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let mut ranks = [0_i64; VALUES_PER_GROUP];
        write_values(lanes, begins, &mut ranks, |rank| i64::from(rank.cast_signed()));
        self.run(ranks.get(..count).unwrap_or_default());
    }

    fn run(&mut self, ranks: &[i64]) {
        let mut values = [0_i64; VALUES_PER_GROUP];
        for (value, rank) in values.iter_mut().zip(ranks) {
            match usize::try_from(*rank).ok().and_then(|rank| self.entries.get(rank)) {
                Some(entry) => *value = *entry,
                None => self.unknown = Some(*rank),
            }
        }
        self.sink.run(values.get(..ranks.len()).unwrap_or_default());
    }
}

/// Reads the entries of a dictionary.
fn decode_dictionary(reader: &mut ByteReader<'_>) -> Result<Vec<i64>, CodecError> {
    let offset = reader.offset();
    let count = reader.varint()?;
    let count = usize::try_from(count)
        .ok()
        .filter(|count| (1..=DICTIONARY_ENTRIES_MAX).contains(count))
        .ok_or(CodecError::Unknown { field: "dictionary entries", offset, found: count, known: "1 to 256" })?;
    let mut entries = Entries(vec![reader.zigzag()?]);
    decode_plain(reader, count - 1, &mut entries)?;
    Ok(entries.0)
}

/// Sums steps into entries.
struct Entries(Vec<i64>);

impl Sink for Entries {
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let mut steps = [0_i64; VALUES_PER_GROUP];
        write_values(lanes, begins, &mut steps, |step| i64::from(step.cast_signed()));
        self.run(steps.get(..count).unwrap_or_default());
    }

    fn run(&mut self, steps: &[i64]) {
        let mut entry = self.0.last().copied().unwrap_or_default();
        for step in steps {
            entry = entry.wrapping_add(*step);
            self.0.push(entry);
        }
    }
}
