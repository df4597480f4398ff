//! Random jumps of the host's clock and random clocks of stations, against a model that knows what time it is.

use super::super::cases;
use super::{HOUR_MS, MINUTE_MS, Park, YEAR_MS};
use proptest::prelude::*;
use proptest::sample::select;
use vocdb::AlarmEvent;

const STATIONS: usize = 3;
/// Minutes of a run.
const LENGTH: i64 = 150;
/// How many minutes after it should an alarm may open, and a step may be taken, where a clock has been set meanwhile.
const DELAY_MAX: i64 = 6;

const RULES: &str = r#"
alarm("high").scope(stations("park/*")).when(last("x") > 30.ppm).on_missing("unknown", 15.minutes)
    .escalate(escalation("e").step(0.minutes, contact("duty"), ["app"]).step(8.minutes, contact("boss"), ["sms"]));
"#;

/// The host's clock is ahead by so much from a minute on, for so many minutes; 0 for one look at it without a frame.
#[derive(Debug, Clone, Copy)]
struct Jump {
    minute: i64,
    ahead_ms: i64,
    minutes: i64,
}

fn any_jump() -> impl Strategy<Value = Jump> {
    let ahead_ms = select(vec![MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 30 * HOUR_MS, YEAR_MS, 10 * YEAR_MS]);
    (5..LENGTH - 40, ahead_ms, prop_oneof![Just(0_i64), 1_i64..4, 4_i64..40])
        .prop_map(|(minute, ahead_ms, minutes)| Jump { minute, ahead_ms, minutes })
}

/// The history of random values, with the store opened anew after some minutes.
fn history(values: &[(usize, f64, i64)], reopened: &[usize], jump: Jump) -> Vec<AlarmEvent> {
    let mut park = Park::new(STATIONS, RULES);
    for (index, (station, value, late_min)) in values.iter().enumerate() {
        park.minute += 1;
        let is_on = jump.minute <= park.minute && park.minute < jump.minute + jump.minutes;
        park.set_ahead(if is_on { jump.ahead_ms } else { 0 });
        // No time twice: a repeat leaves no trace on the disk, and with it what the host's clock showed would be forgotten.
        let late_ms = if *late_min > 0 { late_min * MINUTE_MS + park.minute % 50 * 1_000 + 1 } else { 0 };
        for other in 0..STATIONS {
            if other != *station || *late_min < 5 {
                park.push(other, park.true_ms() - late_ms, if other == *station { *value } else { 5.0 })
                    .all_accepted()
                    .unwrap();
            }
        }
        if index % 3 == 0 {
            park.db.advance().unwrap();
        }
        if reopened.contains(&index) {
            park = park.reopen();
        }
    }
    park.db.events().unwrap()
}

/// What happens, and in which true minute the alarm of a station is seen to open and the second step to be taken.
#[derive(Debug, Default)]
struct Seen {
    opened: Option<i64>,
    escalated: Option<i64>,
}

fn run(jumps: &[Jump], skews_min: &[i64], (station, high): (usize, i64), has_steady: bool) -> Seen {
    let mut park = Park::with(STATIONS, RULES, has_steady);
    let events = park.db.subscribe();
    let mut seen = Seen::default();
    let mut alarm = None;
    for minute in 1..=LENGTH {
        park.minute = minute;
        for jump in jumps.iter().filter(|jump| jump.minute == minute && jump.minutes == 0) {
            park.set_ahead(jump.ahead_ms);
            park.db.advance().unwrap();
        }
        let is_on = |jump: &&Jump| jump.minute <= minute && minute < jump.minute + jump.minutes;
        park.set_ahead(jumps.iter().find(is_on).map_or(0, |jump| jump.ahead_ms));
        for (index, skew_min) in skews_min.iter().enumerate() {
            let is_high = index == station && minute >= high;
            let ms = park.true_ms() + skew_min * MINUTE_MS;
            let receipt = park.push(index, ms, if is_high { 90.0 } else { 5.0 });
            assert_eq!(receipt.rejections, []);
        }
        park.db.advance().unwrap();
        for event in events.try_iter() {
            match event {
                AlarmEvent::Opened(one) => {
                    assert_eq!(one.scope_key, format!("park/S{station}"), "nothing else is high");
                    assert!(minute >= high, "it was not high yet");
                    seen.opened.get_or_insert(minute);
                    alarm = Some(one.alarm);
                }
                AlarmEvent::Escalated(one) if Some(one.alarm) == alarm && one.step == 1 => {
                    seen.escalated.get_or_insert(minute);
                }
                AlarmEvent::Closed(one) => panic!("it is still high: {one:?}"),
                _ => {}
            }
        }
    }
    seen
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn restarts_leave_the_same_history_on_a_clock(
        values in prop::collection::vec((0..STATIONS, select(vec![5.0, 90.0]), prop_oneof![3 => Just(0_i64), 1 => 0_i64..8]), 1..60),
        reopened in prop::collection::vec(0_usize..60, 1..8),
        jump in any_jump(),
    ) {
        prop_assert_eq!(history(&values, &reopened, jump), history(&values, &[], jump));
    }

    #[test]
    fn an_alarm_opens_and_escalates_in_time_whoevers_clock_is_wrong(
        jumps in prop::collection::vec(any_jump(), 0..4),
        skews_min in prop::collection::vec(prop_oneof![2 => Just(0_i64), 1 => -90_i64..=9], STATIONS),
        station in 0..STATIONS, high in 3..LENGTH - 25, has_steady: bool,
    ) {
        let seen = run(&jumps, &skews_min, (station, high), has_steady);
        let delay = if jumps.is_empty() { 0 } else { DELAY_MAX };
        let opened = seen.opened.unwrap_or(i64::MAX);
        prop_assert!(opened <= high + delay, "opened in minute {opened}");
        let escalated = seen.escalated.unwrap_or(i64::MAX);
        // Without a steady clock, a minute is lost whenever the clock is set back.
        let lost = i64::try_from(jumps.len()).unwrap();
        prop_assert!(escalated <= opened + 8 + lost, "opened in minute {opened}, the second step taken in {escalated}");
    }
}
