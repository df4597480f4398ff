//! From the blocks of a channel to a page.

use super::entry::{Context, Entry, MarkClasses, ONE_MARK, SMALL};
use crate::base::limits::BLOCKS_PER_CHUNK_MAX;
use crate::codec::integers::Effort;
use crate::codec::marks::encode_marks;
use crate::codec::scale::{SAMPLED, Scale, fewest_decimals, scale};
use crate::codec::small;
use crate::codec::stats::{self, BlockStats};
use crate::codec::values::{self, Code};

/// A small page is kept where the fast one is larger by more than one part in so many: 5 %.
const WORTH_DECODING_SLOWLY: usize = 20;

/// Encodes one channel of a chunk after the other; keeps its memory, and the scale that fitted last.
#[derive(Debug)]
pub struct PageWriter {
    effort: Effort,
    classes: &'static MarkClasses,
    hint: Option<Scale>,
    entries: Vec<Entry>,
    marks: Vec<u8>,
    /// The mark that all rows have had so far.
    one_mark: Option<u8>,
    bodies: Vec<u8>,
    present: Vec<f64>,
    /// All values of the page, for an encoding of the whole.
    whole: small::Whole,
    /// Blocks of a page that are decoded together once they are settled and small.
    blocks_per_stream: u8,
}

impl PageWriter {
    /// A writer that tries as hard as it is told.
    #[must_use]
    pub fn new(effort: Effort, classes: &'static MarkClasses) -> Self {
        Self {
            effort,
            classes,
            hint: None,
            entries: Vec::new(),
            marks: Vec::new(),
            one_mark: None,
            bodies: Vec::new(),
            present: Vec::new(),
            whole: small::Whole::default(),
            blocks_per_stream: u8::try_from(BLOCKS_PER_CHUNK_MAX).unwrap_or(u8::MAX),
        }
    }

    /// Says how many neighbouring blocks, 1 to 32, of the pages to come share a stream where an entropy coder packs them: those are decoded
    /// together, whichever of them is asked for. Fewer make questions about a few rows cheaper and a page larger, by about ten bytes a
    /// stream. A new writer takes all of a page.
    pub fn set_blocks_per_stream(&mut self, blocks: usize) {
        let blocks = blocks.clamp(1, BLOCKS_PER_CHUNK_MAX);
        self.blocks_per_stream = u8::try_from(blocks).unwrap_or(u8::MAX);
    }

    /// Begins the page of another channel.
    pub fn begin(&mut self, decimals: Option<u8>) {
        self.hint = decimals.map(Scale::Decimals);
        self.entries.clear();
        self.marks.clear();
        self.one_mark = None;
        self.bodies.clear();
        self.whole.clear();
    }

    /// Looks at the values and marks of the page to come. Instruments are often declared with more decimals than they send: with those, all
    /// integers would be multiples of ten, which takes time to undo, and statistics would be longer. A thorough writer looks at all
    /// values, so that all blocks have the same decimals, a quick one at some.
    pub fn look_ahead(&mut self, values: &[f64], marks: &[u8]) {
        let Some(Scale::Decimals(declared)) = self.hint else { return };
        let stride = match self.effort {
            Effort::Fast => (values.len() / SAMPLED).max(1),
            Effort::Thorough => 1,
        };
        let looked_at = values.iter().zip(marks).step_by(stride);
        let present = looked_at.filter(|(_, mark)| self.classes.present(**mark)).map(|(value, _)| *value);
        self.hint = Some(Scale::Decimals(fewest_decimals(present, declared)));
    }

    /// Adds a block of at most 1,024 rows: a value and a mark a row; the value under an absent mark has no meaning.
    pub fn push_block(&mut self, values: &[f64], marks: &[u8]) {
        let Some(first) = marks.first() else { return };
        let is_uniform = marks.iter().all(|mark| mark == first);
        if self.entries.is_empty() {
            self.one_mark = is_uniform.then_some(*first);
        } else if !is_uniform || self.one_mark != Some(*first) {
            self.one_mark = None;
        }
        let begin = self.marks.len();
        encode_marks(marks, &mut self.marks);
        let marks_bytes = self.marks.len() - begin;
        let entry = if is_uniform {
            let values = if self.classes.present(*first) { values } else { &[] };
            let valid = if self.classes.valid(*first) { values.len() } else { 0 };
            self.push_values(values, valid, |_| true)
        } else {
            let mut present = std::mem::take(&mut self.present);
            present.clear();
            let mut is_valid = Vec::with_capacity(marks.len());
            for (value, mark) in values.iter().zip(marks).filter(|(_, mark)| self.classes.present(**mark)) {
                present.push(*value);
                is_valid.push(self.classes.valid(*mark));
            }
            let valid = is_valid.iter().filter(|is_valid| **is_valid).count();
            let entry = self.push_values(&present, valid, |row| is_valid.get(row).copied().unwrap_or(false));
            self.present = present;
            entry
        };
        self.entries.push(Entry { rows: marks.len(), marks_bytes, ..entry });
    }

    fn push_values(&mut self, values: &[f64], valid: usize, is_valid: impl Fn(usize) -> bool) -> Entry {
        let scaled = if values.is_empty() { None } else { scale(values, self.hint) };
        if let Some(scaled) = &scaled {
            self.hint = Some(scaled.scale);
        }
        let mut code = Code::new(scaled.as_ref());
        let integers = scaled.as_ref().zip(code.decimals());
        let of_integers = integers.and_then(|(scaled, decimals)| {
            if valid == values.len() {
                return stats::of_integers(scaled.integers.iter().copied(), decimals);
            }
            let valid_only = scaled.integers.iter().enumerate().filter(|(row, _)| is_valid(*row));
            stats::of_integers(valid_only.map(|(_, integer)| *integer).take(valid), decimals)
        });
        let stats = of_integers.unwrap_or_else(|| {
            let valid_only = values.iter().enumerate().filter(|(row, _)| is_valid(*row));
            stats::of_doubles(valid_only.map(|(_, value)| *value).take(valid))
        });
        if !matches!(stats, BlockStats::Decimal(_)) {
            code = code.with_double_stats();
        }
        if self.effort == Effort::Thorough && !values.is_empty() {
            self.whole.push(values, scaled.as_ref().filter(|_| code.decimals().is_some()));
        }
        let mut entry =
            Entry { rows: values.len(), code, present: values.len(), valid, stats, marks_bytes: 0, values_bytes: 0 };
        let begin = self.bodies.len();
        values::encode(values, scaled.as_ref(), entry.known_first(), self.effort, &mut self.bodies);
        if self.bodies.len() - begin > size_of_val(values) {
            self.bodies.truncate(begin);
            entry.code = Code::DOUBLES.with_double_stats();
            entry.stats = entry.stats.in_doubles();
            self.whole.push(&[], None);
            values::encode(values, None, None, self.effort, &mut self.bodies);
        }
        entry.values_bytes = self.bodies.len() - begin;
        entry
    }

    /// Appends the page.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.effort == Effort::Thorough
            && let Some(whole) = self.whole.encode(self.blocks_per_stream, self.values_per_stream())
            && whole.len() + whole.len() / WORTH_DECODING_SLOWLY < self.bodies.len()
        {
            if whole.is_doubles() {
                for entry in &mut self.entries {
                    entry.code = Code::DOUBLES.with_double_stats();
                    entry.stats = entry.stats.in_doubles();
                }
            }
            self.write(SMALL, out);
            whole.put(out);
        } else {
            self.write(0, out);
        }
    }

    /// How many values each stream has: at least one.
    fn values_per_stream(&self) -> Vec<usize> {
        let streams = self.entries.chunks(usize::from(self.blocks_per_stream));
        let counts = streams.map(|entries| entries.iter().map(|entry| entry.present).sum());
        counts.filter(|count| *count > 0).collect()
    }

    fn write(&self, flags: u8, out: &mut Vec<u8>) {
        let flags = flags | if self.one_mark.is_some() { ONE_MARK } else { 0 };
        out.push(flags);
        out.extend(self.one_mark);
        let mut context = Context { flags, before: None };
        for entry in &self.entries {
            entry.encode(context, out);
            context = context.behind(entry);
        }
        if self.one_mark.is_none() {
            out.extend_from_slice(&self.marks);
        }
        if flags & SMALL == 0 {
            out.extend_from_slice(&self.bodies);
        }
    }
}
