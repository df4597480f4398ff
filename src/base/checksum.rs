//! CRC-32C (Castagnoli), the checksum of every frame, block and footer this crate writes, and SHA-256 for what must not be forged.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Deref;

/// The CRC-32C of `bytes`: polynomial 0x1EDC6F41, reflected, initial value and final inversion all ones (RFC 3720, B.4).
///
/// ```
/// assert_eq!(vocdb::base::checksum::crc32c(b"123456789"), 0xE306_9283);
/// ```
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// The CRC-32C of bytes that follow others, of which the CRC-32C is `before`.
pub(crate) fn crc32c_append(before: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(before, bytes)
}

/// A SHA-256 (FIPS 180-4). Shown, and written into text formats, as 64 hexadecimal digits.
///
/// ```
/// let digest = vocdb::base::checksum::sha256(b"abc");
/// assert!(digest.to_string().starts_with("ba7816bf"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Digest(sha2::Sha256::digest(bytes).into())
}

/// The SHA-256 of pieces that follow one another.
pub(crate) fn sha256_of<B: Deref<Target = [u8]>, E>(pieces: impl Iterator<Item = Result<B, E>>) -> Result<Digest, E> {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for piece in pieces {
        hasher.update(&*piece?);
    }
    Ok(Digest(hasher.finalize().into()))
}

/// The HMAC-SHA256 of a message under a key (RFC 2104).
///
/// ```
/// // RFC 4231, test case 2.
/// let digest = vocdb::base::checksum::hmac_sha256(b"Jefe", b"what do ya want for nothing?");
/// assert_eq!(digest.to_string(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
/// ```
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Digest {
    const BLOCK_BYTES: usize = 64;
    let mut block = if key.len() > BLOCK_BYTES { sha256(key).0.to_vec() } else { key.to_vec() };
    block.resize(BLOCK_BYTES, 0);
    let padded = |pad: u8| block.iter().map(move |byte| byte ^ pad);
    let inner: Vec<u8> = padded(0x36).chain(message.iter().copied()).collect();
    let outer: Vec<u8> = padded(0x5c).chain(sha256(&inner).0).collect();
    sha256(&outer)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Digest {
    /// Reads the compact form alone: text forms are for people and other programs.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 32]>::deserialize(deserializer).map(Digest)
    }
}
