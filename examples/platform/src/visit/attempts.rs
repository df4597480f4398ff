//! Limits of attempts, by what was tried and from where.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Entries that are kept; the oldest makes room.
const ENTRIES_MAX: usize = 10_000;

/// Attempts of the newest window, by key.
#[derive(Debug)]
pub(crate) struct Attempts {
    count_max: u32,
    window_ms: i64,
    by_key: Mutex<BTreeMap<String, (i64, u32)>>,
}

impl Attempts {
    /// At most so many attempts of one key in a window that begins with the first of them.
    pub(crate) const fn new(count_max: u32, window_ms: i64) -> Self {
        Self { count_max, window_ms, by_key: Mutex::new(BTreeMap::new()) }
    }

    /// Counts an attempt, and returns whether it is within the limit.
    pub(crate) fn take(&self, key: &str, now_ms: i64) -> bool {
        let mut by_key = self.by_key.lock();
        by_key.retain(|_, (since_ms, _)| (0..self.window_ms).contains(&now_ms.saturating_sub(*since_ms)));
        if by_key.len() >= ENTRIES_MAX && !by_key.contains_key(key) {
            let oldest = by_key.iter().min_by_key(|(_, (since_ms, _))| *since_ms).map(|(key, _)| key.clone());
            oldest.and_then(|key| by_key.remove(&key));
        }
        let (_, count) = by_key.entry(key.to_owned()).or_insert((now_ms, 0));
        *count = count.saturating_add(1);
        *count <= self.count_max
    }

    /// Forgets the attempts of a key.
    pub(crate) fn clear(&self, key: &str) {
        self.by_key.lock().remove(key);
    }
}

/// The network that counts as one sender: an IPv4 address, or the first 64 bits of an IPv6 address.
pub(crate) fn sender(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_beyond_the_limit_are_refused_until_the_window_is_over() {
        let attempts = Attempts::new(2, 1_000);
        assert_eq!([0, 1, 2].map(|now| attempts.take("a", now)), [true, true, false]);
        assert!(attempts.take("b", 3));
        assert!(!attempts.take("a", 999));
        assert!(attempts.take("a", 1_000));
    }

    #[test]
    fn memory_of_attempts_is_bounded() {
        let attempts = Attempts::new(1, 1_000);
        for number in 0..(ENTRIES_MAX + 50) {
            attempts.take(&number.to_string(), 0);
        }
        assert_eq!(attempts.by_key.lock().len(), ENTRIES_MAX);
    }

    #[test]
    fn one_ipv6_network_is_one_sender() {
        let of = |text: &str| sender(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
