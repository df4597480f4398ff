//! Quality flags as a file writes them.

use crate::model::Quality;

/// Words of loggers that mean the same wherever they are used; upper and lower case are the same.
const WORDS: [(&str, Quality); 13] = [
    ("ok", Quality::Normal),
    ("valid", Quality::Normal),
    ("zero", Quality::Calibration),
    ("span", Quality::Calibration),
    ("cal", Quality::Calibration),
    ("calib", Quality::Calibration),
    ("maint", Quality::Maintenance),
    ("over", Quality::OverRange),
    ("overrange", Quality::OverRange),
    ("bdl", Quality::BelowDetection),
    ("invld", Quality::Suspect),
    ("invalid", Quality::Suspect),
    ("down", Quality::OutOfOperation),
];

/// What a flag field says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::interop) enum Flag {
    /// The value has this flag.
    Quality(Quality),
    /// There is no value, whatever the value field holds.
    Missing,
}

/// Reads flags as this file writes them: texts that the spec declares, the names of this crate, common words of loggers.
#[derive(Debug)]
pub(in crate::interop) struct FlagReader {
    declared: Vec<(String, Quality)>,
    missing: Vec<String>,
}

impl FlagReader {
    pub(in crate::interop) const fn new(declared: Vec<(String, Quality)>, missing: Vec<String>) -> Self {
        Self { declared, missing }
    }

    /// The flag of a field without the space around it; the empty field is normal. `None` for a text that is not known.
    pub(in crate::interop) fn read(&self, field: &[u8]) -> Option<Flag> {
        let text = std::str::from_utf8(field).ok()?;
        let declared = self.declared.iter().find(|(own, _)| own == text).map(|(_, quality)| *quality);
        if declared.is_none() && self.missing.iter().any(|mark| mark == text) {
            return Some(Flag::Missing);
        }
        let is_named = |quality: &&Quality| {
            let same =
                |(own, read): (char, char)| own == read.to_ascii_lowercase() || (own == ' ' && "_-".contains(read));
            quality.name().len() == text.len() && quality.name().chars().zip(text.chars()).all(same)
        };
        let named = || Quality::ALL.iter().find(is_named).copied();
        let word = || WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, quality)| *quality);
        let quality = declared.or_else(|| text.is_empty().then_some(Quality::Normal)).or_else(named).or_else(word);
        quality.map(Flag::Quality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_by_declaration_name_and_common_word_and_no_other() {
        let flags = FlagReader::new(
            vec![("R".to_owned(), Quality::Normal), ("OK".to_owned(), Quality::Suspect)],
            vec!["NoData".to_owned()],
        );
        let quality = |text: &str| flags.read(text.as_bytes());
        for named in Quality::ALL {
            assert_eq!(quality(named.name()), Some(Flag::Quality(named)));
            assert_eq!(quality(&named.name().to_uppercase().replace(' ', "_")), Some(Flag::Quality(named)));
        }
        for (text, expected) in [
            ("R", Quality::Normal),
            ("", Quality::Normal),
            ("OK", Quality::Suspect),
            ("ok", Quality::Normal),
            ("Span", Quality::Calibration),
            ("InVld", Quality::Suspect),
        ] {
            assert_eq!(quality(text), Some(Flag::Quality(expected)), "{text}");
        }
        assert_eq!(quality("NoData"), Some(Flag::Missing));
        for text in ["r", "P", "nodata", "normally", "0"] {
            assert_eq!(quality(text), None, "{text}");
        }
    }
}
