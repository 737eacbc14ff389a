//! What can go wrong with a database.

use crate::config::ConfigError;
use crate::problem::Problem;

/// Seconds after which a caller may try again when the database was busy.
const BUSY_RETRY_SECONDS: u64 = 1;

/// The same when it is away, or not migrated yet: somebody has to act first.
const AWAY_RETRY_SECONDS: u64 = 10;

/// Why a statement did not do its work. For the log: as a [`Problem`] it is a 503 or a 500 that
/// says nothing of the cause.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Another connection held its lock for longer than the database waits. Nothing was changed.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached, or has no room left.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Migrations are waiting and `auto_migrate` is off.
    #[error(
        "the database lacks {pending} migration(s), the next being {next}, and the variable \
         auto_migrate is false: set it to true until they are applied"
    )]
    NotMigrated {
        /// How many are waiting.
        pending: usize,
        /// The first of them.
        next: String,
    },
    /// A migration's text is not the one that was applied.
    #[error(
        "migration {0} was changed after it had been applied to this database: restore its text \
         and put the change into a new migration"
    )]
    MigrationChanged(String),
    /// The database refused the statement.
    #[error("{message} (in `{statement}`)")]
    Statement {
        /// The statement, without its parameters.
        statement: String,
        /// What the database said.
        message: String,
    },
    /// The statement's parameters are not `$1`, `$2`, … in order of first use, or other in number
    /// than the values.
    #[error("{reason} (in `{statement}`)")]
    Parameters {
        /// The statement.
        statement: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A row was expected and none came.
    #[error("no row came back")]
    NoRow,
    /// A row does not have the shape that the code expects.
    #[error("column `{column}` {reason}")]
    Decode {
        /// Its name, or position from zero.
        column: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The settings do not name a database that can be used.
    #[error("{0}")]
    Configuration(String),
}

impl DbError {
    pub(crate) fn statement(statement: &str, message: impl Into<String>) -> Self {
        Self::Statement {
            statement: statement.to_owned(),
            message: message.into(),
        }
    }
}

impl From<ConfigError> for DbError {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(error.to_string())
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy(_) => Problem::unavailable(BUSY_RETRY_SECONDS, error),
            DbError::Unavailable(_) | DbError::NotMigrated { .. } => {
                Problem::unavailable(AWAY_RETRY_SECONDS, error)
            }
            _ => Problem::internal(error),
        }
    }
}
