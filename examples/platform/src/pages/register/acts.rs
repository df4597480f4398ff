//! Changes of the register by forms.
//!
//! The ledger has the author of positions and channels. Of a station and an instrument that are registered it has none: the log of
//! administration has it.

use super::fields::{channels_of, lines, position_of};
use crate::accounts::{Entry, Right};
use crate::failure::Failure;
use crate::live::Topic;
use crate::platform::Platform;
use crate::texts::Text;
use crate::visit::Act;
use axum::extract::State;
use axum::response::Redirect;
use std::sync::Arc;
use vocdb::model::ModelError;
use vocdb::{
    ChannelChange, Instrument, InstrumentChange, InstrumentId, Interval, Position, Station, StationChange, StationId,
    Timestamp,
};

type Answer = Result<Redirect, Failure>;

/// Who changes the register, and why.
struct Deed {
    by: String,
    reason: String,
}

impl Deed {
    fn of(act: &Act) -> Result<Self, Failure> {
        let by = act.visitor.must(Right::ManageStations)?.name.clone();
        Ok(Self { by, reason: act.fields.required("reason")?.to_owned() })
    }

    async fn run(
        self,
        platform: &Arc<Platform>,
        change: impl FnOnce(&Platform, Self) -> Result<(), Failure> + Send + 'static,
    ) -> Answer {
        let run = move |platform: &Platform| {
            change(platform, self)?;
            platform.live.announce(Topic::Alarms);
            Ok(())
        };
        platform.read(run).await?;
        Ok(Redirect::to("/register"))
    }

    fn entry(&self, platform: &Platform, what: String) -> Entry {
        Entry { at: platform.now(), by: self.by.clone(), what, reason: self.reason.clone() }
    }

    fn place(self, (id, station): (StationId, Station), since: Option<Timestamp>) -> StationChange {
        StationChange { id, station, since, by: self.by, reason: self.reason }
    }
}

fn invalid(error: ModelError) -> Failure {
    Failure::Invalid(Text::english(error))
}

/// `POST /register/station`
pub(crate) async fn add_station(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let station = Station::new(act.fields.required("station")?).map_err(invalid)?;
    let position = position_of(&act.fields, Position::default())?;
    let add = move |platform: &Platform, deed: Deed| {
        if platform.db.registry().station_named(station.name()).is_some() {
            return Err(Failure::Invalid(Text::new("register-station-exists").with("name", station.name())));
        }
        let entry = deed.entry(platform, format!("station `{}` registered", station.name()));
        let id = platform.accounts.log().record(entry, || platform.db.register_station(station.clone()))??;
        if position != Position::default() {
            platform.db.update_station(&deed.place((id, station.at(position)), None))?;
        }
        Ok(())
    };
    deed.run(&platform, add).await
}

/// `POST /register/position`
pub(crate) async fn set_position(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let (id, station) = station_of(&platform, &act)?;
    let position = position_of(&act.fields, *station.position())?;
    let since = match act.fields.line("since")? {
        "" => None,
        text => Some(platform.zone.read(text).map_err(invalid)?),
    };
    let set = move |platform: &Platform, deed: Deed| {
        Ok(platform.db.update_station(&deed.place((id, station.at(position)), since))?)
    };
    deed.run(&platform, set).await
}

/// `POST /register/instrument`
pub(crate) async fn add_instrument(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let (id, station) = station_of(&platform, &act)?;
    let interval: Interval = act.fields.required("interval")?.parse().map_err(invalid)?;
    let channels = channels_of(act.fields.text("channels")?)?;
    let instrument = Instrument::new(act.fields.required("instrument")?, interval, channels).map_err(invalid)?;
    let add = move |platform: &Platform, deed: Deed| {
        let (name, at) = (instrument.name(), station.name());
        if platform.db.registry().instrument_named(id, name).is_some() {
            let text = Text::new("register-instrument-exists").with("station", at).with("instrument", name);
            return Err(Failure::Invalid(text));
        }
        let entry = deed.entry(platform, format!("instrument `{name}` registered at station `{at}`"));
        platform.accounts.log().record(entry, || platform.db.register_instrument(id, instrument))??;
        Ok(())
    };
    deed.run(&platform, add).await
}

/// `POST /register/channels`
pub(crate) async fn change_channels(State(platform): State<Arc<Platform>>, act: Act) -> Answer {
    let deed = Deed::of(&act)?;
    let number = act.fields.required("instrument")?.parse::<u32>();
    let number = number.map_err(|_| Failure::Invalid(Text::new("register-no-instrument")))?;
    let added = channels_of(act.fields.text("channels")?)?.into_iter().map(ChannelChange::Add);
    let retired = lines(act.fields.text("retired")?).map(|name| ChannelChange::Retire(name.to_owned()));
    let channels: Vec<ChannelChange> = added.chain(retired).collect();
    if channels.is_empty() {
        return Err(Failure::Invalid(Text::new("register-no-change")));
    }
    let change = move |platform: &Platform, Deed { by, reason }: Deed| {
        let instrument = InstrumentId::new(number);
        platform.db.change_instrument(&InstrumentChange { instrument, channels, by, reason })?;
        Ok(())
    };
    deed.run(&platform, change).await
}

fn station_of(platform: &Platform, act: &Act) -> Result<(StationId, Station), Failure> {
    let name = act.fields.required("station")?;
    let registry = platform.db.registry();
    let found = registry.station_named(name).and_then(|id| Some((id, registry.station(id)?.clone())));
    found.ok_or_else(|| Failure::Invalid(Text::new("register-no-station").with("name", name)))
}
