//! The table of factors.

use crate::base::escape::Line;
use crate::model::{ModelError, ReferenceState, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The factor codes for air of HJ 212-2017.
const AIR_2017: &str = include_str!("air_2017.tsv");
/// Factors that a table may have.
const FACTORS_MAX: usize = 10_000;
/// Characters of a text that an error shows.
const TEXT_CHARS_MAX: usize = 60;

/// A factor: its code, and how its values are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorEntry {
    /// Name of the channel that the factor feeds.
    pub channel: String,
    /// Name in the standard, or the host's own.
    pub name: String,
    /// Unit of the values in frames; `None` where it is doubtful or this crate has none, so that the values are not stored.
    pub unit: Option<Unit>,
    /// State of the air to which mass concentrations refer: 0 °C and 1013.25 hPa by the standard.
    pub reference: ReferenceState,
}

/// What is wrong with an entry of a [`FactorTable`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FactorTableError {
    /// A line of a file is not `code TAB channel TAB name TAB unit`.
    #[error("line {line}: write code, channel, name and unit, separated by tabs")]
    Line {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A unit that this crate does not know.
    #[error("line {line}: {source}")]
    Unit {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        source: ModelError,
    },
    /// The table does not have the code.
    #[error("the table has no factor `{}`: insert it first", Line(code))]
    UnknownCode {
        /// The code.
        code: String,
    },
    /// The code cannot stand in a frame.
    #[error("`{}` is not a factor code: write letters and digits", Line(code))]
    Code {
        /// The code.
        code: String,
    },
    /// Too many factors.
    #[error("a table may have at most {FACTORS_MAX} factors")]
    TooMany,
}

/// Factors by their codes: those of the standard, and the host's own.
///
/// The standard has no codes for most alkanes of two to twelve carbon atoms; networks agree on their own, which are inserted here.
///
/// ```
/// use vocdb::Unit;
/// use vocdb::interop::hj212::FactorTable;
/// let mut table = FactorTable::air_2017();
/// assert_eq!(table.len(), 121);
/// assert_eq!(table.get("a25002").unwrap().channel, "benzene");
/// table.insert("a24900", "propane", Unit::MilligramPerM3)?;
/// table.set_channel("a24088", "total NMHC")?;
/// table.set_unit("a34004", Unit::MicrogramPerM3)?; // doubtful in the standard
/// assert_eq!(table.get("a24900").unwrap().channel, "propane");
/// # Ok::<(), vocdb::interop::hj212::FactorTableError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FactorTable {
    /// Shared by copies until one of them is changed: a platform has a copy for every station.
    entries: Arc<BTreeMap<String, FactorEntry>>,
}

impl FactorTable {
    /// A table without factors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The 121 factors for air of HJ 212-2017, annex B. Mass concentrations refer to 0 °C.
    ///
    /// The units of methane, ammonia and particles are doubtful in the standard: [`FactorTable::set_unit`] declares them.
    #[must_use]
    pub fn air_2017() -> Self {
        let mut entries = BTreeMap::new();
        // A test reads every line of the shipped file.
        for line in AIR_2017.lines().skip(1) {
            let mut cells = line.split('\t');
            if let (Some(code), Some(channel), Some(name), Some(unit)) =
                (cells.next(), cells.next(), cells.next(), cells.next())
            {
                entries.insert(code.to_owned(), entry(channel, name, unit.parse().ok()));
            }
        }
        Self { entries: Arc::new(entries) }
    }

    /// Adds the factors of a text: a line each with code, channel, name and unit, separated by tabs. Empty lines and lines that begin with
    /// `#` are passed over. Codes that the table has get the new entry.
    ///
    /// # Errors
    /// [`FactorTableError`] with the line; nothing is added then.
    ///
    /// ```
    /// use vocdb::interop::hj212::FactorTable;
    /// let mut table = FactorTable::air_2017();
    /// table.read("# our own codes\na24901\tn-butane\tn-Butane\tmg/m3\n")?;
    /// assert_eq!(table.get("a24901").unwrap().channel, "n-butane");
    /// assert_eq!(table.read("a24902\tisobutane\n").unwrap_err().to_string(),
    ///     "line 1: write code, channel, name and unit, separated by tabs");
    /// # Ok::<(), vocdb::interop::hj212::FactorTableError>(())
    /// ```
    pub fn read(&mut self, text: &str) -> Result<(), FactorTableError> {
        let mut read = Vec::new();
        for (place, row) in text.lines().enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
            let line = place + 1;
            let cells: Vec<&str> = row.split('\t').collect();
            let [code, channel, name, unit] = cells.as_slice() else { return Err(FactorTableError::Line { line }) };
            let unit = unit.parse().map_err(|source| FactorTableError::Unit { line, source })?;
            read.push((checked(code)?, entry(channel, name, Some(unit))));
        }
        if self.entries.len().saturating_add(read.len()) > FACTORS_MAX {
            return Err(FactorTableError::TooMany);
        }
        Arc::make_mut(&mut self.entries).extend(read);
        Ok(())
    }

    /// Adds a factor, or replaces it; concentrations refer to 0 °C.
    ///
    /// # Errors
    /// [`FactorTableError::Code`] and [`FactorTableError::TooMany`].
    pub fn insert(&mut self, code: &str, channel: &str, unit: Unit) -> Result<(), FactorTableError> {
        let code = checked(code)?;
        if self.entries.len() >= FACTORS_MAX && !self.entries.contains_key(&code) {
            return Err(FactorTableError::TooMany);
        }
        Arc::make_mut(&mut self.entries).insert(code, entry(channel, channel, Some(unit)));
        Ok(())
    }

    /// Declares the unit in which stations send a factor.
    ///
    /// # Errors
    /// [`FactorTableError::UnknownCode`].
    pub fn set_unit(&mut self, code: &str, unit: Unit) -> Result<(), FactorTableError> {
        self.entry(code)?.unit = Some(unit);
        Ok(())
    }

    /// Declares the state of the air to which a factor's mass concentrations refer.
    ///
    /// # Errors
    /// [`FactorTableError::UnknownCode`].
    pub fn set_reference(&mut self, code: &str, reference: ReferenceState) -> Result<(), FactorTableError> {
        self.entry(code)?.reference = reference;
        Ok(())
    }

    /// Names the channel that a factor feeds.
    ///
    /// # Errors
    /// [`FactorTableError::UnknownCode`].
    pub fn set_channel(&mut self, code: &str, channel: impl Into<String>) -> Result<(), FactorTableError> {
        self.entry(code)?.channel = channel.into();
        Ok(())
    }

    /// The factor of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&FactorEntry> {
        self.entries.get(code)
    }

    /// Codes and factors, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FactorEntry)> {
        self.entries.iter().map(|(code, entry)| (code.as_str(), entry))
    }

    /// Number of factors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the table has no factors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn entry(&mut self, code: &str) -> Result<&mut FactorEntry, FactorTableError> {
        let unknown = || FactorTableError::UnknownCode { code: shown(code) };
        Arc::make_mut(&mut self.entries).get_mut(code).ok_or_else(unknown)
    }
}

fn entry(channel: &str, name: &str, unit: Option<Unit>) -> FactorEntry {
    FactorEntry { channel: channel.to_owned(), name: name.to_owned(), unit, reference: ReferenceState::C0 }
}

fn checked(code: &str) -> Result<String, FactorTableError> {
    let is_code =
        !code.is_empty() && code.len() <= TEXT_CHARS_MAX && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code { Ok(code.to_owned()) } else { Err(FactorTableError::Code { code: shown(code) }) }
}

fn shown(code: &str) -> String {
    code.chars().take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, species};
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_table_is_whole_and_agrees_with_the_species() {
        let table = FactorTable::air_2017();
        assert_eq!(table.len(), 121);
        let channels: BTreeSet<&str> = table.iter().map(|(_, entry)| entry.channel.as_str()).collect();
        assert_eq!(channels.len(), 121, "a channel has one code");
        for line in AIR_2017.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [code, channel, name, unit, remark] = cells.as_slice() else { panic!("{line}") };
            assert!(checked(code).is_ok() && !name.is_empty(), "{line}");
            assert!(Channel::quantity(*channel, Unit::Ppb).is_ok(), "{line}");
            let is_known = !matches!(*unit, "-" | "?");
            assert_eq!(table.get(code).unwrap().unit.map(Unit::symbol), is_known.then_some(*unit), "{line}");
            assert_eq!(remark.is_empty(), is_known, "{line}");
        }
        let coded = species::all().iter().filter_map(|species| Some((species.hj212_code()?, species.name())));
        let of_species: Vec<_> = coded.filter(|(code, _)| code.starts_with('a')).collect();
        assert!(of_species.len() > 50);
        for (code, name) in of_species {
            assert_eq!(table.get(code).unwrap().channel, name, "{code}");
        }
    }

    #[test]
    fn wrong_entries_are_refused_with_their_line() {
        let mut table = FactorTable::air_2017();
        let before = table.clone();
        let error = table.read("\na24900\tpropane\tPropane\tmg/m3\na24901\tn-butane\tn-Butane\tfurlong\n").unwrap_err();
        assert!(matches!(&error, FactorTableError::Unit { line: 3, .. }), "{error}");
        assert!(table.insert("a-1", "x", Unit::Ppb).is_err() && table.set_unit("zz", Unit::Ppb).is_err());
        assert_eq!(table, before, "a faulty text adds nothing");
    }
}
