//! `spin:postgres@3.0.0`: fewer types, and errors as text.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::spin::postgres3_0_0::postgres::{
    self as wit, Column, DbDataType, DbValue, Error, Host, HostConnection, ParameterValue,
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

impl From<ParameterValue> for Value {
    fn from(value: ParameterValue) -> Self {
        match value {
            ParameterValue::Boolean(value) => Self::Boolean(value),
            ParameterValue::Int8(value) => Self::Int8(value),
            ParameterValue::Int16(value) => Self::Int16(value),
            ParameterValue::Int32(value) => Self::Int32(value),
            ParameterValue::Int64(value) => Self::Int64(value),
            ParameterValue::Floating32(value) => Self::Floating32(value),
            ParameterValue::Floating64(value) => Self::Floating64(value),
            ParameterValue::Str(value) => Self::Text(value),
            ParameterValue::Binary(value) => Self::Binary(value),
            ParameterValue::Date(value) => Self::Date(value),
            ParameterValue::Time(value) => Self::Time(value),
            ParameterValue::Datetime(value) => Self::Datetime(value),
            ParameterValue::Timestamp(value) => Self::Timestamp(value),
            ParameterValue::DbNull => Self::Null,
        }
    }
}

impl From<Value> for DbValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::DbNull,
            Value::Boolean(value) => Self::Boolean(value),
            Value::Int8(value) => Self::Int8(value),
            Value::Int16(value) => Self::Int16(value),
            Value::Int32(value) => Self::Int32(value),
            Value::Int64(value) => Self::Int64(value),
            Value::Floating32(value) => Self::Floating32(value),
            Value::Floating64(value) => Self::Floating64(value),
            Value::Text(value) => Self::Str(value),
            Value::Binary(value) => Self::Binary(value),
            Value::Date(value) => Self::Date(value),
            Value::Time(value) => Self::Time(value),
            Value::Datetime(value) => Self::Datetime(value),
            Value::Timestamp(value) => Self::Timestamp(value),
            _ => Self::Unsupported,
        }
    }
}

impl From<postgres::Column> for Column {
    fn from(column: postgres::Column) -> Self {
        Self {
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
                DataType::Date => DbDataType::Date,
                DataType::Time => DbDataType::Time,
                DataType::Datetime => DbDataType::Datetime,
                _ => DbDataType::Other,
            },
        }
    }
}

fn values(parameters: Vec<ParameterValue>) -> Vec<Value> {
    parameters.into_iter().map(Into::into).collect()
}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        Ok(self
            .open_postgres(&address, None)
            .await?
            .map_err(Error::from))
    }

    async fn query(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<wit::RowSet> {
        let connection = self.postgres(&this)?;
        let result = whole_result(&*connection, statement, values(parameters));
        let result = self.call().of(result).await?;
        Ok(result
            .map(|(columns, rows)| wit::RowSet {
                columns: columns.into_iter().map(Into::into).collect(),
                rows: rows
                    .into_iter()
                    .map(|row| row.into_iter().map(Into::into).collect())
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
        let executed = connection.execute(statement, values(parameters));
        let executed = self.call().of(executed).await?;
        Ok(executed.map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_postgres(connection)
    }
}
