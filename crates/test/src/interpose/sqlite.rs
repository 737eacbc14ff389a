//! SQLite databases.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream;
use jenny_stores::{QueryResult, SqliteConnection, SqliteDatabases, SqliteError, Value};

use super::counted::Counted;
use super::reply::{Reply, broken_off, drained};
use super::{Interposed, Interposer};
use crate::fault::Odd;
use crate::ledger::{HostCall, Recording, SqlCall, SqlKind, SqlValue};

struct Connection {
    label: Arc<str>,
    real: Arc<dyn SqliteConnection>,
    by: Interposer,
}

fn asked(database: &Arc<str>, operation: SqlCall) -> HostCall {
    HostCall::Sql {
        kind: SqlKind::Sqlite,
        database: Arc::clone(database),
        operation,
    }
}

#[async_trait]
impl SqliteDatabases for Interposed<dyn SqliteDatabases> {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        let database: Arc<str> = label.into();
        let what = asked(&database, SqlCall::Open);
        let real = self.by.call(what, self.real.open(label)).await?;
        Ok(Arc::new(Connection {
            label: database,
            real,
            by: self.by.clone(),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.real.is_defined(label)
    }
}

#[async_trait]
impl SqliteConnection for Connection {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        let operation = SqlCall::Statement {
            text: statement.clone(),
            parameters: parameters.iter().map(SqlValue::from).collect(),
        };
        let what = asked(&self.label, operation);
        let executed = self.real.execute(statement, parameters);
        self.by.call(what, executed).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        let operation = SqlCall::Statement {
            text: statements.clone(),
            parameters: Vec::new(),
        };
        let what = asked(&self.label, operation);
        self.by
            .call(what, self.real.execute_batch(statements))
            .await
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        let what = asked(&self.label, SqlCall::LastInsertRowid);
        self.by.call(what, self.real.last_insert_rowid()).await
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        let what = asked(&self.label, SqlCall::Changes);
        self.by.call(what, self.real.changes()).await
    }
}

impl Reply<SqliteError> for QueryResult {
    fn in_short(&self) -> String {
        "rows".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        let (columns, rows) = answer.as_rows()?;
        let row = |row: &Vec<SqlValue>| Ok(row.iter().cloned().map(value).collect());
        let rows: Vec<_> = rows.iter().map(row).collect();
        Some(Self {
            columns: columns.to_vec(),
            rows: stream::iter(rows).boxed(),
        })
    }

    async fn settled(self) {
        drained(self.rows).await;
    }

    fn broken_off(self, after: usize, error: SqliteError) -> Option<Self> {
        Some(Self {
            columns: self.columns,
            rows: broken_off(self.rows, after, error),
        })
    }

    fn followed(self, recording: Recording) -> Self {
        Self {
            columns: self.columns,
            rows: Counted::new(self.rows, "row", recording).boxed(),
        }
    }
}

fn value(value: SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Boolean(boolean) => Value::Integer(boolean.into()),
        SqlValue::Integer(integer) => Value::Integer(integer),
        SqlValue::Real(real) => Value::Real(real),
        SqlValue::Text(text) | SqlValue::Other(text) => Value::Text(text),
        SqlValue::Bytes(bytes) => Value::Blob(bytes),
    }
}
