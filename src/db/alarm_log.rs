//! The alarms of a store, looked at beside the process that writes.

use super::in_force::RuleSetInForce;
use super::incidents::odours_of;
use super::open::Remembered;
use crate::alarm::report::ConditionRecord;
use crate::alarm::{AlarmEvent, AlarmId, AlarmRecord, Explanation, Machine, Maintenance, Metrics, RuleSetRef};
use crate::error::Error;
use crate::io::{FsStorage, Storage};
use crate::journal::LedgerCommit;
use crate::ledger::{Ledger, LedgerContent, LedgerError};
use crate::model::TimeRange;
use crate::store::{check_finished, ledger_commits};
use crate::trace::OdourReport;
use crate::trace::incident::{Incident, IncidentId, Incidents};
use std::path::Path;

/// Everything that the ledger of a store says of alarms, as of when it was opened. Takes no lock, reads no readings and changes nothing: any
/// number of processes may look while one writes.
///
/// ```
/// use vocdb::{AlarmLog, Config, Database};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let beside = AlarmLog::open(dir.path())?; // the writer still has the store open
/// assert_eq!(beside.alarms().len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AlarmLog {
    events: Vec<AlarmEvent>,
    rules: Option<RuleSetInForce>,
    incidents: Incidents,
    odours: Vec<OdourReport>,
}

impl AlarmLog {
    /// Reads the ledger of the store in `path`, and the commits in its log that a crash has kept from there.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read or does not check.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        check_finished(path.as_ref())?;
        let content = read_ledger(&FsStorage, path.as_ref())?;
        let (mut events, mut incidents) = (Vec::new(), Incidents::default());
        for (index, record) in (0..).zip(&content.records) {
            events.extend(AlarmEvent::from_record(record, index)?);
            incidents.remember(record, index)?;
        }
        let (rules, odours) = (RuleSetInForce::of_records(&content.records)?, odours_of(&content.records)?);
        Ok(Self { events, rules, incidents, odours })
    }

    /// Everything that has happened to alarms, in the order of the ledger.
    #[must_use]
    pub fn events(&self) -> &[AlarmEvent] {
        &self.events
    }

    /// Every alarm that ever opened, by number, each with where it stands.
    #[must_use]
    pub fn alarms(&self) -> Vec<AlarmRecord> {
        AlarmRecord::all(&self.events)
    }

    /// Every rule over every scope of the store in `path`, beside the process that writes: its condition as of the newest record of it, and
    /// what keeps people from being notified of it. Where the rules in force no longer compile, a note says so, and only what was under way,
    /// open or silent is known.
    ///
    /// # Errors
    /// [`Error::Ledger`] where the ledger cannot be read or does not check.
    pub fn conditions(path: impl AsRef<Path>) -> Result<(Vec<ConditionRecord>, Option<String>), Error> {
        let content = read_ledger(&FsStorage, path.as_ref())?;
        let mut remembered = Remembered::default();
        remembered.read(&content.records, 0)?;
        let Remembered { mut machine, rules, checkpoint, .. } = remembered;
        let Some((loaded, binding)) = rules else { return Ok((ConditionRecord::all(&machine), None)) };
        match binding.compile(&loaded) {
            Ok(compiled) => {
                let specs = compiled.plans.into_iter().map(|plan| plan.spec).collect();
                machine.install(specs, RuleSetRef { hash: loaded.hash });
                machine.restore(&checkpoint.machine);
                Ok((ConditionRecord::all(&machine), None))
            }
            Err(diagnostics) => {
                let note = format!("the rule set in force no longer compiles with this release: {diagnostics}");
                Ok((ConditionRecord::remembered(&machine, &checkpoint.machine), Some(note)))
            }
        }
    }

    /// The maintenance windows that are planned or under way.
    #[must_use]
    pub fn maintenance(&self) -> Vec<Maintenance> {
        let mut machine = Machine::default();
        self.events.iter().for_each(|event| machine.remember(event));
        machine.maintenance().cloned().collect()
    }

    /// Returns the rule set in force, like [`Database::rule_set`](crate::Database::rule_set).
    #[must_use]
    pub const fn rule_set(&self) -> Option<&RuleSetInForce> {
        self.rules.as_ref()
    }

    /// Returns the incidents, by number, like [`Database::incidents`](crate::Database::incidents).
    #[must_use]
    pub fn incidents(&self) -> Vec<&Incident> {
        self.incidents.all().collect()
    }

    /// Returns an incident, like [`Database::incident`](crate::Database::incident).
    ///
    /// # Errors
    /// [`Error::Incident`] if no incident has this number.
    pub fn incident(&self, incident: IncidentId) -> Result<&Incident, Error> {
        Ok(self.incidents.get(incident)?)
    }

    /// Returns the odour reports, like [`Database::odour_reports`](crate::Database::odour_reports).
    #[must_use]
    pub fn odour_reports(&self, range: TimeRange) -> Vec<&OdourReport> {
        self.odours.iter().filter(|report| range.contains(report.time)).collect()
    }

    /// Explains an alarm, like [`Database::explain`](crate::Database::explain).
    #[must_use]
    pub fn explain(&self, alarm: AlarmId) -> Option<Explanation> {
        Explanation::of(&self.events, alarm)
    }

    /// Returns alarm metrics, like [`Database::alarm_metrics`](crate::Database::alarm_metrics).
    #[must_use]
    pub fn metrics(&self, range: TimeRange) -> Metrics {
        Metrics::of(&self.events, range)
    }
}

/// Everything that the ledger of a store will say once its writer is through, or opens it again after a crash: what it says, and commits that
/// stand in the log and are not in the ledger yet. Changes nothing.
pub(super) fn read_ledger(storage: &dyn Storage, dir: &Path) -> Result<LedgerContent, LedgerError> {
    let mut content = Ledger::read(storage, &dir.join("ledger"))?;
    for LedgerCommit { number, payload } in ledger_commits(storage, dir, content.commits) {
        if number > content.commits && !content.add(number, &payload) {
            break;
        }
    }
    Ok(content)
}
