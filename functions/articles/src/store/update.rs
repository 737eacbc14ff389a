//! Changing an article.

use conduit::articles;
use conduit::{ArticleId, Slug, Title};
use jiff::Timestamp;
use shared::db::{Db, DbError, params};

use crate::model::Changes;

/// Changes what `changes` names and nothing else, so that two updates of different fields that race
/// are both kept. With a `version`, only if the article still has it. False when there is no such
/// article.
pub(crate) async fn update(
    db: &Db,
    id: ArticleId,
    version: Option<i64>,
    changes: &Changes,
    now: Timestamp,
) -> Result<bool, DbError> {
    let result = try_update(db, id, version, changes, now).await;
    let Some(title) = changes.title.as_ref().filter(|_| result.is_err()) else {
        return result;
    };
    // Postgres refuses an update whose slug another transaction took while it ran. That slug can be
    // seen now, and the next attempt passes it over.
    match is_taken(db, title, id).await {
        Ok(true) => try_update(db, id, version, changes, now).await,
        Ok(false) | Err(_) => result,
    }
}

async fn try_update(
    db: &Db,
    id: ArticleId,
    version: Option<i64>,
    changes: &Changes,
    now: Timestamp,
) -> Result<bool, DbError> {
    let slugs = changes
        .title
        .as_ref()
        .map(|title| Slug::candidates(title, id).map(Slug::into_string));
    let [plain, short, full] = slugs.map_or([None, None, None], |slugs| slugs.map(Some));
    let parameters = params![
        changes.title.as_ref().map(Title::as_str),
        plain,
        short,
        full,
        changes.description.as_ref().map(|text| text.as_str()),
        changes.body.as_ref().map(|text| text.as_str()),
        now,
        id,
        version,
    ];
    let Some(tags) = &changes.tags else {
        let updated: Option<(ArticleId,)> = db.query_optional(UPDATE, parameters).await?;
        return Ok(updated.is_some());
    };
    db.transaction(async |tx| {
        let updated: Option<(ArticleId,)> = tx.query_optional(UPDATE, parameters).await?;
        if updated.is_some() {
            articles::retag(tx, id, tags).await?;
        }
        Ok(updated.is_some())
    })
    .await
}

const UPDATE: &str = "UPDATE articles SET
        slug = CASE
            WHEN title = COALESCE($1, title) THEN slug
            WHEN NOT EXISTS (
                SELECT 1 FROM articles AS o WHERE o.slug = $2 AND o.id <> articles.id
            ) THEN $2
            WHEN NOT EXISTS (
                SELECT 1 FROM articles AS o WHERE o.slug = $3 AND o.id <> articles.id
            ) THEN $3
            ELSE $4
        END,
        title = COALESCE($1, title),
        description = COALESCE($5, description),
        body = COALESCE($6, body),
        version = version + 1,
        updated_at = CASE WHEN updated_at < $7 THEN $7 ELSE updated_at + 1 END
    WHERE id = $8 AND version = COALESCE($9, version)
    RETURNING id";

/// Whether the slug that a title would give is another article's.
async fn is_taken(db: &Db, title: &Title, id: ArticleId) -> Result<bool, DbError> {
    let [plain, ..] = Slug::candidates(title, id);
    let owner: Option<(i64,)> = db
        .query_optional(
            "SELECT 1 FROM articles WHERE slug = $1 AND id <> $2",
            params![plain.as_str(), id],
        )
        .await?;
    Ok(owner.is_some())
}
