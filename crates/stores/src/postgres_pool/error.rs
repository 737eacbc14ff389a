//! What the driver's errors are to components.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::value::Invalid;
use crate::postgres::{PostgresError, ServerError};

/// The message of a plan that was made before its tables changed. Its SQLSTATE means much else too.
const CHANGED_PLAN: &str = "cached plan must not change result type";

impl From<Error> for PostgresError {
    fn from(error: Error) -> Self {
        if let Some(invalid) = invalid(&error) {
            return Self::BadParameter(invalid.to_string());
        }
        // Spin gives the driver's own form, and so components may look for parts of it.
        let as_text = format!("{error:?}");
        match error.as_db_error() {
            Some(refusal) => Self::Refused(Box::new(ServerError {
                as_text,
                severity: refusal.severity().to_owned(),
                code: refusal.code().code().to_owned(),
                message: refusal.message().to_owned(),
                detail: refusal.detail().map(str::to_owned),
                extras: extras(refusal),
            })),
            None => Self::Failed(as_text),
        }
    }
}

fn invalid(error: &Error) -> Option<&Invalid> {
    // Those of rows have the same cause, but are the server's values and not the component's.
    if !error.to_string().starts_with("error serializing") {
        return None;
    }
    error.source()?.downcast_ref()
}

/// The fields that have no place of their own, under the names that Spin gives them.
fn extras(refusal: &DbError) -> Vec<(String, String)> {
    let line = refusal.line().map(|line| line.to_string());
    let fields = [
        ("column", refusal.column()),
        ("constraint", refusal.constraint()),
        ("routine", refusal.routine()),
        ("hint", refusal.hint()),
        ("table", refusal.table()),
        ("datatype", refusal.datatype()),
        ("schema", refusal.schema()),
        ("file", refusal.file()),
        ("line", line.as_deref()),
        ("where_", refusal.where_()),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

/// Whether a prepared statement is no longer what it was, through no fault of whoever runs it.
pub(super) fn is_stale(error: &Error) -> bool {
    error.as_db_error().is_some_and(|refusal| {
        *refusal.code() == SqlState::INVALID_SQL_STATEMENT_NAME
            || (*refusal.code() == SqlState::FEATURE_NOT_SUPPORTED
                && refusal.message() == CHANGED_PLAN)
    })
}

/// Whether the statement came too late in a transaction that has failed already.
pub(super) fn is_aborted(error: &Error) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}

/// Why there is no connection, with what the driver keeps to itself, and without the address.
pub(super) fn connection(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    if text.contains("invalid peer certificate") {
        text.push_str(
            "; let the address end in ?sslmode=disable to do without TLS, or name the \
             certificate's authority with connection-builder.set-ca-root",
        );
    }
    text
}
