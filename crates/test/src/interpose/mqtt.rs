//! MQTT brokers.

use std::sync::Arc;

use async_trait::async_trait;
use jenny_stores::mqtt::{MqttOptions, Qos};
use jenny_stores::{MqttBrokers, MqttConnection, MqttError};

use super::reply::Failure;
use super::{Interposed, Interposer};
use crate::ledger::{HostCall, MqttCall, without_password};

struct Connection {
    address: Arc<str>,
    real: Arc<dyn MqttConnection>,
    by: Interposer,
}

#[async_trait]
impl MqttBrokers for Interposed<dyn MqttBrokers> {
    async fn open(&self, options: MqttOptions) -> Result<Arc<dyn MqttConnection>, MqttError> {
        let broker: Arc<str> = without_password(&options.address).into();
        let what = HostCall::Mqtt {
            broker: Arc::clone(&broker),
            operation: MqttCall::Open,
        };
        let real = self.by.call(what, self.real.open(options)).await?;
        Ok(Arc::new(Connection {
            address: broker,
            real,
            by: self.by.clone(),
        }))
    }
}

#[async_trait]
impl MqttConnection for Connection {
    async fn publish(&self, topic: String, payload: Vec<u8>, qos: Qos) -> Result<(), MqttError> {
        let what = HostCall::Mqtt {
            broker: Arc::clone(&self.address),
            operation: MqttCall::Publish {
                topic: topic.clone(),
                payload: payload.clone(),
                qos,
            },
        };
        let published = self.real.publish(topic, payload, qos);
        self.by.call(what, published).await
    }
}

impl Failure for MqttError {
    fn injected(opening: bool, message: &str) -> Self {
        match opening {
            true => Self::ConnectionFailed(message.to_owned()),
            false => Self::Other(message.to_owned()),
        }
    }
}
