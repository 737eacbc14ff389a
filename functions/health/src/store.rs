//! Whether the stores answer.

use shared::db::{Database, DbError};

use crate::model::Check;

/// Opens the database and has it answer a statement.
pub(crate) async fn database(database: &Database) -> Check {
    Check {
        name: "database",
        result: answers(database).await.map_err(Into::into),
    }
}

async fn answers(database: &Database) -> Result<(), DbError> {
    let db = database.open().await?;
    db.query_one::<(i64,)>("SELECT 1", []).await.map(|_| ())
}
