//! Comments on articles.

use jiff::Timestamp;
use shared::db::{Db, DbError, Parameters, Transaction, Value, params};
use shared::identity::UserId;

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
    for batch in comments.chunks(Parameters::MAX / COLUMNS) {
        let (sql, parameters) = insertion(batch);
        let _ids: Vec<(i64,)> = tx.query(&sql, parameters).await?;
    }
    Ok(())
}

fn insertion(comments: &[NewComment]) -> (String, Parameters) {
    let mut parameters = Parameters::new();
    let sql = format!(
        "INSERT INTO comments (article_id, author_id, body, created_at, updated_at) VALUES {}
         RETURNING id",
        parameters.rows(comments.iter().map(row)),
    );
    (sql, parameters)
}

fn row(comment: &NewComment) -> [Value; COLUMNS] {
    params![
        comment.article_id,
        comment.author_id,
        comment.body.as_str(),
        comment.created_at,
        comment.created_at,
    ]
}
