//! The caller's row of the users table.

use jiff::Timestamp;
use shared::caller::Caller;
use shared::db::{Db, DbError, Transaction, params};
use shared::identity::{Email, Taken, UserId, Username};
use shared::password::PasswordHash;
use shared::problem::Problem;

use crate::model::{Bio, Changes, ImageUrl};

pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) bio: Option<String>,
    pub(crate) image: Option<String>,
}

shared::from_row!(User {
    email,
    username,
    bio,
    image
});

/// The columns of a [`User`]. An empty text is none.
const COLUMNS: &str = "email, username, NULLIF(bio, '') AS bio, NULLIF(image, '') AS image";

/// Why a user was not changed.
pub(crate) enum UpdateError {
    /// The user is no more.
    Gone,
    /// The new address, the new name or both are another user's.
    Taken(Taken),
    Db(DbError),
}

impl From<DbError> for UpdateError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Gone => Caller::gone(),
            UpdateError::Taken(taken) => taken.into(),
            UpdateError::Db(error) => error.into(),
        }
    }
}

pub(crate) async fn find(db: &Db, id: UserId) -> Result<Option<User>, DbError> {
    db.query_optional(
        &format!("SELECT {COLUMNS} FROM users WHERE id = $1"),
        params![id],
    )
    .await
}

/// The user as it is, and stays until the transaction ends: Postgres lets others write a row that
/// was only read.
pub(crate) async fn lock(tx: &mut Transaction, id: UserId) -> Result<Option<User>, DbError> {
    tx.query_optional(
        &format!("UPDATE users SET updated_at = updated_at WHERE id = $1 RETURNING {COLUMNS}"),
        params![id],
    )
    .await
}

/// Changes what `changes` names and nothing else, in one statement: two updates of different
/// fields that race are both kept, and of two that race for a name one finds it taken.
pub(crate) async fn update(
    tx: &mut Transaction,
    id: UserId,
    changes: &Changes,
    password_hash: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<User, UpdateError> {
    let username_key = changes.username.as_ref().map(Username::key);
    let email_key = changes.email.as_ref().map(Email::key);
    let updated = tx
        .query_optional(
            &format!(
                "UPDATE users SET
                 username = COALESCE($1, username), username_key = COALESCE($2, username_key),
                 email = COALESCE($3, email), email_key = COALESCE($4, email_key),
                 password_hash = COALESCE($5, password_hash),
                 bio = COALESCE($6, bio), image = COALESCE($7, image),
                 updated_at = $8
             WHERE id = $9 AND NOT EXISTS (
                 SELECT 1 FROM users AS other
                 WHERE other.id <> $9 AND (other.username_key = $2 OR other.email_key = $4)
             )
             RETURNING {COLUMNS}"
            ),
            params![
                changes.username.as_ref().map(Username::as_str),
                username_key.clone(),
                changes.email.as_ref().map(Email::as_str),
                email_key.clone(),
                password_hash.map(PasswordHash::as_str),
                changes.bio.as_ref().map(Bio::as_str),
                changes.image.as_ref().map(ImageUrl::as_str),
                now,
                id,
            ],
        )
        .await?;
    match updated {
        Some(user) => Ok(user),
        None => Err(refusal(tx, id, username_key, email_key).await?),
    }
}

/// Why no row was updated. Asked after the fact, so the other user may have left in between: then
/// what was asked for is named, since at least one was taken when it mattered.
async fn refusal(
    tx: &mut Transaction,
    id: UserId,
    username_key: Option<String>,
    email_key: Option<String>,
) -> Result<UpdateError, DbError> {
    let parameters = params![id, username_key.clone(), email_key.clone()];
    let rows: Vec<Owner> = tx.query(OWNERS, parameters).await?;
    if !rows.iter().any(|(owner, ..)| *owner == id) {
        return Ok(UpdateError::Gone);
    }
    let taken = taken_by_others(&rows, id, username_key.as_ref(), email_key.as_ref());
    Ok(UpdateError::Taken(taken.unwrap_or(Taken {
        username: username_key.is_some(),
        email: email_key.is_some(),
    })))
}

/// What of a change that failed is another user's by now. Postgres refuses an update whose name
/// another transaction took while it ran, and which one that was can be seen only afterwards.
pub(crate) async fn taken(
    db: &Db,
    id: UserId,
    changes: &Changes,
) -> Result<Option<Taken>, DbError> {
    let username_key = changes.username.as_ref().map(Username::key);
    let email_key = changes.email.as_ref().map(Email::key);
    let parameters = params![id, username_key.clone(), email_key.clone()];
    let rows: Vec<Owner> = db.query(OWNERS, parameters).await?;
    Ok(taken_by_others(
        &rows,
        id,
        username_key.as_ref(),
        email_key.as_ref(),
    ))
}

/// A user's id, the key of the name and that of the address.
type Owner = (UserId, String, String);

const OWNERS: &str = "SELECT id, username_key, email_key FROM users
    WHERE id = $1 OR username_key = $2 OR email_key = $3";

fn taken_by_others(
    rows: &[Owner],
    id: UserId,
    username_key: Option<&String>,
    email_key: Option<&String>,
) -> Option<Taken> {
    let others = || rows.iter().filter(|(owner, ..)| *owner != id);
    let taken = Taken {
        username: others().any(|(_, key, _)| Some(key) == username_key),
        email: others().any(|(_, _, key)| Some(key) == email_key),
    };
    (taken != Taken::default()).then_some(taken)
}
