//! A district of two stations with one rule, and a platform for it.

use crate::client::Client;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{Channel, Config, Database, Instrument, Interval, Timestamp, Unit};
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::server::accounts_of;
use vocdb_platform::{Options, Server};

/// The time of the host: 2026-03-14T14:40:00Z.
pub(crate) const NOW_MS: i64 = 1_773_499_200_000;
/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Pages of an account, after [`District::raise_alarm`] and an incident.
pub(crate) const PAGES: [&str; 18] = [
    "/",
    "/map",
    "/values",
    "/station?name=park/S1",
    "/alarms",
    "/alarms/1",
    "/incidents",
    "/incidents/1",
    "/rules",
    "/quality",
    "/quality?station=park/S1",
    "/statistics?channel=benzene&average=1h&limit=30&unit=ppb&to=2026-03-15",
    "/odours",
    "/audit",
    "/maintenance",
    "/register",
    "/accounts",
    "/password",
];
/// Accounts of the district.
pub(crate) const PEOPLE: [(&str, Role); 5] = [
    ("olga", Role::Operator),
    ("dan", Role::DutyOfficer),
    ("lea", Role::Leader),
    ("ada", Role::Administrator),
    ("pia", Role::Public),
];
const RULE: &str = r#"
alarm("benzene-high")
    .title("Benzene {value} at {stations}")
    .priority("high")
    .scope(stations("park/*"))
    .when(avg("benzene", 10.minutes) > 30.ppb)
    .clear_when(avg("benzene", 10.minutes) < 20.ppb, 10.minutes)
    .on_missing("keep", 3.hours)
    .escalate(escalation("desk").step(0.minutes, contact("duty officer"), ["app", "sms"]));
"#;

/// Creates the store and the accounts.
fn create(store: &Path, fill: impl FnOnce(&Database)) {
    let db = Database::open(store, Config { clock: Arc::new(ManualClock::new(NOW_MS)), ..Config::default() }).unwrap();
    for name in ["park/S1", "park/S2"] {
        let benzene = Channel::species("benzene", Unit::Ppb).unwrap().with_detection_limit(0.5);
        let toluene = Channel::species("toluene", Unit::Ppb).unwrap();
        db.ensure_instrument(name, Instrument::new("pid", Interval::MINUTE, vec![benzene, toluene]).unwrap()).unwrap();
    }
    let file = RuleFile { name: "park.rhai".to_owned(), text: RULE.to_owned() };
    db.load_rule_set(vec![file], "ada", "first rules").unwrap();
    fill(&db);
    db.close().unwrap();
    let accounts = Accounts::open(&accounts_of(store)).unwrap();
    for (name, role) in PEOPLE {
        accounts.add(name, role, PASSWORD).unwrap();
    }
}

/// A platform with a clock that the test sets.
pub(crate) struct District {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    runtime: tokio::runtime::Runtime,
    server: Option<Server>,
}

impl District {
    pub(crate) fn open() -> Self {
        Self::with_webhooks(Vec::new())
    }

    pub(crate) fn with_webhooks(webhooks: Vec<(String, String)>) -> Self {
        Self::with(|options| Options { webhooks, ..options })
    }

    /// A platform with changed options.
    pub(crate) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        Self::filled(|_| {}, change)
    }

    /// A district with more in its store, and a platform with changed options.
    pub(crate) fn filled(fill: impl FnOnce(&Database), change: impl FnOnce(Options) -> Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        create(&folder.path().join("park"), fill);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::new(NOW_MS));
        let mut district = Self { folder, clock, runtime, server: None };
        district.start(change);
        district
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("park")
    }

    fn start(&mut self, change: impl FnOnce(Options) -> Options) {
        let options = Options::new(self.store(), SocketAddr::from(([127, 0, 0, 1], 0)));
        let options = change(Options {
            clock: self.clock.clone(),
            webhook_secret: "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh".to_owned(),
            ..options
        });
        self.server = Some(self.runtime.block_on(Server::start(options)).unwrap());
    }

    /// Stops the platform, and returns what its store has then.
    pub(crate) fn stop(&mut self) -> Database {
        self.runtime.block_on(self.server.take().unwrap().stop()).unwrap();
        Database::open(self.store(), Config { clock: self.clock.clone(), ..Config::default() }).unwrap()
    }

    /// Stops the platform, and starts it again on the same store.
    pub(crate) fn restart(&mut self) {
        self.stop().close().unwrap();
        self.start(|options| options);
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().address()
    }

    /// Lets time pass, and reads the accounts again.
    pub(crate) fn tick(&self) {
        self.server.as_ref().unwrap().tick();
    }

    /// A visitor without an account.
    pub(crate) fn visitor(&self) -> Client {
        Client::new(self.address())
    }

    /// Somebody of the district, logged in.
    pub(crate) fn person(&self, name: &str) -> Client {
        Client::logged_in(self.address(), name, PASSWORD)
    }

    /// Sends twenty minutes of readings of a station, which open alarm 1.
    pub(crate) fn raise_alarm(&self, station: &str) {
        let mut ada = self.person("ada");
        let token = ada.token("/rules");
        let answer = send(&mut ada, &token, &frames(station, 20, 90.0));
        assert!(answer.contains("\"alarms_opened\":1"), "{answer}");
    }
}

/// Frames of so many minutes up to the time of the host.
pub(crate) fn frames(station: &str, minutes: i64, ppb: f64) -> String {
    let frame = |minute: i64| {
        let time = Timestamp::from_ms(NOW_MS - (minutes - minute) * 60_000);
        let flags = if minute == 3 { r#","flags":{"toluene":"calibration"}"# } else { "" };
        format!(
            r#"{{"station":"{station}","instrument":"pid","time":"{time}","values":{{"benzene":{ppb},"toluene":{minute}}}{flags}}}"#
        )
    };
    format!(r#"{{"frames":[{}]}}"#, (1..=minutes).map(frame).collect::<Vec<_>>().join(","))
}

/// Sends readings with a session, and returns the answer.
pub(crate) fn send(client: &mut Client, token: &str, body: &str) -> String {
    let headers = [("content-type", "application/json"), ("x-csrf-token", token)];
    let answer = client.request("POST", "/api/readings", &headers, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}
