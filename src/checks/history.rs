//! The tests over stored readings.

use super::finding::Finding;
use super::fleet::Checks;
use crate::model::TimeRange;
use crate::query::{QueryError, Readings};

/// Runs the tests over the stored readings of a range, and passes each finding on as soon as it is known. Blocks of readings are decoded as
/// they are needed, one of each instrument at a time.
///
/// # Errors
/// [`QueryError::Store`] where a block cannot be read, and what `each` returns.
///
/// # Examples
/// ```
/// use vocdb::checks::{CheckOptions, Checks, QualityTest, check_history};
/// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, TimeRange, Timestamp, Unit};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let temperature = Channel::quantity("temperature", Unit::Celsius)?;
/// let id = db.ensure_instrument("park/S1", Instrument::new("met", Interval::HOUR, vec![temperature])?)?;
/// let start: Timestamp = "2024-06-01T00:00:00Z".parse()?;
/// let mut batch = Batch::new();
/// for (hour, value) in [(0, 18.5), (1, 85.0), (2, 18.9)] {
///     batch.push_values(id, start.plus_ms(hour * 3_600_000), &[Some(value)]);
/// }
/// db.append(&batch)?.all_accepted()?;
///
/// let (mut checks, mut found) = (Checks::new(&db.registry(), [id], &CheckOptions::default()), Vec::new());
/// check_history(&db.readings(), &mut checks, TimeRange::ALL, |finding| {
///     found.push(finding);
///     Ok::<(), vocdb::query::QueryError>(())
/// })?;
/// assert_eq!(found[0].test, QualityTest::GrossRange);
/// assert_eq!(found[0].reason, "85 degC is above the possible 57 degC");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_history<E: From<QueryError>>(
    readings: &Readings,
    checks: &mut Checks,
    range: TimeRange,
    mut each: impl FnMut(Finding) -> Result<(), E>,
) -> Result<(), E> {
    let asked = checks.instruments();
    let mut frames = readings.frames(asked, range)?;
    let mut found = Vec::new();
    while let Some(frame) = frames.next_frame()? {
        checks.push(frame, None, &mut found);
        found.drain(..).try_for_each(&mut each)?;
    }
    checks.finish(&mut found);
    found.drain(..).try_for_each(&mut each)
}
