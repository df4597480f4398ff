//! CRC-32C (Castagnoli), the checksum of every frame, block and footer this crate writes.

/// The CRC-32C of `bytes`: polynomial 0x1EDC6F41, reflected, initial value and final inversion all ones (RFC 3720, B.4).
///
/// ```
/// assert_eq!(vocdb::base::checksum::crc32c(b"123456789"), 0xE306_9283);
/// ```
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// The SHA-256 of `bytes` (FIPS 180-4).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal digits.
///
/// ```
/// assert_eq!(vocdb::base::checksum::hex(&[0x00, 0xAB]), "00ab");
/// ```
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
