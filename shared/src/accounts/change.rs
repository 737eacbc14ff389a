use jiff::Timestamp;

use super::AccountError;
use crate::db::{Db, DbError, Transaction, params};
use crate::identity::{Email, Taken, UserId, Username};
use crate::password::PasswordHash;

/// A change of what identifies an account. What is `None` stays as it is.
#[derive(Default)]
pub struct Change {
    /// Another name.
    pub username: Option<Username>,
    /// Another e-mail address.
    pub email: Option<Email>,
    /// The hash of another password.
    pub password_hash: Option<PasswordHash>,
}

impl Change {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.username.is_none() && self.email.is_none() && self.password_hash.is_none()
    }

    fn keys(&self) -> Keys {
        Keys {
            username: self.username.as_ref().map(Username::key),
            email: self.email.as_ref().map(Email::key),
        }
    }
}

/// The comparison keys of what is asked for.
struct Keys {
    username: Option<String>,
    email: Option<String>,
}

/// Changes what `change` names and nothing else, in one statement: two changes of different members that
/// race are both kept, and of two that race for a name one finds it taken.
///
/// # Errors
///
/// [`AccountError::Gone`], and [`AccountError::Taken`] when another account has the name or the address. On
/// Postgres a race for them ends as a failed statement: [`taken`] then tells.
pub async fn change(
    tx: &mut Transaction,
    id: UserId,
    change: &Change,
    now: Timestamp,
) -> Result<(), AccountError> {
    let keys = change.keys();
    let changed = tx
        .execute(
            "UPDATE users SET
                 username = COALESCE($1, username), username_key = COALESCE($2, username_key),
                 email = COALESCE($3, email), email_key = COALESCE($4, email_key),
                 password_hash = COALESCE($5, password_hash),
                 updated_at = $6
             WHERE id = $7 AND NOT EXISTS (
                 SELECT 1 FROM users AS other
                 WHERE other.id <> $7 AND (other.username_key = $2 OR other.email_key = $4)
             )",
            params![
                change.username.as_ref().map(Username::as_str),
                keys.username.clone(),
                change.email.as_ref().map(Email::as_str),
                keys.email.clone(),
                change.password_hash.as_ref().map(PasswordHash::as_str),
                now,
                id,
            ],
        )
        .await?;
    if changed == 0 {
        return Err(refusal(tx, id, &keys).await?);
    }
    Ok(())
}

/// Why no row was changed. It is asked after the fact, so the other account may have gone in between: then
/// what was asked for is named, since at least one was taken when it mattered.
async fn refusal(tx: &mut Transaction, id: UserId, keys: &Keys) -> Result<AccountError, DbError> {
    let parameters = params![id, keys.username.clone(), keys.email.clone()];
    let rows: Vec<Owner> = tx.query(OWNERS, parameters).await?;
    if !rows.iter().any(|(owner, ..)| *owner == id) {
        return Ok(AccountError::Gone);
    }
    let taken = taken_by_others(&rows, id, keys).unwrap_or(Taken {
        username: keys.username.is_some(),
        email: keys.email.is_some(),
    });
    Ok(AccountError::Taken(taken))
}

/// What of a change that failed another account has by now. Postgres refuses an update whose name another
/// transaction took while it ran, and which one that was can be seen only afterwards.
///
/// # Errors
///
/// When the database fails.
pub async fn taken(db: &Db, id: UserId, change: &Change) -> Result<Option<Taken>, DbError> {
    let keys = change.keys();
    let parameters = params![id, keys.username.clone(), keys.email.clone()];
    let rows: Vec<Owner> = db.query(OWNERS, parameters).await?;
    Ok(taken_by_others(&rows, id, &keys))
}

/// An account's id, the key of its name and that of its address.
type Owner = (UserId, String, String);

const OWNERS: &str = "SELECT id, username_key, email_key FROM users
    WHERE id = $1 OR username_key = $2 OR email_key = $3";

fn taken_by_others(rows: &[Owner], id: UserId, keys: &Keys) -> Option<Taken> {
    let others = || rows.iter().filter(|(owner, ..)| *owner != id);
    let taken = Taken {
        username: others().any(|(_, key, _)| Some(key) == keys.username.as_ref()),
        email: others().any(|(_, _, key)| Some(key) == keys.email.as_ref()),
    };
    (taken != Taken::default()).then_some(taken)
}
