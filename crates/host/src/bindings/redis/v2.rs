//! `fermyon:spin/redis@2.0.0`: every function holds the instance while it waits.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::redis::{
    self as wit, Error, Host, HostConnection, RedisParameter, RedisResult,
};
use super::{Connection, all};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

super::conversions!(wit);

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        let (servers, place) = match self.admit_redis(&address) {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error.into())),
        };
        match self.call().of(servers.open(&address)).await? {
            Ok(connection) => Ok(Ok(self.keep_redis(connection, place)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn publish(
        &mut self,
        this: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answer<()> {
        let connection = self.redis(&this)?;
        let done = self.call().of(connection.publish(&channel, payload));
        Ok(done.await?.map_err(Error::from))
    }

    async fn get(&mut self, this: Resource<Connection>, key: String) -> Answer<Option<Vec<u8>>> {
        let connection = self.redis(&this)?;
        let value = self.call().of(connection.get(&key));
        Ok(value.await?.map_err(Error::from))
    }

    async fn set(&mut self, this: Resource<Connection>, key: String, value: Vec<u8>) -> Answer<()> {
        let connection = self.redis(&this)?;
        let done = self.call().of(connection.set(&key, value));
        Ok(done.await?.map_err(Error::from))
    }

    async fn incr(&mut self, this: Resource<Connection>, key: String) -> Answer<i64> {
        let connection = self.redis(&this)?;
        let sum = self.call().of(connection.incr(&key));
        Ok(sum.await?.map_err(Error::from))
    }

    async fn del(&mut self, this: Resource<Connection>, keys: Vec<String>) -> Answer<u32> {
        let connection = self.redis(&this)?;
        let count = self.call().of(connection.del(keys));
        Ok(count.await?.map_err(Error::from))
    }

    async fn sadd(
        &mut self,
        this: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        let connection = self.redis(&this)?;
        let count = self.call().of(connection.sadd(&key, values));
        Ok(count.await?.map_err(Error::from))
    }

    async fn smembers(&mut self, this: Resource<Connection>, key: String) -> Answer<Vec<String>> {
        let connection = self.redis(&this)?;
        let values = self.call().of(connection.smembers(&key));
        Ok(values.await?.map_err(Error::from))
    }

    async fn srem(
        &mut self,
        this: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        let connection = self.redis(&this)?;
        let count = self.call().of(connection.srem(&key, values));
        Ok(count.await?.map_err(Error::from))
    }

    async fn execute(
        &mut self,
        this: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Answer<Vec<RedisResult>> {
        let connection = self.redis(&this)?;
        let results = self.call().of(connection.execute(&command, all(arguments)));
        Ok(results.await?.map(all).map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_redis(connection)
    }
}
