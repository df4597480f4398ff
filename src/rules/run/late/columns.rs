//! Stored form of the engine's state in checkpoints: columns, so that what many plans have in common takes few bytes.

use super::outages::Outages;
use super::ranges::LateRange;
use crate::base::bytes::runs::{Columns, Lists, number};
use crate::model::Timestamp;
use crate::verdict::Truth;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rows of an optional instant: whether there is one, and which.
fn optional(instant: Option<Timestamp>) -> [i64; 2] {
    [i64::from(instant.is_some()), instant.map_or(0, Timestamp::as_ms)]
}

fn instant(is_some: i64, ms: i64) -> Option<Timestamp> {
    (is_some != 0).then_some(Timestamp::from_ms(ms))
}

const fn code(truth: Truth) -> i64 {
    match truth {
        Truth::False => 0,
        Truth::Unknown => 1,
        Truth::True => 2,
    }
}

const fn truth(code: i64) -> Truth {
    match code {
        0 => Truth::False,
        2 => Truth::True,
        _ => Truth::Unknown,
    }
}

/// Runs of plans with the same instant.
pub(in super::super) mod instants {
    use super::*;

    type Instants = Vec<(u32, Option<Timestamp>)>;

    pub(in super::super::super) fn serialize<S: Serializer>(
        runs: &[(u32, Option<Timestamp>)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let row = |(count, at): &(u32, Option<Timestamp>)| {
            let [is_some, ms] = optional(*at);
            [i64::from(*count), is_some, ms]
        };
        runs.iter().map(row).collect::<Columns<3>>().serialize(to)
    }

    pub(in super::super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Instants, D::Error> {
        let rows = Columns::<3>::deserialize(from)?;
        Ok(rows.rows().map(|[count, is_some, ms]| (number(count), instant(is_some, ms))).collect())
    }
}

/// Plan, member, and an instant.
pub(in super::super) mod members {
    use super::*;

    type Members = Vec<(u32, u32, Timestamp)>;

    pub(in super::super::super) fn serialize<S: Serializer>(
        members: &[(u32, u32, Timestamp)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let row = |(plan, member, at): &(u32, u32, Timestamp)| [i64::from(*plan), i64::from(*member), at.as_ms()];
        members.iter().map(row).collect::<Columns<3>>().serialize(to)
    }

    pub(in super::super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Members, D::Error> {
        let rows = Columns::<3>::deserialize(from)?;
        Ok(rows.rows().map(|[plan, member, ms]| (number(plan), number(member), Timestamp::from_ms(ms))).collect())
    }
}

/// Plan, and a truth for each of its members.
pub(in super::super) mod truths {
    use super::*;

    type Truths = Vec<(u32, Vec<Truth>)>;

    pub(in super::super::super) fn serialize<S: Serializer>(
        plans: &[(u32, Vec<Truth>)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let list = |(plan, truths): &(u32, Vec<Truth>)| {
            ([i64::from(*plan), 0], truths.iter().map(|truth| [code(*truth)]).collect())
        };
        Lists::<1>::of(plans.iter().map(list)).serialize(to)
    }

    pub(in super::super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Truths, D::Error> {
        let lists = Lists::<1>::deserialize(from)?.lists();
        let plan = |([plan, _], rows): ([i64; 2], Vec<[i64; 1]>)| {
            (number(plan), rows.into_iter().map(|[code]| truth(code)).collect())
        };
        Ok(lists.into_iter().map(plan).collect())
    }
}

/// Plan, and its ranges of late instants.
pub(super) mod ranges {
    use super::*;

    type Ranges = Vec<(u32, Vec<LateRange>)>;

    pub(in super::super) fn serialize<S: Serializer>(
        plans: &[(u32, Vec<LateRange>)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let row = |range: &LateRange| {
            let [is_some, upto] = optional(range.upto);
            [range.from.as_ms(), range.to.as_ms(), is_some + 2 * i64::from(range.is_history), upto]
        };
        let list = |(plan, ranges): &(u32, Vec<LateRange>)| ([i64::from(*plan), 0], ranges.iter().map(row).collect());
        Lists::<4>::of(plans.iter().map(list)).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ranges, D::Error> {
        let range = |[from, to, bits, upto]: [i64; 4]| LateRange {
            from: Timestamp::from_ms(from),
            to: Timestamp::from_ms(to),
            upto: instant(bits & 1, upto),
            is_history: bits & 2 != 0,
        };
        let plan = |([plan, _], rows): ([i64; 2], Vec<[i64; 4]>)| (number(plan), rows.into_iter().map(range).collect());
        Ok(Lists::<4>::deserialize(from)?.lists().into_iter().map(plan).collect())
    }
}

/// Plan, and the outages of each of its members.
pub(super) mod outages {
    use super::*;

    type OfPlans = Vec<(u32, Vec<Outages>)>;

    pub(in super::super) fn serialize<S: Serializer>(plans: &[(u32, Vec<Outages>)], to: S) -> Result<S::Ok, S::Error> {
        let members =
            plans.iter().flat_map(|(plan, members)| (0..).zip(members).map(move |one| (i64::from(*plan), one)));
        let row = |(begin, end, clear): (Timestamp, Option<Timestamp>, Truth)| {
            let [is_some, end] = optional(end);
            [begin.as_ms(), is_some, end, code(clear)]
        };
        let list =
            |(plan, (member, outages)): (i64, (i64, &Outages))| ([plan, member], outages.parts().map(row).collect());
        Lists::<4>::of(members.map(list)).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OfPlans, D::Error> {
        let part =
            |[begin, is_some, end, clear]: [i64; 4]| (Timestamp::from_ms(begin), instant(is_some, end), truth(clear));
        let mut plans = OfPlans::new();
        for ([plan, _], rows) in Lists::<4>::deserialize(from)?.lists() {
            let outages = Outages::of_parts(rows.into_iter().map(part));
            match plans.last_mut().filter(|(last, _)| i64::from(*last) == plan) {
                Some((_, members)) => members.push(outages),
                None => plans.push((number(plan), vec![outages])),
            }
        }
        Ok(plans)
    }
}
