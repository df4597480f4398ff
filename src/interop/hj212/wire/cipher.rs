//! Encryption of `CP` (HJ 212-2025, from secondary sources).

use sm4::Sm4;
use sm4::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use std::fmt;

/// Bytes of a key and of a block.
const BLOCK_BYTES: usize = 16;

/// A key for the content of `CP`: SM4 in ECB mode over whole blocks of 16 bytes, as HJ 212-2025 has it by secondary sources.
///
/// The host has the key from the key exchange (`CN=1014`) and replaces it by the rule of its network, usually every 90 days. It is never
/// part of a store, and never printed.
///
/// ```
/// use vocdb::interop::hj212::ContentKey;
/// let key = ContentKey::from_hex("0123456789abcdeffedcba9876543210").unwrap();
/// let mut content = *b"a25002-Rtd=0.031,a25002-Flag=N"; // one block, and 14 bytes that stay plain
/// key.encrypt(&mut content);
/// assert!(content.ends_with(b",a25002-Flag=N") && !content.starts_with(b"a25002"));
/// key.decrypt(&mut content);
/// assert_eq!(&content, b"a25002-Rtd=0.031,a25002-Flag=N");
/// ```
#[derive(Clone)]
pub struct ContentKey(Sm4);

impl ContentKey {
    /// The key of 16 bytes.
    #[must_use]
    pub fn new(key: [u8; BLOCK_BYTES]) -> Self {
        Self(Sm4::new(&key.into()))
    }

    /// The key of 32 hexadecimal digits; `None` for another text.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        if pairs.len() != BLOCK_BYTES || !rest.is_empty() {
            return None;
        }
        let mut key = [0; BLOCK_BYTES];
        for (byte, [high, low]) in key.iter_mut().zip(pairs) {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self::new(key))
    }

    /// Encrypts the whole blocks of a content in place; up to 15 bytes at its end stay plain.
    pub fn encrypt(&self, content: &mut [u8]) {
        for bytes in content.as_chunks_mut::<BLOCK_BYTES>().0 {
            let mut block: Block<Sm4> = (*bytes).into();
            self.0.encrypt_block(&mut block);
            *bytes = block.into();
        }
    }

    /// Decrypts the whole blocks of a content in place.
    pub fn decrypt(&self, content: &mut [u8]) {
        for bytes in content.as_chunks_mut::<BLOCK_BYTES>().0 {
            let mut block: Block<Sm4> = (*bytes).into();
            self.0.decrypt_block(&mut block);
            *bytes = block.into();
        }
    }

    /// Whether the content of a command is encrypted: 1014, 2000 to 2999 and 3020.
    #[must_use]
    pub const fn covers(command: u16) -> bool {
        matches!(command, 1014 | 2000..=2999 | 3020)
    }

    /// Whether a content of so many bytes has a block to encrypt.
    pub(super) const fn has_blocks(content_bytes: usize) -> bool {
        content_bytes >= BLOCK_BYTES
    }
}

/// Does not show the key.
impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey")
    }
}

#[test]
fn the_published_vector_of_sm4_is_met() {
    let key = ContentKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
    let plain = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10];
    let mut block = plain;
    key.encrypt(&mut block);
    let published = [0x68, 0x1E, 0xDF, 0x34, 0xD2, 0x06, 0x96, 0x5E, 0x86, 0xB3, 0xE9, 0x4F, 0x53, 0x6E, 0x42, 0x46];
    assert_eq!(block, published);
    key.decrypt(&mut block);
    assert_eq!(block, plain);
    assert!(ContentKey::from_hex("0123").is_none() && ContentKey::from_hex(&"g".repeat(32)).is_none());
}
