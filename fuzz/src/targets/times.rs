//! Any bytes as the times of a chunk, and any times there and back. Inputs are as for pages.

use super::pages::{head, split};
use crate::random::Random;
use vocdb::codec::{Effort, TimesReader, encode_times};

/// Reading gives times or an error; the same bytes as times come back equal.
pub fn run(input: &[u8]) {
    let Some((rows, bytes)) = split(input) else { return };
    let mut reader = TimesReader::default();
    let _ = reader.open(bytes, rows.iter().copied());
    let mut times = [0; 1030];
    for (block, rows) in rows.iter().enumerate() {
        let _ = reader.read(bytes, block, &mut times[..*rows]);
    }
    let words: Vec<i64> = bytes
        .chunks(8)
        .map(|word| i64::from_le_bytes(std::array::from_fn(|at| word.get(at).copied().unwrap_or(0))))
        .collect();
    for blocks in [words.chunks(7).collect::<Vec<_>>(), words.chunks(1024).collect()] {
        for effort in [Effort::Fast, Effort::Thorough] {
            assert_there_and_back(&blocks, effort);
        }
    }
}

fn assert_there_and_back(blocks: &[&[i64]], effort: Effort) {
    let mut bytes = Vec::new();
    encode_times(blocks.iter().copied(), effort, &mut bytes);
    let mut reader = TimesReader::default();
    reader.open(&bytes, blocks.iter().map(|block| block.len())).expect("times that were just written");
    for (number, block) in blocks.iter().enumerate() {
        let mut read = vec![0; block.len()];
        reader.read(&bytes, number, &mut read).expect("times that were just written");
        assert_eq!(read, *block);
        assert_eq!(reader.span(number), block.first().copied().zip(block.last().copied()));
    }
}

/// Grids, grids with gaps, and times that jitter.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut random = Random::new(7);
    let mut seeds = Vec::new();
    for kind in 0..4 {
        let mut time = 1_700_000_000_000_i64;
        let mut step = || match kind {
            0 => 1000,
            1 => 60_000 * (1 + random.below(50) as i64 / 49),
            2 => 1000 + random.below(30) as i64,
            _ => random.below(1 << 40) as i64,
        };
        let times: Vec<i64> = (0..2500)
            .map(|_| {
                time += step();
                time
            })
            .collect();
        let blocks: Vec<&[i64]> = times.chunks(1000).collect();
        let mut input = head(&blocks.iter().map(|block| block.len()).collect::<Vec<_>>());
        encode_times(blocks.into_iter(), Effort::Thorough, &mut input);
        seeds.push(input);
    }
    seeds
}
