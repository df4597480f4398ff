//! Maintenance that is over, from the ledger.

use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::Maintenance;
use vocdb::alarm::event::{MaintenancePlanned, MaintenanceStep};
use vocdb::{AlarmEvent, Timestamp};

/// Windows that the page shows; the newest.
const LISTED: usize = 50;

/// A maintenance window that is over for good.
#[derive(Debug)]
pub(super) struct Past {
    /// The plan.
    pub(super) planned: MaintenancePlanned,
    /// How often it began.
    pub(super) begun: u32,
    /// Host time of its end.
    pub(super) ended_at: Timestamp,
    /// Who cancelled it, and why.
    pub(super) cancelled: Option<(String, String)>,
}

/// The windows that are over, the newest first.
pub(super) fn past(events: &[AlarmEvent], windows: &[Maintenance]) -> Vec<Past> {
    let present: BTreeSet<u64> = windows.iter().map(|one| one.planned.number).collect();
    let mut past: BTreeMap<u64, Past> = BTreeMap::new();
    for event in events {
        match event {
            AlarmEvent::MaintenancePlanned(planned) if !present.contains(&planned.number) => {
                let (begun, ended_at) = (0, planned.at);
                past.insert(planned.number, Past { planned: planned.clone(), begun, ended_at, cancelled: None });
            }
            AlarmEvent::MaintenanceChanged(changed) => {
                let Some(one) = past.get_mut(&changed.number) else { continue };
                one.ended_at = changed.due.min(changed.at);
                match &changed.step {
                    MaintenanceStep::Begun(_) => one.begun = one.begun.saturating_add(1),
                    MaintenanceStep::Cancelled { by, comment } => {
                        one.cancelled = Some((by.clone(), comment.clone()));
                    }
                    MaintenanceStep::Ended(_) | MaintenanceStep::Over => {}
                }
            }
            _ => {}
        }
    }
    past.into_values().rev().take(LISTED).collect()
}
