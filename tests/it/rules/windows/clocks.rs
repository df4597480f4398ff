//! Wrong clocks, of the host and of stations: alarms open while the condition really holds, and nobody is notified later for them.
#![cfg(test)]

mod random;

use super::restarts::config;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use vocdb::alarm::event::{Notification, SystemCondition, SystemKind};
use vocdb::alarm::{Heartbeat, Notifier, Outcome};
use vocdb::base::clock::Clock;
use vocdb::rules::RuleFile;
use vocdb::verdict::Contact;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Receipt, Station, Timers,
    Timestamp, Unit,
};

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
/// When true time begins.
pub(super) const BEGIN_MS: i64 = 1_750_000_000_000 / HOUR_MS * HOUR_MS;

/// A host's clock that can be wrong, perhaps beside one that cannot.
#[derive(Debug, Default)]
pub(super) struct WrongClock {
    host_ms: AtomicI64,
    true_ms: AtomicI64,
    pub(super) has_steady: bool,
}

impl Clock for WrongClock {
    fn now_ms(&self) -> i64 {
        self.host_ms.load(Ordering::Acquire)
    }

    fn steady_ms(&self) -> Option<i64> {
        self.has_steady.then(|| self.true_ms.load(Ordering::Acquire))
    }
}

/// A gateway that notes what it is sent.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) all: Mutex<Vec<Notification>>,
    is_busy: bool,
}

impl Notifier for Sent {
    fn send(&self, notification: &Notification) -> Outcome {
        self.all.lock().push(notification.clone());
        if self.is_busy { Outcome::Retry { reason: "busy".to_owned(), after_ms: None } } else { Outcome::Delivered }
    }
}

/// Stations with one instrument each, which sends a frame a minute, and the time that it really is.
pub(super) struct Park {
    pub(super) db: Database,
    dir: tempfile::TempDir,
    clock: Arc<WrongClock>,
    pub(super) instruments: Vec<InstrumentId>,
    /// The true minute.
    pub(super) minute: i64,
    /// By how much the host's clock is ahead.
    pub(super) ahead_ms: i64,
}

impl Park {
    pub(super) fn new(stations: usize, rule: &str) -> Self {
        Self::with(stations, rule, false)
    }

    pub(super) fn with(stations: usize, rule: &str, has_steady: bool) -> Self {
        let dir = crate::support::scratch::dir();
        let clock = Arc::new(WrongClock { has_steady, ..WrongClock::default() });
        clock.host_ms.store(BEGIN_MS, Ordering::Release);
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        let instruments = (0..stations).map(|index| {
            let station = db.register_station(Station::new(format!("park/S{index}")).unwrap()).unwrap();
            let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
            db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap()
        });
        let instruments = instruments.collect();
        let park = Self { db, dir, clock, instruments, minute: 0, ahead_ms: 0 };
        park.load(rule);
        park
    }

    fn config(clock: &Arc<WrongClock>) -> Config {
        let heartbeat = Heartbeat { every_ms: HOUR_MS, contact: Contact("system".to_owned()), way: "app".to_owned() };
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        // A clock that jumps ahead unnoticed makes everything old.
        let notify_age_max = Duration::from_secs(10 * 366 * 86_400);
        Config { timers: Timers::Clock, clock, responder: None, heartbeat: Some(heartbeat), notify_age_max, ..config() }
    }

    pub(super) fn load(&self, rule: &str) {
        self.db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: rule.to_owned() }]).unwrap();
    }

    pub(super) fn reopen(mut self) -> Self {
        let config = Self::config(&self.clock);
        drop(self.db);
        self.db = Database::open(self.dir.path(), config).unwrap();
        self
    }

    pub(super) fn true_ms(&self) -> i64 {
        BEGIN_MS + self.minute * MINUTE_MS
    }

    /// Sets the host's clock ahead of true time.
    pub(super) fn set_ahead(&mut self, ahead_ms: i64) {
        self.ahead_ms = ahead_ms;
        self.set_host(self.true_ms() + ahead_ms);
    }

    fn set_host(&self, host_ms: i64) {
        self.clock.host_ms.store(host_ms, Ordering::Release);
        self.clock.true_ms.store(self.true_ms(), Ordering::Release);
    }

    pub(super) fn push(&self, station: usize, ms: i64, value: f64) -> Receipt {
        let mut batch = Batch::new();
        batch.push_values(self.instruments[station], Timestamp::from_ms(ms), &[Some(value)]);
        self.db.append(&batch).unwrap()
    }

    /// Minutes in which each station sends a value at its own time, and time passes.
    fn run(&mut self, minutes: i64, values: &[(f64, i64)]) {
        for _ in 0..minutes {
            self.minute += 1;
            self.set_ahead(self.ahead_ms);
            for (station, (value, skew_ms)) in values.iter().enumerate() {
                let _ = self.push(station, self.true_ms() + skew_ms, *value);
            }
            self.db.advance().unwrap();
        }
    }

    fn events<T>(&self, of: impl Fn(&AlarmEvent) -> Option<T>) -> Vec<T> {
        self.db.events().unwrap().iter().filter_map(of).collect()
    }

    /// Of each opening, the true minute in which it was recorded while the host's clock was as it is now.
    fn openings(&self) -> Vec<i64> {
        self.events(|event| match event {
            AlarmEvent::Opened(one) => Some((one.recorded_at.as_ms() - self.ahead_ms - BEGIN_MS) / MINUTE_MS),
            _ => None,
        })
    }

    fn system(&self) -> Vec<SystemCondition> {
        self.events(|event| match event {
            AlarmEvent::SystemConditionChanged(one) => Some(one.clone()),
            _ => None,
        })
    }
}

const HIGH: &str = r#"alarm("high").scope(stations("park/*")).when(avg("x", 10.minutes) > 30.ppm)
    .clear_when(avg("x", 10.minutes) < 25.ppm, 1.minutes).on_missing("unknown", 15.minutes)
    .escalate(escalation("e").step(0.minutes, contact("duty"), ["app"])
        .step(5.minutes, contact("boss"), ["sms"]).step(10.minutes, contact("bureau"), ["sms"]));"#;

#[test]
fn a_host_clock_that_was_ahead_for_one_advance_delays_no_alarm() {
    for (ahead_ms, has_steady) in
        [HOUR_MS, 24 * HOUR_MS, 10 * YEAR_MS].into_iter().flat_map(|ms| [(ms, false), (ms, true)])
    {
        let mut park = Park::with(2, HIGH, has_steady);
        park.run(30, &[(5.0, 0), (5.0, 0)]);
        park.set_ahead(ahead_ms);
        park.db.advance().unwrap();
        park.set_ahead(0);
        park.run(3, &[(500.0, 0), (500.0, 0)]);
        assert_eq!(park.openings(), [31, 31], "{ahead_ms} {has_steady}");
    }
}

#[test]
fn a_host_clock_that_was_ahead_for_one_frame_delays_no_alarm_of_its_station_or_of_others() {
    for ahead_ms in [HOUR_MS, 10 * YEAR_MS] {
        let mut park = Park::new(2, HIGH);
        park.run(30, &[(5.0, 0), (5.0, 0)]);
        park.set_ahead(ahead_ms);
        assert_eq!(park.push(0, park.true_ms() + ahead_ms, 5.0).rejections, []);
        park.db.advance().unwrap();
        park.set_ahead(0);
        park.run(3, &[(500.0, 0), (500.0, 0)]);
        let mut openings = park.openings();
        openings.sort_unstable();
        assert_eq!(openings, [31, 31], "{ahead_ms}");
        // The frame is still there; a restart and rules that are loaded anew must not believe it.
        park.run(15, &[(5.0, 0), (5.0, 0)]);
        park = park.reopen();
        park.run(3, &[(500.0, 0), (500.0, 0)]);
        assert_eq!(park.openings()[2..], [49, 49], "{ahead_ms}");
        park.run(15, &[(5.0, 0), (5.0, 0)]);
        park.load(&HIGH.replace("10.minutes) > 30", "11.minutes) > 30"));
        park.run(3, &[(500.0, 0), (500.0, 0)]);
        assert_eq!(park.openings()[4..], [67, 67], "{ahead_ms}");
    }
}

#[test]
fn a_clock_that_is_set_back_by_a_year_delays_no_step_and_no_delivery() {
    for has_steady in [false, true] {
        let mut park = Park::with(1, HIGH, has_steady);
        let (app, sms) = (Arc::new(Sent { is_busy: true, ..Sent::default() }), Arc::new(Sent::default()));
        park.db.connect("app", Arc::clone(&app) as Arc<_>).unwrap();
        park.db.connect("sms", Arc::clone(&sms) as Arc<_>).unwrap();
        park.ahead_ms = YEAR_MS;
        park.run(20, &[(5.0, 0)]);
        park.run(3, &[(500.0, 0)]);
        assert_eq!(park.openings(), [21]);
        park.db.drain().unwrap();
        park.ahead_ms = 0;
        let attempts = |park: &Park| {
            park.db.drain().unwrap();
            let of = |sent: &Notification| sent.contact.0 == "duty";
            app.all.lock().iter().filter(|sent| of(sent)).count()
        };
        let before = attempts(&park);
        park.run(10, &[(500.0, 0)]);
        assert!(attempts(&park) > before, "a retry was due within five minutes");
        let told: Vec<(String, i64)> = sms
            .all
            .lock()
            .iter()
            .map(|sent| (sent.contact.0.clone(), (sent.created_at.as_ms() - BEGIN_MS) / MINUTE_MS))
            .collect();
        let expected = [("boss".to_owned(), 26), ("bureau".to_owned(), 31)];
        let late: Vec<i64> = told.iter().zip(&expected).map(|(found, due)| found.1 - due.1).collect();
        assert_eq!(told.iter().map(|one| &one.0).collect::<Vec<_>>(), ["boss", "bureau"]);
        // Without a steady clock, the time from one look at the wrong clock to the next is not known.
        let late_max = i64::from(!has_steady);
        assert!(late.iter().all(|minutes| (0..=late_max).contains(minutes)), "{told:?}");
    }
}

#[test]
fn one_station_with_a_wrong_clock_silences_no_quorum_of_the_others() {
    for (skew, on_missing, extra) in
        [(6, 5, ""), (6, 5, " and not silent(30.minutes)"), (9, 5, ""), (-6, 5, ""), (-16, 15, ""), (-120, 5, "")]
    {
        let rule = format!(
            "alarm(\"cloud\").scope(stations(\"park/*\")).quorum(2).when(avg(\"x\", 5.minutes) > 30.ppm{extra})\
             .clear_when(avg(\"x\", 5.minutes) < 20.ppm).on_missing(\"unknown\", {on_missing}.minutes);"
        );
        let mut park = Park::new(3, &rule);
        park.run(120, &[(5.0, 0), (5.0, 0), (5.0, skew * MINUTE_MS)]);
        park.run(60, &[(90.0, 0), (90.0, 0), (5.0, skew * MINUTE_MS)]);
        let openings = park.openings();
        assert_eq!(openings.len(), 1, "{skew} {on_missing}{extra}");
        // A slow station is waited for as long as the rule says; another one that is fast is not.
        let delay = if skew < 0 { on_missing.min(-skew) + 1 } else { 0 };
        assert!((122..=122 + delay).contains(&openings[0]), "{skew} {on_missing}{extra}: {openings:?}");
    }
}

#[test]
fn a_station_with_a_wrong_clock_opens_its_own_alarm_in_time() {
    for skew in [-600, -61, -16, -2, 3, 9] {
        let rule = "alarm(\"cloud\").scope(stations(\"park/*\")).when(avg(\"x\", 5.minutes) > 30.ppm)\
             .clear_when(avg(\"x\", 5.minutes) < 20.ppm).on_missing(\"unknown\", 15.minutes);";
        let mut park = Park::new(3, rule);
        park.run(120, &[(5.0, 0), (5.0, 0), (5.0, skew * MINUTE_MS)]);
        park.run(60, &[(90.0, 0), (90.0, 0), (90.0, skew * MINUTE_MS)]);
        assert_eq!(park.openings(), [122, 122, 122], "{skew}");
    }
}

#[test]
fn a_station_whose_clock_changes_opens_its_own_alarm_a_few_frames_later_at_most() {
    for (before, after) in [(0, -60), (-60, 0), (0, -16), (0, 8), (8, 0), (-5, 5), (8, -8)] {
        let mut park = Park::new(1, HIGH);
        park.run(120, &[(5.0, before * MINUTE_MS)]);
        // Not at times that are stored already: those frames would be repeats.
        park.run(10, &[(500.0, after * MINUTE_MS + 17_000)]);
        let openings = park.openings();
        assert!(openings.first().is_some_and(|minute| *minute <= 124), "{before} {after}: {openings:?}");
        assert_eq!(openings.len(), 1, "{before} {after}");
    }
}

#[test]
fn a_backlog_after_an_outage_is_no_wrong_clock() {
    let mut park = Park::new(1, HIGH);
    park.run(30, &[(5.0, 0)]);
    park.run(120, &[]);
    let begin_ms = park.true_ms() - 119 * MINUTE_MS;
    for minute in 0..119 {
        let value = if (30..50).contains(&minute) { 500.0 } else { 5.0 };
        park.push(0, begin_ms + minute * MINUTE_MS, value).all_accepted().unwrap();
    }
    park.run(10, &[(5.0, 0)]);
    let notified = park.events(|event| match event {
        AlarmEvent::Notification(one) => one.alarm,
        _ => None,
    });
    assert_eq!(notified, [], "what is over notifies nobody");
    assert_eq!(park.system(), []);
}

#[test]
fn nothing_loops_at_the_ends_of_time() {
    let rule = |window: &str| {
        format!(
            "alarm(\"a\").scope(stations(\"park/*\")).when(avg(\"x\", {window}) > 30.ppm)\
             .clear_when(avg(\"x\", {window}) < 25.ppm).every(1.second).on_missing(\"unknown\", 15.minutes)\
             .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), [\"app\"]).remind(1.minutes, 5));"
        )
    };
    for window in ["10.minutes", "400.days"] {
        let mut park = Park::new(1, &rule(window));
        for ms in [i64::MIN, i64::MIN + 1, -1, 0, MINUTE_MS, BEGIN_MS] {
            park.push(0, ms, 5.0).all_accepted().unwrap();
            park.db.advance().unwrap();
        }
        park.run(3, &[(500.0, 0)]);
        assert_eq!(park.openings().len(), 1, "{window}");
        park.set_host(i64::MAX);
        for ms in [i64::MAX, i64::MAX - 5, BEGIN_MS + HOUR_MS] {
            park.push(0, ms, 500.0).all_accepted().unwrap();
            park.db.advance().unwrap();
        }
        park = park.reopen();
        park.db.advance().unwrap();
        park.set_host(i64::MIN);
        park.push(0, i64::MIN + 2, 5.0).all_accepted().unwrap();
        park.db.advance().unwrap();
        park.run(30, &[(5.0, 0)]);
        park.run(3, &[(500.0, 0)]);
        let openings = park.openings();
        let is_long = window == "400.days";
        assert!(is_long || openings.last().is_some_and(|minute| (34..=36).contains(minute)), "{openings:?}");
    }
}

#[test]
fn a_clock_that_is_set_raises_a_system_alarm_that_clears_once_it_runs_evenly() {
    for has_steady in [false, true] {
        let mut park = Park::with(1, HIGH, has_steady);
        let app = Arc::new(Sent::default());
        park.db.connect("app", Arc::clone(&app) as Arc<_>).unwrap();
        park.ahead_ms = HOUR_MS;
        park.run(5, &[(5.0, HOUR_MS)]);
        park.ahead_ms = 0;
        park.run(20, &[(5.0, 0)]);
        let said: Vec<(SystemKind, bool, i64)> =
            park.system().iter().map(|one| (one.kind, one.is_raised, one.clock_set_by_ms)).collect();
        let elapsed_ms = if has_steady { 0 } else { MINUTE_MS };
        let back = (SystemKind::HostClock, true, elapsed_ms - HOUR_MS);
        assert_eq!(said, [back, (SystemKind::HostClock, false, 0)]);
        assert_eq!(park.db.system_alarms(), []);
        park.db.drain().unwrap();
        let texts: Vec<String> = app.all.lock().iter().map(|sent| sent.text.clone()).collect();
        assert!(texts.iter().any(|text| text.starts_with("the host's clock was set from")), "{texts:?}");
        assert!(texts.iter().any(|text| text == "the host's clock runs evenly again"), "{texts:?}");
    }
}

#[test]
fn a_clock_that_stands_still_raises_one_system_alarm_and_delays_no_step() {
    let mut park = Park::with(1, HIGH, true);
    park.run(20, &[(5.0, 0)]);
    park.run(2, &[(500.0, 0)]);
    assert_eq!(park.openings(), [21]);
    let stands_ms = park.true_ms();
    for minute in 1..=9 {
        park.minute += 1;
        park.set_host(stands_ms);
        park.push(0, stands_ms + minute * MINUTE_MS, 500.0).all_accepted().unwrap();
        park.db.advance().unwrap();
    }
    let steps = park.events(|event| matches!(event, AlarmEvent::Escalated(_)).then_some(()));
    assert_eq!(steps.len(), 3, "the last step is due ten minutes after the alarm opened");
    let raised: Vec<String> = park.db.system_alarms().into_iter().map(|one| one.text).collect();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].contains("stood still"), "{raised:?}");
    let notified = park.events(|event| match event {
        AlarmEvent::Notification(one) if one.text.contains("stood still") => Some(()),
        _ => None,
    });
    assert_eq!(notified.len(), 1);
}

#[test]
fn a_clock_that_stands_still_while_frames_come_in_raises_a_system_alarm() {
    let mut park = Park::new(1, HIGH);
    park.run(5, &[(5.0, 0)]);
    let stands_ms = park.true_ms();
    for minute in 1..=9 {
        park.push(0, stands_ms + minute * MINUTE_MS, 500.0).all_accepted().unwrap();
    }
    let raised: Vec<SystemKind> = park.db.system_alarms().into_iter().map(|one| one.kind).collect();
    assert_eq!(raised, [SystemKind::HostClock]);
    assert_eq!(park.openings().len(), 1, "rules go on");
}

#[test]
fn frames_of_the_future_raise_a_system_alarm_after_some_that_the_next_right_one_clears() {
    let mut park = Park::new(2, HIGH);
    park.run(5, &[(5.0, 0), (5.0, 0)]);
    park.run(9, &[(5.0, 0), (5.0, HOUR_MS)]);
    assert_eq!(park.db.system_alarms(), []);
    park.run(6, &[(5.0, 0), (5.0, HOUR_MS)]);
    let raised = park.db.system_alarms();
    assert_eq!(
        raised.iter().map(|one| (one.kind, one.subject.as_str())).collect::<Vec<_>>(),
        [(SystemKind::FutureFrames, "park/S1/pid")]
    );
    park = park.reopen();
    park.run(1, &[(5.0, 0), (5.0, 0)]);
    assert_eq!(park.db.system_alarms(), []);
}

#[test]
fn a_station_that_is_permanently_early_or_late_raises_a_system_alarm_of_its_own() {
    for skew in [-16, 7, -600] {
        let mut park = Park::new(3, HIGH);
        park.run(20, &[(5.0, 0), (5.0, 0), (5.0, 0)]);
        // Not at times that are stored already: those frames would be repeats.
        park.run(20, &[(5.0, 0), (5.0, 0), (5.0, skew * MINUTE_MS + 17_000)]);
        let raised = park.db.system_alarms();
        assert_eq!(
            raised.iter().map(|one| (one.kind, one.subject.as_str())).collect::<Vec<_>>(),
            [(SystemKind::StationClock, "park/S2/pid")]
        );
        let how = if skew < 0 { "after" } else { "before" };
        assert!(
            raised[0].text.contains(&format!("{} s {how} their time", (skew * 60 + 17).abs())),
            "{}",
            raised[0].text
        );
        park.run(20, &[(5.0, 0), (5.0, 0), (5.0, 0)]);
        assert_eq!(park.db.system_alarms(), [], "{skew}");
    }
}

#[test]
fn a_host_clock_that_differs_from_most_stations_is_wrong_itself() {
    let mut park = Park::new(3, HIGH);
    park.run(20, &[(5.0, 0), (5.0, 0), (5.0, 0)]);
    park.ahead_ms = HOUR_MS;
    park.run(20, &[(5.0, 0), (5.0, 0), (5.0, 0)]);
    let raised: Vec<SystemKind> = park.db.system_alarms().into_iter().map(|one| one.kind).collect();
    assert_eq!(raised, [SystemKind::HostClock]);
}
