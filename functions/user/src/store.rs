//! The caller's row of the users table.

use conduit::User;
use jiff::Timestamp;
use shared::db::{DbError, Transaction, params};
use shared::identity::UserId;

use crate::model::{Bio, ImageUrl, ProfileChange};

/// The user as it is, and stays until the transaction ends: Postgres lets others write a row that
/// was only read.
pub(crate) async fn lock(tx: &mut Transaction, id: UserId) -> Result<Option<User>, DbError> {
    let columns = User::COLUMNS;
    tx.query_optional(
        &format!("UPDATE users SET updated_at = updated_at WHERE id = $1 RETURNING {columns}"),
        params![id],
    )
    .await
}

/// Changes what `profile` names and nothing else, so that two updates of different fields that race are
/// both kept. Returns the user as changed; `None` if there is none any more.
pub(crate) async fn update(
    tx: &mut Transaction,
    id: UserId,
    profile: &ProfileChange,
    now: Timestamp,
) -> Result<Option<User>, DbError> {
    let columns = User::COLUMNS;
    tx.query_optional(
        &format!(
            "UPDATE users SET bio = COALESCE($1, bio), image = COALESCE($2, image), updated_at = $3
             WHERE id = $4
             RETURNING {columns}"
        ),
        params![
            profile.bio.as_ref().map(Bio::as_str),
            profile.image.as_ref().map(ImageUrl::as_str),
            now,
            id,
        ],
    )
    .await
}
