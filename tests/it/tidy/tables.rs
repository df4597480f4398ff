//! Every table of the house in one place: what may import what, how large, which words, which files.

/// A layer (a folder or file directly under `src/`) and the module paths outside itself that it may name.
/// A path allows everything below it. An item that is re-exported higher up counts where it is defined.
pub(crate) const LAYERS: &[(&str, &[&str])] = &[
    ("guide", &[]),
    ("base", &[]),
    ("model", &["base"]),
    ("codec", &["base"]),
    ("io", &["base"]),
    ("journal", &["base", "model", "io"]),
    ("store", &["base", "model", "codec", "io", "journal"]),
    ("ledger", &["base", "io"]),
    ("query", &["base", "model", "store::chunk", "store::read", "store::error"]),
    ("checks", &["base", "model", "query"]),
    ("verdict", &["base", "model"]),
    ("rules", &["base", "model", "query", "verdict"]),
    ("alarm", &["base", "model", "ledger", "verdict"]),
    ("trace", &["base", "model", "query", "ledger", "alarm::event", "verdict"]),
    ("interop", &["base", "model", "query", "alarm::notify", "alarm::event", "verdict"]),
];

/// The wiring: `src/lib.rs` and these modules may name every layer, and no layer may name them.
pub(crate) const WIRING: &[&str] = &["db", "config", "error", "bin"];

/// Lines of one function, from `fn` to its closing brace.
pub(crate) const FUNCTION_LINES_MAX: usize = 70;
/// Parameters of one function, `self` not counted.
pub(crate) const PARAMETERS_MAX: usize = 5;
/// Blocks within blocks in one function.
pub(crate) const NESTING_MAX: usize = 4;
/// Lines of code of one file, without test modules, blank lines and comments.
pub(crate) const FILE_LINES_MAX: usize = 400;
/// Files directly in one folder under `src/`.
pub(crate) const FOLDER_FILES_MAX: usize = 12;
/// Words in the name of a test.
pub(crate) const TEST_NAME_WORDS_MIN: usize = 3;

/// Words that say nothing; no item and no file has one in its name.
pub(crate) const BANNED_WORDS: &[&str] =
    &["manager", "helper", "helpers", "util", "utils", "common", "misc", "data", "info"];
/// How no item's name begins.
pub(crate) const BANNED_PREFIXES: &[&str] = &["handle_", "process_", "do_"];
/// Folders whose name is agreed, whatever its words.
pub(crate) const NAMED_FOLDERS: &[&str] = &["examples/data"];

/// Marks of unfinished work, as whole words. Split, so that this file does not offend itself.
pub(crate) const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("HA", "CK"),
    concat!("to", "do!"),
    concat!("un", "implemented!"),
    concat!("db", "g!"),
];
/// Files, and folders that end in `/`, that are written in the language of the glossary.
pub(crate) const REWRITTEN_FILES: &[&str] = &[
    "README.md",
    "src/guide/ALARMS.md",
    "src/guide/FILES.md",
    "src/guide/OPERATIONS.md",
    "src/guide/RULES.md",
    "src/guide/STATIONS.md",
    "src/checks/",
    "src/guide/QUALITY.md",
    "src/interop/hj212/",
    "src/bin/vocdb/commands/alarms/",
    "src/bin/vocdb/commands/hj212/",
    "src/bin/vocdb/commands/import/",
    "src/bin/vocdb/commands/profiles/",
    "src/bin/vocdb/commands/quality/",
    "src/bin/vocdb/commands/rules/",
    "src/bin/vocdb/commands/backup.rs",
    "src/bin/vocdb/commands/compact.rs",
    "src/bin/vocdb/commands/completions.rs",
    "src/bin/vocdb/commands/delete.rs",
    "src/bin/vocdb/commands/dump.rs",
    "src/bin/vocdb/commands/inspect.rs",
    "src/bin/vocdb/commands/repair.rs",
    "src/bin/vocdb/commands/restore.rs",
    "src/bin/vocdb/commands/verify.rs",
    "src/bin/vocdb/failure.rs",
    "src/bin/vocdb/main.rs",
    "src/bin/vocdb/output.rs",
    "src/bin/vocdb/progress.rs",
    "src/bin/vocdb/store.rs",
    "src/bin/vocdb/values.rs",
    "tests/it/fixtures/tool/",
];
/// Words of the first texts, and what the glossary has for them.
pub(crate) const REPLACED_WORDS: &[(&str, &str)] = &[
    ("is told", "is notified"),
    ("are told", "are notified"),
    ("was told", "was notified"),
    ("were told", "were notified"),
    ("be told", "be notified"),
    ("been told", "been notified"),
    ("tells nobody", "notifies nobody"),
    ("way to tell", "notification channel"),
    ("readings that come late", "late data"),
    ("instant of the grid", "evaluation time"),
    ("do not check", "are corrupt"),
    ("everything checks", "no corruption"),
    ("on record", "recorded"),
    ("taken down", "recorded"),
    ("look again", "re-evaluate"),
    ("anew", "again"),
    ("goes on", "continues"),
    ("go on", "continue"),
    ("others go first", "yield the CPU"),
    ("room made ahead", "preallocated space"),
    ("surplus", "retention plan"),
    ("patience", "grace period"),
    ("whoever", "a noun for the person"),
    ("not there", "missing"),
    ("in vain", "overdue"),
    ("does not check", "is corrupt"),
    ("on the medium", "durable"),
    ("laggard", "stalled source"),
    ("alarms anew", "re-alarm"),
    ("where there is none", "if missing"),
    ("of one cause", "incident"),
];
/// Hosts of package registries: a project names packages, not where they lie.
pub(crate) const REGISTRY_HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("index", ".crates"),
    concat!("pypi", ".org"),
    concat!("registry", ".npmjs"),
    concat!("deb", ".debian.org"),
];
/// Folders of somebody's machine, and the prefix under which they are tolerated all the same.
pub(crate) const MACHINE_PATHS: &[(&str, Option<&str>)] =
    &[(concat!("/wo", "rk/"), None), (concat!("/ro", "ot/"), None), (concat!("/tm", "p/"), Some("tests/"))];
/// Files that tools write and nobody reads as text.
pub(crate) const UNREAD_FILES: &[&str] = &["Cargo.lock"];

/// Words of the clock that no test has, and why.
pub(crate) const CLOCK_WORDS: &[(&str, &str)] = &[
    ("elapsed", "a test that measures time: bound operations, allocated bytes or growth"),
    ("Instant", "a test that looks at the clock: wait for events, bound the work"),
    ("SystemTime", "a test that looks at the clock: use a clock that is set by hand"),
];

/// The only files with `unsafe` in them.
pub(crate) const UNSAFE_FILES: &[&str] = &["src/io/map.rs"];

/// The format documents, beside the code that writes the bytes.
pub(crate) const FORMAT_DOCUMENTS: &[&str] = &[
    "src/codec/FORMAT.md",
    "src/journal/FORMAT.md",
    "src/store/FORMAT.md",
    "src/ledger/FORMAT.md",
    "src/db/dump/FORMAT.md",
];
/// What the top of the project holds, and nothing else.
pub(crate) const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "src",
    "examples",
    "benches",
    "fuzz",
    "tests",
    ".ci",
    ".gitignore",
    "proptest-regressions",
    "clippy.toml",
    "rustfmt.toml",
    "deny.toml",
];
/// What `examples/` holds besides Rust files.
pub(crate) const EXAMPLE_FOLDERS: &[&str] = &["data", "rules"];
/// Folders whose Rust files are parsed and checked.
pub(crate) const SOURCE_FOLDERS: &[&str] = &["src", "examples", "tests", "benches", "fuzz"];
/// Folders that no check enters.
pub(crate) const UNWALKED_FOLDERS: &[&str] = &[".git", "target"];
/// Folders in which every Rust file must be reached by a `mod`.
pub(crate) const REACHED_FOLDERS: &[&str] = &["src/", "tests/it/"];
