//! Any bytes as a dump: a store, or an error that names a line. An odd first byte has the last line made right.

use super::specimens::{config, register};
use crate::memory::MemoryStorage;
use vocdb::base::checksum::crc32c;
use vocdb::{Batch, Database, DumpScope, Frame, InstrumentId, ReadOnly, Timestamp};

/// Puts a last line behind all others that says what they are.
fn mend(text: &[u8]) -> Vec<u8> {
    let body = text.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |last| &text[..last]);
    let body = body.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |last| &body[..=last]);
    let lines = body.iter().filter(|byte| **byte == b'\n').count();
    [body, format!("end {lines} {:08x}\n", crc32c(body)).as_bytes()].concat()
}

/// What is restored gives the same text again as what is restored from that.
pub fn run(input: &[u8]) {
    let Some((mode, text)) = input.split_first() else { return };
    let text = if mode & 1 == 1 { mend(text) } else { text.to_vec() };
    let home = tempfile::tempdir().expect("a temporary directory");
    let (first, second) = (home.path().join("a"), home.path().join("b"));
    if Database::restore(text.as_slice(), &first, |_| {}).is_err() {
        assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0, "nothing stays of a failed restore");
        return;
    }
    let dump = |dir| {
        let mut text = Vec::new();
        let store = ReadOnly::open(dir).expect("a restored store opens");
        store.dump(&DumpScope::WHOLE, &mut text, |_| {}).expect("a restored store is dumped");
        text
    };
    let whole = dump(&first);
    Database::restore(whole.as_slice(), &second, |_| {}).expect("a dump is restored");
    assert!(dump(&second) == whole, "the second dump is the first");
}

/// A dump of every kind of line, with the last line made right or not.
pub fn seeds() -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let db = Database::open(dir.path(), config(&MemoryStorage::default())).expect("a store in memory");
    register(&db).expect("a registration");
    let row = |row: i64, value| {
        Frame::new(
            InstrumentId::new(1),
            Timestamp::from_ms(super::specimens::NOW_MS - 900_000 + row * 1_000),
            &[Some(value), None],
        )
    };
    let rows = |from: i64, step: f64| (from..from + 20).map(|at| row(at, at as f64 * step)).collect::<Batch>();
    let _ = db.append(&rows(0, 0.01)).expect("an append");
    db.seal().expect("a segment");
    let _ = db.append(&rows(10, 0.3)).expect("an append");
    let mut text = Vec::new();
    db.dump(&DumpScope::WHOLE, &mut text, |_| {}).expect("a dump");
    let end = text.iter().rposition(|byte| *byte == b'e').expect("a last line");
    let arrival = format!("arrivals\n1 {} 1.5/3 -0\n", super::specimens::NOW_MS);
    let with_arrival = [&text[..end], arrival.as_bytes(), b"end 0 0\n"].concat();
    vec![[&[0], text.as_slice()].concat(), [&[1], text.as_slice()].concat(), [&[1], with_arrival.as_slice()].concat()]
}
