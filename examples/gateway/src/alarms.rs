//! Alarms of the rules: webhooks that notify people, and lines in the log.

use crate::config::Webhook as Entry;
use crate::log;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocdb::alarm::event::Timing;
use vocdb::interop::webhook::Webhook;
use vocdb::{AlarmEvent, Database};

/// Connects the webhooks of a configuration. Their secrets come from the environment.
pub(crate) fn connect(webhooks: &BTreeMap<String, Entry>, db: &Database) -> Result<(), String> {
    for (channel, Entry { url, secret_env }) in webhooks {
        let says = |error: &dyn std::fmt::Display| format!("[webhooks] {channel}: {error}");
        let secret = std::env::var(secret_env)
            .map_err(|_| says(&format!("the environment variable `{secret_env}` with its secret is not set")))?;
        let webhook = Webhook::new(url, &secret).map_err(|error| says(&error))?;
        db.connect(channel, Arc::new(webhook)).map_err(|error| says(&error))?;
    }
    Ok(())
}

/// Writes openings and closings to the log, until the store is closed.
pub(crate) fn watch(db: &Database) -> std::io::Result<()> {
    let events = db.subscribe();
    let watcher = move || {
        for event in &events {
            match event {
                AlarmEvent::Opened(opened) if matches!(opened.timing, Timing::History | Timing::Backfill) => {
                    log::line(&format!("alarm {} recorded as history: {}", opened.alarm, opened.title));
                }
                AlarmEvent::Opened(opened) => log::line(&format!("alarm {} opened: {}", opened.alarm, opened.title)),
                AlarmEvent::PriorityChanged(change) => {
                    let how = if change.is_rise() { "raised" } else { "fell" };
                    log::line(&format!("alarm {} {how} from {} to {}", change.alarm, change.from, change.to));
                }
                AlarmEvent::Closed(closed) => log::line(&format!("alarm {} closed", closed.alarm)),
                _ => {}
            }
        }
    };
    std::thread::Builder::new().name("alarms".to_owned()).spawn(watcher).map(drop)
}
