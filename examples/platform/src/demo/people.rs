//! The people of the demo: a script of what each does, when. They act with the rights of their accounts, through the calls of the pages.

use super::random_minutes;
use super::says;
use super::scenario::{END, found_at};
use super::suspects::rank;
use crate::accounts::{Right, Role};
use crate::live::Topic;
use crate::pages::incident::report_page;
use crate::platform::Platform;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use vocdb::alarm::event::Opened;
use vocdb::trace::incident::{Finding, IncidentId, Outcome, Step, Suspect};
use vocdb::{AlarmEvent, AlarmId, Timestamp};

const MINUTE_MS: i64 = 60_000;
/// Accounts of the demo, with their roles.
pub(super) const ACCOUNTS: [(&str, Role); 5] = [
    (OPERATOR, Role::Operator),
    (DUTY, Role::DutyOfficer),
    (DEPARTMENT, Role::Department),
    (LEADER, Role::Leader),
    (ADMINISTRATOR, Role::Administrator),
];
const OPERATOR: &str = "operator";
const DUTY: &str = "duty officer";
const DEPARTMENT: &str = "department";
const LEADER: &str = "leader";
/// Who loads the rules of the demo.
pub(super) const ADMINISTRATOR: &str = "administrator";
/// Rounds of tracing, in minutes after the opening of the incident: on the night itself, and with all readings.
const TRACED_MIN: [i64; 2] = [90, 330];
/// Inspections, in minutes after each round.
const INSPECTED_MIN: [i64; 2] = [35, 80];
/// Suspects that are named in a round, at most.
const NAMED_MAX: usize = 3;
/// Time before the end at which the incident is closed, and at which the report is written.
const CLOSED_MIN: i64 = 60;
const REPORTED_MIN: i64 = 30;

/// Something that somebody is going to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    Acknowledge(AlarmId, &'static str),
    OpenIncident(AlarmId),
    AddAlarm(AlarmId),
    HandOver(AlarmId),
    Note(&'static str, &'static str),
    Trace,
    Inspect,
    Close,
    Report,
}

/// The people and what they know.
#[derive(Debug)]
pub(super) struct People {
    seed: u64,
    folder: PathBuf,
    plans: BTreeMap<(Timestamp, u64), Plan>,
    planned: u64,
    /// Open alarms with their stations.
    open: BTreeMap<AlarmId, BTreeSet<String>>,
    /// Alarms about a substance.
    substances: BTreeSet<AlarmId>,
    /// The incident of the night.
    pub(super) incident: Option<IncidentId>,
    is_opening: bool,
}

impl People {
    /// People who have seen nothing yet. The report of the incident goes into a folder.
    pub(super) fn new(seed: u64, folder: PathBuf) -> Self {
        let mut people = Self {
            seed,
            folder,
            plans: BTreeMap::new(),
            planned: 0,
            open: BTreeMap::new(),
            substances: BTreeSet::new(),
            incident: None,
            is_opening: false,
        };
        people.plan(END, -CLOSED_MIN, Plan::Close);
        people.plan(END, -REPORTED_MIN, Plan::Report);
        people
    }

    fn plan(&mut self, from: Timestamp, minutes: i64, plan: Plan) {
        self.planned += 1;
        self.plans.insert((from.plus_ms(minutes * MINUTE_MS), self.planned), plan);
    }

    /// Takes notice of an event, and plans what follows.
    pub(super) fn note_event(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) => self.note_opened(opened),
            AlarmEvent::Closed(closed) => {
                self.open.remove(&closed.alarm);
            }
            _ => {}
        }
    }

    fn note_opened(&mut self, opened: &Opened) {
        let (alarm, at) = (opened.alarm, opened.recorded_at);
        let stations: BTreeSet<String> = opened.evidence.iter().map(|one| one.station.clone()).collect();
        self.open.insert(alarm, stations);
        let is_substance = opened.rule.ends_with("-high");
        let who = if opened.rule == "station-silent" { OPERATOR } else { DUTY };
        // Of every seven alarms, nobody looks at one before the leader's phone has rung.
        let minutes = if alarm.0.is_multiple_of(7) { 18 } else { 3 + random_minutes(self.seed, alarm.0, 6) };
        self.plan(at, minutes, Plan::Acknowledge(alarm, who));
        if !is_substance {
            return;
        }
        self.substances.insert(alarm);
        let of_substances = self.open.iter().filter(|(open, _)| self.substances.contains(open));
        let places: BTreeSet<&String> = of_substances.flat_map(|(_, stations)| stations).collect();
        if self.incident.is_some() {
            self.plan(at, minutes + 1, Plan::AddAlarm(alarm));
        } else if places.len() >= 2 && !self.is_opening {
            self.is_opening = true;
            self.plan(at, 4, Plan::OpenIncident(alarm));
        }
    }

    /// Does what is due.
    pub(super) fn act(&mut self, platform: &Platform, now: Timestamp) -> Result<(), String> {
        while let Some(entry) = self.plans.first_entry().filter(|entry| entry.key().0 <= now) {
            let plan = entry.remove();
            self.perform(platform, &plan, now).map_err(|error| format!("{plan:?}: {error}"))?;
            platform.live.announce(Topic::Alarms);
        }
        Ok(())
    }

    fn perform(&mut self, platform: &Platform, plan: &Plan, now: Timestamp) -> Result<(), String> {
        let is_open = |alarm: &AlarmId| self.open.contains_key(alarm);
        match plan {
            Plan::Acknowledge(alarm, who) if is_open(alarm) => {
                let by = person(platform, who, Right::Acknowledge)?;
                platform.db.acknowledge(*alarm, by, "seen, looking into it").map_err(says)
            }
            Plan::HandOver(alarm) if is_open(alarm) => {
                let by = person(platform, DUTY, Right::Direct)?;
                platform.db.hand_over(*alarm, DEPARTMENT, by, "please find the source").map_err(says)
            }
            Plan::Acknowledge(..) | Plan::HandOver(_) => Ok(()),
            Plan::OpenIncident(alarm) => self.open_incident(platform, *alarm, now),
            Plan::AddAlarm(alarm) => self.add_alarm(platform, *alarm),
            Plan::Note(who, text) => self.step(platform, (*who, Right::Comment), Step::Commented, text),
            Plan::Trace => self.trace(platform),
            Plan::Inspect => self.inspect(platform),
            Plan::Close => self.close(platform),
            Plan::Report => self.report(platform),
        }
    }

    /// Records a step of the incident, if it is open.
    fn step(&self, platform: &Platform, (who, right): (&str, Right), step: Step, text: &str) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let by = person(platform, who, right)?;
        platform.db.step_incident(incident, step, by, text).map_err(says)
    }

    fn open_incident(&mut self, platform: &Platform, alarm: AlarmId, now: Timestamp) -> Result<(), String> {
        let by = person(platform, DUTY, Right::Direct)?;
        let opening = platform.db.opening_of_alarm(alarm).map_err(says)?;
        let incident = platform.db.open_incident(opening, by, "several stations at once").map_err(says)?;
        self.incident = Some(incident);
        let case = platform.db.incident(incident).map_err(says)?;
        let others: Vec<AlarmId> = self.open.keys().filter(|alarm| !case.alarms.contains(alarm)).copied().collect();
        for other in others {
            self.plan(now, 2, Plan::AddAlarm(other));
        }
        self.plan(now, 5, Plan::HandOver(alarm));
        self.plan(now, 12, Plan::Note(DEPARTMENT, "Two cars with samplers are on the way to the north gate."));
        self.plan(now, 25, Plan::Note(LEADER, "Keep the school and the district office informed every hour."));
        for traced in TRACED_MIN {
            self.plan(now, traced, Plan::Trace);
            for inspected in INSPECTED_MIN {
                self.plan(now, traced + inspected, Plan::Inspect);
            }
        }
        self.plan(now, 720, Plan::Note(LEADER, "Both sites must report on causes and repairs by noon."));
        Ok(())
    }

    /// Adds an alarm of a substance to the incident, unless it belongs to it already.
    fn add_alarm(&self, platform: &Platform, alarm: AlarmId) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let case = platform.db.incident(incident).map_err(says)?;
        if case.alarms.contains(&alarm) || !case.is_open() || !self.substances.contains(&alarm) {
            return Ok(());
        }
        self.step(platform, (DUTY, Right::Direct), Step::AlarmAdded { alarm }, "same night, same wind")
    }

    /// Names the first sites of the ranking, as far as anything speaks for them.
    fn trace(&self, platform: &Platform) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let case = platform.db.incident(incident).map_err(says)?;
        let events = platform.db.events().map_err(says)?;
        let mut ranked = rank(platform, &case, &events)?;
        ranked.retain(|suspect| suspect.probability.is_some_and(|probability| probability > 0.0));
        if ranked.is_empty() {
            let text = "The readings so far do not determine the place of any substance.";
            return self.step(platform, (DEPARTMENT, Right::Comment), Step::Commented, text);
        }
        for (place, suspect) in (1..).zip(ranked.into_iter().take(NAMED_MAX)) {
            let comment = format!("number {place} in the ranking over all substances");
            self.step(platform, (DEPARTMENT, Right::Investigate), Step::Suspected(suspect), &comment)?;
        }
        Ok(())
    }

    /// Visits the most probable suspect that nobody has visited, and records what is there.
    fn inspect(&self, platform: &Platform) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let case = platform.db.incident(incident).map_err(says)?;
        let is_visited = |site: &str| case.findings.iter().any(|noted| noted.what.site.as_deref() == Some(site));
        let suspects: Vec<Suspect> = case.suspects.iter().map(|noted| noted.what.clone()).collect();
        let next = by_probability(&suspects).into_iter().find(|suspect| !is_visited(&suspect.site));
        let Some(suspect) = next else { return Ok(()) };
        let text = found_at(&suspect.site)
            .unwrap_or("Tanks, flanges and vents were inspected with an infrared camera: nothing leaks.");
        let finding =
            Finding { text: text.to_owned(), site: Some(suspect.site.clone()), found_by: None, found_at: None };
        self.step(
            platform,
            (DEPARTMENT, Right::Investigate),
            Step::Found(finding),
            "photographs in the folder of the day",
        )
    }

    fn close(&self, platform: &Platform) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let findings = platform.db.incident(incident).map_err(says)?.findings;
        let proven =
            findings.iter().filter_map(|noted| noted.what.site.as_deref()).find(|site| found_at(site).is_some());
        let outcome = match proven {
            Some(site) => Outcome::Violation {
                kind: "emission without treatment".to_owned(),
                site: Some(site.to_owned()),
                penalty: None,
                rectified_on: None,
            },
            None => Outcome::SourceNotFound,
        };
        self.step(platform, (DUTY, Right::Direct), Step::Closed(outcome), "seal replaced, standby procedure corrected")
    }

    /// Writes the report of the incident.
    fn report(&self, platform: &Platform) -> Result<(), String> {
        let Some(incident) = self.incident else { return Ok(()) };
        let by = person(platform, DUTY, Right::See)?;
        // What happened just now is in the report, too.
        platform.live.announce(Topic::Alarms);
        let page = report_page(platform, incident.0, by).map_err(|failure| format!("{failure:?}"))?;
        let path = self.folder.join(format!("incident-{}.html", incident.0));
        std::fs::write(&path, page).map_err(|error| format!("`{}`: {error}", path.display()))
    }
}

/// Suspects with the most probable first.
pub(super) fn by_probability(suspects: &[Suspect]) -> Vec<Suspect> {
    let share = |suspect: &Suspect| suspect.probability.unwrap_or_default();
    let mut sorted = suspects.to_vec();
    sorted.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.site.cmp(&b.site)));
    sorted
}

/// The name of somebody whose role permits something.
fn person<'a>(platform: &Platform, name: &'a str, right: Right) -> Result<&'a str, String> {
    let account = platform.accounts.get(name).ok_or_else(|| format!("no account is named `{name}`"))?;
    if account.role.may(right) {
        return Ok(name);
    }
    Err(format!("the role {} may not {}", account.role.words(), right.words()))
}
