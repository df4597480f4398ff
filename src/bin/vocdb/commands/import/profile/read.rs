//! The files of an import, read into rows in order of time.

use super::super::Import;
use super::super::pace::Pace;
use super::super::remedies;
use super::super::repeats::unread;
use super::super::source::Source;
use super::super::verdict::{Limits, Verdict};
use super::super::{notes, progress};
use super::sort::Sorter;
use crate::failure::Failure;
use std::path::Path;
use vocdb::InstrumentId;
use vocdb::interop::csv::{CsvError, CsvReport, TimeFormat};
use vocdb::interop::mapping::{MappedReader, Mapping, MappingError, Row, Rows, SeriesTable};
use vocdb::model::{FrameRef, Registry};

/// Rows that are read at once.
const ROWS_PER_READ: usize = 8_192;

/// One file that was read.
pub(super) struct ReadFile {
    pub(super) name: String,
    pub(super) report: CsvReport,
    pub(super) limits: Limits,
    pub(super) unread: Vec<String>,
}

/// All rows of the files.
pub(super) struct ReadFiles {
    pub(super) table: SeriesTable,
    pub(super) sorter: Sorter,
    pub(super) files: Vec<ReadFile>,
    /// Distances between the rows of each series.
    pub(super) paces: Vec<Pace>,
    pub(super) warnings: Vec<String>,
}

impl ReadFiles {
    /// Reads all files and stores nothing.
    pub(super) fn read(import: &Import, mapping: &Mapping, registry: Registry, is_json: bool) -> Result<Self, Failure> {
        let mut all = Self {
            table: SeriesTable::new(registry),
            sorter: Sorter::new(),
            files: Vec::new(),
            paces: Vec::new(),
            warnings: Vec::new(),
        };
        for path in &import.files {
            all.read_file(path, mapping, is_json)?;
        }
        Ok(all)
    }

    fn read_file(&mut self, path: &Path, mapping: &Mapping, is_json: bool) -> Result<(), Failure> {
        let name = path.display().to_string();
        let says = |error: MappingError| Failure::Says(remedies::of_mapped_file(&error, mapping.name()));
        let source = Source::open(path).map_err(|source| says(CsvError::Io { name: name.clone(), source }.into()))?;
        let bar = progress(is_json, source.total);
        let place = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let mut reader = MappedReader::from_reader(source.bytes, name.as_str(), mapping).map_err(says)?;
        let (mut limits, mut rows, mut values) = (Limits::now(&TimeFormat::Rfc3339), Rows::new(), Vec::new());
        while reader.read_rows(&mut self.table, ROWS_PER_READ, &mut rows).map_err(says)? > 0 {
            for row in rows.iter() {
                if is_possible(&mut limits, row, &mut values) {
                    self.take(place, row)?;
                }
            }
            bar.set_position(source.read.get());
        }
        bar.finish_and_clear();
        let report = reader.report().clone();
        self.warnings.extend(notes::probable_marks(&report));
        self.files.push(ReadFile { name, limits, unread: reader.unread_columns().to_vec(), report });
        Ok(())
    }

    /// Keeps a row of the file at a place.
    fn take(&mut self, place: u32, row: Row<'_>) -> Result<(), Failure> {
        if self.paces.len() <= row.series {
            self.paces.resize_with(row.series + 1, Pace::default);
        }
        self.paces.get_mut(row.series).into_iter().for_each(|pace| pace.note(row.time));
        self.sorter.push(place, row).map_err(|error| unread(&error))
    }

    /// The names of the files, by their places.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }

    /// Why nothing can be stored, with the file; none if there is no reason.
    pub(super) fn refusal(&self, limit_percent: f64, profile: &str) -> Option<String> {
        let verdicts: Vec<Verdict> =
            self.files.iter().map(|file| Verdict::of(&file.report, &file.limits, limit_percent)).collect();
        let is_without_rows = |verdict: &Verdict| matches!(verdict, Verdict::Empty | Verdict::Filtered(_));
        let is_empty = verdicts.iter().all(is_without_rows);
        let refused = self
            .files
            .iter()
            .zip(&verdicts)
            .find(|(_, verdict)| !verdict.is_stored() && (is_empty || !is_without_rows(verdict)));
        refused.map(|(file, verdict)| {
            format!("`{}`: {}", vocdb::base::escape::Line(&file.name), verdict.of_mapped(profile))
        })
    }
}

/// Whether a row can be stored; one that cannot is counted with its reason.
fn is_possible(limits: &mut Limits, row: Row<'_>, values: &mut Vec<f64>) -> bool {
    values.clear();
    values.extend(row.cells.iter().map(|cell| cell.value));
    let frame = FrameRef { instrument: InstrumentId::new(0), time: row.time, values, marks: &[] };
    limits.take(frame, row.line)
}
