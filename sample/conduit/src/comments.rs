//! Comments on articles.

use jiff::Timestamp;
use shared::db::{Db, DbError, Transaction, Value, params};
use shared::identity::UserId;

use crate::counts::{MAX_PARAMETERS, rows};
use crate::{ArticleId, CommentBody};

/// The columns of a new comment.
const COLUMNS: usize = 5;

/// A comment that is not in the database yet.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// The article that it is about.
    pub article_id: ArticleId,
    /// Who writes it.
    pub author_id: UserId,
    /// What it says.
    pub body: CommentBody,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Inserts one comment, in one statement, and returns the number that it got.
///
/// Locks nothing beforehand, as a transaction that inserts more would have to: a reader's remark
/// shall not wait for another one on the same article. An article or an author deleted in this very
/// moment fails the statement, and the caller looks whether they are still there.
///
/// # Errors
///
/// When the database refuses the statement, as it does for an article or an author who does not
/// exist.
pub async fn insert_one(db: &Db, comment: &NewComment) -> Result<i64, DbError> {
    let (sql, parameters) = insertion(std::slice::from_ref(comment));
    let (id,) = db.query_one(&sql, parameters).await?;
    Ok(id)
}

/// Inserts comments, many at a time. Of two, the one that stands first gets the smaller number.
///
/// # Errors
///
/// When the database refuses a statement, as it does for an article or an author who does not exist.
pub async fn insert(tx: &mut Transaction, comments: &[NewComment]) -> Result<(), DbError> {
    for batch in comments.chunks(MAX_PARAMETERS / COLUMNS) {
        let (sql, parameters) = insertion(batch);
        let _ids: Vec<(i64,)> = tx.query(&sql, parameters).await?;
    }
    Ok(())
}

fn insertion(comments: &[NewComment]) -> (String, Vec<Value>) {
    let sql = format!(
        "INSERT INTO comments (article_id, author_id, body, created_at, updated_at) VALUES {}
         RETURNING id",
        rows(comments.len(), &["$"; COLUMNS]),
    );
    let parameters = comments.iter().flat_map(|new| {
        params![
            new.article_id,
            new.author_id,
            new.body.as_str(),
            new.created_at,
            new.created_at,
        ]
    });
    (sql, parameters.collect())
}
