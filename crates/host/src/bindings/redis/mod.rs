//! `spin:redis@3.0.0`, and what came before it, `fermyon:spin/redis@2.0.0`.

mod v2;
mod v3;

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::Resource;

use super::SpinCtxView;
use crate::outbound;
use jenny_stores::{RedisAddress, RedisConnection, RedisError, RedisServers};

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection {
    connection: Arc<dyn RedisConnection>,
    _place: OwnedSemaphorePermit,
}

impl SpinCtxView<'_> {
    /// What opening a connection to `address` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    fn admit_redis(
        &self,
        address: &str,
    ) -> Result<(Arc<dyn RedisServers>, OwnedSemaphorePermit), RedisError> {
        let parsed = RedisAddress::parse(address)?;
        let (scheme, host, port) = (&parsed.scheme, &parsed.host, parsed.port);
        if !outbound::allows_connection(&self.ctx.component, scheme, host, port) {
            return Err(RedisError::InvalidAddress);
        }
        // Taken before the connection is opened, because any number may be on their way at once.
        let place = Arc::clone(&self.ctx.redis_places)
            .try_acquire_owned()
            .map_err(|_| RedisError::TooManyConnections)?;
        Ok((Arc::clone(&self.ctx.capabilities.stores.redis), place))
    }

    fn keep_redis(
        &mut self,
        connection: Arc<dyn RedisConnection>,
        place: OwnedSemaphorePermit,
    ) -> wasmtime::Result<Resource<Connection>> {
        let connection = Connection {
            connection,
            _place: place,
        };
        Ok(self.table.push(connection)?)
    }

    fn redis(
        &self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<Arc<dyn RedisConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.connection))
    }

    fn drop_redis(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

/// The conversions between the capability and the types of one version, which differ in nothing but
/// their module.
macro_rules! conversions {
    ($($module:ident)::+) => {
        impl From<jenny_stores::RedisError> for $($module)::+::Error {
            fn from(error: jenny_stores::RedisError) -> Self {
                use jenny_stores::RedisError;
                match error {
                    RedisError::InvalidAddress => Self::InvalidAddress,
                    RedisError::TooManyConnections => Self::TooManyConnections,
                    RedisError::TypeError => Self::TypeError,
                    RedisError::Other(text) => Self::Other(text),
                }
            }
        }

        impl From<$($module)::+::RedisParameter> for jenny_stores::RedisParameter {
            fn from(parameter: $($module)::+::RedisParameter) -> Self {
                use $($module)::+::RedisParameter;
                match parameter {
                    RedisParameter::Int64(number) => Self::Int64(number),
                    RedisParameter::Binary(bytes) => Self::Binary(bytes),
                }
            }
        }

        impl From<jenny_stores::RedisResult> for $($module)::+::RedisResult {
            fn from(result: jenny_stores::RedisResult) -> Self {
                use jenny_stores::RedisResult;
                match result {
                    RedisResult::Nil => Self::Nil,
                    RedisResult::Status(text) => Self::Status(text),
                    RedisResult::Int64(number) => Self::Int64(number),
                    RedisResult::Binary(bytes) => Self::Binary(bytes),
                }
            }
        }
    };
}
use conversions;

/// Converts each item.
fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}
