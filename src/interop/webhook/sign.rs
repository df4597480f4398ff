//! Signatures of the Standard Webhooks: HMAC-SHA256 over id, time and body.

use crate::base::checksum::hmac_sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "whsec_";

/// What sender and receiver share; never shown.
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let coded = text.strip_prefix(PREFIX).ok_or_else(|| format!("it does not begin with {PREFIX}"))?;
        let bytes = STANDARD.decode(coded).map_err(|_| "it is no base64".to_owned())?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(format!("it has {} bytes", bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// `v1,` and the signature in base64.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let digest = hmac_sha256(&self.0, format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(digest.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_as_there() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_of_another_form_are_refused() {
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_***"] {
            assert!(Secret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
