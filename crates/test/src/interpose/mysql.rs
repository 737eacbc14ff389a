//! MySQL databases.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream;
use jenny_stores::mysql::{Column, DataType, QueryResult, Value};
use jenny_stores::{MysqlConnection, MysqlDatabases, MysqlError};

use super::counted::Counted;
use super::reply::{Failure, Reply, broken_off, drained};
use super::{Interposed, Interposer};
use crate::fault::Odd;
use crate::ledger::{HostCall, Recording, SqlCall, SqlKind, SqlValue, without_password};

struct Connection {
    address: Arc<str>,
    real: Arc<dyn MysqlConnection>,
    by: Interposer,
}

fn asked(database: &Arc<str>, operation: SqlCall) -> HostCall {
    HostCall::Sql {
        kind: SqlKind::MySql,
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
impl MysqlDatabases for Interposed<dyn MysqlDatabases> {
    async fn open(&self, address: &str) -> Result<Arc<dyn MysqlConnection>, MysqlError> {
        let database: Arc<str> = without_password(address).into();
        let what = asked(&database, SqlCall::Open);
        let real = self.by.call(what, self.real.open(address)).await?;
        Ok(Arc::new(Connection {
            address: database,
            real,
            by: self.by.clone(),
        }))
    }
}

#[async_trait]
impl MysqlConnection for Connection {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, MysqlError> {
        let what = self.asked_to_run(&statement, &parameters);
        let queried = self.real.query(statement, parameters);
        self.by.call(what, queried).await
    }

    async fn execute(&self, statement: String, parameters: Vec<Value>) -> Result<(), MysqlError> {
        let what = self.asked_to_run(&statement, &parameters);
        let executed = self.real.execute(statement, parameters);
        self.by.call(what, executed).await
    }
}

impl Failure for MysqlError {
    fn injected(opening: bool, message: &str) -> Self {
        match opening {
            true => Self::ConnectionFailed(message.to_owned()),
            false => Self::QueryFailed(message.to_owned()),
        }
    }
}

impl Reply<MysqlError> for QueryResult {
    fn in_short(&self) -> String {
        "rows".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        let (names, rows) = answer.as_rows()?;
        let first = |column| rows.first().and_then(|row| row.get(column));
        let columns = names.iter().enumerate().map(|(number, name)| Column {
            name: name.clone(),
            data_type: first(number).map_or(DataType::Text, type_of),
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

    fn broken_off(self, after: usize, error: MysqlError) -> Option<Self> {
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
