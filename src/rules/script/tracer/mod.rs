//! What a run of one rule file leaves behind: its alarms and its mistakes.

mod contacts;

use super::bounds::operations_of;
use super::draft::SharedAlarm;
use super::text::{Chunk, Source};
use crate::base::limits::{PLAN_NODES_MAX, RULE_OPERATIONS_MAX, RULE_SET_OPERATIONS_MAX};
use crate::rules::diagnostic::Diagnostic;
use crate::verdict::Place;
pub(super) use contacts::Contacts;
use parking_lot::Mutex;
use rhai::{AST, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Mistakes of one file that are listed; a loop may make the same one very often.
const DIAGNOSTICS_PER_FILE_MAX: usize = 1_000;
/// Contacts of one file that are looked up; a loop may make up very many.
const CONTACTS_PER_FILE_MAX: usize = 2_000;
/// Bytes that one function takes in the table of those that a closure may call, about.
const FUNCTION_BYTES: usize = 512;
/// Bytes of one text within a message.
const MESSAGE_BYTES_MAX: usize = 600;
/// What one mistake counts for among the operations of a file, because its message takes time.
const MISTAKE_OPERATIONS: u64 = 400;
/// Expression nodes that one file may build: three hundred of the largest rules.
const NODES_PER_FILE_MAX: usize = 300 * PLAN_NODES_MAX;
/// Expression nodes that the files of one set may build.
const NODES_PER_SET_MAX: usize = 4 * NODES_PER_FILE_MAX;
/// Bytes of one constant or exported value: each time that it is read it is copied, and nothing counts how often.
pub(super) const CONSTANT_BYTES_MAX: usize = 16 << 10;
/// Bytes of the values that the files of one set export.
pub(super) const EXPORTS_BYTES_MAX: usize = 8 << 20;
/// The source name of functions, whose positions count from the beginning of the file.
pub(super) const FUNCTIONS: &str = "functions";
/// The source name of statements, whose positions count from their own beginning.
pub(super) const STATEMENT: &str = "statement";

/// Why an operation gave no value.
#[derive(Debug)]
pub(super) enum Fault {
    /// Because of a mistake that is on the list already.
    Silent,
    /// Because of this.
    Said(Diagnostic),
    /// Because the script has built too much: it must end.
    Exhausted,
}

/// A value, or why there is none.
pub(super) type Outcome<T> = Result<T, Fault>;

/// A mistake.
pub(super) fn mistake(place: Place, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic { place, message: shortened(message.into()), help: shortened(help.into()), is_warning: false }
}

/// A message that repeats a long text of the file is cut.
fn shortened(mut text: String) -> String {
    if text.len() > MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
        text.push_str("..");
    }
    text
}

/// A mistake as the reason why there is no value.
pub(super) fn fault<T>(place: Place, message: impl Into<String>, help: impl Into<String>) -> Outcome<T> {
    Err(Fault::Said(mistake(place, message, help)))
}

/// Collects what one file's run leaves behind. Shared by all functions of the file's engine.
pub(super) struct Tracer {
    /// The file.
    pub(super) source: Source,
    /// Its functions as Rhai reads them.
    pub(super) functions: Chunk,
    state: Mutex<State>,
    operations: AtomicU64,
    budget: Arc<Budget>,
}

/// What all files of a rule set may do together.
#[derive(Default)]
pub(super) struct Budget {
    operations: AtomicU64,
    nodes: AtomicUsize,
    exported: AtomicUsize,
}

impl Budget {
    /// Operations so far.
    #[cfg(test)]
    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Accounts for what a file exports, which stays in memory until all files have run; false where it is too much.
    pub(super) fn may_export(&self, bytes: usize) -> bool {
        self.exported.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= EXPORTS_BYTES_MAX
    }

    /// Whether nothing more may be done.
    pub(super) fn is_spent(&self) -> bool {
        self.operations.load(Ordering::Relaxed) >= RULE_SET_OPERATIONS_MAX
            || self.nodes.load(Ordering::Relaxed) > NODES_PER_SET_MAX
    }
}

#[derive(Default)]
struct State {
    diagnostics: BTreeMap<(Place, String), Diagnostic>,
    alarms: Vec<SharedAlarm>,
    /// The contacts that it names, and where.
    contacts: BTreeSet<(Place, String)>,
    statement: (usize, Chunk),
    /// The functions of the file, and the closures of the statement that runs.
    functions: AST,
    closures: AST,
    /// Both.
    merged: Option<Arc<AST>>,
    nodes: usize,
}

impl Tracer {
    /// A tracer for a file whose functions are `functions`, in a set that has so much left to do.
    pub(super) fn new(source: Source, functions: Chunk, budget: Arc<Budget>) -> Self {
        Self { source, functions, state: Mutex::new(State::default()), operations: AtomicU64::new(0), budget }
    }

    /// Goes on with a statement, given by its number.
    pub(super) fn begin(&self, number: usize, chunk: Chunk) {
        self.state.lock().statement = (number, chunk);
    }

    /// Notes the functions of the file.
    pub(super) fn define(&self, functions: AST) {
        let mut state = self.state.lock();
        (state.functions, state.merged) = (functions, None);
    }

    /// Notes the closures of the statement that runs.
    pub(super) fn enclose(&self, closures: AST) {
        let mut state = self.state.lock();
        (state.closures, state.merged) = (closures, None);
    }

    /// All functions that a closure of the running statement may call, shared by all closures of the statement.
    pub(super) fn script_functions(&self) -> Arc<AST> {
        let mut state = self.state.lock();
        let State { functions, closures, merged, .. } = &mut *state;
        Arc::clone(merged.get_or_insert_with(|| {
            let all = functions.merge(closures);
            self.charge(all.iter_functions().count().saturating_mul(FUNCTION_BYTES));
            Arc::new(all)
        }))
    }

    /// The number of the statement that runs.
    pub(super) fn statement(&self) -> usize {
        self.state.lock().statement.0
    }

    /// Puts a mistake on the list, unless it is there already.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.count(MISTAKE_OPERATIONS);
        let mut state = self.state.lock();
        if state.diagnostics.len() < DIAGNOSTICS_PER_FILE_MAX {
            state.diagnostics.insert((diagnostic.place.clone(), diagnostic.message.clone()), diagnostic);
        }
    }

    /// Puts an alarm on the list.
    pub(super) fn register(&self, alarm: SharedAlarm) {
        self.state.lock().alarms.push(alarm);
    }

    /// How many alarms there are.
    pub(super) fn alarm_count(&self) -> usize {
        self.state.lock().alarms.len()
    }

    /// Notes that a contact is named at a place.
    pub(super) fn name_contact(&self, place: Place, name: &str) {
        let mut state = self.state.lock();
        if state.contacts.len() < CONTACTS_PER_FILE_MAX {
            state.contacts.insert((place, name.to_owned()));
        }
    }

    /// The contacts that were named.
    pub(super) fn take_contacts(&self) -> BTreeSet<(Place, String)> {
        std::mem::take(&mut self.state.lock().contacts)
    }

    /// Everything found: alarms and mistakes.
    pub(super) fn take(&self) -> (Vec<SharedAlarm>, Vec<Diagnostic>) {
        let mut state = self.state.lock();
        (std::mem::take(&mut state.alarms), std::mem::take(&mut state.diagnostics).into_values().collect())
    }

    /// The place of a position that Rhai gave, and the token there.
    pub(super) fn locate(&self, source: Option<&str>, position: Position) -> (Place, Option<usize>) {
        if source == Some(FUNCTIONS) {
            return self.source.locate(&self.functions, position);
        }
        let state = self.state.lock();
        self.source.locate(&state.statement.1, position)
    }

    /// The first token that reads a variable, in the running statement or in the functions.
    pub(super) fn first_use(&self, name: &str, in_function: bool) -> Option<usize> {
        if in_function {
            return self.source.functions().find_map(|statement| self.source.first_use(statement, name));
        }
        let statement = self.source.statements().get(self.statement())?;
        self.source.first_use(statement, name)
    }

    /// Accounts for an expression of so many nodes.
    pub(super) fn spend(&self, nodes: usize) -> Outcome<()> {
        let mut state = self.state.lock();
        state.nodes = state.nodes.saturating_add(nodes);
        let of_set = self.budget.nodes.fetch_add(nodes, Ordering::Relaxed).saturating_add(nodes);
        if state.nodes > NODES_PER_FILE_MAX || of_set > NODES_PER_SET_MAX { Err(Fault::Exhausted) } else { Ok(()) }
    }

    /// Counts one operation; false once the file has had as many as it may. Rhai's own count leaves out what closures do that functions of
    /// lists call.
    pub(super) fn count_operation(&self) -> bool {
        self.count(1) < RULE_OPERATIONS_MAX && !self.is_set_exhausted()
    }

    /// Counts the operations that so many bytes stand for.
    pub(super) fn charge(&self, bytes: usize) {
        let operations = operations_of(bytes);
        if operations > 0 {
            self.count(operations);
        }
    }

    /// Counts operations; gives how many there were before.
    fn count(&self, operations: u64) -> u64 {
        self.budget.operations.fetch_add(operations, Ordering::Relaxed);
        self.operations.fetch_add(operations, Ordering::Relaxed)
    }

    /// Whether the file, or its set, has had as many operations as it may.
    pub(super) fn is_exhausted(&self) -> bool {
        self.operations.load(Ordering::Relaxed) >= RULE_OPERATIONS_MAX || self.is_set_exhausted()
    }

    /// Whether its set has had as many operations as it may.
    pub(super) fn is_set_exhausted(&self) -> bool {
        self.budget.is_spent()
    }
}
