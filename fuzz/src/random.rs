//! Numbers that are the same every time, and changes to bytes made with them.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for every seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    /// A number below `end`, 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % end.max(1) as u64) as usize
    }

    /// A byte, often one at an edge.
    fn byte(&mut self) -> u8 {
        const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x40];
        if self.below(2) == 0 { EDGES[self.below(EDGES.len())] } else { self.draw() as u8 }
    }
}

/// Changes an input in one to eight places; `others` are inputs to take pieces from.
pub fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    for _ in 0..1 + random.below(8) {
        let at = random.below(input.len());
        let size_max = [4, 16, 200][random.below(3)];
        let size = 1 + random.below(size_max);
        let end = (at + size).min(input.len());
        match random.below(9) {
            0 | 1 if !input.is_empty() => input[at] ^= 1 << random.below(8),
            2 | 3 if !input.is_empty() => input[at] = random.byte(),
            4 => input[at..end].iter_mut().for_each(|byte| *byte = random.byte()),
            5 => drop(input.drain(at..end)),
            6 => {
                let piece: Vec<u8> = (0..size.min(12)).map(|_| random.byte()).collect();
                input.splice(at..at, piece);
            }
            7 => {
                let Some(other) = others.get(random.below(others.len())) else { continue };
                let from = random.below(other.len());
                let piece = other[from..(from + size).min(other.len())].to_vec();
                let keep = if random.below(2) == 0 { at..at } else { at..(at + piece.len()).min(input.len()) };
                input.splice(keep, piece);
            }
            _ if random.below(8) == 0 => input.truncate(at),
            _ => {}
        }
    }
}
