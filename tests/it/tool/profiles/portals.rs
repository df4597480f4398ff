//! Files of further portals, each by a mapping file of its own.

use super::{assert_answers, fixture, import};

/// Names of the files, and the rows that their mappings leave out.
const FILES: [(&str, u64); 13] = [
    ("airkorea", 0),
    ("andalusia", 0),
    ("cpcb", 0),
    ("eea", 0),
    ("lcsqa", 0),
    ("lombardy", 1),
    ("madrid", 1),
    ("mexico", 0),
    ("naps", 1),
    ("sensor-community", 0),
    ("sinca", 0),
    ("taiwan", 0),
    ("uk-air-bc", 0),
];

#[test]
fn files_of_thirteen_portals_are_read_by_one_mapping_file_each() {
    for (name, filtered) in FILES {
        let dir = crate::support::scratch::dir();
        let path = |end: &str| fixture(&format!("portals/{name}.{end}")).display().to_string();
        let summary = import(dir.path(), &path("toml"), &path("csv"), &["--json"]).object();
        assert_eq!(
            (&summary["rows_rejected"], &summary["fields_rejected"]),
            (&0.into(), &0.into()),
            "{name}: {summary}"
        );
        assert_eq!(summary["rows_filtered"], filtered, "{name}: {summary}");
        assert_eq!(summary["frames"], summary["store"]["frames_accepted"], "{name}: {summary}");
        assert_answers(dir.path(), &format!("portals/{name}.answers"));
    }
}
