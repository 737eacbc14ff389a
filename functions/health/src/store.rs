//! Whether the stores answer.

use shared::db::{Database, DbError};

use crate::model::Check;

/// Opens the database and has it read a page of its file.
pub(crate) async fn database(database: &Database) -> Check {
    Check {
        name: "database",
        result: answers(database).await.map_err(Into::into),
    }
}

async fn answers(database: &Database) -> Result<(), DbError> {
    let db = database.open().await?;
    // The schema, which every SQLite file has: `SELECT 1` is answered without a look at the file,
    // on a connection that was opened before the file went bad or away.
    db.query_one::<(i64,)>("SELECT count(*) FROM sqlite_master", [])
        .await
        .map(|_| ())
}
