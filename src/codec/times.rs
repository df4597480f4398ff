//! The times of a chunk, block by block: a regular grid in a byte a block, anything else as integers.

use super::CodecError;
use super::integers::{self, Begins, Effort, Lanes, Sink, write_values};
use crate::base::bytes::{ByteReader, put_varint, put_zigzag};
use crate::base::limits::ROWS_PER_BLOCK;

/// The grid of the block before goes on.
const SAME_GRID: u8 = 0;
const GRID: u8 = 1;
const LISTED: u8 = 2;

/// Appends the times of blocks of at most 1,024 rows; their numbers of rows are not written.
pub fn encode_times<'a>(blocks: impl Iterator<Item = &'a [i64]>, effort: Effort, out: &mut Vec<u8>) {
    let mut bodies = Vec::new();
    let (mut before, mut grid) = (0_i64, 0_i64);
    for times in blocks {
        let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else { continue };
        let step = times.get(1).map_or(grid, |second| second.wrapping_sub(first));
        let is_grid = step >= 0 && times.windows(2).all(|pair| matches!(pair, [a, b] if b.wrapping_sub(*a) == step));
        if is_grid && step == grid && first == before.wrapping_add(step) {
            out.push(SAME_GRID);
        } else if is_grid {
            out.push(GRID);
            put_zigzag(out, first.wrapping_sub(before));
            put_varint(out, step.cast_unsigned());
            grid = step;
        } else {
            let begin = bodies.len();
            let offsets: Vec<i64> = times.iter().map(|time| time.wrapping_sub(first)).collect();
            integers::encode(&offsets, Some(0), effort, &mut bodies);
            out.push(LISTED);
            put_zigzag(out, first.wrapping_sub(before));
            put_zigzag(out, last.wrapping_sub(first));
            put_varint(out, (bodies.len() - begin) as u64);
        }
        before = last;
    }
    out.extend_from_slice(&bodies);
}

/// Reads the times of one chunk after the other; keeps its memory.
#[derive(Debug, Default)]
pub struct TimesReader {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first: i64,
    last: i64,
    /// Of listed times where they lie, of a grid nothing.
    listed: Option<(usize, usize)>,
    step: i64,
    rows: usize,
}

impl TimesReader {
    /// Reads what stands in front of the times of blocks with the given rows, none of which is empty.
    ///
    /// # Errors
    /// [`CodecError`] for bytes that [`encode_times`] did not write.
    pub fn open(&mut self, bytes: &[u8], rows: impl Iterator<Item = usize>) -> Result<(), CodecError> {
        self.blocks.clear();
        let mut reader = ByteReader::new(bytes);
        let (mut before, mut grid) = (0_i64, 0_i64);
        for rows in rows {
            if rows > ROWS_PER_BLOCK {
                return Err(CodecError::Count { what: "rows of a block", expected: ROWS_PER_BLOCK, found: rows });
            }
            let offset = reader.offset();
            let mut block = Block { first: 0, last: 0, listed: None, step: grid, rows };
            match reader.u8()? {
                SAME_GRID => block.first = before.wrapping_add(grid),
                GRID => {
                    block.first = before.wrapping_add(reader.zigzag()?);
                    block.step = reader.varint()?.cast_signed();
                    grid = block.step;
                }
                LISTED => {
                    block.first = before.wrapping_add(reader.zigzag()?);
                    block.last = block.first.wrapping_add(reader.zigzag()?);
                    block.listed = Some((0, usize::try_from(reader.varint()?).unwrap_or(usize::MAX)));
                }
                mode => {
                    let found = u64::from(mode);
                    return Err(CodecError::Unknown { field: "time mode", offset, found, known: "0 to 2" });
                }
            }
            if block.listed.is_none() {
                block.last = block.first.wrapping_add(block.step.wrapping_mul(rows.saturating_sub(1) as i64));
            }
            before = block.last;
            self.blocks.push(block);
        }
        let mut at = reader.offset();
        for block in &mut self.blocks {
            if let Some((begin, size)) = &mut block.listed {
                *begin = at;
                at = at.saturating_add(*size);
            }
        }
        if at == bytes.len() {
            Ok(())
        } else {
            Err(CodecError::Count { what: "bytes of times", expected: at, found: bytes.len() })
        }
    }

    /// First and last time of a block.
    #[must_use]
    pub fn span(&self, block: usize) -> Option<(i64, i64)> {
        self.blocks.get(block).map(|block| (block.first, block.last))
    }

    /// Reads the times of a block, as many as it has rows.
    ///
    /// # Errors
    /// [`CodecError`] for bytes that no encoder wrote, and for a slice of another length.
    pub fn read(&self, bytes: &[u8], block: usize, out: &mut [i64]) -> Result<(), CodecError> {
        let Some(block) = self.blocks.get(block).filter(|block| block.rows == out.len()) else {
            return Err(CodecError::Count { what: "blocks of times", expected: self.blocks.len(), found: block });
        };
        let Some((begin, size)) = block.listed else {
            let mut time = block.first;
            for place in out {
                *place = time;
                time = time.wrapping_add(block.step);
            }
            return Ok(());
        };
        let bytes = bytes.get(begin..begin.saturating_add(size)).unwrap_or_default();
        let mut reader = ByteReader::new(bytes);
        let count = out.len();
        integers::decode(&mut reader, count, Some(0), &mut Times { left: out, first: block.first })?;
        super::error::at_end(&reader)
    }
}

/// Adds offsets to the first time.
struct Times<'a> {
    left: &'a mut [i64],
    first: i64,
}

impl Sink for Times<'_> {
    fn lanes(&mut self, lanes: &Lanes, begins: Begins, count: usize) {
        let mut offsets = [0_i64; 128];
        write_values(lanes, begins, &mut offsets, |word| i64::from(word.cast_signed()));
        self.run(offsets.get(..count).unwrap_or_default());
    }

    fn run(&mut self, offsets: &[i64]) {
        let size = offsets.len().min(self.left.len());
        for (time, offset) in self.left.split_off_mut(..size).unwrap_or_default().iter_mut().zip(offsets) {
            *time = self.first.wrapping_add(*offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8], rows: &[usize]) -> Result<Vec<Vec<i64>>, CodecError> {
        let mut reader = TimesReader::default();
        reader.open(bytes, rows.iter().copied())?;
        rows.iter()
            .enumerate()
            .map(|(block, rows)| {
                let mut out = vec![0; *rows];
                reader.read(bytes, block, &mut out).map(|()| out)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn regular_jittered_and_irregular_times_come_back(
            first: i64, blocks in prop::collection::vec((any::<bool>(), prop::collection::vec(0_i64..100_000, 1..300)), 1..6)
        ) {
            let mut time = first;
            let mut step_by = |s: i64| { time = time.wrapping_add(s); time };
            let blocks: Vec<Vec<i64>> =
                blocks.iter().map(|(regular, steps)| steps.iter().map(|s| step_by(if *regular { 60_000 } else { *s })).collect()).collect();
            let mut out = Vec::new();
            encode_times(blocks.iter().map(Vec::as_slice), Effort::Fast, &mut out);
            let rows: Vec<usize> = blocks.iter().map(Vec::len).collect();
            prop_assert_eq!(&read_all(&out, &rows).unwrap(), &blocks);
            let mut reader = TimesReader::default();
            reader.open(&out, rows.iter().copied()).unwrap();
            for (index, block) in blocks.iter().enumerate() {
                prop_assert_eq!(reader.span(index), Some((block[0], *block.last().unwrap())));
            }
        }

        #[test]
        fn any_bytes_give_times_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), rows in prop::collection::vec(1_usize..1024, 0..5)) {
            if let Ok(times) = read_all(&bytes, &rows) {
                prop_assert_eq!(times.len(), rows.len());
            }
        }
    }

    #[test]
    fn a_grid_that_goes_on_takes_a_byte_a_block() {
        let times: Vec<i64> = (0..10_240).map(|i| 1_700_000_000_000 + i * 1000).collect();
        let mut out = Vec::new();
        encode_times(times.chunks(1024), Effort::Fast, &mut out);
        assert!(out.len() <= 20, "{} bytes", out.len());
    }
}
