//! `vocdb rules unload`: takes the rule set out of force, without running it.

use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;

/// Take the rule set of a store out of force, without running it: no alarm opens any more
///
/// For a rule set that does not compile, or that keeps the store from opening. Open alarms close, with that reason in the ledger. Rules run
/// again once `vocdb rules load` puts some in force. The store must not be open elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Unload {
    /// The store's folder
    store: PathBuf,
    /// Who unloads it
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    by: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    why: String,
}

/// What is out of force.
#[derive(Serialize)]
struct Unloaded {
    store: String,
    rule_set: String,
    alarms_closed: usize,
    by: String,
    why: String,
}

impl Unload {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::open_without_rules(&self.store)?;
        let none = || Failure::Says(format!("no rule set is in force in `{}`", Line(self.store.display())));
        let rule_set = db.rule_set().ok_or_else(none)?;
        let open_before = db.alarms().len();
        db.switch_rules_off(&self.by, &self.why).map_err(Failure::from_error)?;
        let unloaded = Unloaded {
            store: self.store.display().to_string(),
            rule_set: rule_set.hash.to_string(),
            alarms_closed: open_before - db.alarms().len(),
            by: self.by.clone(),
            why: self.why.clone(),
        };
        db.close().map_err(Failure::from_error)?;
        output.either(&unloaded, || {
            let Unloaded { store, rule_set, alarms_closed, .. } = &unloaded;
            let store = Line(store);
            format!("{store}: rule set {rule_set} is out of force, {alarms_closed} alarms closed; NO RULE RUNS until `vocdb rules load`\n")
        })
    }
}
