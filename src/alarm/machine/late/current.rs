//! What is of now and what is history: the age of an instant against the host's clock decides who is notified of it.

use super::super::Machine;
use super::super::verdict::Turn;
use crate::alarm::event::{AlarmEvent, BecameCurrent, SystemKind, Timing};
use crate::alarm::state::{ConditionState, Phase};
use crate::base::limits::LATE_OPENING_MS;
use crate::model::Timestamp;
use crate::verdict::{Present, Verdict};

impl Machine {
    /// Sets the age, in milliseconds, above which what trips at an instant is recorded as history and notifies nobody. `None` is for host time
    /// that follows the readings, where nothing is ever old.
    pub const fn set_notify_age_max(&mut self, age_max_ms: Option<i64>) {
        self.notify_age_max_ms = age_max_ms;
    }

    /// Records everything that trips as history from now on, however old it is, and takes no step of any chain; or ends that.
    pub const fn take_history(&mut self, takes_history: bool) {
        self.takes_history = takes_history;
    }

    /// Which instants are of now at host time `now`.
    #[must_use]
    pub fn present(&self, now: Timestamp) -> Present {
        let age_max_ms = self.notify_age_max_ms.filter(|_| !self.is_age_unknown());
        let current_since = age_max_ms.map_or(Timestamp::MIN, |age_max_ms| now.plus_ms(-age_max_ms));
        Present { current_since, takes_history: self.takes_history }
    }

    /// While the host's clock is known to be wrong, so is the age of everything.
    fn is_age_unknown(&self) -> bool {
        self.system_alarm(SystemKind::HostClock, "").is_some()
    }

    /// Whether everything that trips is recorded as history now.
    #[must_use]
    pub const fn takes_history(&self) -> bool {
        self.takes_history
    }

    /// How something that trips at an instant relates to the host time of its recording.
    pub(in super::super) fn timing(&self, instant: Timestamp, now: Timestamp) -> Timing {
        let age_ms = now.since_ms(instant);
        match self.notify_age_max_ms {
            _ if self.takes_history => Timing::Backfill,
            Some(age_max_ms) if age_ms > age_max_ms && !self.is_age_unknown() => Timing::History,
            Some(_) if age_ms >= LATE_OPENING_MS => Timing::Late,
            _ => Timing::OnTime,
        }
    }

    /// An alarm on record as history that is active at an instant which is not too old becomes current.
    pub(in super::super) fn note_current(&mut self, next: &ConditionState, turn: &mut Turn<'_>) {
        let Some(alarm) = next.alarm.filter(|alarm| next.phase == Phase::Active && self.history.contains(alarm)) else {
            return;
        };
        let Verdict { instant, is_live, .. } = *turn.verdict;
        if self.timing(instant, turn.now).is_history() || !self.alarm(alarm).is_some_and(|one| one.resumes(is_live)) {
            return;
        }
        let current = BecameCurrent {
            alarm,
            rule: turn.spec.rule.clone(),
            scope_key: turn.spec.scope_key.clone(),
            at: turn.verdict.instant,
            recorded_at: turn.now,
            watermark: turn.verdict.watermark,
            rule_set: self.rule_set.hash,
            place: turn.spec.place.clone(),
        };
        self.emit(AlarmEvent::BecameCurrent(current), &mut turn.events);
    }
}
