//! The users table, as far as signing in needs it.

use jiff::Timestamp;
use shared::db::{Db, DbError, params};
use shared::identity::{Email, Taken, UserId, Username};
use shared::password::PasswordHash;
use shared::problem::Problem;

pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) bio: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) password_hash: String,
}

shared::from_row!(User {
    id,
    email,
    username,
    bio,
    image,
    password_hash
});

/// The columns of a [`User`]. An empty text is none.
const COLUMNS: &str =
    "id, email, username, NULLIF(bio, '') AS bio, NULLIF(image, '') AS image, password_hash";

/// Why a user was not inserted.
pub(crate) enum InsertError {
    /// The address, the name or both are another user's.
    Taken(Taken),
    Db(DbError),
}

impl From<DbError> for InsertError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<InsertError> for Problem {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::Taken(taken) => taken.into(),
            InsertError::Db(error) => error.into(),
        }
    }
}

/// Inserts a user. Of two that race for an address or a name, the database lets one in.
pub(crate) async fn insert(
    db: &Db,
    username: &Username,
    email: &Email,
    password_hash: &PasswordHash,
    now: Timestamp,
) -> Result<User, InsertError> {
    let inserted = db
        .query_optional(
&format!("INSERT INTO users
                 (id, username, username_key, email, email_key, password_hash, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
             ON CONFLICT DO NOTHING
             RETURNING {COLUMNS}"),
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
    match inserted {
        Some(user) => Ok(user),
        None => Err(InsertError::Taken(taken(db, username, email).await?)),
    }
}

/// Which of the two is another user's. Asked after the fact, so the other one may have left in
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

pub(crate) async fn find_by_email(db: &Db, email: &Email) -> Result<Option<User>, DbError> {
    let email_key = email.stored_key(db).await?;
    db.query_optional(
        &format!("SELECT {COLUMNS} FROM users WHERE email_key = $1"),
        params![email_key],
    )
    .await
}

/// Replaces a hash, unless the password was changed since it was read.
pub(crate) async fn replace_password_hash(
    db: &Db,
    user: &User,
    password_hash: &PasswordHash,
) -> Result<(), DbError> {
    db.execute(
        "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3",
        params![password_hash.as_str(), user.id, &user.password_hash],
    )
    .await?;
    Ok(())
}
