//! Times in serialized values: RFC 3339 for people, milliseconds in binary formats.

use super::Timestamp;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.as_ms())
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Readable)
        } else {
            i64::deserialize(deserializer).map(Self::from_ms)
        }
    }
}

/// RFC 3339, or milliseconds since the Unix epoch.
struct Readable;

impl Visitor<'_> for Readable {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as RFC 3339, or milliseconds since 1970")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, ms: i64) -> Result<Timestamp, E> {
        Ok(Timestamp::from_ms(ms))
    }

    fn visit_u64<E: Error>(self, ms: u64) -> Result<Timestamp, E> {
        i64::try_from(ms).map(Timestamp::from_ms).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_rfc_3339_and_binary_records_have_milliseconds() {
        let time: Timestamp = "2024-06-01T08:11:00Z".parse().unwrap();
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(json, "\"2024-06-01T08:11:00Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
        assert_eq!(serde_json::from_str::<Timestamp>("-5").unwrap(), Timestamp::from_ms(-5));
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
        let bytes = bincode::serialize(&time).unwrap();
        assert_eq!(bytes, time.as_ms().to_le_bytes());
        assert_eq!(bincode::deserialize::<Timestamp>(&bytes).unwrap(), time);
    }
}
