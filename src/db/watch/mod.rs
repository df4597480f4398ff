//! System alarms: a host clock that was set or stands still, stations with a wrong clock, frames of the future.

mod clock;
mod host;
mod stations;

pub(super) use clock::{HostClock, Refused};

use super::core::{Database, Inner};
use crate::alarm::event::{SystemCondition, SystemKind};
use crate::error::Error;
use crate::model::{InstrumentId, Timestamp};

impl Database {
    /// The system alarms that are raised: what is wrong with the clocks of the host and of the stations.
    #[must_use]
    pub fn system_alarms(&self) -> Vec<SystemCondition> {
        self.inner.lock().machine.system_alarms().cloned().collect()
    }
}

impl Inner {
    /// Raises or clears a system alarm, with the next commit.
    fn note_system(&mut self, condition: SystemCondition) -> Result<(), Error> {
        let events = self.machine.note_system(condition);
        self.uncommitted.extend(events)
    }

    /// Raises a system alarm about an instrument, or clears it.
    fn note_of_instrument(
        &mut self,
        kind: SystemKind,
        subject: String,
        text: Option<String>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let is_raised = text.is_some();
        if self.machine.system_alarm(kind, &subject).is_some() == is_raised {
            return Ok(());
        }
        let text = text.unwrap_or_else(|| format!("{subject}: the times of its frames are right again"));
        self.note_system(SystemCondition { kind, subject, is_raised, text, clock_set_by_ms: 0, at })
    }

    /// Station and name of an instrument.
    fn name_of(&self, instrument: InstrumentId) -> String {
        let Some((station, known)) = self.registry.instrument(instrument) else { return instrument.to_string() };
        let station = self.registry.station(station).map_or("", |station| station.name());
        format!("{station}/{}", known.name())
    }
}
