//! Spans, as a subscriber of this thread sees them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Every span by name: how often, and what its field said last; and which span was open around it first.
#[derive(Debug, Default)]
struct Seen {
    spans: BTreeMap<&'static str, (u64, Option<u64>)>,
    names: Vec<&'static str>,
    open: Vec<&'static str>,
    parents: BTreeMap<&'static str, Option<&'static str>>,
}

struct Watcher(Arc<Mutex<Seen>>);

struct Amount(Option<u64>);

impl Visit for Amount {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        self.0 = format!("{value:?}").parse().ok();
    }
}

impl Subscriber for Watcher {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "vocdb"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let (mut seen, mut amount) = (self.0.lock().unwrap(), Amount(None));
        span.record(&mut amount);
        let name = span.metadata().name();
        let around = seen.open.last().copied();
        seen.parents.entry(name).or_insert(around);
        let of_name = seen.spans.entry(name).or_default();
        *of_name = (of_name.0 + 1, amount.0);
        seen.names.push(name);
        Id::from_u64(seen.names.len() as u64)
    }

    fn enter(&self, span: &Id) {
        let mut seen = self.0.lock().unwrap();
        let name = seen.names[usize::try_from(span.into_u64()).unwrap() - 1];
        seen.open.push(name);
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().open.pop();
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
}

#[test]
fn every_kind_of_work_has_its_span_and_its_place() {
    let dir = crate::support::scratch::dir();
    let seen = Arc::new(Mutex::new(Seen::default()));
    // A second subscriber, or `tracing` would let other tests' threads, which have none, say that nobody is interested.
    let _other = tracing::Dispatch::new(Watcher(Arc::default()));
    tracing::subscriber::with_default(Watcher(Arc::clone(&seen)), || drop(super::live(dir.path())));
    let seen = seen.lock().unwrap();
    assert!(seen.open.is_empty(), "every span ends: {:?}", seen.open);
    let count = |name| seen.spans.get(name).copied().unwrap_or_default();
    assert_eq!(count("open"), (2, None));
    assert_eq!(count("append"), (6, Some(1)), "the last had one frame");
    assert_eq!(count("seal").0, 2);
    assert_eq!(count("compaction"), (1, Some(1)), "one plan");
    assert_eq!(count("recovery").0, 2);
    assert!(count("rules").0 >= 6 && count("sync").0 >= 5 && count("delivery").0 >= 6, "{seen:?}");
    let around = |name| seen.parents.get(name).copied().flatten();
    assert_eq!((around("recovery"), around("rules"), around("append")), (Some("open"), Some("append"), None));
}
