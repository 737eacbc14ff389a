//! `spin:mqtt@3.0.0`.

use wasmtime::component::{Accessor, Resource};

use super::super::generated::spin::mqtt::mqtt::{
    Error, Host, HostConnection, HostConnectionWithStore, Qos,
};
use super::super::{Spin, SpinCtxView, call};
use super::{Connection, options};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_mqtt(connection)
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Spin {
    async fn open(
        accessor: &Accessor<T, Self>,
        address: String,
        username: String,
        password: String,
        keep_alive_seconds: u64,
    ) -> Answer<Resource<Connection>> {
        let admitted = accessor.with(|mut access| access.get().admit_mqtt(&address));
        let (brokers, place) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error.into())),
        };
        let opened = brokers.open(options(address, username, password, keep_alive_seconds));
        match call(accessor).of(opened).await? {
            Ok(connection) => {
                accessor.with(|mut access| Ok(Ok(access.get().keep_mqtt(connection, place)?)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        topic: String,
        payload: Vec<u8>,
        qos: Qos,
    ) -> Answer<()> {
        let connection = accessor.with(|mut access| access.get().mqtt(&this))?;
        let published = connection.publish(topic, payload, qos.into());
        Ok(call(accessor).of(published).await?.map_err(Error::from))
    }
}
