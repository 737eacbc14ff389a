//! Whether the stores answer.

use crate::db::{Database, DbError};

use super::model::Check;

/// Whether the database answers, with a page of its own rather than from memory, and whether its
/// migrations are applied or can be. What is missing is left to the first request that needs it: a probe
/// must not change a database.
pub(crate) async fn database(database: &Database) -> Vec<Check> {
    let check = |name, result| Check { name, result };
    match database.look().await {
        Ok(()) => vec![check("database", Ok(())), check("migrations", Ok(()))],
        Err(
            error @ (DbError::NotMigrated { .. }
            | DbError::MigrationChanged(_)
            | DbError::Migration { .. }),
        ) => vec![
            check("database", Ok(())),
            check("migrations", Err(error.into())),
        ],
        Err(error) => vec![check("database", Err(error.into()))],
    }
}
