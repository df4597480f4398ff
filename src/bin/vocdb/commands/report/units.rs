//! Run states of treatment units.

use crate::failure::Failure;
use vocdb::trace::report::{Report, TreatmentUnits, UnitStates};
use vocdb::trace::{OutageOptions, StateSpan, find_state_channel, outages, run_states};
use vocdb::{ReadOnly, TimeRange};

/// The run states of a duty unit and its standby units, with the outages compared with the incident.
pub(super) fn states(
    db: &ReadOnly,
    (duty, standby): (&str, &[String]),
    report: &Report,
) -> Result<TreatmentUnits, Failure> {
    let unit = |name: &str| -> Result<UnitStates, Failure> {
        let channel = find_state_channel(db.registry(), name).map_err(Failure::from_error)?;
        let spans = run_states(&db.readings(), &channel, report.span).map_err(Failure::from_error)?;
        Ok(UnitStates { name: name.to_owned(), spans })
    };
    let duty = unit(duty)?;
    let standby = standby.iter().map(|name| unit(name)).collect::<Result<Vec<_>, _>>()?;
    let opened = &report.incident.opened;
    let ends = report.alarms.iter().filter_map(|alarm| alarm.closed_at).max();
    let overlap = TimeRange::new(opened.from, opened.to.or(ends).unwrap_or(report.span.to));
    let spans: Vec<Vec<StateSpan>> = standby.iter().map(|unit| unit.spans.clone()).collect();
    let outages = outages(&duty.spans, &spans, OutageOptions { overlap: Some(overlap) });
    Ok(TreatmentUnits { duty, standby, outages })
}
