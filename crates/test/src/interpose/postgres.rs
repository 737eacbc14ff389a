//! Postgres databases.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream;
use jenny_stores::postgres::{Column, DataType, QueryResult, Value};
use jenny_stores::{PostgresConnection, PostgresDatabases, PostgresError};

use super::counted::Counted;
use super::reply::{Reply, broken_off, drained};
use super::{Interposed, Interposer};
use crate::fault::Odd;
use crate::ledger::{HostCall, Recording, SqlCall, SqlKind, SqlValue, without_password};

struct Connection {
    address: Arc<str>,
    real: Arc<dyn PostgresConnection>,
    by: Interposer,
}

fn asked(database: &Arc<str>, operation: SqlCall) -> HostCall {
    HostCall::Sql {
        kind: SqlKind::Postgres,
        database: Arc::clone(database),
        operation,
    }
}

impl Connection {
    fn asked_to_run(&self, statement: &str, parameters: &[Value]) -> HostCall {
        let operation = SqlCall::Statement {
            text: statement.to_owned(),
            parameters: parameters.iter().map(SqlValue::from).collect(),
        };
        asked(&self.address, operation)
    }
}

#[async_trait]
impl PostgresDatabases for Interposed<dyn PostgresDatabases> {
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError> {
        let database: Arc<str> = without_password(address).into();
        let what = asked(&database, SqlCall::Open);
        let real = self.by.call(what, self.real.open(address, ca_root)).await?;
        Ok(Arc::new(Connection {
            address: database,
            real,
            by: self.by.clone(),
        }))
    }
}

#[async_trait]
impl PostgresConnection for Connection {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, PostgresError> {
        let what = self.asked_to_run(&statement, &parameters);
        self.by
            .call(what, self.real.query(statement, parameters))
            .await
    }

    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<u64, PostgresError> {
        let what = self.asked_to_run(&statement, &parameters);
        self.by
            .call(what, self.real.execute(statement, parameters))
            .await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), PostgresError> {
        let what = self.asked_to_run(&statements, &[]);
        self.by
            .call(what, self.real.execute_batch(statements))
            .await
    }
}

impl Reply<PostgresError> for QueryResult {
    fn in_short(&self) -> String {
        "rows".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        let (names, rows) = answer.as_rows()?;
        let data_type = |column| rows.first().and_then(|row| row.get(column));
        let columns = names.iter().enumerate().map(|(number, name)| Column {
            name: name.clone(),
            data_type: data_type(number).map_or(DataType::Text, type_of),
        });
        let row = |row: &Vec<SqlValue>| Ok(row.iter().cloned().map(value).collect());
        let rows: Vec<_> = rows.iter().map(row).collect();
        Some(Self {
            columns: columns.collect(),
            rows: stream::iter(rows).boxed(),
        })
    }

    async fn settled(self) {
        drained(self.rows).await;
    }

    fn broken_off(self, after: usize, error: PostgresError) -> Option<Self> {
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

/// The type of a column that has this value.
fn type_of(value: &SqlValue) -> DataType {
    match value {
        SqlValue::Boolean(_) => DataType::Boolean,
        SqlValue::Integer(_) => DataType::Int64,
        SqlValue::Real(_) => DataType::Floating64,
        SqlValue::Bytes(_) => DataType::Binary,
        SqlValue::Null | SqlValue::Text(_) | SqlValue::Other(_) => DataType::Text,
    }
}

fn value(value: SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Boolean(boolean) => Value::Boolean(boolean),
        SqlValue::Integer(integer) => Value::Int64(integer),
        SqlValue::Real(real) => Value::Floating64(real),
        SqlValue::Text(text) | SqlValue::Other(text) => Value::Text(text),
        SqlValue::Bytes(bytes) => Value::Binary(bytes),
    }
}
