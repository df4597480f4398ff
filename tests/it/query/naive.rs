//! Every function, side by side and sliding, in UTC and in zones whose clocks change, against a plain look at all samples.

use super::store;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use vocdb::query::{Window, WindowFunction, WindowQuery};
use vocdb::{Batch, Interval, Quality, Sample, TimeRange, Timestamp};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Every offset of the zones below, and every step, is a multiple of this.
const TICK_MS: i64 = 5 * MINUTE_MS;

/// Zones, each with a time shortly before one of its changes.
const ZONES: [(&str, &str); 7] = [
    ("UTC", "2024-02-28T00:00:00Z"),
    ("+05:45", "2024-02-28T00:00:00Z"),
    ("Asia/Kolkata", "2024-02-28T00:00:00Z"),
    ("America/Denver", "2024-03-09T00:00:00Z"),
    ("America/Havana", "2024-11-02T00:00:00Z"),
    ("Europe/Berlin", "2024-10-25T12:00:00Z"),
    ("Australia/Lord_Howe", "2024-04-05T00:00:00Z"),
];

/// A question, the rows that are asked, and how many of them are sealed.
#[derive(Debug, Clone)]
struct Case {
    rows: BTreeMap<i64, [Sample; 2]>,
    sealed: usize,
    zone: Option<&'static str>,
    width_ms: i64,
    step_ms: i64,
    ends_ms: Option<(i64, i64)>,
    coverage_min: f64,
    valid_min: u32,
    function: WindowFunction,
    channel: usize,
}

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_ms()
}

fn any_rows(begin_ms: i64) -> impl Strategy<Value = BTreeMap<i64, [Sample; 2]>> {
    let quality =
        || prop_oneof![6 => Just(Quality::Normal), 1 => select(vec![Quality::Fault, Quality::BelowDetection])];
    let cell = move |value: BoxedStrategy<f64>| {
        (prop::option::weighted(0.9, value), quality()).prop_map(|(value, quality)| Sample { value, quality })
    };
    let degrees = prop_oneof![(0_i32..=3_600).prop_map(|n| f64::from(n) / 10.0), select(vec![0.0, 350.0, 10.0, 360.0])];
    let amount = (-500_i32..5_000).prop_map(|n| f64::from(n) / 10.0);
    let row = [cell(degrees.boxed()), cell(amount.boxed())];
    let rows = prop::collection::btree_map(0_i64..(4 * DAY_MS / (10 * MINUTE_MS)), row, 0..250);
    rows.prop_map(move |rows| rows.into_iter().map(|(n, row)| (begin_ms + n * 10 * MINUTE_MS, row)).collect())
}

fn any_case() -> impl Strategy<Value = Case> {
    let lengths = vec![10 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 8 * HOUR_MS, 36 * HOUR_MS, DAY_MS, 2 * DAY_MS];
    let function = select(vec![
        WindowFunction::Mean,
        WindowFunction::Min,
        WindowFunction::Max,
        WindowFunction::Sum,
        WindowFunction::Count,
        WindowFunction::First,
        WindowFunction::Last,
        WindowFunction::Percentile(0.0),
        WindowFunction::Percentile(37.5),
        WindowFunction::Percentile(95.0),
        WindowFunction::StdDev,
    ]);
    let shape = (select(lengths.clone()), prop_oneof![Just(None), select(lengths).prop_map(Some)]);
    (select(&ZONES[..]), any::<bool>(), shape, function, 0_usize..2).prop_flat_map(
        |((name, begin), has_zone, (width_ms, step), function, channel)| {
            let begin_ms = at(begin);
            let is_fit = matches!(
                function,
                WindowFunction::Mean | WindowFunction::Count | WindowFunction::First | WindowFunction::Last
            );
            let ends = prop::option::of(
                (-300_i64..900, 0_i64..900)
                    .prop_map(move |(from, length)| (begin_ms + from * TICK_MS, begin_ms + (from + length) * TICK_MS)),
            );
            let least = (select(vec![0.0, 0.5, 0.75]), prop_oneof![3 => Just(0_u32), 1 => 1_u32..20]);
            (any_rows(begin_ms), 0_usize..300, ends, least).prop_map(
                move |(rows, sealed, ends_ms, (coverage_min, valid_min))| Case {
                    rows,
                    sealed,
                    zone: has_zone.then_some(name),
                    width_ms,
                    step_ms: step.unwrap_or(width_ms),
                    ends_ms,
                    coverage_min,
                    valid_min,
                    function,
                    channel: if is_fit { channel } else { 1 },
                },
            )
        },
    )
}

/// Windows around the rows: the time before their first instant, their last instant, and their end as it is shown.
fn all_windows(case: &Case, (from_ms, to_ms): (i64, i64)) -> Vec<(i64, i64, i64)> {
    let zone = match case.zone {
        None => TimeZone::UTC,
        Some("+05:45") => TimeZone::fixed(jiff::tz::Offset::from_seconds(20_700).unwrap()),
        Some(name) => TimeZone::get(name).unwrap(),
    };
    let instant = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap();
    let day_start = |date: jiff::civil::Date| {
        zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().unwrap().as_millisecond()
    };
    let number = |date: jiff::civil::Date| at(&format!("{date}T00:00:00Z")) / DAY_MS;
    let is_days = case.step_ms % DAY_MS == 0;
    let is_end = |ms: i64| {
        let local = zone.to_datetime(instant(ms));
        if is_days {
            return day_start(local.date()) == ms && number(local.date()) % (case.step_ms / DAY_MS) == 0;
        }
        (ms + i64::from(zone.to_offset(instant(ms)).seconds()) * 1_000) % case.step_ms == 0
    };
    let ticks = (from_ms.div_euclid(TICK_MS)..=to_ms.div_euclid(TICK_MS)).map(|tick| tick * TICK_MS);
    let ends: Vec<i64> = ticks.filter(|ms| is_end(*ms)).collect();
    let begin = |place: usize| {
        let end = ends[place];
        if case.zone.is_some() && case.width_ms == case.step_ms {
            return ends[place - 1];
        }
        if case.zone.is_some() && is_days && case.width_ms % DAY_MS == 0 {
            let back = jiff::Span::new().days(case.width_ms / DAY_MS);
            return day_start(zone.to_datetime(instant(end)).date().checked_sub(back).unwrap());
        }
        end - case.width_ms
    };
    // The first instant of a calendar day belongs to it, that of other windows to the one before.
    let back = i64::from(case.zone.is_some() && is_days && case.width_ms % DAY_MS == 0);
    (1..ends.len()).map(|place| (begin(place) - back, ends[place] - back, ends[place])).collect()
}

/// End, valid samples, expected samples and value of each window.
fn naive(case: &Case) -> Vec<(i64, usize, i64, Option<f64>)> {
    let (Some((first, _)), Some((last, _))) = (case.rows.first_key_value(), case.rows.last_key_value()) else {
        return Vec::new();
    };
    let margin = 2 * (case.width_ms + case.step_ms + 2 * DAY_MS);
    let (from, to) = case.ends_ms.unwrap_or((first - margin, i64::MAX));
    let windows = all_windows(case, (from.min(*first) - margin, to.min(last + margin).max(*first)));
    let Some((earliest, ..)) = windows.iter().find(|(.., shown)| *shown >= from) else { return Vec::new() };
    // The windows begin with the first row that the question can see.
    let seen_from = if case.zone.is_some() { *earliest + 1 } else { from + 1 - case.width_ms };
    let Some((seen, _)) = case.rows.range(seen_from..).next().filter(|(time, _)| **time < to) else {
        return Vec::new();
    };
    let asked = |(begin, end, shown): &&(i64, i64, i64)| *shown >= from && end >= seen && *shown < to && begin < last;
    windows.iter().filter(asked).map(|window| answer(case, *window)).collect()
}

fn answer(case: &Case, (begin, end, shown): (i64, i64, i64)) -> (i64, usize, i64, Option<f64>) {
    let values: Vec<f64> =
        case.rows.range(begin + 1..=end).filter_map(|(_, samples)| samples[case.channel].valid()).collect();
    let count = values.len() as f64;
    let expected = ((end - begin) / MINUTE_MS).max(1);
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / count;
    let value = match case.function {
        WindowFunction::Count => return (shown, values.len(), expected, Some(count)),
        WindowFunction::Mean if case.channel == 0 => vector_mean(&values),
        WindowFunction::Mean => Some(mean),
        WindowFunction::Sum => Some(values.iter().sum()),
        WindowFunction::Min => sorted.first().copied(),
        WindowFunction::Max => sorted.last().copied(),
        WindowFunction::First => values.first().copied(),
        WindowFunction::Last => values.last().copied(),
        WindowFunction::StdDev => (values.len() > 1)
            .then(|| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()),
        WindowFunction::Percentile(percent) => (!sorted.is_empty()).then(|| {
            let place = percent / 100.0 * (count - 1.0);
            let below = (0..sorted.len()).rfind(|at| *at as f64 <= place).unwrap();
            let above = (below + 1).min(sorted.len() - 1);
            sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
        }),
        other => panic!("{other:?} has no oracle"),
    };
    let is_covered =
        !values.is_empty() && count / expected as f64 >= case.coverage_min && values.len() >= case.valid_min as usize;
    (shown, values.len(), expected, value.filter(|_| is_covered))
}

/// NaN where the directions cancel each other nearly, so that rounding decides.
fn vector_mean(degrees: &[f64]) -> Option<f64> {
    let sum = |part: fn(f64) -> f64| degrees.iter().map(|one| part(one.to_radians())).sum::<f64>();
    let (sine, cosine) = (sum(f64::sin), sum(f64::cos));
    if degrees.is_empty() {
        return None;
    }
    let is_short = sine.hypot(cosine) < 1e-3 * degrees.len() as f64;
    Some(if is_short { f64::NAN } else { sine.atan2(cosine).to_degrees() })
}

fn is_near(case: &Case, found: Option<f64>, wanted: Option<f64>) -> bool {
    match (found, wanted) {
        (_, Some(wanted)) if wanted.is_nan() => true,
        (Some(found), Some(wanted)) if case.channel == 0 && case.function == WindowFunction::Mean => {
            let gap = (found - wanted).rem_euclid(360.0);
            (0.0..360.0).contains(&found) && gap.min(360.0 - gap) < 1e-3
        }
        (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-6,
        (found, wanted) => found == wanted,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(crate::support::scratch::amount(120)).unwrap()))]

    #[test]
    fn windows_are_those_of_a_plain_look_at_all_samples(case in any_case()) {
        let dir = crate::support::scratch::dir();
        let (db, id) = store(dir.path());
        let mut batch = Batch::new();
        for (place, (ms, samples)) in case.rows.iter().enumerate() {
            if place == case.sealed {
                db.append(&batch).unwrap().all_accepted().unwrap();
                db.seal().unwrap();
                batch = Batch::new();
            }
            batch.push_samples(id, Timestamp::from_ms(*ms), samples.iter().copied());
        }
        db.append(&batch).unwrap().all_accepted().unwrap();
        // The instrument reports every ten minutes and is registered with one: a tenth of the coverage is there at most.
        let case = Case { coverage_min: case.coverage_min / 10.0, ..case };
        let interval = |ms| Interval::from_ms(ms).unwrap();
        let window = Window {
            width: interval(case.width_ms),
            step: interval(case.step_ms),
            coverage_min: case.coverage_min,
            valid_min: case.valid_min,
            zone: case.zone.map(|name| name.parse().unwrap()),
        };
        let at = Timestamp::from_ms;
        let ends = case.ends_ms.map_or(TimeRange::ALL, |(from, to)| TimeRange::new(at(from), at(to)));
        let query = WindowQuery { ends, ..WindowQuery::new((id, case.channel), window, case.function) };
        let wanted = naive(&case);
        let found: Vec<_> = db.readings().windows(&query).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(found.clone(), db.readings().window(&query).unwrap());
        let ends = |ends: &mut dyn Iterator<Item = i64>| ends.map(|ms| at(ms).to_string()).collect::<Vec<_>>();
        prop_assert_eq!(
            ends(&mut found.iter().map(|window| window.end.as_ms())),
            ends(&mut wanted.iter().map(|window| window.0))
        );
        for (found, wanted) in found.iter().zip(wanted) {
            prop_assert_eq!(found.valid as usize, wanted.1, "{:?}", wanted);
            prop_assert!((found.coverage - wanted.1 as f64 / wanted.2 as f64).abs() < 1e-12, "{:?} {:?}", found, wanted);
            prop_assert!(is_near(&case, found.value, wanted.3), "{:?} {:?}", found, wanted);
        }
    }
}
