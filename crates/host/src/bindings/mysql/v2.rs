//! `fermyon:spin/mysql@2.0.0`. Its types have their `Host` with
//! [Postgres](super::super::postgres), which shares them.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::mysql::{Host, HostConnection};
use super::super::generated::fermyon::spin::rdbms_types::{Error, ParameterValue, RowSet};
use super::Connection;
use jenny_stores::MAX_BUFFERED_BYTES;
use jenny_stores::mysql::{Column, MysqlConnection, MysqlError, Row, Value};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

/// Runs a query and reads all of its rows.
async fn whole_result(
    connection: &dyn MysqlConnection,
    statement: String,
    parameters: Vec<Value>,
) -> Result<(Vec<Column>, Vec<Row>), MysqlError> {
    let mut result = connection.query(statement, parameters).await?;
    let columns = std::mem::take(&mut result.columns);
    let rows = result.collect(MAX_BUFFERED_BYTES).await?;
    Ok((columns, rows))
}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        Ok(self.open_mysql(&address).await?.map_err(Error::from))
    }

    async fn query(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<RowSet> {
        let connection = self.mysql(&this)?;
        let parameters = parameters.into_iter().map(Into::into).collect();
        let result = whole_result(connection.as_ref(), statement, parameters);
        let result = self.call().of(result).await?;
        Ok(result
            .map(|(columns, rows)| RowSet {
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
    ) -> Answer<()> {
        let connection = self.mysql(&this)?;
        let parameters = parameters.into_iter().map(Into::into).collect();
        let executed = connection.execute(statement, parameters);
        Ok(self.call().of(executed).await?.map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_mysql(connection)
    }
}
