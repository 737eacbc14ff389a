//! Users by their names, and who follows whom.

use conduit::{Profile, Viewer};
use jiff::Timestamp;
use shared::caller::Caller;
use shared::db::{Db, DbError, FromRow, Row, params};
use shared::identity::{UserId, Username};
use shared::problem::{Problem, Violation};

use crate::model;

/// Why there is no profile to answer with.
pub(crate) enum Refusal {
    /// The caller's user is no more.
    Gone,
    /// Nobody has the name.
    Nobody,
    /// The caller would follow themselves.
    Oneself,
    Db(DbError),
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Gone => Caller::gone(),
            Refusal::Nobody => model::nobody(),
            Refusal::Oneself => Problem::unprocessable([Violation::new(
                "/username",
                "must be another user: nobody can follow themselves",
            )])
            .with_detail("Nobody can follow themselves."),
            Refusal::Db(error) => error.into(),
        }
    }
}

struct User {
    id: UserId,
    profile: Profile,
}

/// A row of [`find`]: without a user where the viewer is one and nobody has the name.
struct Found(Option<User>);

impl FromRow for Found {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        let Some(id) = row.take("id")? else {
            return Ok(Self(None));
        };
        let profile = Profile::from_row(row)?;
        Ok(Self(Some(User { id, profile })))
    }
}

/// One statement, which also says whether a viewer with a token is still a user.
async fn find(db: &Db, viewer: Viewer, username: &Username) -> Result<User, Refusal> {
    let from = if viewer.is_anonymous() {
        "users AS u WHERE u.username_key = $2"
    } else {
        "users AS viewer LEFT JOIN users AS u ON u.username_key = $2 WHERE viewer.id = $1"
    };
    let username_key = username.stored_key(db).await?;
    let row = db
        .query_optional(
            &format!("SELECT {}, u.id FROM {from}", Profile::COLUMNS),
            params![viewer, username_key],
        )
        .await?;
    match row {
        Some(Found(user)) => user.ok_or(Refusal::Nobody),
        None if viewer.is_anonymous() => Err(Refusal::Nobody),
        None => Err(Refusal::Gone),
    }
}

pub(crate) async fn show(db: &Db, viewer: Viewer, username: &Username) -> Result<Profile, Refusal> {
    find(db, viewer, username).await.map(|user| user.profile)
}

/// Follows, unless the caller does already. Of two that race to it, the database lets one in.
pub(crate) async fn follow(
    db: &Db,
    caller: UserId,
    username: &Username,
    now: Timestamp,
) -> Result<Profile, Refusal> {
    let User { id, mut profile } = find(db, caller.into(), username).await?;
    if id == caller {
        return Err(Refusal::Oneself);
    }
    if !profile.following {
        db.execute(
            "INSERT INTO follows (follower_id, followed_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            params![caller, id, now],
        )
        .await?;
        profile.following = true;
    }
    Ok(profile)
}

/// Unfollows, if the caller follows.
pub(crate) async fn unfollow(
    db: &Db,
    caller: UserId,
    username: &Username,
) -> Result<Profile, Refusal> {
    let User { id, mut profile } = find(db, caller.into(), username).await?;
    if profile.following {
        db.execute(
            "DELETE FROM follows WHERE follower_id = $1 AND followed_id = $2",
            params![caller, id],
        )
        .await?;
        profile.following = false;
    }
    Ok(profile)
}
