//! Whether a rule clears on the right side of where it trips.

mod steps;

use super::channels::mistake;
use crate::model::Unit;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Comparison, Rule};
use crate::rules::getter::number_text;
use crate::rules::plan::{Member, Node, Program, WindowSpec};

pub(super) use steps::{check_order, check_strictness};

/// Ways in which a condition can hold that are looked at; one with more is not looked into.
const WAYS_MAX: usize = 64;

/// A comparison of something with a number.
#[derive(Clone)]
struct Limit {
    measured: Vec<Node>,
    is_above: bool,
    number: f64,
}

/// The mistake of a rule that clears where it still trips, and the warning about one that clears right where it trips after a while.
///
/// Both conditions are taken as what they are any of, each of that needing all of some limits. The rule is wrong if one way to trip and one
/// way to clear hold at once as far as limits on the same thing can tell; what is no limit on a measurement is left out of account.
pub(super) fn check(rule: &Rule, member: &Member) -> Option<Diagnostic> {
    let clear = member.clear.as_ref()?;
    let hold_ms = rule.clear_when.as_ref().map_or(0, |(_, hold_ms)| *hold_ms);
    let (trips, clears) = (ways(&member.when), ways(clear));
    let pairs = || trips.iter().flat_map(|trip| clears.iter().map(move |clear| (trip, clear)));
    let meetings = || pairs().filter_map(|(trip, clear)| meeting(trip, clear, &member.windows));
    let worst = meetings().find(|one| one.overlaps || hold_ms == 0).or_else(|| meetings().next())?;
    let side = if worst.is_above { "below" } else { "above" };
    let [clear, trip] = [worst.clear, worst.trip].map(|number| format!("{}{}", number_text(number), worst.unit));
    let place = &rule.places.clear_when;
    if worst.is_one_sided {
        let (side, other) = if worst.is_above { ("above", "below") } else { ("below", "above") };
        let message = format!("the alarm clears {side} {clear}, and it trips {side} {trip}: it clears while it trips");
        return Some(mistake(place, message, format!("reverse the clear condition, with a number {other} {trip}")));
    }
    if worst.overlaps || hold_ms == 0 {
        let message = format!("the alarm clears at {clear}, which is not {side} the {trip} at which it trips");
        let help = format!("write a number {side} {trip}, so that it does not close and open again at once");
        return Some(mistake(place, message, help));
    }
    let message = format!("the alarm clears at the {trip} at which it trips, and only its clear time keeps them apart");
    let help = format!("write a number {side} {trip}, so that it does not chatter");
    Some(Diagnostic { is_warning: true, ..mistake(place, message, help) })
}

impl Limit {
    /// The limit in words: `avg(benzene, 10 min) above 30 ppb`.
    fn words(&self, windows: &[WindowSpec]) -> String {
        let side = if self.is_above { "above" } else { "below" };
        let spec = match self.measured.as_slice() {
            [Node::Window(slot)] => windows.get(usize::from(*slot)),
            _ => None,
        };
        let (label, unit) = spec.map_or(("a value", ""), |spec| (spec.label.as_str(), spec.unit.as_str()));
        let unit = if unit == Unit::One.symbol() { "" } else { unit };
        format!("`{label}` {side} {} {unit}", number_text(self.number)).trim_end().to_owned()
    }
}

/// Where a way to trip and a way to clear meet: limits of both on one thing, on different sides of it.
struct Meeting {
    is_above: bool,
    trip: f64,
    clear: f64,
    /// Whether there is room between the two for values at which both hold.
    overlaps: bool,
    /// Whether both lie on one side of their numbers.
    is_one_sided: bool,
    /// The unit of both numbers, behind a space, where it is known.
    unit: String,
}

/// Two limits of which every way to trip needs both, and which exclude each other; `None` where the condition can hold as far as that shows.
pub(super) fn contradiction(member: &Member) -> Option<(String, String)> {
    let mut first = None;
    for way in ways(&member.when) {
        let excludes = |above: &&Limit, below: &&Limit| {
            let is_apart = above.is_above && !below.is_above && below.number < above.number;
            is_apart && is_same(&above.measured, &below.measured, &member.windows)
        };
        let pair = way.iter().find_map(|above| Some((above, way.iter().find(|below| excludes(&above, below))?)));
        let (above, below) = pair?;
        first.get_or_insert_with(|| (above.words(&member.windows), below.words(&member.windows)));
    }
    first
}

/// Where both can hold at once, or nearly so; `None` where some limits keep them apart, and where they look at different things.
fn meeting(trip: &[Limit], clear: &[Limit], windows: &[WindowSpec]) -> Option<Meeting> {
    let mut met: Option<Meeting> = None;
    for one in trip {
        let is_like =
            |other: &&Limit| other.is_above != one.is_above && is_same(&one.measured, &other.measured, windows);
        for other in clear.iter().filter(is_like) {
            let beyond = if one.is_above { other.number - one.number } else { one.number - other.number };
            if beyond < 0.0 {
                return None;
            }
            let overlaps = beyond > 0.0 && met.as_ref().is_none_or(|met| met.overlaps);
            if met.is_none() || !overlaps {
                met = Some(Meeting::of(one, other, overlaps, windows));
            }
        }
    }
    met.or_else(|| one_sided(trip, clear, windows))
}

/// Where a way to clear asks of nothing but what the way to trip asks of too, and on the same side.
fn one_sided(trip: &[Limit], clear: &[Limit], windows: &[WindowSpec]) -> Option<Meeting> {
    let like = |other: &Limit| {
        trip.iter().find(|one| one.is_above == other.is_above && is_same(&one.measured, &other.measured, windows))
    };
    let first = clear.first()?;
    let met = Meeting::of(like(first)?, first, true, windows);
    clear.iter().all(|other| like(other).is_some()).then_some(Meeting { is_one_sided: true, ..met })
}

impl Meeting {
    fn of(trip: &Limit, clear: &Limit, overlaps: bool, windows: &[WindowSpec]) -> Self {
        let unit = match trip.measured.as_slice() {
            [Node::Window(slot)] => windows.get(usize::from(*slot)).map_or("", |spec| spec.unit.as_str()),
            _ => "",
        };
        let unit = if unit.is_empty() || unit == Unit::One.symbol() { String::new() } else { format!(" {unit}") };
        Self { is_above: trip.is_above, trip: trip.number, clear: clear.number, overlaps, is_one_sided: false, unit }
    }
}

/// The ways in which a condition can hold, as limits each of which that way needs; none where there are too many. A `not` of a `not` is not
/// looked into: who writes that wishes it so.
fn ways(program: &Program) -> Vec<Vec<Limit>> {
    let mut before = None;
    let (mut numbers, mut truths) = (Vec::<Vec<Node>>::new(), Vec::<Vec<Vec<Limit>>>::new());
    for node in &program.0 {
        match node {
            Node::Number(_) | Node::Window(_) | Node::Counted(_) | Node::Spread(_) => numbers.push(vec![*node]),
            Node::Arithmetic(_) => join(&mut numbers, 2, *node),
            Node::Mean(count, _) => join(&mut numbers, usize::from(*count), *node),
            Node::Compare(comparison) => {
                let (right, left) = (numbers.pop().unwrap_or_default(), numbers.pop().unwrap_or_default());
                truths.push(vec![limit(left, *comparison, right).into_iter().collect()]);
            }
            Node::And | Node::Or => {
                let (right, left) = (truths.pop().unwrap_or_default(), truths.pop().unwrap_or_default());
                truths.push(if *node == Node::And { all_of(&left, &right) } else { any_of(left, right) });
            }
            Node::Not => {
                let inner = truths.pop().unwrap_or_default();
                truths.push(if before == Some(Node::Not) { vec![Vec::new()] } else { none_of(&inner) });
            }
            Node::Holds(_) | Node::Hours(_) => truths.push(vec![Vec::new()]),
            Node::Script(_) => {
                numbers.clear();
                truths.push(vec![Vec::new()]);
            }
        }
        before = Some(*node);
    }
    truths.pop().unwrap_or_default()
}

fn all_of(left: &[Vec<Limit>], right: &[Vec<Limit>]) -> Vec<Vec<Limit>> {
    if left.len().saturating_mul(right.len()) > WAYS_MAX {
        return vec![Vec::new()];
    }
    let both = |a: &Vec<Limit>, b: &Vec<Limit>| a.iter().chain(b).cloned().collect();
    left.iter().flat_map(|a| right.iter().map(move |b| both(a, b))).collect()
}

/// The ways in which none of these holds: of each, one of its limits does not.
fn none_of(ways: &[Vec<Limit>]) -> Vec<Vec<Limit>> {
    let against = |limit: &Limit| vec![Limit { is_above: !limit.is_above, ..limit.clone() }];
    let broken = |way: &Vec<Limit>| if way.is_empty() { vec![Vec::new()] } else { way.iter().map(against).collect() };
    ways.iter().map(broken).reduce(|left, right| all_of(&left, &right)).unwrap_or_default()
}

fn any_of(mut left: Vec<Vec<Limit>>, right: Vec<Vec<Limit>>) -> Vec<Vec<Limit>> {
    left.extend(right);
    if left.len() > WAYS_MAX { vec![Vec::new()] } else { left }
}

fn join(numbers: &mut Vec<Vec<Node>>, count: usize, node: Node) {
    let from = numbers.len().saturating_sub(count);
    let mut joined: Vec<Node> = numbers.drain(from..).flatten().collect();
    joined.push(node);
    numbers.push(joined);
}

fn limit(left: Vec<Node>, comparison: Comparison, right: Vec<Node>) -> Option<Limit> {
    let is_greater = match comparison {
        Comparison::Greater | Comparison::GreaterOrEqual => true,
        Comparison::Less | Comparison::LessOrEqual => false,
        Comparison::Equal | Comparison::NotEqual => return None,
    };
    match (left.as_slice(), right.as_slice()) {
        ([Node::Number(_)], [Node::Number(_)]) => None,
        // Counts are whole: not three of them is two, and no measurement chatters around that.
        ([Node::Counted(_)], _) => None,
        (_, [Node::Number(number)]) => Some(Limit { number: *number, measured: left, is_above: is_greater }),
        ([Node::Number(number)], _) => Some(Limit { number: *number, measured: right, is_above: !is_greater }),
        _ => None,
    }
}

/// Whether two programs measure the same, whatever coverage either asks for.
fn is_same(left: &[Node], right: &[Node], windows: &[WindowSpec]) -> bool {
    let look = |node: &Node| match node {
        Node::Window(slot) => {
            windows.get(usize::from(*slot)).map(|spec| WindowSpec { coverage_min: 0.0, samples_min: 0, ..spec.clone() })
        }
        _ => None,
    };
    let same = |(a, b): (&Node, &Node)| a == b || look(a).is_some_and(|look_a| look(b) == Some(look_a));
    left.len() == right.len() && left.iter().zip(right).all(same)
}
