//! Every bound of the crate in one place, with the assertions that tie related bounds together.

/// Rows of one instrument in one block of a segment.
pub const ROWS_PER_BLOCK: usize = 1024;
/// Values that share one bit width inside a block.
pub const VALUES_PER_GROUP: usize = 128;
/// Groups that a block has at most.
pub const GROUPS_PER_BLOCK_MAX: usize = ROWS_PER_BLOCK / VALUES_PER_GROUP;
/// Blocks of one chunk of a segment, and their rows.
pub const BLOCKS_PER_CHUNK_MAX: usize = 32;
/// Rows of one chunk of a segment.
pub const ROWS_PER_CHUNK_MAX: usize = 16_384;
/// Distinct values that a block's dictionary may hold.
pub const DICTIONARY_ENTRIES_MAX: usize = 256;
/// Channels that one instrument may have.
pub const CHANNELS_PER_INSTRUMENT_MAX: usize = 512;
/// Frames that one batch may hold.
pub const FRAMES_PER_BATCH_MAX: usize = 1 << 20;
/// Bytes of one WAL frame's payload.
pub const WAL_FRAME_BYTES_MAX: usize = 256 << 20;
/// Bytes of the head's rows above which it is sealed into a segment, where the host says nothing else.
pub const HEAD_BYTES_MAX: usize = 16 << 20;
/// Bytes of a segment that compaction does not exceed by merging: it is built in memory.
pub const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// Bytes of segments' pages that a process keeps in memory.
pub const PAGES_KEPT_BYTES_MAX: usize = 32 << 20;
/// Bytes of the write-ahead log above which the head is sealed, however few rows it has: corrections fill the log, not the head.
pub const WAL_BYTES_MAX: u64 = 64 << 20;
/// Bytes of one ledger commit's payload: what one frame or one step of time brings about must fit.
pub const LEDGER_COMMIT_BYTES_MAX: usize = 240 << 20;
/// Bytes of one ledger record's body.
pub const LEDGER_RECORD_BYTES_MAX: usize = 16 << 20;
/// Bytes of one part of a body that is stored in several records.
pub const LEDGER_PART_BYTES_MAX: usize = 8 << 20;
/// Bytes of a checkpoint above which it leaves out the outages of stations, which only late data of quorum rules needs.
pub const CHECKPOINT_BYTES_MAX: usize = 48 << 20;
/// Instants that are evaluated without frames until a checkpoint stores how far evaluation has come. A restart evaluates them again.
pub const IDLE_INSTANTS_PER_CHECKPOINT: u64 = 1 << 20;
/// Decimal places that a block's scale may have.
pub const DECIMALS_MAX: u8 = 12;
/// The greatest magnitude of a reading: up to here sums stay exact.
pub const VALUE_MAGNITUDE_MAX: f64 = 1e15;
/// A name of a station, instrument, channel, rule, contact or person, in bytes.
pub const NAME_BYTES_MAX: usize = 200;
/// A comment or reason that the ledger keeps, in bytes.
pub const WORDS_BYTES_MAX: usize = 64 << 10;
/// How far ahead of the host's clock a frame may be before it is refused: ten minutes.
pub const FUTURE_MS_MAX: i64 = 600_000;
/// How long an instant waits for a silent station where the rule says nothing: fifteen minutes.
pub const ON_MISSING_MS_DEFAULT: i64 = 900_000;
/// The longest window of a rule: 400 days, enough for 26 two-week periods.
pub const WINDOW_MS_MAX: i64 = 400 * 86_400_000;
/// One rule file's size.
pub const RULE_FILE_BYTES_MAX: u64 = 1 << 20;
/// Rule files in one folder.
pub const RULE_FILES_MAX: usize = 1_000;
/// Operations that tracing one rule file may take.
pub const RULE_OPERATIONS_MAX: u64 = 1_000_000;
/// Operations that tracing all files of one rule set may take.
pub const RULE_SET_OPERATIONS_MAX: u64 = 4 * RULE_OPERATIONS_MAX;
/// Bytes of all files of one rule set.
pub const RULE_SET_BYTES_MAX: usize = 16 << 20;
/// Steps of one escalation chain: each contact of a list is one.
pub const CHAIN_STEPS_MAX: usize = 2_000;
/// Shifts of one duty roster.
pub const ROSTER_SHIFTS_MAX: usize = 200;
/// Stations, or globs over stations, for which one parameter has a value of its own.
pub const PARAM_EXCEPTIONS_MAX: usize = 2_000;
/// Errors and warnings that one check of a rule set lists.
pub const DIAGNOSTICS_MAX: usize = 2_000;
/// Bytes of memory that the windows of all rules may take once they are full, where the host says nothing else.
pub const WINDOW_BYTES_MAX: u64 = 2 << 30;
/// The least step of a rule's grid: instruments report once a second at most, and each evaluation step is one evaluation of every rule.
pub const RULE_STEP_MS_MIN: i64 = 1_000;
/// Rules in one set.
pub const RULES_MAX: usize = 10_000;
/// Ranges of instants that one plan remembers for late readings; the nearest of more become one.
pub const LATE_RANGES_MAX: usize = 32;
/// Instants that late readings may have evaluated again each time that the host lets time pass: what is left goes on the next time.
pub const LATE_INSTANTS_PER_ADVANCE: i64 = 65_536;
/// Age in milliseconds from which an opening counts as late: five minutes. Instants wait for frames that are due.
pub const LATE_OPENING_MS: i64 = 300_000;
/// Instants, counted once for each station, that are re-evaluated at once for one late frame. Twice as many are re-evaluated for every second
/// frame, four times as many for every fourth, and so on.
pub const LATE_INSTANTS_PER_FRAME: i64 = 512;
/// How often that bound is doubled at most.
pub const LATE_DOUBLINGS_MAX: u32 = 6;
/// Times at which one rule was active over one scope that are remembered for late readings; older ones are not amended.
pub const ACTIVE_SPANS_MAX: usize = 256;
/// Evaluation times of one rule that `exceedances` counts: after a restart, and for late data, all of them are evaluated at once.
pub const COUNTED_TIMES_MAX: i64 = 50_000;
/// Nodes in one rule's expression.
pub const PLAN_NODES_MAX: usize = 1_000;
/// Bytes of one line of a CSV file.
pub const CSV_RECORD_BYTES_MAX: usize = 1 << 20;
/// Bytes of one line of a dump: a ledger record in hexadecimal digits, or a comment with the same record in words.
pub const DUMP_LINE_BYTES_MAX: usize = 128 << 20;
/// Bytes of the frames of a dump that its rules have not seen: they stay in the write-ahead log of the restored store.
pub const DUMP_ARRIVALS_BYTES_MAX: usize = 256 << 20;
/// Rejections that a report lists one by one; the rest are counted.
pub const REJECTIONS_LISTED_MAX: usize = 10_000;
/// Wind steps times stations that one location may compute: a day of one-minute steps at 1,000 stations is 1,440,000.
pub const LOCATE_TRANSPORTS_MAX: usize = 2_000_000;

const _: () = assert!(ROWS_PER_BLOCK.is_multiple_of(VALUES_PER_GROUP));
const _: () = assert!(VALUES_PER_GROUP == 128, "a patch's position is seven bits, and lanes hold 4 x 32 values");
const _: () = assert!(ROWS_PER_CHUNK_MAX <= BLOCKS_PER_CHUNK_MAX * ROWS_PER_BLOCK);
const _: () = assert!(LEDGER_RECORD_BYTES_MAX < LEDGER_COMMIT_BYTES_MAX);
const _: () =
    assert!(LEDGER_COMMIT_BYTES_MAX < WAL_FRAME_BYTES_MAX, "a commit may be stored in the write-ahead log first");
const _: () = assert!(LEDGER_PART_BYTES_MAX < LEDGER_RECORD_BYTES_MAX);
const _: () = assert!(2 * CHECKPOINT_BYTES_MAX < LEDGER_COMMIT_BYTES_MAX);
const _: () = assert!(4 * WORDS_BYTES_MAX < LEDGER_RECORD_BYTES_MAX);
const _: () = assert!(2 * LEDGER_RECORD_BYTES_MAX < DUMP_LINE_BYTES_MAX);
const _: () = assert!(HEAD_BYTES_MAX < WAL_FRAME_BYTES_MAX);
