//! The tags table.

use shared::db::{Db, DbError, params};

/// The most tags that one answer lists: more than a page shows, and a bound on what a backend with
/// countless tags has to send.
const MAX_TAGS: u32 = 1000;

/// The names of the tags in use, the most used first, then by name: the order of the index
/// `tags_by_use`, of which only what is answered is read.
pub(crate) async fn most_used(db: &Db) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = db
        .query(
            "SELECT name FROM tags WHERE articles_count > 0
             ORDER BY articles_count DESC, name LIMIT $1",
            params![MAX_TAGS],
        )
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
