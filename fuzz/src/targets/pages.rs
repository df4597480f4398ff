//! Any bytes as a page of the column codec, with any numbers of rows.
//!
//! An input is the number of blocks (one byte), the rows of 32 blocks (two bytes each), and the page.

use super::values::{CLASSES, columns};
use vocdb::codec::{Effort, PageReader, PageWriter, check_page};

/// Blocks of a page at most.
const BLOCKS_MAX: usize = 32;

/// The flag of a page whose values `pco` has packed.
const SMALL: u8 = 0x01;

/// The numbers of rows and what lies behind them.
pub fn split(input: &[u8]) -> Option<(Vec<usize>, &[u8])> {
    let (head, rest) = input.split_at_checked(1 + 2 * BLOCKS_MAX)?;
    let blocks = usize::from(head[0]) % (BLOCKS_MAX + 1);
    let rows = head[1..].chunks(2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])) % 1030);
    Some((rows.take(blocks).collect(), rest))
}

/// The head of an input, as [`split`] reads it.
pub fn head(rows: &[usize]) -> Vec<u8> {
    let mut head = vec![rows.len() as u8];
    head.extend(rows.iter().flat_map(|rows| (*rows as u16).to_le_bytes()));
    head.resize(1 + 2 * BLOCKS_MAX, 0);
    head
}

/// A page of packed blocks.
pub fn run_fast(input: &[u8]) {
    run(input, |flags| flags & !SMALL);
}

/// A page of streams of `pco`.
pub fn run_small(input: &[u8]) {
    run(input, |flags| flags | SMALL);
}

/// Opening and every block: values, or an error; the check of a whole page says the same as reading it.
fn run(input: &[u8], flags: fn(u8) -> u8) {
    let Some((rows, page)) = split(input) else { return };
    let mut page = page.to_vec();
    page.first_mut().into_iter().for_each(|first| *first = flags(*first));
    let page = page.as_slice();
    let mut reader = PageReader::new(&CLASSES);
    let is_open = reader.open(page, rows.iter().copied()).is_ok();
    let (mut values, mut marks) = ([0.0; 1030], [0; 1030]);
    let mut is_read = is_open;
    for (block, rows) in rows.iter().enumerate() {
        if let Some((present, valid, _)) = reader.stats(block).filter(|_| is_open) {
            assert!(valid <= present && present <= *rows, "{valid} valid of {present} present of {rows} rows");
        }
        is_read &= reader.read(page, block, &mut values[..*rows], &mut marks[..*rows]).is_ok();
    }
    assert_eq!(check_page(page, &rows, &CLASSES).is_ok(), is_read);
}

/// Pages of columns of every kind, fast and thorough, the latter with a stream for a block, for two and for all.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (values, marks) in columns() {
        for (effort, blocks_per_stream) in
            [(Effort::Fast, 1), (Effort::Thorough, 1), (Effort::Thorough, 2), (Effort::Thorough, 32)]
        {
            let mut writer = PageWriter::new(effort, &CLASSES);
            writer.set_blocks_per_stream(blocks_per_stream);
            writer.begin(Some(2));
            let blocks = || values.chunks(1024).zip(marks.chunks(1024));
            blocks().for_each(|(values, marks)| writer.push_block(values, marks));
            let mut input = head(&blocks().map(|(values, _)| values.len()).collect::<Vec<_>>());
            writer.finish(&mut input);
            seeds.push(input);
        }
    }
    seeds
}
