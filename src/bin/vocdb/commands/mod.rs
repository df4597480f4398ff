//! The subcommands, a file each.

mod alarms;
mod attainment;
mod audit;
mod backup;
mod compact;
mod completions;
mod delete;
mod dump;
mod evidence;
mod hj212;
mod import;
mod incident;
mod inspect;
mod odour;
mod profiles;
mod quality;
mod query;
mod repair;
mod report;
mod restore;
mod rules;
mod stations;
mod tracing;
mod verify;

use crate::failure::Failure;
use crate::output::Output;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(import::Import),
    Profiles(profiles::Profiles),
    Query(query::Query),
    Inspect(inspect::Inspect),
    Alarms(alarms::Alarms),
    Incident(incident::Incident),
    Report(report::ReportOf),
    Odour(odour::Odour),
    Attainment(attainment::AttainmentOf),
    Audit(audit::Audit),
    Verify(verify::Verify),
    Compact(compact::Compact),
    Backup(backup::Backup),
    Dump(dump::Dump),
    Restore(restore::Restore),
    Delete(delete::Delete),
    Quality(quality::Quality),
    Repair(repair::Repair),
    Stations(stations::Stations),
    Hj212(hj212::Hj212),
    Locate(tracing::Locate),
    Trace(tracing::Trace),
    Cpf(evidence::Cpf),
    Outages(evidence::Outages),
    Rules(rules::Rules),
    Completions(completions::Completions),
}

impl Command {
    pub(crate) fn run(&self, output: &mut Output, command_line: fn() -> clap::Command) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(output),
            Self::Profiles(profiles) => profiles.run(output),
            Self::Query(query) => query.run(output),
            Self::Inspect(inspect) => inspect.run(output),
            Self::Alarms(alarms) => alarms.run(output),
            Self::Incident(incident) => incident.run(output),
            Self::Report(report) => report.run(output),
            Self::Odour(odour) => odour.run(output),
            Self::Attainment(attainment) => attainment.run(output),
            Self::Audit(audit) => audit.run(output),
            Self::Verify(verify) => verify.run(output),
            Self::Compact(compact) => compact.run(output),
            Self::Backup(backup) => backup.run(output),
            Self::Dump(dump) => dump.run(output),
            Self::Restore(restore) => restore.run(output),
            Self::Delete(delete) => delete.run(output),
            Self::Quality(quality) => quality.run(output),
            Self::Repair(repair) => repair.run(output),
            Self::Stations(stations) => stations.run(output),
            Self::Hj212(hj212) => hj212.run(output),
            Self::Locate(locate) => locate.run(output),
            Self::Trace(trace) => trace.run(output),
            Self::Cpf(cpf) => cpf.run(output),
            Self::Outages(outages) => outages.run(output),
            Self::Rules(rules) => rules.run(output),
            Self::Completions(completions) => completions.run(command_line(), output),
        }
    }
}
