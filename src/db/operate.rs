//! What operators and hosts do: register, look, acknowledge, let time pass, close.

use super::core::{Database, Inner};
use super::records::{InstrumentRegistered, SegmentSealed, StationRegistered};
use crate::alarm::event::Delivery;
use crate::alarm::{Alarm, AlarmEvent, AlarmId, Condition, Notifier};
use crate::config::Timers;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Instrument, InstrumentId, Sample, Station, StationId, Timestamp};
use crate::store::{Counters, FileBytes};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// How long closing waits for each gateway that is still busy.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(5);

/// Figures about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Frames and values by what became of them, since opening.
    pub counters: Counters,
    /// Bytes on disk by kind of file.
    pub bytes: FileBytes,
    /// Log sequence number of the newest frame.
    pub last_lsn: u64,
    /// Records in the ledger.
    pub ledger_records: u64,
    /// Alarms that are open.
    pub alarms_open: usize,
    /// Notifications that are not delivered yet.
    pub outbox: usize,
}

impl Database {
    /// Registers a station; the same one again gives its number.
    ///
    /// # Errors
    /// [`Error::Conflict`] where another station has that name.
    pub fn register_station(&self, station: Station) -> Result<StationId, Error> {
        let mut inner = self.inner.lock();
        if let Some(id) = inner.registry.station_named(station.name()) {
            let is_same = inner.registry.station(id) == Some(&station);
            let conflict = || Error::Conflict { what: "station", name: station.name().to_owned() };
            return if is_same { Ok(id) } else { Err(conflict()) };
        }
        let id = inner.registry.next_station_id();
        let body = StationRegistered { id, station };
        inner.ledger.commit(&[Record::new(Kind::StationRegistered, &body)?])?;
        inner.registry.insert_station(id, body.station);
        Ok(id)
    }

    /// Registers an instrument at a station; the same one again gives its number.
    ///
    /// # Errors
    /// [`Error::NoStation`]; [`Error::Conflict`] where the station has a different instrument of that name.
    pub fn register_instrument(&self, station: StationId, instrument: Instrument) -> Result<InstrumentId, Error> {
        let mut inner = self.inner.lock();
        if inner.registry.station(station).is_none() {
            return Err(Error::NoStation(station));
        }
        if let Some(id) = inner.registry.instrument_named(station, instrument.name()) {
            let is_same = inner.registry.instrument(id).is_some_and(|(_, known)| *known == instrument);
            let conflict = || Error::Conflict { what: "instrument", name: instrument.name().to_owned() };
            return if is_same { Ok(id) } else { Err(conflict()) };
        }
        let id = inner.registry.next_instrument_id();
        let body = InstrumentRegistered { id, station, instrument };
        inner.ledger.commit(&[Record::new(Kind::InstrumentRegistered, &body)?])?;
        inner.registry.insert_instrument(id, station, body.instrument);
        Ok(id)
    }

    /// The instrument and place of a station's channel: `channel`, or `instrument/channel` where several instruments have one of
    /// that name (the first registered is taken otherwise).
    ///
    /// # Errors
    /// [`Error::UnknownStation`] and [`Error::UnknownChannel`] list what there is.
    pub fn channel(&self, station: &str, channel: &str) -> Result<(InstrumentId, usize), Error> {
        let inner = self.inner.lock();
        let Some(id) = inner.registry.station_named(station) else {
            let known = inner.registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
            return Err(Error::UnknownStation { name: station.to_owned(), known });
        };
        let of_station = || inner.registry.instruments().filter(move |(_, at, _)| *at == id);
        let found = of_station().find_map(|(id, _, instrument)| {
            let qualified = channel.strip_prefix(instrument.name()).and_then(|rest| rest.strip_prefix('/'));
            let index = instrument.channel_index(channel).or_else(|| instrument.channel_index(qualified?));
            index.map(|index| (id, index))
        });
        found.ok_or_else(|| {
            let channels = of_station().flat_map(|(_, _, instrument)| instrument.channels());
            let known = channels.map(|channel| channel.name()).collect::<Vec<_>>().join(", ");
            Error::UnknownChannel { station: station.to_owned(), channel: channel.to_owned(), known }
        })
    }

    /// The newest present sample of a station's channel and its time.
    ///
    /// # Errors
    /// As [`Database::channel`], and [`Error::Query`] where a block cannot be read.
    pub fn latest(&self, station: &str, channel: &str) -> Result<Option<(Timestamp, Sample)>, Error> {
        let (instrument, channel) = self.channel(station, channel)?;
        Ok(self.readings.latest(instrument, channel)?)
    }

    /// Puts a notifier in charge of a way. Rules know the ways `app`, `sms`, `email` and `phone`. What waits in the outbox for that way
    /// leaves at once.
    ///
    /// # Errors
    /// [`Error::Io`] where its thread cannot be started.
    pub fn connect(&self, way: &str, notifier: Arc<dyn Notifier>) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        let started = inner.dispatcher.connect(way, notifier);
        started.map_err(|source| Error::Io { action: "start a gateway's thread", source })?;
        inner.deliver()
    }

    /// Lets time pass: takes escalation steps that are due, evaluates instants that silent stations have left open, tries
    /// deliveries again. A host calls it every second or so.
    ///
    /// With [`Timers::Frames`](crate::Timers) time comes with the frames, and this only looks after deliveries.
    ///
    /// # Errors
    /// [`Error::Ledger`] and [`Error::Store`] where what follows cannot be written.
    pub fn advance(&self) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        if inner.config.timers == Timers::Clock {
            inner.pass_time()?;
        }
        inner.commit_all()?;
        inner.deliver()
    }

    /// An operator takes notice of an alarm: later steps of its chain are not taken.
    ///
    /// # Errors
    /// [`Error::Alarm`] where it is not open, or acknowledged already.
    pub fn acknowledge(&self, alarm: AlarmId, by: &str, comment: &str) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        let now = inner.timer_now();
        let event = inner.machine.acknowledge(alarm, by, comment, now)?;
        inner.uncommitted.extend(vec![event])?;
        inner.commit_all()
    }

    /// The open alarms, by number.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.inner.lock().machine.alarms().map(|(_, alarm)| alarm.clone()).collect()
    }

    /// Every rule and scope with its condition.
    #[must_use]
    pub fn conditions(&self) -> Vec<(String, String, Condition)> {
        let inner = self.inner.lock();
        let entry = |(spec, state): (&crate::rules::verdict::AlarmSpec, &crate::alarm::ConditionState)| {
            (spec.rule.clone(), spec.scope_key.clone(), state.condition())
        };
        inner.machine.conditions().map(entry).collect()
    }

    /// Everything that has happened to alarms, from the ledger.
    ///
    /// # Errors
    /// [`Error::Ledger`] where it cannot be read.
    pub fn events(&self) -> Result<Vec<AlarmEvent>, Error> {
        let inner = self.inner.lock();
        let records = inner.ledger.read_all(&*inner.config.storage)?;
        let mut events = Vec::new();
        for (index, record) in (0..).zip(&records) {
            events.extend(AlarmEvent::from_record(record, index)?);
        }
        Ok(events)
    }

    /// Figures.
    ///
    /// # Errors
    /// [`Error::Store`] where files cannot be measured.
    pub fn stats(&self) -> Result<Stats, Error> {
        let inner = self.inner.lock();
        let bytes = FileBytes { ledger: inner.ledger.bytes(), ..inner.store.file_bytes()? };
        Ok(Stats {
            counters: *inner.store.counters(),
            bytes,
            last_lsn: inner.store.last_lsn(),
            ledger_records: inner.ledger.records(),
            alarms_open: inner.machine.alarms().count(),
            outbox: inner.dispatcher.outbox().count(),
        })
    }

    /// Writes what is in memory as a segment, so that the write-ahead log is empty.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where it cannot be written; nothing is lost then.
    pub fn seal(&self) -> Result<(), Error> {
        self.inner.lock().seal()
    }

    /// Waits until every notification that a gateway has taken is answered, at most five seconds each. Appends go on meanwhile.
    ///
    /// # Errors
    /// [`Error::Ledger`] where the answers cannot be recorded.
    pub fn drain(&self) -> Result<(), Error> {
        let answers = self.inner.lock().dispatcher.answers();
        loop {
            {
                let mut inner = self.inner.lock();
                inner.deliver()?;
                if !inner.dispatcher.is_busy() {
                    return Ok(());
                }
            }
            let Ok(answer) = answers.recv_timeout(GATEWAY_PATIENCE) else { return Ok(()) };
            let mut inner = self.inner.lock();
            let now = inner.timer_now();
            let weighed = inner.dispatcher.weigh(answer, now);
            inner.record_deliveries(weighed.into_iter().collect(), now)?;
        }
    }

    /// Closes the store in good order: deliveries under way are awaited, the head is sealed, the catalog written out. Dropping a
    /// [`Database`] instead loses nothing either; the next open then replays the write-ahead log.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where something cannot be written; nothing is lost then.
    pub fn close(self) -> Result<(), Error> {
        self.drain()?;
        drop(self.flusher);
        let mut inner = self.inner.into_inner();
        inner.commit_all()?;
        inner.seal()?;
        inner.store.flush_catalog();
        Ok(())
    }
}

impl Inner {
    fn pass_time(&mut self) -> Result<(), Error> {
        let now = self.timer_now();
        let responder = self.config.responder.clone();
        let machine = &mut self.machine;
        let mut events = machine.tick(now, responder.as_deref());
        let has_moved = self.engine.idle(now, &mut |verdict| {
            events.extend(machine.verdict(verdict, now));
            events.extend(machine.tick(now, responder.as_deref()));
        });
        self.uncommitted.extend(events)?;
        if has_moved && self.uncommitted.records.is_empty() {
            let checkpoint = self.checkpoint()?;
            self.store.sync().sync_written()?;
            self.ledger.commit(&[checkpoint])?;
        }
        Ok(())
    }

    /// Hands over what is due, and records what gateways have answered.
    pub(super) fn deliver(&mut self) -> Result<(), Error> {
        let now = self.timer_now();
        self.dispatcher.send_due(now);
        let answered = self.dispatcher.collect(now);
        self.record_deliveries(answered, now)
    }

    fn record_deliveries(
        &mut self,
        answered: Vec<(String, u32, crate::alarm::event::DeliveryResult)>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if answered.is_empty() {
            return Ok(());
        }
        let delivery =
            |(notification, attempt, result)| AlarmEvent::Delivery(Delivery { notification, attempt, at: now, result });
        let events: Vec<AlarmEvent> = answered.into_iter().map(delivery).collect();
        let records = events.iter().map(AlarmEvent::to_record).collect::<Result<Vec<Record>, _>>()?;
        self.ledger.commit(&records)?;
        self.publish(&events);
        Ok(())
    }

    /// Seals the head: checkpoint first, so that no frame is sealed that the rules would have to see again.
    pub(super) fn seal(&mut self) -> Result<(), Error> {
        self.commit_all()?;
        self.position_lsn = self.store.last_lsn();
        let checkpoint = self.checkpoint()?;
        self.store.sync().sync_written()?;
        self.ledger.commit(&[checkpoint])?;
        let Some(sealed) = self.store.seal(&self.registry)? else { return Ok(()) };
        let body = SegmentSealed {
            file_name: sealed.file_name,
            file_bytes: sealed.summary.file_bytes,
            sha256: sealed.sha256,
            first_lsn: sealed.summary.first_lsn,
            last_lsn: sealed.summary.last_lsn,
            rows: sealed.summary.instruments.iter().map(|one| one.rows).sum(),
        };
        Ok(self.ledger.commit(&[Record::new(Kind::SegmentSealed, &body)?])?)
    }
}
