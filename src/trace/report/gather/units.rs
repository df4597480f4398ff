//! Run states of treatment units.

use super::error::ReportError;
use super::question::Asked;
use crate::trace::facility::{OutageOptions, StateSpan, find_state_channel, outages, run_states};
use crate::trace::report::input::{Report, TreatmentUnits, UnitStates};

/// The run states of a duty unit and its standby units, with the outages compared with the incident.
pub(super) fn states(
    asked: &Asked<'_>,
    (duty, standby): (&str, &[String]),
    report: &Report,
) -> Result<TreatmentUnits, ReportError> {
    let unit = |name: &str| -> Result<UnitStates, ReportError> {
        let channel = find_state_channel(asked.registry, name)?;
        let spans = run_states(asked.readings, &channel, report.span)?;
        Ok(UnitStates { name: name.to_owned(), spans })
    };
    let duty = unit(duty)?;
    let standby = standby.iter().map(|name| unit(name)).collect::<Result<Vec<_>, _>>()?;
    let spans: Vec<Vec<StateSpan>> = standby.iter().map(|unit| unit.spans.clone()).collect();
    let outages = outages(&duty.spans, &spans, OutageOptions { overlap: Some(asked.incident) });
    Ok(TreatmentUnits { duty, standby, outages })
}
