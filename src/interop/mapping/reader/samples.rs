//! The fields of a row: numbers, marks and flags.

use super::super::description::Mapping;
use super::plan::Plan;
use super::routes::Feed;
use crate::interop::csv::parts::{Flag, FlagReader, NumberReader, Refusal, direction, is_mark_like, trim};
use crate::interop::csv::{BadField, CsvReport, RejectReason};
use crate::model::{Quality, Sample};
use csv::ByteRecord;

/// Reads the fields of rows.
#[derive(Debug)]
pub(super) struct SampleReader {
    /// Numbers by the texts that mean a missing value: those of the file, then those of each channel with texts of its own.
    numbers: Vec<NumberReader>,
    flags: FlagReader,
    unknown_flag: Option<Flag>,
    wrap_directions: bool,
    /// Samples of the row read last.
    samples: Vec<Sample>,
    /// Fields of this row that were refused.
    refused: Vec<(Refusal, BadField)>,
}

impl SampleReader {
    pub(super) fn new(mapping: &Mapping) -> Self {
        let values = &mapping.values;
        let missing = values.flag_missing.iter().chain(&values.missing).cloned().collect();
        Self {
            numbers: numbers(mapping),
            flags: FlagReader::new(values.flag_texts.clone(), missing),
            unknown_flag: values.unknown_flag.map(Flag::Quality),
            wrap_directions: values.wrap_directions,
            samples: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Samples of the row read last, one for each of its feeds.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Reads the samples of a row. Refused fields are missing values, unless one of them rejects the row.
    pub(super) fn read(&mut self, record: &ByteRecord, feeds: &[Feed], plan: &Plan) -> Result<(), Refusal> {
        self.samples.clear();
        self.refused.clear();
        let mut has_value = false;
        for feed in feeds {
            let sample = match self.sample(record, feed) {
                Ok(sample) => sample,
                Err((column, reason)) => {
                    self.refused.push((plan.refusal(record, column, reason), feed.bad_field));
                    Sample::MISSING
                }
            };
            has_value |= sample.value.is_some();
            self.samples.push(sample);
        }
        let is_rejected = |(_, bad_field): &(Refusal, BadField)| *bad_field == BadField::RejectRow || !has_value;
        match self.refused.iter().position(is_rejected) {
            Some(at) => Err(self.refused.swap_remove(at).0),
            None => Ok(()),
        }
    }

    /// The sample of a field; otherwise the column at fault, and why.
    fn sample(&mut self, record: &ByteRecord, feed: &Feed) -> Result<Sample, (usize, RejectReason)> {
        let field = trim(record.get(feed.column).unwrap_or_default());
        let flag = match feed.flags {
            None => Flag::Quality(Quality::Normal),
            Some(column) => {
                let field = trim(record.get(column).unwrap_or_default());
                self.flags.read(field).or(self.unknown_flag).ok_or((column, RejectReason::UnknownFlag))?
            }
        };
        let Flag::Quality(flag) = flag else { return Ok(Sample::MISSING) };
        let numbers = self.numbers.get_mut(feed.numbers).ok_or((feed.column, RejectReason::NotANumber))?;
        let reading = numbers.read(field, feed.scale).map_err(|reason| (feed.column, reason))?;
        let sample = reading.flagged(flag);
        if !feed.is_direction {
            return Ok(sample);
        }
        direction(sample, self.wrap_directions).map_err(|reason| (feed.column, reason))
    }

    /// Counts what the report says of a row that is kept.
    pub(super) fn note(
        &mut self,
        record: &ByteRecord,
        (line, feeds): (u64, &[Feed]),
        plan: &Plan,
        report: &mut CsvReport,
    ) {
        for (feed, sample) in feeds.iter().zip(&self.samples) {
            if let Some((text, flag)) = feed.flags.and_then(|column| self.flag_text(record, column)) {
                let quality = if let Flag::Quality(quality) = flag { Some(quality) } else { None };
                report.note_flag(&text, quality);
            }
            let field = trim(record.get(feed.column).unwrap_or_default());
            if feed.is_concentration && sample.value.is_some_and(|value| value < 0.0) && is_mark_like(field) {
                let text = String::from_utf8_lossy(field);
                report.note_mark(&plan.name_of(feed.column).unwrap_or_default(), &text);
            }
        }
        for (refusal, _) in self.refused.drain(..) {
            report.reject_field(line, refusal);
        }
    }

    /// Text of a flag column, and its meaning; none for the empty field.
    fn flag_text(&self, record: &ByteRecord, column: usize) -> Option<(String, Flag)> {
        let field = trim(record.get(column)?);
        let text = std::str::from_utf8(field).ok().filter(|text| !text.is_empty())?;
        Some((text.to_owned(), self.flags.read(field).or(self.unknown_flag)?))
    }
}

/// The numbers of the file, then those of each channel with texts of its own.
fn numbers(mapping: &Mapping) -> Vec<NumberReader> {
    let values = &mapping.values;
    let reader = |own: &[String]| {
        let missing = values.missing.iter().chain(own).cloned().collect();
        NumberReader::new(missing, values.marks.clone(), mapping.file.decimal_comma)
    };
    let own = mapping.channels.iter().map(|channel| &channel.missing).filter(|missing| !missing.is_empty());
    std::iter::once(reader(&[])).chain(own.map(|missing| reader(missing))).collect()
}
