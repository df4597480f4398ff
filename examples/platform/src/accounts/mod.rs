//! People: a file of accounts with their roles and the hashes of their passwords and tokens, and the log of its changes.

mod change;
mod log;
mod password;
mod role;

pub use change::Change;
pub use log::{Entry, Log};
pub use password::{hash_password, is_password, random_token, token_digest};
pub use role::{Right, Role};

use crate::files::replace;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::Timestamp;

/// Author of changes on the command line.
const COMMAND_LINE: &str = "command line";

/// Why accounts cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file cannot be read or written.
    #[error("accounts file `{}`: {source}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a list of accounts.
    #[error("accounts file `{}`: {source}", path.display())]
    Content {
        /// Path of the file.
        path: PathBuf,
        /// Place and cause.
        source: serde_json::Error,
    },
    /// The password is too short or too long.
    #[error("the password must have at least 10 characters and at most 256 bytes")]
    Password,
    /// The name cannot be used.
    #[error("the name must have 1 to 64 visible characters")]
    Name,
    /// An account has this name.
    #[error("account `{0}` exists: remove it first")]
    Exists(String),
    /// No account has this name.
    #[error("no account is named `{0}`: add it first")]
    Unknown(String),
    /// The account is the only one that can manage accounts.
    #[error("`{0}` is the only administrator: make another account an administrator first")]
    LastAdministrator(String),
    /// There are as many accounts as there may be.
    #[error("there are {0} accounts: remove one first")]
    TooMany(usize),
    /// The password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Name, which the ledger records as the author of what its owner does.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Argon2id hash of the password.
    pub password: String,
    /// SHA-256 of the token for programs, if one was issued.
    #[serde(default)]
    pub token: Option<String>,
    /// Whether an administrator has seen the password: its owner chooses another one before anything else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_password_temporary: bool,
}

/// The accounts of a file, as they were read last.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    log: Log,
    by_name: RwLock<Arc<BTreeMap<String, Account>>>,
}

impl Accounts {
    /// Reads a file of accounts; a missing file has none.
    ///
    /// # Errors
    /// [`AccountError::File`] and [`AccountError::Content`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let log = Log::new(path.with_file_name(format!("{name}.log")));
        let accounts = Self { path: path.to_owned(), log, by_name: RwLock::default() };
        accounts.reload()?;
        Ok(accounts)
    }

    /// Reads the file again: what `accounts add` and `accounts remove` changed holds from then on.
    ///
    /// # Errors
    /// As [`Accounts::open`]; the accounts stay as they were.
    pub fn reload(&self) -> Result<(), AccountError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "[]".to_owned(),
            Err(source) => return Err(AccountError::File { path: self.path.clone(), source }),
        };
        let read: Result<Vec<Account>, _> = serde_json::from_str(&text);
        let list = read.map_err(|source| AccountError::Content { path: self.path.clone(), source })?;
        *self.by_name.write() = Arc::new(list.into_iter().map(|account| (account.name.clone(), account)).collect());
        Ok(())
    }

    /// All accounts, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Account> {
        self.by_name.read().values().cloned().collect()
    }

    /// The account of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Account> {
        self.by_name.read().get(name).cloned()
    }

    /// The account to which a token was issued.
    #[must_use]
    pub fn of_token(&self, token: &str) -> Option<Account> {
        let digest = token_digest(token);
        self.by_name.read().values().find(|account| account.token.as_ref() == Some(&digest)).cloned()
    }

    /// Changes accounts, in the name of a person.
    #[must_use]
    pub const fn change<'a>(&'a self, by: &'a str, reason: &'a str, at: Timestamp) -> Change<'a> {
        Change { accounts: self, by, reason, at }
    }

    /// The log of administration, beside the file.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Adds an account, from the command line.
    ///
    /// # Errors
    /// [`AccountError`] with the cause; the file is unchanged then.
    pub fn add(&self, name: &str, role: Role, password: &str) -> Result<(), AccountError> {
        self.on_command_line().add(name, role, password)
    }

    /// Removes an account, from the command line. Its sessions end.
    ///
    /// # Errors
    /// As [`Change::remove`].
    pub fn remove(&self, name: &str) -> Result<(), AccountError> {
        self.on_command_line().remove(name)
    }

    /// Issues a token for programs, from the command line, and returns it. The token before it is void.
    ///
    /// # Errors
    /// As [`Change::issue_token`].
    pub fn issue_token(&self, name: &str) -> Result<String, AccountError> {
        self.on_command_line().issue_token(name)
    }

    fn on_command_line(&self) -> Change<'_> {
        self.change(COMMAND_LINE, "", Timestamp::now())
    }

    /// Writes the file, and reads it again.
    fn write(&self, list: &[Account]) -> Result<(), AccountError> {
        let text = serde_json::to_string_pretty(list)
            .map_err(|source| AccountError::Content { path: self.path.clone(), source })?;
        let failed = |source| AccountError::File { path: self.path.clone(), source };
        replace(&self.path, text.as_bytes()).map_err(failed)?;
        self.reload()
    }
}
