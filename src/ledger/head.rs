//! The state of a ledger in two numbers that a report can print.

use super::record::Record;
use crate::base::checksum::{Digest, sha256_of};

/// The number of records of a ledger and a hash of all of them.
///
/// The hash is the SHA-256 of the records in their order: for each, the code of its kind (2 bytes), the version of its body (1 byte), the
/// length of its body (8 bytes), all little-endian, and the body. A ledger only grows, so that the first records keep their hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerHead {
    /// Number of records.
    pub records: u64,
    /// SHA-256 of the records.
    pub sha256: Digest,
}

impl LedgerHead {
    /// Computes the head of records in their order.
    ///
    /// ```
    /// use vocdb::ledger::{Kind, LedgerHead, Record};
    /// let records = [Record::new(Kind::Checkpoint, &1_u8)?, Record::new(Kind::Checkpoint, &2_u8)?];
    /// let (one, two) = (LedgerHead::of(&records[..1]), LedgerHead::of(&records));
    /// assert_eq!((one.records, two.records), (1, 2));
    /// assert_ne!(one.sha256, two.sha256);
    /// # Ok::<(), vocdb::ledger::LedgerError>(())
    /// ```
    #[must_use]
    pub fn of(records: &[Record]) -> Self {
        let pieces = records.iter().flat_map(|record| {
            let (version, body) = record.bytes();
            let mut head = record.kind().code().to_le_bytes().to_vec();
            head.push(version);
            head.extend((body.len() as u64).to_le_bytes());
            [head, body.to_vec()]
        });
        let Ok(sha256) = sha256_of(pieces.map(Ok::<Vec<u8>, std::convert::Infallible>));
        Self { records: records.len() as u64, sha256 }
    }
}
