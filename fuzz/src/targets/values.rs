//! Any values and marks, written as a page and read again: equal to the bit.
//!
//! An input is a kind of column, a number of rows a block, and eight bytes a row (a value's bits, or a number with decimals) beside a
//! mark each.

use crate::random::Random;
use std::sync::LazyLock;
use vocdb::codec::{Effort, MarkClasses, PageReader, PageWriter, check_page};

/// Bit 7 is presence; 0x80 and 0x88 count.
pub static CLASSES: LazyLock<MarkClasses> = LazyLock::new(|| MarkClasses {
    is_present: std::array::from_fn(|mark| mark & 0x80 != 0),
    is_valid: std::array::from_fn(|mark| mark == 0x80 || mark == 0x88),
});

/// Rows of one input.
type Column = (Vec<f64>, Vec<u8>);

/// Columns as instruments give them, and some as they do not.
pub fn columns() -> Vec<Column> {
    let mut random = Random::new(5);
    let mut columns = Vec::new();
    for kind in 0..9_usize {
        for rows in [3, 130, 2500] {
            let values: Vec<f64> = (0..rows).map(|row| value(kind, row, &mut random)).collect();
            let mark = |_| if kind % 2 == 1 && random.below(9) == 0 { [0, 3, 0x83][random.below(3)] } else { 0x80 };
            let marks = (0..rows).map(mark).collect();
            columns.push((values, marks));
        }
    }
    columns
}

fn value(kind: usize, row: usize, random: &mut Random) -> f64 {
    match kind {
        0 => 4.25,
        1 => (500 + random.below(40)) as f64 / 100.0,
        2 => row as f64 * 10.0,
        3 => random.below(36) as f64 * 10.0,
        4 => random.below(4096) as f64 * 0.0073,
        5 => f64::from_bits(random.draw()),
        6 => ((random.draw() >> 20) as f64).sqrt(),
        7 => (row / 100) as f64 / 10.0 + if random.below(50) == 0 { 1.0 / 3.0 } else { 0.0 },
        _ => (random.below(2000) as f64 - 1000.0) / 1e6,
    }
}

fn parse(input: &[u8]) -> Option<(u8, usize, Column)> {
    let ([kind, rows], rest) = input.split_first_chunk::<2>()?;
    let mut column: Column = (Vec::new(), Vec::new());
    for row in rest.chunks_exact(9).take(8 * 1024) {
        let word = i64::from_le_bytes(std::array::from_fn(|at| row[at + 1]));
        column.0.push(match kind & 3 {
            0 => f64::from_bits(word as u64),
            1 => (word >> 40) as f64 / 100.0,
            2 => (word >> (kind >> 2)) as f64,
            _ => (word >> 48) as f64 * 0.0073,
        });
        column.1.push(row[0]);
    }
    Some((*kind, usize::from(*rows) * 4 + 1, column))
}

/// What is read is what was written, and counts and bounds of every block are right.
pub fn run(input: &[u8]) {
    let Some((kind, rows, (values, marks))) = parse(input) else { return };
    for effort in [Effort::Fast, Effort::Thorough] {
        let blocks: Vec<(&[f64], &[u8])> = values.chunks(rows).zip(marks.chunks(rows)).collect();
        let mut writer = PageWriter::new(effort, &CLASSES);
        writer.set_blocks_per_stream(usize::from(kind % 32) + 1);
        writer.begin((kind & 0x80 != 0).then_some(kind % 13));
        if kind & 0x40 != 0 {
            writer.look_ahead(&values, &marks);
        }
        blocks.iter().for_each(|(values, marks)| writer.push_block(values, marks));
        let mut page = Vec::new();
        writer.finish(&mut page);
        let sizes: Vec<usize> = blocks.iter().map(|(values, _)| values.len()).collect();
        check_page(&page, &sizes, &CLASSES).expect("a page that was just written");
        let mut reader = PageReader::new(&CLASSES);
        reader.open(&page, sizes.iter().copied()).expect("a page that was just written");
        for (number, block) in blocks.iter().enumerate() {
            assert_block(&mut reader, &page, number, *block);
        }
    }
}

fn assert_block(reader: &mut PageReader, page: &[u8], number: usize, (values, marks): (&[f64], &[u8])) {
    let (mut read, mut read_marks) = (vec![1.0; values.len()], vec![0; values.len()]);
    reader.read(page, number, &mut read, &mut read_marks).expect("a block that was just written");
    assert_eq!(read_marks, marks);
    let rows = || values.iter().zip(marks);
    for (row, (value, mark)) in rows().enumerate() {
        let wanted = if CLASSES.is_present[usize::from(*mark)] { *value } else { 0.0 };
        assert_eq!(read[row].to_bits(), wanted.to_bits(), "row {row}: {wanted:?}, read {:?}", read[row]);
    }
    let (present, valid, stats) = reader.stats(number).expect("a block that was just written");
    assert_eq!(present, marks.iter().filter(|mark| CLASSES.is_present[usize::from(**mark)]).count());
    let counting: Vec<f64> =
        rows().filter(|(_, mark)| CLASSES.is_valid[usize::from(**mark)]).map(|(value, _)| *value).collect();
    assert_eq!(valid, counting.len());
    if counting.iter().all(|value| value.abs() <= 1e15) {
        let least = counting.iter().copied().reduce(f64::min);
        let greatest = counting.iter().copied().reduce(f64::max);
        let wanted = counting.first().copied().zip(counting.last().copied()).zip(least.zip(greatest));
        assert_eq!(stats.values(), wanted.map(|((first, last), (least, greatest))| [first, last, least, greatest]));
    }
}

/// Columns of every kind as bits, and short ones as numbers with decimals.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, (values, marks)) in columns().into_iter().enumerate() {
        let mut input = vec![(number % 4) as u8, 255];
        for (value, mark) in values.iter().zip(&marks) {
            input.push(*mark);
            input.extend(value.to_bits().to_le_bytes());
        }
        seeds.push(input);
        if let Some(first) = seeds.last().map(|seed| [&[0, 60], &seed[2..]].concat()) {
            seeds.push(first);
        }
    }
    seeds
}
