//! What the errors of Postgres mean for a request.
//!
//! The codes are SQLSTATEs: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use spin_sdk::pg::{self, PgError, QueryError};

use crate::db::DbError;

/// The SQLSTATE of a statement in a transaction that an earlier one had spoilt.
pub(super) const IN_FAILED_TRANSACTION: &str = "25P02";

/// The server's code of an error, unless it comes from elsewhere.
pub(super) fn sqlstate(error: &pg::Error) -> Option<&str> {
    match error {
        pg::Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) => Some(&error.code),
        _ => None,
    }
}

/// Why there is no connection. The host gives text alone, also for what the server said.
pub(super) fn open_error(error: pg::Error) -> DbError {
    let message = match error {
        pg::Error::PgError(PgError::ConnectionFailed(message) | PgError::Other(message)) => message,
        other => other.to_string(),
    };
    // What hosts say of an address that no entry of `allowed_outbound_hosts` covers.
    if message.contains("is not permitted") {
        return DbError::Configuration(format!(
            "this component may not reach the database: set the variable database_endpoint to the \
             scheme, host and port of database_url, such as postgres://db.example.org:5432 \
             ({message})"
        ));
    }
    DbError::Unavailable(message)
}

pub(super) fn statement_error(error: pg::Error, sql: &str) -> DbError {
    match error {
        pg::Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) => {
            let message = format!("{} (SQLSTATE {})", error.message, error.code);
            by_sqlstate(&error.code, message, sql)
        }
        // Without a code it was not the server that refused: the connection is broken.
        pg::Error::PgError(
            PgError::ConnectionFailed(message) | PgError::QueryFailed(QueryError::Text(message)),
        ) => DbError::Unavailable(message),
        pg::Error::PgError(
            PgError::BadParameter(message)
            | PgError::ValueConversionFailed(message)
            | PgError::Other(message),
        )
        | pg::Error::Decode(message) => DbError::statement(sql, message),
    }
}

fn by_sqlstate(code: &str, message: String, sql: &str) -> DbError {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available, and query_canceled, which
        // is what becomes of a statement at its timeout.
        "40001" | "40P01" | "55P03" | "57014" => DbError::Busy(message),
        // undefined_table, invalid_schema_name.
        "42P01" | "3F000" => DbError::SchemaMissing(message),
        // read_only_sql_transaction, on what has become a standby; the timeouts of an idle and of
        // any transaction; invalid_catalog_name; data_corrupted, index_corrupted.
        "25006" | "25P03" | "25P04" | "3D000" | "XX001" | "XX002" => DbError::Unavailable(message),
        // Connection exceptions, authorisation, insufficient resources, operator intervention and
        // errors of the system, all of which somebody has to do something about.
        _ if ["08", "28", "53", "57", "58"].contains(&code.get(..2).unwrap_or_default()) => {
            DbError::Unavailable(message)
        }
        _ => DbError::statement(sql, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> pg::Error {
        pg::Error::PgError(PgError::QueryFailed(QueryError::DbError(pg::DbError {
            as_text: String::new(),
            severity: "ERROR".to_owned(),
            code: code.to_owned(),
            message: "said the server".to_owned(),
            detail: None,
            extras: Vec::new(),
        })))
    }

    #[test]
    fn codes_decide_whether_the_caller_may_try_again() {
        for code in ["40001", "40P01", "55P03", "57014"] {
            let error = statement_error(refused(code), "SELECT 1");
            assert!(matches!(error, DbError::Busy(_)), "{code}: {error}");
        }
        for code in [
            "08006", "25006", "25P03", "28P01", "3D000", "53100", "53300", "57P01", "57P03",
            "58030",
        ] {
            let error = statement_error(refused(code), "SELECT 1");
            assert!(matches!(error, DbError::Unavailable(_)), "{code}: {error}");
        }
        for code in ["22021", "23505", "25P02", "42601", "", "4", "é"] {
            let error = statement_error(refused(code), "SELECT 1");
            assert!(
                matches!(error, DbError::Statement { .. }),
                "{code}: {error}"
            );
        }
        assert!(matches!(
            statement_error(refused("42P01"), "SELECT 1"),
            DbError::SchemaMissing(_)
        ));
    }

    #[test]
    fn a_broken_connection_is_no_fault_of_the_statement() {
        for error in [
            PgError::ConnectionFailed("connection closed".to_owned()),
            PgError::QueryFailed(QueryError::Text("connection closed".to_owned())),
        ] {
            let error = statement_error(pg::Error::PgError(error), "SELECT 1");
            assert!(matches!(error, DbError::Unavailable(_)), "{error}");
        }
    }

    #[test]
    fn a_host_that_is_not_allowed_names_the_variable() {
        let said = "address postgres://db:5432 is not permitted".to_owned();
        let error = open_error(pg::Error::PgError(PgError::ConnectionFailed(said)));
        assert!(matches!(error, DbError::Configuration(_)), "{error}");
        assert!(error.to_string().contains("database_endpoint"), "{error}");

        let said = "connection refused".to_owned();
        let error = open_error(pg::Error::PgError(PgError::ConnectionFailed(said)));
        assert!(matches!(error, DbError::Unavailable(_)), "{error}");
    }
}
