use jiff::Timestamp;

use super::AccountError;
use crate::caller;
use crate::db::{Db, DbError, params};
use crate::identity::{Email, Taken, UserId, Username};
use crate::password::Password;

/// Registers an account and returns its id. Of two that race for an address or a name, the database lets one
/// in.
///
/// Hashes the password, which takes tens of milliseconds of CPU.
///
/// # Errors
///
/// [`AccountError::Taken`] says what another account has.
pub async fn register(
    db: &Db,
    username: &Username,
    email: &Email,
    password: &Password,
    now: Timestamp,
) -> Result<UserId, AccountError> {
    let password_hash = password
        .hash_with_random_salt()
        .map_err(AccountError::Randomness)?;
    let inserted: Option<(UserId,)> = db
        .query_optional(
            "INSERT INTO users
                 (id, username, username_key, email, email_key, password_hash, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
             ON CONFLICT DO NOTHING
             RETURNING id",
            params![
                UserId::new(now),
                username.as_str(),
                username.key(),
                email.as_str(),
                email.key(),
                password_hash.as_str(),
                now,
            ],
        )
        .await?;
    let Some((id,)) = inserted else {
        return Err(AccountError::Taken(taken(db, username, email).await?));
    };
    caller::log(id);
    Ok(id)
}

/// Which of the two another account has. It is asked after the fact, so that account may have gone in
/// between: then both are named, since at least one was taken when it mattered.
async fn taken(db: &Db, username: &Username, email: &Email) -> Result<Taken, DbError> {
    let (username_key, email_key) = (username.key(), email.key());
    let owners: Vec<(String, String)> = db
        .query(
            "SELECT username_key, email_key FROM users WHERE username_key = $1 OR email_key = $2",
            params![&username_key, &email_key],
        )
        .await?;
    let taken = Taken {
        username: owners.iter().any(|(key, _)| *key == username_key),
        email: owners.iter().any(|(_, key)| *key == email_key),
    };
    if taken == Taken::default() {
        return Ok(Taken {
            username: true,
            email: true,
        });
    }
    Ok(taken)
}
