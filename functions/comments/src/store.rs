//! The comments table.

use conduit::comments::{self, NewComment};
use conduit::{ArticleId, CommentBody, Profile, Slug, Viewer};
use jiff::Timestamp;
use shared::caller::Caller;
use shared::db::{Db, DbError, FromRow, Row, params};
use shared::identity::UserId;
use shared::problem::Problem;

use crate::model::{self, Comment};
use crate::page::Page;

/// The most text of a page, in characters: of the comments, and of what their authors say of
/// themselves. Five hundred of the longest would be 32 MB, and sixteen such answers at once more than
/// an instance may have; this is 1 MiB at most, as much as a request may send. An ordinary page of
/// five hundred stays below it.
pub(crate) const MAX_TEXT: usize = 256 * 1024;

/// Why there is nothing to answer with.
pub(crate) enum Refusal {
    /// The caller's user is no more.
    Gone,
    /// No article has the slug.
    NoArticle,
    /// The article has no such comment.
    NoComment,
    /// The comment is somebody else's.
    NotTheirs,
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
            Refusal::NoArticle => model::no_article(),
            Refusal::NoComment => model::no_comment(),
            Refusal::NotTheirs => {
                Problem::forbidden("Only its author can delete a comment.").about("comment")
            }
            Refusal::Db(error) => error.into(),
        }
    }
}

impl FromRow for Comment {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.take("id")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            body: row.take("body")?,
            author: Profile::from_row(row)?,
        })
    }
}

/// One statement, which also says whether a viewer with a token is still a user.
pub(crate) async fn find_article(
    db: &Db,
    viewer: Viewer,
    slug: &Slug,
) -> Result<ArticleId, Refusal> {
    let row: Option<(Option<ArticleId>,)> = if viewer.is_anonymous() {
        db.query_optional(
            "SELECT id FROM articles WHERE slug = $1",
            params![slug.as_str()],
        )
        .await?
    } else {
        db.query_optional(
            "SELECT a.id FROM users AS v LEFT JOIN articles AS a ON a.slug = $1 WHERE v.id = $2",
            params![slug.as_str(), viewer],
        )
        .await?
    };
    match row {
        Some((id,)) => id.ok_or(Refusal::NoArticle),
        None if viewer.is_anonymous() => Err(Refusal::NoArticle),
        None => Err(Refusal::Gone),
    }
}

/// A page of an article's comments, the newest first, and the last one's number if more follow.
pub(crate) async fn list(
    db: &Db,
    viewer: Viewer,
    article_id: ArticleId,
    page: Page,
) -> Result<(Vec<Comment>, Option<i64>), DbError> {
    // Adds up as it walks the index and stops where the page is full, so that what an article has
    // beyond the page is never read. One row beyond it tells that there is more.
    let sql = format!(
        "SELECT page.id, page.body, page.created_at, page.updated_at,
             page.username, page.bio, page.image, page.following
         FROM (
             SELECT {}, c.id, c.body, c.created_at, c.updated_at,
                 SUM(LENGTH(c.body) + LENGTH(u.bio) + LENGTH(u.image)) OVER (
                     ORDER BY c.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                 ) AS text_before
             FROM comments AS c JOIN users AS u ON u.id = c.author_id
             WHERE c.article_id = $2 AND c.id < $3
             ORDER BY c.id DESC LIMIT $4
         ) AS page
         WHERE COALESCE(page.text_before, 0) <= $5
         ORDER BY page.id DESC",
        Profile::COLUMNS,
    );
    let max_text = i64::try_from(MAX_TEXT).unwrap_or(i64::MAX);
    let parameters = params![
        viewer,
        article_id,
        page.before(),
        page.limit() + 1,
        max_text
    ];
    let mut comments = db.query(&sql, parameters).await?;
    let has_next = cut(&mut comments, page.limit());
    let next = comments.last().filter(|_| has_next).map(|last| last.id);
    Ok((comments, next))
}

/// Takes off the row beyond the page, and says whether there was one: the one after the most
/// comments, or the one that made them more than [`MAX_TEXT`].
fn cut(comments: &mut Vec<Comment>, limit: u32) -> bool {
    let text: usize = comments.iter().map(text_of).sum();
    let is_beyond =
        comments.len() > usize::try_from(limit).unwrap_or(usize::MAX) || text > MAX_TEXT;
    if is_beyond {
        comments.pop();
    }
    is_beyond
}

fn text_of(comment: &Comment) -> usize {
    let Profile { bio, image, .. } = &comment.author;
    [Some(&comment.body), bio.as_ref(), image.as_ref()]
        .into_iter()
        .flatten()
        .map(|text| text.chars().count())
        .sum()
}

/// Whoever comments, and the article.
struct Commenter {
    author: Profile,
    article_id: Option<ArticleId>,
}

impl FromRow for Commenter {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            author: Profile::from_row(row)?,
            article_id: row.take("article_id")?,
        })
    }
}

async fn find_commenter(
    db: &Db,
    caller: UserId,
    slug: &Slug,
) -> Result<(Profile, ArticleId), Refusal> {
    let sql = format!(
        "SELECT {}, a.id AS article_id
         FROM users AS u LEFT JOIN articles AS a ON a.slug = $2 WHERE u.id = $1",
        Profile::COLUMNS,
    );
    let found = db
        .query_optional(&sql, params![caller, slug.as_str()])
        .await?;
    let Commenter { author, article_id } = found.ok_or(Refusal::Gone)?;
    Ok((author, article_id.ok_or(Refusal::NoArticle)?))
}

pub(crate) async fn insert(
    db: &Db,
    caller: UserId,
    slug: &Slug,
    body: CommentBody,
    now: Timestamp,
) -> Result<Comment, Refusal> {
    let (author, article_id) = find_commenter(db, caller, slug).await?;
    let comment = NewComment {
        article_id,
        author_id: caller,
        body,
        created_at: now,
    };
    match comments::insert_one(db, &comment).await {
        Ok(id) => Ok(Comment {
            id,
            created_at: now,
            updated_at: now,
            body: comment.body.into_string(),
            author,
        }),
        Err(error) => {
            // Either may have been deleted in between, which explains the error.
            find_commenter(db, caller, slug).await?;
            Err(error.into())
        }
    }
}

/// Deletes a comment of the caller's, in one statement. Of two that race, one finds none.
pub(crate) async fn delete(db: &Db, caller: UserId, slug: &Slug, id: i64) -> Result<(), Refusal> {
    let deleted = db
        .execute(
            "DELETE FROM comments WHERE id = $1 AND author_id = $2
             AND article_id = (SELECT a.id FROM articles AS a WHERE a.slug = $3)",
            params![id, caller, slug.as_str()],
        )
        .await?;
    if deleted == 0 {
        return Err(refusal(db, caller, slug, id).await?);
    }
    Ok(())
}

/// Why no comment was deleted.
async fn refusal(db: &Db, caller: UserId, slug: &Slug, id: i64) -> Result<Refusal, DbError> {
    let row: Option<(Option<ArticleId>, Option<UserId>)> = db
        .query_optional(
            "SELECT a.id, c.author_id
             FROM users AS v
             LEFT JOIN articles AS a ON a.slug = $1
             LEFT JOIN comments AS c ON c.id = $2 AND c.article_id = a.id
             WHERE v.id = $3",
            params![slug.as_str(), id, caller],
        )
        .await?;
    Ok(match row {
        None => Refusal::Gone,
        Some((None, _)) => Refusal::NoArticle,
        Some((Some(_), Some(author_id))) if author_id != caller => Refusal::NotTheirs,
        Some(_) => Refusal::NoComment,
    })
}
