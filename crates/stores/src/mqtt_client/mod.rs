//! MQTT 3.1.1 over the network, for publishing.

mod address;
mod link;
mod packet;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use self::link::{Link, Settings};
use super::mqtt::{MqttBrokers, MqttConnection, MqttError, MqttOptions, Qos};
use crate::MAX_PERMITS;
use jenny_manifest::runtime_config::{BlockedNetworks, RuntimeConfig};

pub use self::address::Address;

/// How long a broker may take to accept a connection: the number of Spin's client.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a component waits for a place among the connections.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long saying goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// MQTT brokers on the network.
///
/// A connection is made when something is published, and made again when it broke since. What was
/// published is not sent a second time by itself.
#[derive(Debug, Clone, Default)]
pub struct MqttClient {
    blocked: BlockedNetworks,
    /// The places for connections that components hold.
    places: Option<Arc<Semaphore>>,
    /// How long everything may take, where that is not what the constants say.
    patience: Option<Duration>,
    max_payload_bytes: Option<usize>,
}

impl MqttClient {
    /// A client that keeps to the runtime configuration's `block_networks` and to its limits.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limit = config.max_total_connections;
        Self {
            blocked: config.blocked_networks.clone(),
            places: limit.map(|limit| Arc::new(Semaphore::new(limit.min(MAX_PERMITS)))),
            patience: None,
            max_payload_bytes: config.mqtt_max_payload_bytes,
        }
    }

    /// Has components wait so long for what otherwise may take some seconds at most: a place, a
    /// connection. For tests, in which it must not
    /// matter how fast the machine is.
    #[must_use]
    pub fn patient(mut self, patience: impl Into<Option<Duration>>) -> Self {
        self.patience = patience.into();
        self
    }

    async fn place(&self) -> Result<Option<OwnedSemaphorePermit>, MqttError> {
        let Some(places) = &self.places else {
            return Ok(None);
        };
        let patience = self.patience.unwrap_or(WAIT_TIMEOUT);
        match timeout(patience, Arc::clone(places).acquire_owned()).await {
            Ok(place) => Ok(place.ok()),
            Err(_) => Err(MqttError::TooManyConnections),
        }
    }
}

#[async_trait]
impl MqttBrokers for MqttClient {
    async fn open(&self, options: MqttOptions) -> Result<Arc<dyn MqttConnection>, MqttError> {
        let address = Address::parse(&options.address).ok_or(MqttError::InvalidAddress)?;
        // The most that the protocol can say, a bit more than 18 hours.
        let keep_alive = u16::try_from(options.keep_alive.as_secs()).unwrap_or(u16::MAX);
        let connect = packet::connect(
            &address.client_id,
            address.clean_session,
            keep_alive,
            &options.username,
            &options.password,
        )
        .ok_or_else(|| MqttError::Other("user name or password is too long".to_owned()))?;
        let keep_alive = Duration::from_secs(keep_alive.into());
        let settings = Settings::new(address, connect, keep_alive, self.blocked.clone());
        let settings = settings.patient(self.patience.unwrap_or(CONNECT_TIMEOUT));
        let place = self.place().await?;
        let (requests, queue) = mpsc::channel(1);
        tokio::spawn(serve(settings, queue, place));
        Ok(Arc::new(Connection {
            requests,
            max_payload_bytes: self.max_payload_bytes,
        }))
    }
}

/// A message, and who waits for its acknowledgement.
struct Message {
    topic: String,
    payload: Vec<u8>,
    qos: Qos,
    done: oneshot::Sender<Result<(), MqttError>>,
}

/// What a component holds. The task at the other end lives as long.
struct Connection {
    requests: mpsc::Sender<Message>,
    max_payload_bytes: Option<usize>,
}

impl Connection {
    fn check(&self, topic: &str, payload: &[u8]) -> Result<(), MqttError> {
        // Section 4.7.1 of the standard: a broker would close the connection.
        if topic.is_empty() || topic.contains(['+', '#', '\0']) {
            let sentence = "a topic must not be empty or contain +, # or a null character";
            return Err(MqttError::Other(sentence.to_owned()));
        }
        if !packet::fits(topic, payload) {
            let sentence = "a message is too long: a topic may have 65535 bytes, and the message \
                 268435455 with its topic";
            return Err(MqttError::Other(sentence.to_owned()));
        }
        match self.max_payload_bytes {
            Some(limit) if payload.len() > limit => Err(MqttError::Other(format!(
                "payload of {} bytes exceeds the limit of {limit} bytes",
                payload.len()
            ))),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl MqttConnection for Connection {
    async fn publish(&self, topic: String, payload: Vec<u8>, qos: Qos) -> Result<(), MqttError> {
        self.check(&topic, &payload)?;
        let ended = || MqttError::ConnectionFailed("the connection has ended".to_owned());
        let (done, answer) = oneshot::channel();
        let message = Message {
            topic,
            payload,
            qos,
            done,
        };
        self.requests.send(message).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

/// Sends messages, one after another, and keeps the connection alive in between, until nobody can
/// send any more.
async fn serve(
    settings: Settings,
    mut queue: mpsc::Receiver<Message>,
    _place: Option<OwnedSemaphorePermit>,
) {
    let mut link = None;
    loop {
        let message = match &mut link {
            None => queue.recv().await,
            Some(open) => match next(open, &mut queue).await {
                Ok(message) => message,
                Err(error) => {
                    tracing::debug!("a connection to an MQTT broker ended: {error}");
                    link = None;
                    continue;
                }
            },
        };
        let Some(message) = message else { break };
        link = publish(&settings, link.take(), message).await;
    }
    if let Some(link) = link {
        // The broker finds out by itself, too.
        _ = timeout(CLOSE_TIMEOUT, link.close()).await;
    }
}

/// Waits for a message while the connection lives.
async fn next(
    link: &mut Link,
    queue: &mut mpsc::Receiver<Message>,
) -> std::io::Result<Option<Message>> {
    loop {
        link.skip()?;
        let event = tokio::select! {
            // A connection that has ended is not to be given the message.
            biased;
            event = link.wait() => event?,
            message = queue.recv() => return Ok(message),
        };
        link.handle(event).await?;
        // A broker that never stops talking keeps nobody from being heard.
        match queue.try_recv() {
            Ok(message) => return Ok(Some(message)),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) => {}
        }
    }
}

/// Publishes over `link` or a new one, and returns the one to use next.
async fn publish(settings: &Settings, link: Option<Link>, message: Message) -> Option<Link> {
    let Message {
        topic,
        payload,
        qos,
        mut done,
    } = message;
    let publishing = async {
        let mut link = match link {
            Some(link) => link,
            None => timeout(settings.patience, Link::open(settings))
                .await
                .unwrap_or_else(|_| Err("Network timeout".to_owned()))?,
        };
        let published = link.publish(settings, &topic, &payload, qos).await;
        published.map_err(|error| format!("I/O: {error}"))?;
        Ok(link)
    };
    let result = tokio::select! {
        result = publishing => result,
        // Nobody waits any more, and what is on its way would be in the way of the next message.
        () = done.closed() => return None,
    };
    let (link, answer) = match result {
        Ok(link) => (Some(link), Ok(())),
        Err(sentence) => (None, Err(MqttError::ConnectionFailed(sentence))),
    };
    // Whoever waited may have gone just now.
    _ = done.send(answer);
    link
}
