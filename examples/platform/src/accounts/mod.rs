//! People: a file of accounts with their roles and the hashes of their passwords and tokens.

mod password;
mod role;

pub use password::{hash_password, is_password, random_token, token_digest};
pub use role::{Right, Role};

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

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
    #[error("no account is named `{0}`: add it with `accounts add`")]
    Unknown(String),
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
}

/// The accounts of a file, as they were read last.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    by_name: RwLock<Arc<BTreeMap<String, Account>>>,
}

impl Accounts {
    /// Reads a file of accounts; a missing file has none.
    ///
    /// # Errors
    /// [`AccountError::File`] and [`AccountError::Content`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        let accounts = Self { path: path.to_owned(), by_name: RwLock::default() };
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

    /// Adds an account.
    ///
    /// # Errors
    /// [`AccountError`] with the cause; the file is unchanged then.
    pub fn add(&self, name: &str, role: Role, password: &str) -> Result<(), AccountError> {
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count())
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !is_name {
            return Err(AccountError::Name);
        }
        let mut list = self.all();
        if list.iter().any(|account| account.name == name) {
            return Err(AccountError::Exists(name.to_owned()));
        }
        list.push(Account { name: name.to_owned(), role, password: hash_password(password)?, token: None });
        self.write(&list)
    }

    /// Removes an account. Its sessions end.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], or [`AccountError::File`].
    pub fn remove(&self, name: &str) -> Result<(), AccountError> {
        let mut list = self.all();
        let before = list.len();
        list.retain(|account| account.name != name);
        if list.len() == before {
            return Err(AccountError::Unknown(name.to_owned()));
        }
        self.write(&list)
    }

    /// Issues a token for programs, and returns it. The token before it is void.
    ///
    /// # Errors
    /// As [`Accounts::remove`].
    pub fn issue_token(&self, name: &str) -> Result<String, AccountError> {
        let mut list = self.all();
        let account = list.iter_mut().find(|account| account.name == name);
        let account = account.ok_or_else(|| AccountError::Unknown(name.to_owned()))?;
        let token = random_token()?;
        account.token = Some(token_digest(&token));
        self.write(&list)?;
        Ok(token)
    }

    /// Replaces the file as a whole: a kill leaves the old one or the new one.
    fn write(&self, list: &[Account]) -> Result<(), AccountError> {
        let failed = |source| AccountError::File { path: self.path.clone(), source };
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let text = serde_json::to_string_pretty(list)
            .map_err(|source| AccountError::Content { path: self.path.clone(), source })?;
        // The file is created with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.reload()
    }
}
