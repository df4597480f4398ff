//! Numbers with their nouns.

/// A number with its noun, in the plural unless it is one.
///
/// ```
/// use vocdb::base::counted::counted;
/// assert_eq!(counted(1_u64, "alarm"), "1 alarm");
/// assert_eq!(counted(0_usize, "alarm"), "0 alarms");
/// ```
#[must_use]
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
