//! `vocdb rules unload`: takes the rule set out of force without running it.

use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};

/// Take the rule set of a store out of force without running it; no alarm opens afterwards
///
/// Use it for a rule set that does not compile or keeps the store from opening. Open alarms close, and the ledger records the reason. Rules
/// run again after `vocdb rules load`. The store must not be open elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Unload {
    /// Folder of the store
    store: PathBuf,
    /// Author of the change
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long = "reason", alias = "why", value_name = "WHY", value_parser = values::line)]
    why: String,
}

/// The rule set that was taken out of force.
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
        let none =
            || Failure::Says(format!("no rule set is in force in `{}`; nothing to unload", Line(self.store.display())));
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
            let closed = counted(*alarms_closed, "alarm");
            format!(
                "{store}: rule set {rule_set} is out of force, {closed} closed; NO RULE RUNS until `vocdb rules load`\n"
            )
        })
    }
}
