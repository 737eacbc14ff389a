//! `spin:redis@3.0.0`: nothing holds the instance while it waits.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use super::super::generated::spin::redis::redis::{
    self as wit, Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult,
};
use super::super::{Spin, SpinCtxView, call};
use super::{Connection, all};
use jenny_stores::RedisConnection;

type Answer<R> = wasmtime::Result<Result<R, Error>>;

super::conversions!(wit);

fn redis<T>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<Arc<dyn RedisConnection>> {
    accessor.with(|mut access| access.get().redis(connection))
}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_redis(connection)
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Spin {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Connection>> {
        let admitted = accessor.with(|mut access| access.get().admit_redis(&address));
        let (servers, place) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error.into())),
        };
        match call(accessor).of(servers.open(&address)).await? {
            Ok(connection) => {
                accessor.with(|mut access| Ok(Ok(access.get().keep_redis(connection, place)?)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answer<()> {
        let connection = redis(accessor, &this)?;
        let done = connection.publish(&channel, payload);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
    ) -> Answer<Option<Vec<u8>>> {
        let connection = redis(accessor, &this)?;
        let value = connection.get(&key);
        Ok(call(accessor).of(value).await?.map_err(Error::from))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        let connection = redis(accessor, &this)?;
        let done = connection.set(&key, value);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn incr(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
    ) -> Answer<i64> {
        let connection = redis(accessor, &this)?;
        let sum = connection.incr(&key);
        Ok(call(accessor).of(sum).await?.map_err(Error::from))
    }

    async fn del(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        keys: Vec<String>,
    ) -> Answer<u32> {
        let connection = redis(accessor, &this)?;
        let count = connection.del(keys);
        Ok(call(accessor).of(count).await?.map_err(Error::from))
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        let connection = redis(accessor, &this)?;
        let count = connection.sadd(&key, values);
        Ok(call(accessor).of(count).await?.map_err(Error::from))
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
    ) -> Answer<Vec<String>> {
        let connection = redis(accessor, &this)?;
        let values = connection.smembers(&key);
        Ok(call(accessor).of(values).await?.map_err(Error::from))
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        let connection = redis(accessor, &this)?;
        let count = connection.srem(&key, values);
        Ok(call(accessor).of(count).await?.map_err(Error::from))
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Answer<Vec<RedisResult>> {
        let connection = redis(accessor, &this)?;
        let results = connection.execute(&command, all(arguments));
        Ok(call(accessor)
            .of(results)
            .await?
            .map(all)
            .map_err(Error::from))
    }
}
