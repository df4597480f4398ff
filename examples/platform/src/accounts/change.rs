//! Changes of accounts: checked, recorded in the log, and then written.

use super::{Account, AccountError, Accounts, Entry, Role, hash_password, random_token, token_digest};
use vocdb::Timestamp;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;
/// Accounts of a file.
const ACCOUNTS_MAX: usize = 1_000;
/// Characters of a password that is made up: 80 random bits.
const PASSWORD_CHARS: usize = 20;

/// Changes of accounts in the name of a person.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub(super) accounts: &'a Accounts,
    pub(super) by: &'a str,
    pub(super) reason: &'a str,
    pub(super) at: Timestamp,
}

impl Change<'_> {
    /// Adds an account with a password that its owner knows.
    ///
    /// # Errors
    /// [`AccountError`] with the cause; the file is unchanged then.
    pub fn add(&self, name: &str, role: Role, password: &str) -> Result<(), AccountError> {
        self.insert((name, role), (password, false))
    }

    /// Adds an account with a password that is made up, and returns it. Its owner chooses another one at the first login.
    ///
    /// # Errors
    /// As [`Change::add`].
    pub fn add_with_temporary_password(&self, name: &str, role: Role) -> Result<String, AccountError> {
        let password = made_up()?;
        self.insert((name, role), (&password, true))?;
        Ok(password)
    }

    fn insert(&self, (name, role): (&str, Role), (password, is_temporary): (&str, bool)) -> Result<(), AccountError> {
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count())
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !is_name {
            return Err(AccountError::Name);
        }
        let account = Account {
            name: name.to_owned(),
            role,
            password: hash_password(password)?,
            token: None,
            is_password_temporary: is_temporary,
        };
        self.write(&format!("account `{name}` added, {}", role.words()), |list| {
            if list.iter().any(|account| account.name == name) {
                return Err(AccountError::Exists(name.to_owned()));
            }
            if list.len() >= ACCOUNTS_MAX {
                return Err(AccountError::TooMany(ACCOUNTS_MAX));
            }
            list.push(account);
            Ok(())
        })
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::LastAdministrator`], or [`AccountError::File`].
    pub fn set_role(&self, name: &str, role: Role) -> Result<(), AccountError> {
        self.write(&format!("account `{name}` has the role {}", role.words()), |list| {
            if role != Role::Administrator {
                check_others(list, name)?;
            }
            find(list, name)?.role = role;
            Ok(())
        })
    }

    /// Gives an account a password that its owner has chosen. Its sessions end.
    ///
    /// # Errors
    /// [`AccountError::Password`], [`AccountError::Unknown`], or [`AccountError::File`].
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), AccountError> {
        let hash = hash_password(password)?;
        self.write(&format!("account `{name}` has another password"), |list| {
            let account = find(list, name)?;
            (account.password, account.is_password_temporary) = (hash, false);
            Ok(())
        })
    }

    /// Gives an account a password that is made up, and returns it. Its sessions end, its token is void, and its owner chooses another
    /// password at the next login.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], or [`AccountError::File`].
    pub fn reset_password(&self, name: &str) -> Result<String, AccountError> {
        let password = made_up()?;
        let hash = hash_password(&password)?;
        self.write(&format!("password of account `{name}` reset"), |list| {
            let account = find(list, name)?;
            (account.password, account.is_password_temporary, account.token) = (hash, true, None);
            Ok(())
        })?;
        Ok(password)
    }

    /// Issues a token for programs, and returns it. The token before it is void.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], or [`AccountError::File`].
    pub fn issue_token(&self, name: &str) -> Result<String, AccountError> {
        let token = random_token()?;
        self.write(&format!("token of account `{name}` issued"), |list| {
            find(list, name)?.token = Some(token_digest(&token));
            Ok(())
        })?;
        Ok(token)
    }

    /// Removes an account. Its sessions end.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::LastAdministrator`], or [`AccountError::File`].
    pub fn remove(&self, name: &str) -> Result<(), AccountError> {
        self.write(&format!("account `{name}` removed"), |list| {
            check_others(list, name)?;
            find(list, name)?;
            list.retain(|account| account.name != name);
            Ok(())
        })
    }

    /// Changes the newest list of accounts, records the change, and writes the list.
    fn write(
        &self,
        what: &str,
        change: impl FnOnce(&mut Vec<Account>) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        let accounts = self.accounts;
        let check = || {
            accounts.reload()?;
            let mut list = accounts.all();
            change(&mut list)?;
            let (by, reason) = (self.by.to_owned(), self.reason.to_owned());
            let entry = Entry { at: self.at, by, what: what.to_owned(), reason };
            Ok((entry, move || accounts.write(&list)))
        };
        accounts.log.record_after(check)?
    }
}

fn find<'a>(list: &'a mut [Account], name: &str) -> Result<&'a mut Account, AccountError> {
    let found = list.iter_mut().find(|account| account.name == name);
    found.ok_or_else(|| AccountError::Unknown(name.to_owned()))
}

/// Refuses a change of the only administrator.
fn check_others(list: &[Account], name: &str) -> Result<(), AccountError> {
    let mut administrators = list.iter().filter(|account| account.role == Role::Administrator);
    match (administrators.next(), administrators.next()) {
        (Some(only), None) if only.name == name => Err(AccountError::LastAdministrator(name.to_owned())),
        _ => Ok(()),
    }
}

fn made_up() -> Result<String, AccountError> {
    Ok(random_token()?.chars().take(PASSWORD_CHARS).collect())
}
