//! The flag suspect for the values in doubt.

use crate::failure::Failure;
use crate::store;
use std::path::Path;
use vocdb::checks::{Finding, QualityTest};
use vocdb::query::Readings;
use vocdb::{ChannelSet, Quality, QualityChange, TimeRange};

/// Whether a finding doubts single values. Patterns over months, and values that are missing, get no flag.
pub(super) const fn is_about_values(test: QualityTest) -> bool {
    use QualityTest::{CalibrationAtPeaks, Gap, TimeOfReceipt, UnderLimit};
    !matches!(test, Gap | UnderLimit | CalibrationAtPeaks | TimeOfReceipt)
}

/// Flags the values of findings that have the flag normal, and returns how many.
pub(super) fn mark(store: &Path, findings: &[Finding], (by, reason): (&str, &str)) -> Result<u64, Failure> {
    if findings.is_empty() {
        return Ok(0);
    }
    let db = store::open_or_create(store)?;
    let mut flagged = 0;
    for finding in findings {
        let Some(channel) = finding.channel else { continue };
        for range in normal_runs(&db.readings(), finding, channel)? {
            let change = QualityChange {
                instrument: finding.instrument,
                channels: ChannelSet::Places(vec![channel]),
                range,
                quality: Quality::Suspect,
                by: by.to_owned(),
                reason: format!("{reason}; {}: {}", finding.test, finding.reason),
            };
            flagged += db.set_quality(&change).map_err(Failure::from_error)?.changed;
        }
    }
    db.close().map_err(Failure::from_error)?;
    Ok(flagged)
}

/// Runs of consecutive rows in which the channel has a value with the flag normal: other flags stay as they are.
fn normal_runs(readings: &Readings, finding: &Finding, channel: usize) -> Result<Vec<TimeRange>, Failure> {
    let range = TimeRange::new(finding.from, finding.to.plus_ms(1));
    let mut runs: Vec<TimeRange> = Vec::new();
    let mut is_open = false;
    for chunk in readings.scan(finding.instrument, &[channel], range)? {
        let chunk = chunk.map_err(Failure::from_error)?;
        let samples = chunk.columns.iter().flat_map(|column| column.samples());
        for (time, sample) in chunk.times.iter().zip(samples) {
            let is_normal = sample.value.is_some() && sample.quality == Quality::Normal;
            let end = time.plus_ms(1);
            match runs.last_mut().filter(|_| is_open) {
                Some(run) if is_normal => run.to = end,
                _ if is_normal => runs.push(TimeRange::new(*time, end)),
                _ => {}
            }
            is_open = is_normal;
        }
    }
    Ok(runs)
}
