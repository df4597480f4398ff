//! From a page back to statistics, values and marks.

use super::entry::{Context, Entry, KNOWN_FLAGS, MarkClasses, ONE_MARK, SMALL};
use crate::base::bytes::ByteReader;
use crate::base::limits::{BLOCKS_PER_CHUNK_MAX, ROWS_PER_BLOCK};
use crate::codec::CodecError;
use crate::codec::error::at_end;
use crate::codec::marks::decode_marks_into;
use crate::codec::small::Streams;
use crate::codec::stats::BlockStats;
use crate::codec::values;

/// Reads one page after the other; keeps its memory.
#[derive(Debug)]
pub struct PageReader {
    classes: &'static MarkClasses,
    flags: u8,
    mark: u8,
    blocks: Vec<Block>,
    body_at: usize,
    /// What describes the values of a small page, once a block is asked for.
    streams: Option<Streams>,
    /// The values of the stream that was decoded last; the number of its first block, and where its values begin among those of the page.
    decoded: Vec<f64>,
    of_decoded: Option<(usize, usize)>,
    present: Vec<f64>,
}

#[derive(Debug)]
struct Block {
    entry: Entry,
    rows: usize,
    marks_at: usize,
    values_at: usize,
    /// Values of the blocks before.
    present_before: usize,
}

impl PageReader {
    /// A reader for pages whose marks have the given meaning.
    #[must_use]
    pub const fn new(classes: &'static MarkClasses) -> Self {
        Self {
            classes,
            flags: 0,
            mark: 0,
            blocks: Vec::new(),
            body_at: 0,
            streams: None,
            decoded: Vec::new(),
            of_decoded: None,
            present: Vec::new(),
        }
    }

    /// Reads what stands in front of the values of a page whose blocks have the given rows.
    ///
    /// # Errors
    /// [`CodecError`] for bytes that [`PageWriter`](super::PageWriter) did not write.
    pub fn open(&mut self, page: &[u8], rows: impl Iterator<Item = usize>) -> Result<(), CodecError> {
        self.blocks.clear();
        (self.streams, self.of_decoded) = (None, None);
        let mut reader = ByteReader::new(page);
        self.flags = reader.u8()?;
        if self.flags & !KNOWN_FLAGS != 0 {
            let found = u64::from(self.flags);
            return Err(CodecError::Unknown { field: "page flags", offset: 0, found, known: "0 to 3" });
        }
        self.mark = if self.flags & ONE_MARK != 0 { reader.u8()? } else { 0 };
        let mut context = Context { flags: self.flags, before: None };
        let mut present_before = 0;
        self.blocks.reserve(rows.size_hint().0.min(BLOCKS_PER_CHUNK_MAX));
        for rows in rows {
            if rows > ROWS_PER_BLOCK {
                return Err(CodecError::Count { what: "rows of a block", expected: ROWS_PER_BLOCK, found: rows });
            }
            let all_if = |is_so: bool| if is_so { rows } else { 0 };
            let of_mark = (all_if(self.classes.present(self.mark)), all_if(self.classes.valid(self.mark)));
            let entry = Entry::decode(&mut reader, context, rows, of_mark)?;
            context = context.behind(&entry);
            let block = Block { entry, rows, marks_at: 0, values_at: 0, present_before };
            present_before += entry.present;
            self.blocks.push(block);
        }
        self.place(page, reader.offset())
    }

    /// Finds where marks and values of each block lie.
    fn place(&mut self, page: &[u8], front: usize) -> Result<(), CodecError> {
        let mut at = front;
        for block in &mut self.blocks {
            block.marks_at = at;
            at = at.saturating_add(block.entry.marks_bytes);
        }
        self.body_at = at;
        for block in &mut self.blocks {
            block.values_at = at;
            at = at.saturating_add(block.entry.values_bytes);
        }
        let is_small = self.flags & SMALL != 0;
        if at > page.len() || (!is_small && at != page.len()) {
            return Err(CodecError::Count { what: "bytes of a page", expected: at, found: page.len() });
        }
        Ok(())
    }

    /// Present and valid values of a block, and the statistics of the valid ones.
    #[must_use]
    pub fn stats(&self, block: usize) -> Option<(usize, usize, &BlockStats)> {
        self.blocks.get(block).map(|block| (block.entry.present, block.entry.valid, &block.entry.stats))
    }

    /// The mark of all rows of the page that was opened last, where they have one.
    #[must_use]
    pub const fn one_mark(&self) -> Option<u8> {
        if self.flags & ONE_MARK == 0 { None } else { Some(self.mark) }
    }

    /// Reads the values of one block of a page that has [one mark](PageReader::one_mark).
    ///
    /// # Errors
    /// As [`PageReader::read`]; also where rows have marks of their own.
    pub fn read_evenly_marked(&mut self, page: &[u8], block: usize, values: &mut [f64]) -> Result<(), CodecError> {
        let Some(Block { entry, rows, values_at, present_before, .. }) = self.blocks.get(block) else {
            return Err(CodecError::Count { what: "blocks of a page", expected: self.blocks.len(), found: block });
        };
        let (entry, place) = (*entry, Place { block, values_at: *values_at, before: *present_before });
        if self.flags & ONE_MARK == 0 {
            let found = u64::from(self.flags);
            return Err(CodecError::Unknown {
                field: "page flags",
                offset: 0,
                found,
                known: "those of a page of one mark",
            });
        }
        if values.len() != *rows {
            return Err(CodecError::Count { what: "rows to read into", expected: *rows, found: values.len() });
        }
        if entry.present == values.len() {
            return self.read_present(page, &entry, place, values);
        }
        values.fill(0.0);
        Ok(())
    }

    /// Reads one block of the page that was opened last: a value and a mark for each of its rows. The value under an absent mark is zero.
    ///
    /// # Errors
    /// [`CodecError`] for bytes that no writer wrote, and for slices of another length than the block has rows.
    pub fn read(&mut self, page: &[u8], block: usize, values: &mut [f64], marks: &mut [u8]) -> Result<(), CodecError> {
        if let Some(mark) = self.one_mark() {
            marks.fill(mark);
            return self.read_evenly_marked(page, block, values);
        }
        let Some(Block { entry, rows, marks_at, values_at, present_before }) = self.blocks.get(block) else {
            return Err(CodecError::Count { what: "blocks of a page", expected: self.blocks.len(), found: block });
        };
        let (entry, rows) = (*entry, *rows);
        if values.len() != rows || marks.len() != rows {
            return Err(CodecError::Count { what: "rows to read into", expected: rows, found: values.len() });
        }
        let bytes = page.get(*marks_at..marks_at.saturating_add(entry.marks_bytes)).unwrap_or_default();
        decode_marks_into(bytes, marks)?;
        let present = marks.iter().filter(|mark| self.classes.present(**mark)).count();
        if present != entry.present {
            return Err(CodecError::Count { what: "present marks", expected: entry.present, found: present });
        }
        let place = Place { block, values_at: *values_at, before: *present_before };
        let is_dense = entry.present == rows;
        let mut present = std::mem::take(&mut self.present);
        present.resize(if is_dense { 0 } else { entry.present }, 0.0);
        let result = if is_dense {
            self.read_present(page, &entry, place, values)
        } else {
            self.read_present(page, &entry, place, &mut present)
        };
        if result.is_ok() && !is_dense {
            spread(&present, marks, self.classes, values);
        }
        self.present = present;
        result
    }

    fn read_present(&mut self, page: &[u8], entry: &Entry, place: Place, out: &mut [f64]) -> Result<(), CodecError> {
        if out.is_empty() {
            return Ok(());
        }
        if self.flags & SMALL == 0 {
            let end = place.values_at.saturating_add(entry.values_bytes);
            let bytes = page.get(place.values_at..end).unwrap_or_default();
            return values::decode(bytes, entry.code, entry.known_first(), out);
        }
        let before = self.decode_around(page, place.block)?;
        let begin = place.before.saturating_sub(before);
        let from = self.decoded.get(begin..begin + out.len());
        from.map(|from| out.copy_from_slice(from)).ok_or(CodecError::Count {
            what: "values of a page",
            expected: begin + out.len(),
            found: self.decoded.len(),
        })
    }

    /// Decodes the stream that a block's values lie in, unless it is decoded already. Says how many values the page has before them.
    fn decode_around(&mut self, page: &[u8], block: usize) -> Result<usize, CodecError> {
        let body_at = self.body_at;
        let streams = match &mut self.streams {
            Some(streams) => streams,
            none => {
                let counts: Vec<usize> = self.blocks.iter().map(|block| block.entry.present).collect();
                none.insert(Streams::open(page, body_at, &counts)?)
            }
        };
        let per_stream = streams.blocks_per_stream.max(1);
        let first = block - block % per_stream;
        if let Some((_, before)) = self.of_decoded.filter(|(decoded, _)| *decoded == first) {
            return Ok(before);
        }
        self.of_decoded = None;
        let of_stream = || self.blocks.iter().skip(first).take(per_stream);
        let before = of_stream().next().map_or(0, |block| block.present_before);
        let codes = of_stream().map(|block| (block.entry.code, block.entry.present));
        streams.read(page, first / per_stream, codes, &mut self.decoded)?;
        self.of_decoded = Some((first, before));
        Ok(before)
    }
}

/// Where the values of a block are.
#[derive(Clone, Copy)]
struct Place {
    block: usize,
    values_at: usize,
    /// Values of the blocks before.
    before: usize,
}

/// Puts present values where their marks are.
fn spread(present: &[f64], marks: &[u8], classes: &MarkClasses, out: &mut [f64]) {
    let mut next = present.iter();
    for (value, mark) in out.iter_mut().zip(marks) {
        *value = if classes.present(*mark) { next.next().copied().unwrap_or_default() } else { 0.0 };
    }
}

/// Checks a whole page: every block decodes, and nothing lies behind the last.
///
/// # Errors
/// [`CodecError`] names what does not.
pub fn check_page(page: &[u8], rows: &[usize], classes: &'static MarkClasses) -> Result<(), CodecError> {
    let mut reader = PageReader::new(classes);
    reader.open(page, rows.iter().copied())?;
    let (mut values, mut marks) = ([0.0; ROWS_PER_BLOCK], [0_u8; ROWS_PER_BLOCK]);
    for (block, rows) in rows.iter().enumerate() {
        let values = values.get_mut(..*rows).unwrap_or_default();
        let marks = marks.get_mut(..*rows).unwrap_or_default();
        reader.read(page, block, values, marks)?;
    }
    at_end(&ByteReader::new(&[]))
}

#[cfg(test)]
mod tests {
    use super::super::PageWriter;
    use super::*;
    use crate::codec::Effort;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    /// Bit 7 is presence; 0x80 and 0x81 count.
    static CLASSES: LazyLock<MarkClasses> = LazyLock::new(|| MarkClasses {
        is_present: std::array::from_fn(|mark| mark & 0x80 != 0),
        is_valid: std::array::from_fn(|mark| mark == 0x80 || mark == 0x81),
    });

    type Rows = Vec<(f64, u8)>;

    fn any_block(rows: usize) -> impl Strategy<Value = Rows> {
        let value = prop_oneof![20 => (-9_000_i32..9_000).prop_map(|i| f64::from(i) / 100.0), 1 => -1e12_f64..1e12];
        let dense = prop::collection::vec((value.clone(), Just(0x80)), rows);
        let gaps = prop::collection::vec(
            (value, prop_oneof![5 => Just(0x80_u8), 1 => Just(0), 1 => Just(0x83), 1 => Just(3)]),
            rows,
        );
        prop_oneof![dense, gaps]
    }

    fn any_blocks() -> impl Strategy<Value = Vec<Rows>> {
        prop::collection::vec((1_usize..400).prop_flat_map(any_block), 1..6)
    }

    /// Waves, which an entropy coder packs much better, with gaps; a block of gaps alone now and then.
    fn any_waves() -> impl Strategy<Value = Vec<Rows>> {
        let block = (300_usize..700, 0_usize..60, prop_oneof![4 => Just(0x80_u8), 1 => Just(0)]);
        prop::collection::vec(block, 1..7).prop_map(|blocks| {
            let of_block = |(at, (rows, gap, mark)): (usize, (usize, usize, u8))| {
                let wave = |row: usize| ((((at * 700 + row) as f64) / 40.0).sin() * 1000.0).round() / 10.0;
                let mark_of = |row: usize| if row > 9 && row % 97 < gap % 7 { 0 } else { mark };
                (0..rows).map(|row| (wave(row), if at == 0 { 0x80 } else { mark_of(row) })).collect()
            };
            blocks.into_iter().enumerate().map(of_block).collect()
        })
    }

    fn written(blocks: &[Rows], effort: Effort) -> Vec<u8> {
        written_in_streams(blocks, effort, 32)
    }

    fn written_in_streams(blocks: &[Rows], effort: Effort, blocks_per_stream: usize) -> Vec<u8> {
        let mut writer = PageWriter::new(effort, &CLASSES);
        writer.set_blocks_per_stream(blocks_per_stream);
        writer.begin(Some(2));
        for block in blocks {
            let (values, marks): (Vec<f64>, Vec<u8>) = block.iter().copied().unzip();
            writer.push_block(&values, &marks);
        }
        let mut out = Vec::new();
        writer.finish(&mut out);
        out
    }

    fn assert_comes_back(blocks: &[Rows], page: &[u8]) {
        let mut reader = PageReader::new(&CLASSES);
        reader.open(page, blocks.iter().map(Vec::len)).unwrap();
        for (index, block) in blocks.iter().enumerate() {
            let (mut values, mut marks) = (vec![9.0; block.len()], vec![9; block.len()]);
            reader.read(page, index, &mut values, &mut marks).unwrap();
            for ((value, mark), (was, of)) in values.iter().zip(&marks).zip(block) {
                let expected = if of & 0x80 == 0 { 0.0 } else { *was };
                assert_eq!((value.to_bits(), mark), (expected.to_bits(), of));
            }
            let valid = || block.iter().filter(|(_, mark)| *mark == 0x80 || *mark == 0x81).map(|(value, _)| *value);
            let (present, count, stats) = reader.stats(index).unwrap();
            assert_eq!(present, block.iter().filter(|(_, mark)| mark & 0x80 != 0).count());
            assert_eq!(count, valid().count());
            let naive = crate::codec::stats::of_doubles(valid());
            assert_eq!(stats.values(), naive.values());
            let (mut sum, mut naive_sum) = (crate::base::ExactSum::ZERO, crate::base::ExactSum::ZERO);
            stats.add_to(&mut sum);
            naive.add_to(&mut naive_sum);
            assert_eq!(sum, naive_sum);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pages_come_back_with_their_statistics(blocks in any_blocks()) {
            for effort in [Effort::Fast, Effort::Thorough] {
                assert_comes_back(&blocks, &written(&blocks, effort));
            }
        }

        #[test]
        fn streams_of_a_few_blocks_come_back_in_any_order(
            blocks in any_waves(), per_stream in 1_usize..5, at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
            order in prop::collection::vec(any::<prop::sample::Index>(), 1..8)
        ) {
            let mut page = written_in_streams(&blocks, Effort::Thorough, per_stream);
            // A few hundred values alone may be smaller as they are packed; most cases are not.
            prop_assume!(page[0] & SMALL == SMALL);
            assert_comes_back(&blocks, &page);
            let mut reader = PageReader::new(&CLASSES);
            reader.open(&page, blocks.iter().map(Vec::len)).unwrap();
            for index in order {
                let index = index.index(blocks.len());
                let block = &blocks[index];
                let (mut values, mut marks) = (vec![9.0; block.len()], vec![9; block.len()]);
                reader.read(&page, index, &mut values, &mut marks).unwrap();
                let expected: Vec<f64> = block.iter().map(|(value, mark)| if mark & 0x80 == 0 { 0.0 } else { *value }).collect();
                prop_assert_eq!(values, expected);
            }
            let rows: Vec<usize> = blocks.iter().map(Vec::len).collect();
            prop_assert!(check_page(&page[..page.len() - 1], &rows, &CLASSES).is_err());
            prop_assert!(check_page(&[&page[..], &[0]].concat(), &rows, &CLASSES).is_err());
            let _ = check_page(&page[..cut.index(page.len())], &rows, &CLASSES);
            let at = at.index(page.len());
            page[at] = byte;
            let _ = check_page(&page, &rows, &CLASSES);
        }

        #[test]
        fn damaged_pages_give_values_or_an_error(blocks in any_blocks(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
            let rows: Vec<usize> = blocks.iter().map(Vec::len).collect();
            for effort in [Effort::Fast, Effort::Thorough] {
                let mut page = written(&blocks, effort);
                let _ = check_page(&page[..cut.index(page.len())], &rows, &CLASSES);
                let at = at.index(page.len());
                page[at] = byte;
                let _ = check_page(&page, &rows, &CLASSES);
            }
        }
    }

    #[test]
    fn a_long_settled_wave_is_kept_small() {
        let wave = |i: usize| ((i as f64 / 40.0).sin() * 1000.0).round() / 10.0;
        let blocks: Vec<Rows> = (0..10).map(|b| (0..1000).map(|i| (wave(b * 1000 + i), 0x80)).collect()).collect();
        let page = written(&blocks, Effort::Thorough);
        assert_eq!(page[0] & SMALL, SMALL);
        assert!(page.len() < written(&blocks, Effort::Fast).len());
        assert_comes_back(&blocks, &page);
    }

    #[test]
    fn settled_pages_of_any_number_of_values_come_back_however_they_lie_over_blocks() {
        // Noise over a slow wave: what was a moment ago predicts what comes, but not to the digit.
        let noise = |row: usize| (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58;
        let value = |row: usize| ((row as f64 / 9.0).sin() * 5_000.0 + noise(row) as f64).round() / 10.0;
        let with_gaps = |present: usize| {
            let mark = move |row: usize| if row.is_multiple_of(2) && row / 2 < present { 0x80 } else { 0 };
            let block = move |begin: usize| (0..300).map(move |row| (value(begin + row), mark(row))).collect();
            (1..4).map(|blocks| (0..blocks).map(|number| block(number * 300)).collect()).collect::<Vec<Vec<Rows>>>()
        };
        let dense = |rows: usize| {
            let rows: Rows = (0..rows).map(|row| (value(row), 0x80)).collect();
            rows.chunks(ROWS_PER_BLOCK).map(<[_]>::to_vec).collect::<Vec<Rows>>()
        };
        let lengths = (1..140).chain([255, 256, 257, 511, 512, 513, 514, 1023, 1024, 1025, 1026, 2048, 2049, 2561]);
        for blocks in (0..140).flat_map(with_gaps).chain(lengths.map(dense)) {
            for blocks_per_stream in [1, 2, 32] {
                let mut writer = PageWriter::new(Effort::Thorough, &CLASSES);
                writer.set_blocks_per_stream(blocks_per_stream);
                writer.begin(Some(2));
                for block in &blocks {
                    let (values, marks): (Vec<f64>, Vec<u8>) = block.iter().copied().unzip();
                    writer.push_block(&values, &marks);
                }
                let mut page = Vec::new();
                writer.finish(&mut page);
                assert_comes_back(&blocks, &page);
            }
        }
    }
}
