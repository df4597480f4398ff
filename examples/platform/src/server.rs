//! The server: start and stop, routes.

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::live::Topic;
use crate::phones::Phones;
use crate::platform::{Platform, Setting};
use crate::texts::{self, Language};
use crate::{api, assets, connections, failure, headers, live, pages};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vocdb::base::clock::{Clock, SystemClock};
use vocdb::interop::webhook::Webhook;
use vocdb::model::Zone;
use vocdb::rules::read_tests;
use vocdb::trace::Candidates;
use vocdb::trace::attainment::Limits;
use vocdb::{Config, Database, Durability};
use vocdb_gateway::{Config as GatewayConfig, Gateway, Host};

/// Bytes of a form.
const FORM_BYTES_MAX: usize = 64 * 1_024;
/// Bytes of a rule set or of readings.
const LARGE_BYTES_MAX: usize = 2 * 1_024 * 1_024;
/// Connections at a time, unless options say otherwise.
const CONNECTIONS_MAX: usize = 2_000;
/// Open files that the platform needs besides its connections: those of the store and of a gateway.
const OWN_FILES: usize = 256;
/// How often time passes for rules and escalations.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two announcements that stations of the gateway may have sent.
const TICKS_PER_NEWS: u32 = 5;
/// Time that a backtest or a run of rule tests may take. It is less than that of a request, so that its answer says so.
const TRIAL_WITHIN: Duration = Duration::from_secs(20);
/// How long stopping waits for requests under way.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Options of a platform.
#[derive(Clone)]
pub struct Options {
    /// Folder of the store; created if missing.
    pub store: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// File of the accounts.
    pub accounts: PathBuf,
    /// Folder of rules, loaded if the store has no rules in force.
    pub rules: Option<PathBuf>,
    /// Sites that may be the source of an incident, for its report and for maps.
    pub candidates: Candidates,
    /// Limits that days are compared with.
    pub day_limits: Option<Limits>,
    /// Time zone of the pages.
    pub zone: String,
    /// Language of the pages for readers who ask for none.
    pub language: Language,
    /// Receivers of notifications: the notification channel of the rules, and an address.
    pub webhooks: Vec<(String, String)>,
    /// Secret that the receivers share.
    pub webhook_secret: String,
    /// Whether readers reach the platform over HTTPS only: cookies are then marked as secure.
    pub is_https: bool,
    /// Number of connections at a time, at most as many as the system allows open files. A further one gets the place of the one that has waited longest for a request.
    pub connections: usize,
    /// Clock of the store and of sessions.
    pub clock: Arc<dyn Clock>,
    /// Whether the host lets time pass itself: the server then does nothing each second but to read the accounts.
    pub is_driven: bool,
    /// Durability of an append.
    pub durability: Durability,
    /// Gateway for HJ 212 connections, on the same store: its address, and its configuration file.
    pub gateway: Option<(SocketAddr, PathBuf)>,
    /// Time that a backtest or a run of rule tests on the page may take.
    pub trial_within: Duration,
    /// Phones that receive all notifications, for the page that shows them.
    pub phones: Option<Arc<Phones>>,
}

impl Options {
    /// Options for a store and an address. The accounts are in `STORE-accounts.json`, times are UTC.
    #[must_use]
    pub fn new(store: PathBuf, listen: SocketAddr) -> Self {
        let accounts = accounts_of(&store);
        Self {
            store,
            listen,
            accounts,
            rules: None,
            candidates: Candidates::default(),
            day_limits: None,
            webhooks: Vec::new(),
            webhook_secret: String::new(),
            zone: "UTC".to_owned(),
            language: Language::default(),
            is_https: false,
            connections: CONNECTIONS_MAX,
            clock: Arc::new(SystemClock),
            is_driven: false,
            durability: Durability::Always,
            gateway: None,
            trial_within: TRIAL_WITHIN,
            phones: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("store", &self.store).field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// The file of accounts beside a store.
#[must_use]
pub fn accounts_of(store: &std::path::Path) -> PathBuf {
    let name = store.file_name().unwrap_or_default().to_string_lossy();
    store.with_file_name(format!("{name}-accounts.json"))
}

/// A platform that runs. [`Server::stop`] ends it and closes the store.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    platform: Arc<Platform>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    ticking: JoinHandle<()>,
    gateway: Option<Gateway>,
}

impl Server {
    /// Opens the store, loads the rules if there are none, and listens.
    ///
    /// # Errors
    /// A text for the operator.
    pub async fn start(options: Options) -> Result<Self, String> {
        let zone: Zone = options.zone.parse().map_err(|error: vocdb::model::ModelError| error.to_string())?;
        let accounts = Accounts::open(&options.accounts).map_err(|error| error.to_string())?;
        let config = Config { clock: options.clock.clone(), durability: options.durability, ..Config::default() };
        let path = options.store.display();
        let db = Database::open(&options.store, config).map_err(|error| format!("`{path}`: {error}"))?;
        if let Some(rules) = options.rules.as_ref().filter(|_| db.rule_set().is_none()) {
            load_rules(&db, rules, &options.store)?;
        }
        connect(&db, &options)?;
        let db = Arc::new(db);
        let (stop, stopped) = watch::channel(false);
        let places = vocdb_gateway::admission::places(options.connections, OWN_FILES);
        let places = Arc::new(connections::Places::new(places));
        let setting = Setting {
            clock: options.clock,
            zone: (options.zone, zone),
            language: options.language,
            store: options.store,
            is_https: options.is_https,
            is_driven: options.is_driven,
            candidates: options.candidates,
            phones: options.phones,
            stop: stopped.clone(),
            day_limits: options.day_limits,
            trial_within: options.trial_within,
            places: places.clone(),
        };
        let platform = Arc::new(Platform::new(db, accounts, setting));
        watch_alarms(&platform).map_err(|error| error.to_string())?;
        let says = |error: std::io::Error| format!("{}: {error}", options.listen);
        let listener = TcpListener::bind(options.listen).await.map_err(says)?;
        let address = listener.local_addr().map_err(says)?;
        let gateway = match &options.gateway {
            Some((listen, file)) => Some(take_stations(&platform, *listen, file).await?),
            None => None,
        };
        let router = routes(platform.clone());
        let serving = tokio::spawn(connections::serve(listener, router, places, stopped.clone()));
        let ticking = tokio::spawn(tick(Arc::downgrade(&platform), stopped, gateway.is_some()));
        Ok(Self { address, platform, stop, serving, ticking, gateway })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that stations connect to, if there is a gateway.
    #[must_use]
    pub fn gateway_address(&self) -> Option<SocketAddr> {
        self.gateway.as_ref().map(Gateway::address)
    }

    /// Whether it still serves, and its gateway still stores.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.serving.is_finished() && self.gateway.as_ref().is_none_or(Gateway::is_running)
    }

    /// What all requests share.
    pub(crate) const fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// Lets time pass now, as the server does every second. Blocks.
    pub fn tick(&self) {
        self.platform.tick();
    }

    /// Ends requests under way and the connections of stations, and closes the store.
    ///
    /// # Errors
    /// A text for the operator; nothing that was answered is lost then.
    pub async fn stop(self) -> Result<(), String> {
        let Self { platform, stop, mut serving, ticking, gateway, .. } = self;
        let _ = stop.send(true);
        if tokio::time::timeout(STOP_WITHIN, &mut serving).await.is_err() {
            serving.abort();
            let _ = serving.await;
        }
        let _ = ticking.await;
        if let Some(gateway) = gateway {
            gateway.stop().await?;
        }
        let db = Arc::try_unwrap(platform).ok().and_then(|platform| Arc::try_unwrap(platform.db).ok());
        match db {
            Some(db) => tokio::task::spawn_blocking(|| db.close())
                .await
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string()),
            // A request that was cut off still works on the store. It loses nothing: the next opening replays the log.
            None => Ok(()),
        }
    }
}

/// Loads the rules of a folder, and keeps its tests for the page of the rules.
fn load_rules(db: &Database, folder: &Path, store: &Path) -> Result<(), String> {
    let says = |error: &dyn std::fmt::Display| format!("`{}`: {error}", folder.display());
    let warnings = db.load_rules(folder).map_err(|error| says(&error))?;
    if !warnings.0.is_empty() {
        eprintln!("{warnings}");
    }
    let tests = read_tests(folder).map_err(|error| says(&error))?;
    if tests.is_empty() { Ok(()) } else { pages::rules::keep_tests(store, &tests).map_err(|error| says(&error)) }
}

/// Connects the receivers of notifications.
fn connect(db: &Database, options: &Options) -> Result<(), String> {
    if let Some(phones) = &options.phones {
        phones.connect(db)?;
    }
    for (route, url) in &options.webhooks {
        let says = |error: &dyn std::fmt::Display| format!("webhook {route}: {error}");
        let webhook = Webhook::new(url, &options.webhook_secret).map_err(|error| says(&error))?;
        db.connect(route, Arc::new(webhook)).map_err(|error| says(&error))?;
    }
    Ok(())
}

/// Starts the gateway of a platform on its store.
async fn take_stations(platform: &Platform, listen: SocketAddr, file: &Path) -> Result<Gateway, String> {
    let config = GatewayConfig::read(file).map_err(|error| error.to_string())?;
    let config = GatewayConfig { listen, store: platform.store.clone(), ..config };
    let host = Host { clock: platform.clock.clone(), ..Host::default() };
    Gateway::start_within(&config, host, platform.db.clone()).await
}

async fn tick(platform: Weak<Platform>, mut stop: watch::Receiver<bool>, has_gateway: bool) {
    let mut ticks: u32 = 0;
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stops| *stops) => return,
            _ = every.tick() => {}
        }
        let Some(platform) = platform.upgrade() else { return };
        ticks = ticks.wrapping_add(1);
        if has_gateway && ticks.is_multiple_of(TICKS_PER_NEWS) {
            platform.live.announce(Topic::Stations);
        }
        let _ = tokio::task::spawn_blocking(move || platform.tick()).await;
    }
}

/// Announces what happens to alarms, until the store is closed.
fn watch_alarms(platform: &Arc<Platform>) -> std::io::Result<()> {
    let events = platform.db.subscribe();
    let platform = Arc::downgrade(platform);
    let watcher = move || {
        for _event in &events {
            let Some(platform) = platform.upgrade() else { return };
            platform.live.announce(Topic::Alarms);
        }
    };
    std::thread::Builder::new().name("alarms".to_owned()).spawn(watcher).map(drop)
}

/// Maintenance, the register of stations, accounts.
fn management() -> Router<Arc<Platform>> {
    use pages::{accounts, maintenance, password, register};
    Router::new()
        .route("/maintenance", get(maintenance::show))
        .route("/maintenance/plan", post(maintenance::acts::plan))
        .route("/maintenance/cancel", post(maintenance::acts::cancel))
        .route("/register", get(register::show))
        .route("/register/station", post(register::acts::add_station))
        .route("/register/position", post(register::acts::set_position))
        .route("/register/instrument", post(register::acts::add_instrument))
        .route("/register/channels", post(register::acts::change_channels))
        .route("/accounts", get(accounts::show))
        .route("/accounts/add", post(accounts::acts::add))
        .route("/accounts/role", post(accounts::acts::change_role))
        .route("/accounts/reset", post(accounts::acts::reset))
        .route("/accounts/token", post(accounts::acts::issue_token))
        .route("/accounts/remove", post(accounts::acts::remove))
        .route("/password", get(password::show).post(password::choose))
}

fn routes(platform: Arc<Platform>) -> Router {
    let large = Router::new()
        .route("/rules/check", post(pages::rules::check::check))
        .route("/rules/test", post(pages::rules::testing::test))
        .route("/rules/backtest", post(pages::rules::backtest::backtest))
        .route("/rules/load", post(pages::rules::load::load))
        .route("/api/readings", post(api::readings::append))
        .layer(DefaultBodyLimit::max(LARGE_BYTES_MAX));
    let small = Router::new()
        .route("/", get(pages::stations::show))
        .route("/map", get(pages::map::show))
        .route("/map.svg", get(pages::map::file))
        .route("/values", get(pages::values::show))
        .route("/station", get(pages::station::show))
        .route("/station.svg", get(pages::station::file))
        .route("/station.csv", get(pages::station::table))
        .route("/rose", get(pages::rose::show))
        .route("/rose.csv", get(pages::rose::numbers))
        .route("/rose/wind.svg", get(pages::rose::wind_file))
        .route("/rose/pollution.svg", get(pages::rose::load_file))
        .route("/login", get(pages::login::show).post(pages::login::log_in))
        .route("/logout", post(pages::login::log_out))
        .route("/alarms", get(pages::alarms::show))
        .route("/alarms/{number}", get(pages::alarm::show))
        .route("/alarms/{number}/acknowledge", post(pages::alarm::acts::acknowledge))
        .route("/alarms/{number}/comment", post(pages::alarm::acts::comment))
        .route("/alarms/{number}/hand-over", post(pages::alarm::acts::hand_over))
        .route("/alarms/{number}/shelve", post(pages::alarm::acts::shelve))
        .route("/alarms/{number}/unshelve", post(pages::alarm::acts::unshelve))
        .route("/alarms/{number}/incident", post(pages::alarm::acts::open_incident))
        .route("/alarms/{number}/join", post(pages::alarm::incident::join))
        .route("/incidents", get(pages::incidents::show))
        .route("/incidents/{number}", get(pages::incident::show))
        .route("/incidents/{number}/map.svg", get(pages::incident::map_file))
        .route("/incidents/{number}/report", get(pages::incident::report))
        .route("/incidents/{number}/step", post(pages::incident::step))
        .route("/rules", get(pages::rules::show))
        .merge(management())
        .route("/odour", get(pages::odour::show).post(pages::odour::report))
        .route("/odours", get(pages::odour::list))
        .route("/quality", get(pages::quality::show))
        .route("/statistics", get(pages::statistics::show))
        .route("/audit", get(pages::audit::show))
        .route("/phones", get(pages::phones::show))
        .route("/language/{code}", get(texts::switch))
        .route("/events", get(live::events))
        .route("/api/stations", get(api::lists::stations))
        .route("/api/alarms", get(api::lists::alarms))
        .route("/api/series", get(api::series::series))
        .route("/api/annotations", get(api::annotations::annotations))
        .route("/api/openapi.json", get(api::openapi::describe))
        .route("/metrics", get(api::metrics::show))
        .route("/assets/{*name}", get(assets::show))
        .route("/favicon.ico", get(assets::icon))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    large
        .merge(small)
        .fallback(|| async { Failure::NotFound })
        .layer(from_fn(headers::limit_time))
        .layer(from_fn_with_state(platform.clone(), failure::show))
        .layer(from_fn(headers::secure))
        .with_state(platform)
}
