//! Password hashes (Argon2id) and random tokens.

use super::AccountError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};

/// Bytes of a password.
const PASSWORD_BYTES_MAX: usize = 256;
/// Characters of a password.
const PASSWORD_CHARS_MIN: usize = 10;

/// Returns the hash of a password, with a salt of its own.
///
/// # Errors
/// [`AccountError::Password`] for a password that is too short or too long; [`AccountError::Random`] without random numbers.
pub fn hash_password(password: &str) -> Result<String, AccountError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(AccountError::Password);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| AccountError::Random(error.to_string()))?;
    let failed = |error: argon2::password_hash::Error| AccountError::Hash(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Returns whether a password has a hash. Without a hash it computes one all the same: the time of the answer does not tell which names exist.
#[must_use]
pub fn is_password(password: &str, hash: Option<&str>) -> bool {
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    match hash.map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Some(Err(_)) | None => {
            let salt = SaltString::encode_b64(&[0; 16]);
            let _ = salt.and_then(|salt| Argon2::default().hash_password(password.as_bytes(), &salt).map(drop));
            false
        }
    }
}

/// Returns a token of 32 random bytes, in hexadecimal digits.
///
/// # Errors
/// [`AccountError::Random`] if the system has no random numbers.
pub fn random_token() -> Result<String, AccountError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| AccountError::Random(error.to_string()))?;
    Ok(hex(&bytes))
}

/// Returns the SHA-256 of a token, in hexadecimal digits: what is kept of it.
#[must_use]
pub fn token_digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
