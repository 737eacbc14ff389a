//! Who favours which article.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::db::{DbError, Transaction, Value, params};
use shared::identity::UserId;

use crate::ArticleId;
use crate::counts::{Counter, MAX_PARAMETERS, list, rows, tally};

const OF_ARTICLES: Counter = Counter {
    table: "articles",
    column: "favorites_count",
};

const OF_USERS: Counter = Counter {
    table: "users",
    column: "favorites_count",
};

/// A user's liking for an article.
#[derive(Clone, Copy, Debug)]
pub struct NewFavorite {
    /// Who.
    pub user_id: UserId,
    /// Which article.
    pub article_id: ArticleId,
    /// Since when.
    pub created_at: Timestamp,
}

/// Inserts favourites and adjusts every count; returns how many of them are new. What was a favourite
/// already stays so and counts once; a user or an article that does not exist is passed over.
///
/// # Errors
///
/// When the database refuses a statement.
pub async fn insert(tx: &mut Transaction, favorites: &[NewFavorite]) -> Result<usize, DbError> {
    let mut inserted = 0;
    for batch in favorites.chunks(MAX_PARAMETERS / 3) {
        lock(tx, batch.iter().map(|favorite| favorite.article_id)).await?;
        let sql = format!(
            "WITH given (user_id, article_id, created_at) AS (VALUES {})
             INSERT INTO favorites (user_id, article_id, created_at)
             SELECT g.user_id, g.article_id, g.created_at FROM given AS g
             WHERE EXISTS (SELECT 1 FROM users AS u WHERE u.id = g.user_id)
                 AND EXISTS (SELECT 1 FROM articles AS a WHERE a.id = g.article_id)
             ON CONFLICT DO NOTHING
             RETURNING user_id, article_id",
            rows(batch.len(), &["$", "$", "CAST($ AS BIGINT)"]),
        );
        let parameters: Vec<Value> = batch
            .iter()
            .flat_map(|new| params![new.user_id, new.article_id, new.created_at])
            .collect();
        let new: Vec<(UserId, ArticleId)> = tx.query(&sql, parameters).await?;
        inserted += new.len();
        OF_ARTICLES
            .add(tx, tally(new.iter().map(|(_, article_id)| *article_id)))
            .await?;
        OF_USERS
            .add(tx, tally(new.iter().map(|(user_id, _)| *user_id)))
            .await?;
    }
    Ok(inserted)
}

/// Takes a favourite back and adjusts every count; false when it was none.
///
/// # Errors
///
/// When the database refuses a statement.
pub async fn delete(
    tx: &mut Transaction,
    user_id: UserId,
    article_id: ArticleId,
) -> Result<bool, DbError> {
    lock(tx, [article_id]).await?;
    let deleted: Option<(ArticleId,)> = tx
        .query_optional(
            "DELETE FROM favorites WHERE user_id = $1 AND article_id = $2 RETURNING article_id",
            params![user_id, article_id],
        )
        .await?;
    if deleted.is_none() {
        return Ok(false);
    }
    OF_ARTICLES.add(tx, [(article_id, -1)].into()).await?;
    OF_USERS.add(tx, [(user_id, -1)].into()).await?;
    Ok(true)
}

/// Keeps the articles from being deleted while rows refer to them, as
/// [`articles::lock`](crate::articles::lock) does.
async fn lock(
    tx: &mut Transaction,
    articles: impl IntoIterator<Item = ArticleId>,
) -> Result<(), DbError> {
    let articles: BTreeSet<ArticleId> = articles.into_iter().collect();
    let sql = format!(
        "UPDATE articles SET version = version WHERE id IN ({})",
        list(articles.len()),
    );
    let parameters: Vec<Value> = articles.into_iter().map(Value::from).collect();
    tx.execute(&sql, parameters).await?;
    Ok(())
}
