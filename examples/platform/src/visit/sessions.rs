//! Sessions, in memory: a restart ends them all.

use crate::accounts::{Account, AccountError, random_token, token_digest};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Age at which a session ends: a shift and its handover.
const AGE_MAX_MS: i64 = 12 * 3_600_000;
/// Sessions at a time; the oldest makes room.
const SESSIONS_MAX: usize = 10_000;

/// One session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Name of the account.
    pub(crate) name: String,
    /// Token of its forms.
    pub(crate) form_token: String,
    /// Hash of the password that it began with: another password ends it, and so does another account of the name.
    password: String,
    begun_ms: i64,
}

/// All sessions, by the digests of their tokens.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<String, Session>>);

impl Sessions {
    /// Begins a session of an account, and returns its token.
    pub(crate) fn begin(&self, account: &Account, now_ms: i64) -> Result<String, AccountError> {
        let token = random_token()?;
        let (name, password) = (account.name.clone(), account.password.clone());
        let session = Session { name, form_token: random_token()?, password, begun_ms: now_ms };
        let mut sessions = self.0.lock();
        sessions.retain(|_, session| session.is_current(now_ms));
        if sessions.len() >= SESSIONS_MAX {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.begun_ms).map(|(key, _)| key.clone());
            oldest.and_then(|key| sessions.remove(&key));
        }
        sessions.insert(token_digest(&token), session);
        Ok(token)
    }

    /// The session of a token.
    pub(crate) fn get(&self, token: &str, now_ms: i64) -> Option<Session> {
        let session = self.0.lock().get(&token_digest(token)).cloned();
        session.filter(|session| session.is_current(now_ms))
    }

    /// Number of sessions that have not ended, as far as it is known.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// Ends a session.
    pub(crate) fn end(&self, token: &str) {
        self.0.lock().remove(&token_digest(token));
    }
}

impl Session {
    /// Whether it is a session of the account as it is.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        self.name == account.name && self.password == account.password
    }

    fn is_current(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.begun_ms) < AGE_MAX_MS
    }
}
