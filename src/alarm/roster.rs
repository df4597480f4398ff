//! Who is on duty: rosters read by the host's time.

use crate::model::{Timestamp, find_zone};
use crate::verdict::{Party, Roster, Shift, Step};

/// Everybody whom a step tells at host time `now`: its contact, or those whom its roster has on duty.
pub(super) fn parties(step: &Step, now: Timestamp) -> Vec<Party> {
    match &step.roster {
        None => vec![Party { contact: step.contact.clone(), fallback: step.fallback.clone() }],
        Some(roster) => on_duty(roster, now),
    }
}

/// Those on duty. Where the zone is not known on this machine, everybody is: rather too many than nobody.
fn on_duty(roster: &Roster, now: Timestamp) -> Vec<Party> {
    let Some((weekday, minute)) = local(&roster.zone, now) else {
        let mut all: Vec<Party> = Vec::new();
        let everybody = roster.shifts.iter().flat_map(|shift| &shift.parties).chain(&roster.otherwise);
        for party in everybody {
            if !all.contains(party) {
                all.push(party.clone());
            }
        }
        return all;
    };
    let shift = roster.shifts.iter().find(|shift| covers(shift, weekday, minute));
    shift.map_or_else(|| roster.otherwise.clone(), |shift| shift.parties.clone())
}

/// Weekday (0 is Monday) and minute of the day in a time zone.
fn local(zone: &str, now: Timestamp) -> Option<(u8, u16)> {
    let instant = jiff::Timestamp::from_millisecond(now.as_ms()).ok()?;
    let zone = find_zone(zone).ok()?;
    let local = zone.to_datetime(instant);
    let weekday = u8::try_from(local.date().weekday().to_monday_zero_offset()).ok()?;
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
    Some((weekday, minute))
}

/// Whether a shift that begins on its weekdays covers a minute of this day, or of the day after where it goes over midnight.
fn covers(shift: &Shift, weekday: u8, minute: u16) -> bool {
    let begins_on = |day: u8| (shift.weekdays >> day) & 1 == 1;
    if shift.from_minute < shift.to_minute {
        return begins_on(weekday) && shift.from_minute <= minute && minute < shift.to_minute;
    }
    let yesterday = (weekday + 6) % 7;
    (begins_on(weekday) && minute >= shift.from_minute) || (begins_on(yesterday) && minute < shift.to_minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Contact;

    fn party(name: &str) -> Party {
        Party { contact: Contact(name.to_owned()), fallback: Vec::new() }
    }

    fn roster(zone: &str) -> Roster {
        let shift = |weekdays, from_minute, to_minute, name| Shift {
            weekdays,
            from_minute,
            to_minute,
            parties: vec![party(name)],
        };
        let shifts = vec![shift(0b001_1111, 480, 1_080, "day"), shift(0b111_1111, 1_320, 360, "night")];
        Roster { zone: zone.to_owned(), shifts, otherwise: vec![party("home"), party("chief")] }
    }

    fn names(zone: &str, at: &str) -> String {
        let on_duty = on_duty(&roster(zone), at.parse().unwrap());
        on_duty.iter().map(|party| party.contact.0.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_local_hour_and_weekday_say_who_is_on_duty() {
        // 2026-11-23 is a Monday.
        assert_eq!(names("UTC", "2026-11-23T07:59:59Z"), "home chief");
        assert_eq!(names("UTC", "2026-11-23T08:00:00Z"), "day");
        assert_eq!(names("UTC", "2026-11-23T18:00:00Z"), "home chief");
        assert_eq!(names("UTC", "2026-11-23T22:00:00Z"), "night");
        assert_eq!(names("UTC", "2026-11-24T05:59:00Z"), "night");
        assert_eq!(names("UTC", "2026-11-22T12:00:00Z"), "home chief", "a Sunday");
        assert_eq!(names("+08:00", "2026-11-23T00:00:00Z"), "day");
        assert_eq!(names("Asia/Shanghai", "2026-11-23T00:00:00Z"), "day");
        assert_eq!(names("-03:30", "2026-11-23T11:29:00Z"), "home chief");
        assert_eq!(names("-03:30", "2026-11-23T11:30:00Z"), "day");
    }

    #[test]
    fn summer_time_moves_the_hours_with_the_clock_on_the_wall() {
        assert_eq!(names("Europe/Berlin", "2026-01-12T06:59:00Z"), "home chief");
        assert_eq!(names("Europe/Berlin", "2026-01-12T07:00:00Z"), "day");
        assert_eq!(names("Europe/Berlin", "2026-07-13T06:00:00Z"), "day");
    }

    #[test]
    fn in_the_night_of_a_change_of_clocks_the_hour_on_the_wall_says_who_is_on_duty() {
        let shift = |weekdays, from_minute, to_minute, name| Shift {
            weekdays,
            from_minute,
            to_minute,
            parties: vec![party(name)],
        };
        let shifts = vec![shift(0b100_0000, 90, 150, "early"), shift(0b100_0000, 150, 210, "late")];
        let roster = Roster { zone: "Europe/Berlin".to_owned(), shifts, otherwise: vec![party("other")] };
        let who = |at: &str| on_duty(&roster, at.parse().unwrap())[0].contact.0.clone();
        // At 02:00 it becomes 03:00.
        let spring =
            ["00:29", "00:30", "00:59", "01:00", "01:29", "01:30"].map(|at| who(&format!("2026-03-29T{at}:00Z")));
        assert_eq!(spring, ["other", "early", "early", "late", "late", "other"]);
        // At 03:00 it becomes 02:00.
        let autumn = ["23:30", "00:30", "01:00", "01:30", "02:29", "02:30"];
        let days = [24, 25, 25, 25, 25, 25];
        let autumn = autumn.iter().zip(days).map(|(at, day)| who(&format!("2026-10-{day}T{at}:00Z")));
        assert_eq!(autumn.collect::<Vec<_>>(), ["early", "late", "early", "late", "late", "other"]);
    }

    #[test]
    fn a_zone_that_is_not_known_here_tells_everybody() {
        assert_eq!(names("Mars/Olympus", "2026-01-12T07:00:00Z"), "day night home chief");
    }

    #[test]
    fn every_minute_of_a_week_agrees_with_a_table_of_minutes() {
        let roster = roster("UTC");
        let mut table = vec!["home chief"; 7 * 1_440];
        for day in 0..7 {
            for minute in (1_320..1_440).chain(1_440..1_440 + 360) {
                table[(day * 1_440 + minute) % (7 * 1_440)] = "night";
            }
        }
        for day in 0..5 {
            table[day * 1_440 + 480..day * 1_440 + 1_080].fill("day");
        }
        let monday: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        for (minute, expected) in (0..).zip(table) {
            let found = on_duty(&roster, monday.plus_ms(minute * 60_000));
            let found: Vec<&str> = found.iter().map(|party| party.contact.0.as_str()).collect();
            assert_eq!(found.join(" "), expected, "minute {minute}");
        }
    }
}
