//! `fermyon:spin/mqtt@2.0.0`.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::mqtt::{Error, Host, HostConnection, Qos};
use super::{Connection, options};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(
        &mut self,
        address: String,
        username: String,
        password: String,
        keep_alive_seconds: u64,
    ) -> Answer<Resource<Connection>> {
        let (brokers, place) = match self.admit_mqtt(&address) {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error.into())),
        };
        let opened = brokers.open(options(address, username, password, keep_alive_seconds));
        match self.call().of(opened).await? {
            Ok(connection) => Ok(Ok(self.keep_mqtt(connection, place)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn publish(
        &mut self,
        this: Resource<Connection>,
        topic: String,
        payload: Vec<u8>,
        qos: Qos,
    ) -> Answer<()> {
        let connection = self.mqtt(&this)?;
        let published = connection.publish(topic, payload, qos.into());
        Ok(self.call().of(published).await?.map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_mqtt(connection)
    }
}
