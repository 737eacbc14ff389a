//! Who follows whom.

use jiff::Timestamp;
use shared::db::{DbError, Transaction, Value, params};
use shared::identity::UserId;

use crate::counts::{MAX_PARAMETERS, rows};

/// A user's interest in what another one writes.
#[derive(Clone, Copy, Debug)]
pub struct NewFollow {
    /// Who follows.
    pub follower_id: UserId,
    /// Whom.
    pub followed_id: UserId,
    /// Since when.
    pub created_at: Timestamp,
}

/// Inserts follows and returns how many of them are new.
///
/// # Errors
///
/// When the database refuses a statement, as it does for a user who does not exist.
pub async fn insert(tx: &mut Transaction, follows: &[NewFollow]) -> Result<usize, DbError> {
    let mut inserted = 0;
    for batch in follows.chunks(MAX_PARAMETERS / 3) {
        let sql = format!(
            "INSERT INTO follows (follower_id, followed_id, created_at) VALUES {}
             ON CONFLICT DO NOTHING
             RETURNING followed_id",
            rows(batch.len(), &["$"; 3]),
        );
        let parameters: Vec<Value> = batch
            .iter()
            .flat_map(|new| params![new.follower_id, new.followed_id, new.created_at])
            .collect();
        let new: Vec<(UserId,)> = tx.query(&sql, parameters).await?;
        inserted += new.len();
    }
    Ok(inserted)
}
