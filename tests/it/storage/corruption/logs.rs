//! Every byte and every length of the write-ahead log and of the ledger.

use super::{Outcome, Specimen, TAIL_BATCHES, batches, boundaries, bytes_of, position};

#[test]
fn any_flipped_byte_of_the_log_is_refused_where_the_ledger_rests_on_its_frame() {
    let specimen = Specimen::new();
    let whole = bytes_of(&specimen.files, "wal");
    let (last_batch, last_commit) = *batches(&whole).last().unwrap();
    assert!(last_commit < whole.len(), "the last batch brings corrections, which the ledger takes down");
    assert!(last_batch < last_commit);
    let refused = specimen.flip_every_byte("wal", true, |at, report, rows| {
        assert_eq!(report.wal_torn_bytes, (whole.len() - last_commit) as u64, "byte {at}");
        assert_eq!(rows, specimen.rows_of(specimen.last()), "byte {at}");
    });
    assert_eq!(refused, last_commit, "the ledger has the last commit, and it rests on the last batch");
}

#[test]
fn a_log_of_any_length_is_refused_where_it_lacks_frames_that_the_ledger_rests_on() {
    let specimen = Specimen::new();
    let log = bytes_of(&specimen.files, "wal");
    let (ends, batches) = (boundaries(&log), batches(&log));
    assert!(specimen.states.iter().all(|(bytes, _)| ends.contains(bytes)));
    assert_eq!(batches.len() + 1, specimen.states.len());
    let last_batch_end = batches.last().unwrap().1;
    for length in 0..log.len() {
        let opened = specimen.attempt("wal", &log[..length], true, &format!("cut to {length}"));
        let Outcome::Opened(report, rows) = opened else {
            assert!(length < last_batch_end, "cut to {length}");
            continue;
        };
        assert!(length >= last_batch_end, "cut to {length}: what is missing went unnoticed");
        let end = ends.iter().rfind(|end| **end <= length).unwrap();
        assert_eq!(report.wal_torn_bytes, (length - end) as u64, "cut to {length}");
        assert_eq!(rows, specimen.rows_of(specimen.last()), "cut to {length}");
    }
}

#[test]
fn any_flipped_byte_of_the_ledger_is_refused_or_costs_only_its_last_commit_and_is_told() {
    let specimen = Specimen::new();
    let ends = boundaries(&bytes_of(&specimen.files, "ledger"));
    let [.., last_commit, length] = ends[..] else { panic!("{ends:?}") };
    let refused = specimen.flip_every_byte("ledger", true, |at, report, rows| {
        assert_eq!(report.ledger_torn_bytes, (length - last_commit) as u64, "byte {at}");
        assert_eq!(rows, specimen.rows_of(specimen.last()), "byte {at}");
    });
    assert_eq!(refused, last_commit, "damage before the last commit cannot come from a crash");
}

#[test]
fn a_ledger_of_any_length_gets_its_commits_back_from_the_log_or_is_refused() {
    let specimen = Specimen::new();
    let whole = bytes_of(&specimen.files, "ledger");
    let ends = boundaries(&whole);
    // The log has a commit of each batch behind the sealed ones.
    let first_in_log = ends[ends.len() - 1 - TAIL_BATCHES];
    for length in 0..whole.len() {
        let opened = specimen.attempt("ledger", &whole[..length], true, &format!("cut to {length}"));
        let Outcome::Opened(report, rows) = opened else {
            assert!(length < first_in_log, "cut to {length}");
            continue;
        };
        assert!(length >= first_in_log, "cut to {length}: what is missing went unnoticed");
        let end = ends.iter().rfind(|end| **end <= length).unwrap();
        assert_eq!(report.ledger_torn_bytes, (length - end) as u64, "cut to {length}");
        assert_eq!(rows, specimen.rows_of(specimen.last()), "cut to {length}");
        assert!(bytes_of(&specimen.storage.files(), "ledger").starts_with(&whole), "cut to {length}");
    }
}

#[test]
fn any_flipped_byte_and_any_shorter_length_of_an_older_log_is_refused() {
    let (specimen, older) = Specimen::rotated();
    let whole = bytes_of(&specimen.files, &older);
    let Outcome::Opened(report, rows) = specimen.attempt(&older, &whole, true, "unchanged") else {
        panic!("a log in two files is refused")
    };
    assert_eq!((rows, report.wal_torn_bytes), (specimen.rows_of(specimen.last()), 0));
    let refused = specimen.flip_every_byte(&older, true, |at, _, _| panic!("byte {at} went unnoticed"));
    assert_eq!(refused, whole.len());
    let newer = specimen.files.last().unwrap().0.clone();
    let (ends, last_batch_end) = (boundaries(&whole), batches(&whole).last().unwrap().1);
    let path = &specimen.files[position(&specimen.files, &older)].0;
    // Behind the last batch a cut costs a commit that the ledger has.
    let (report, rows) = specimen.open_with(path, &whole[..last_batch_end], true).unwrap();
    assert_eq!((rows, report.wal_torn_bytes), (specimen.rows_of(specimen.last()), 0));
    for length in (0..whole.len()).filter(|length| *length != last_batch_end) {
        // Cut between two frames it is whole in itself: the newer one misses what is before it.
        let named = if ends.contains(&length) { newer.to_str().unwrap() } else { older.as_str() };
        let error = specimen.open_with(path, &whole[..length], true).unwrap_err().to_string();
        assert!(error.contains(named), "cut to {length}: {error}");
    }
}
