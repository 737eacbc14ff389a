//! What can go wrong with a database.

use std::time::Duration;

use crate::config::ConfigError;
use crate::problem::{Problem, ProblemKind};

/// Seconds after which a caller may try again when the database was busy.
const BUSY_RETRY_SECONDS: u64 = 1;

/// The same when it is away, or not migrated yet: somebody has to act first.
const AWAY_RETRY_SECONDS: u64 = 10;

/// Why a statement did not do its work. For the log: as a [`Problem`] it is a 503 or a 500 that
/// says nothing of the cause.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Another connection held its lock for longer than the database waits, or the statement took
    /// longer than it may. Nothing was changed.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached, has no room left, or broke the connection: what the
    /// statement was to do may have been done if it was a write or a `COMMIT`.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database did not answer in time. What the statement was to do may have been done, or be
    /// done yet, if it was a write or a `COMMIT`.
    #[error("the database did not answer a statement within {} s", .0.as_secs())]
    Silent(Duration),
    /// The database lacks a table that its migrations make: somebody has replaced it. The next
    /// request looks at the migrations again.
    #[error("the database lacks a table that it had or should have: {0}")]
    SchemaMissing(String),
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
    /// A migration cannot be applied.
    #[error("the migration {place} cannot be applied: {message}")]
    Migration {
        /// The file, with the line and column where they are known.
        place: String,
        /// What the database said.
        message: String,
    },
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
    /// A text has U+0000 in it, which Postgres cannot store. The caller's fault, where no rule of
    /// the field has refused it before.
    #[error("a parameter holds the character U+0000 (in `{0}`)")]
    Nul(String),
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
            DbError::Unavailable(_)
            | DbError::Silent(_)
            | DbError::SchemaMissing(_)
            | DbError::NotMigrated { .. } => Problem::unavailable(AWAY_RETRY_SECONDS, error),
            DbError::Nul(_) => Problem::new(
                ProblemKind::Validation,
                "Text must not contain the character U+0000.",
            ),
            _ => Problem::internal(error),
        }
    }
}
