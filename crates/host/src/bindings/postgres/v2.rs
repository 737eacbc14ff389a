//! `fermyon:spin/postgres@2.0.0`: the types that it shares with MySQL, and errors as text.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::postgres::{Host, HostConnection};
use super::super::generated::fermyon::spin::rdbms_types::{
    self, Column, DbDataType, DbValue, Error, ParameterValue, RowSet,
};
use super::{Connection, whole_result};
use jenny_stores::postgres::{self, DataType, PostgresError, Value};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl From<PostgresError> for Error {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::ConnectionFailed(text) => Self::ConnectionFailed(text),
            PostgresError::BadParameter(text) => Self::BadParameter(text),
            PostgresError::Failed(text) => Self::QueryFailed(text),
            PostgresError::Refused(refusal) => Self::QueryFailed(refusal.as_text),
            PostgresError::Other(text) => Self::Other(text),
        }
    }
}

/// Postgres has no unsigned types, and none that is wide enough for all of them.
fn value(value: ParameterValue) -> Result<Value, Error> {
    Ok(match value {
        ParameterValue::Boolean(value) => Value::Boolean(value),
        ParameterValue::Int8(value) => Value::Int8(value),
        ParameterValue::Int16(value) => Value::Int16(value),
        ParameterValue::Int32(value) => Value::Int32(value),
        ParameterValue::Int64(value) => Value::Int64(value),
        ParameterValue::Floating32(value) => Value::Floating32(value),
        ParameterValue::Floating64(value) => Value::Floating64(value),
        ParameterValue::Str(value) => Value::Text(value),
        ParameterValue::Binary(value) => Value::Binary(value),
        ParameterValue::DbNull => Value::Null,
        ParameterValue::Uint8(_)
        | ParameterValue::Uint16(_)
        | ParameterValue::Uint32(_)
        | ParameterValue::Uint64(_) => {
            return Err(Error::ValueConversionFailed(
                "Postgres does not support unsigned integers".to_owned(),
            ));
        }
    })
}

fn values(parameters: Vec<ParameterValue>) -> Result<Vec<Value>, Error> {
    parameters.into_iter().map(value).collect()
}

fn db_value(value: Value) -> DbValue {
    match value {
        Value::Null => DbValue::DbNull,
        Value::Boolean(value) => DbValue::Boolean(value),
        Value::Int8(value) => DbValue::Int8(value),
        Value::Int16(value) => DbValue::Int16(value),
        Value::Int32(value) => DbValue::Int32(value),
        Value::Int64(value) => DbValue::Int64(value),
        Value::Floating32(value) => DbValue::Floating32(value),
        Value::Floating64(value) => DbValue::Floating64(value),
        Value::Text(value) => DbValue::Str(value),
        Value::Binary(value) => DbValue::Binary(value),
        _ => DbValue::Unsupported,
    }
}

fn column(column: postgres::Column) -> Column {
    Column {
        name: column.name,
        data_type: match column.data_type {
            DataType::Boolean => DbDataType::Boolean,
            DataType::Int16 => DbDataType::Int16,
            DataType::Int32 => DbDataType::Int32,
            DataType::Int64 => DbDataType::Int64,
            DataType::Floating32 => DbDataType::Floating32,
            DataType::Floating64 => DbDataType::Floating64,
            DataType::Text => DbDataType::Str,
            DataType::Binary => DbDataType::Binary,
            _ => DbDataType::Other,
        },
    }
}

impl rdbms_types::Host for SpinCtxView<'_> {}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        let opened = self.open_postgres(&address, None).await?;
        Ok(opened.map_err(Error::from))
    }

    async fn query(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<RowSet> {
        let connection = self.postgres(&this)?;
        let parameters = match values(parameters) {
            Ok(parameters) => parameters,
            Err(error) => return Ok(Err(error)),
        };
        let result = whole_result(connection.as_ref(), statement, parameters);
        let result = self.call().of(result).await?;
        Ok(result
            .map(|(columns, rows)| RowSet {
                columns: columns.into_iter().map(column).collect(),
                rows: rows
                    .into_iter()
                    .map(|row| row.into_iter().map(db_value).collect())
                    .collect(),
            })
            .map_err(Error::from))
    }

    async fn execute(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<u64> {
        let connection = self.postgres(&this)?;
        let parameters = match values(parameters) {
            Ok(parameters) => parameters,
            Err(error) => return Ok(Err(error)),
        };
        let executed = connection.execute(statement, parameters);
        let executed = self.call().of(executed).await?;
        Ok(executed.map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_postgres(connection)
    }
}
