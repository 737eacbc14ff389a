//! An open connection to a broker.

use std::io;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use super::CONNECT_TIMEOUT;
use super::address::Address;
use super::packet::{self, DISCONNECT, PING, Packet};
use crate::mqtt::Qos;
use crate::network;
use jenny_manifest::runtime_config::BlockedNetworks;

/// How a connection is made, as often as it has to be.
pub(super) struct Settings {
    pub(super) address: Address,
    /// The packet that begins it.
    pub(super) connect: BytesMut,
    pub(super) keep_alive: Duration,
    pub(super) blocked: BlockedNetworks,
    /// How long the broker may take to accept a connection.
    pub(super) patience: Duration,
    /// The id of a message whose exchange with the broker has not come to its end, or 0.
    pub(super) unreleased: AtomicU16,
}

impl Settings {
    /// How a connection is made that has not been made before.
    pub(super) fn new(
        address: Address,
        connect: BytesMut,
        keep_alive: Duration,
        blocked: BlockedNetworks,
    ) -> Self {
        Self {
            address,
            connect,
            keep_alive,
            blocked,
            patience: CONNECT_TIMEOUT,
            unreleased: AtomicU16::new(0),
        }
    }

    /// The same, with so much time to connect.
    pub(super) fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The id that the first message comes after. A broker that keeps the session may know ids of
    /// earlier connections, and would take a message with one of them for the same again.
    fn first_id(&self) -> u16 {
        match self.address.clean_session {
            true => 0,
            // The last bits are random.
            false => Uuid::now_v7().as_u128() as u16,
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// A connection that the broker has accepted.
pub(super) struct Link {
    stream: Box<dyn Stream>,
    arrived: BytesMut,
    /// Zero if the broker is never told that the connection lives.
    pub(super) keep_alive: Duration,
    last_sent: Instant,
    /// The broker was asked whether it lives, and has not said so yet.
    is_pinged: bool,
    last_id: u16,
}

/// What [`Link::wait`] waits for.
pub(super) enum Event {
    /// So many bytes have arrived; none if the broker has closed the connection.
    Arrived(usize),
    /// Nothing was sent for as long as may be.
    Due,
}

impl Link {
    /// Connects, and waits until the broker accepts.
    ///
    /// # Errors
    ///
    /// A sentence that says why there is no connection.
    pub(super) async fn open(settings: &Settings) -> Result<Self, String> {
        let stream = connect(settings).await?;
        let mut link = Self {
            stream,
            arrived: BytesMut::new(),
            keep_alive: settings.keep_alive,
            last_sent: Instant::now(),
            is_pinged: false,
            last_id: settings.first_id(),
        };
        let io_error = |error: io::Error| format!("I/O: {error}");
        link.send(&settings.connect).await.map_err(io_error)?;
        loop {
            match link.receive().await.map_err(io_error)? {
                Packet::ConnectAck { is_known, code: 0 } => {
                    let released = link.release(settings, is_known).await;
                    return released.map(|()| link).map_err(io_error);
                }
                Packet::ConnectAck { code, .. } => {
                    return Err(format!(
                        "Connection refused, return code: `{}`",
                        refusal(code)
                    ));
                }
                _ => {}
            }
        }
    }

    /// Ends an exchange that broke off with the connection before this one.
    async fn release(&mut self, settings: &Settings, is_known: bool) -> io::Result<()> {
        // Once: a broker that does not answer this must not end every connection to come.
        let id = settings.unreleased.swap(0, Ordering::Relaxed);
        if id != 0 && is_known {
            self.send(&packet::release(id)).await?;
            self.wait_for(Packet::PublishComplete(id)).await?;
        }
        Ok(())
    }

    /// Publishes, and waits for what `qos` demands.
    pub(super) async fn publish(
        &mut self,
        settings: &Settings,
        topic: &str,
        payload: &[u8],
        qos: Qos,
    ) -> io::Result<()> {
        // Zero is no id, and only one message is on its way at a time.
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = self.last_id;
        let level = match qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
            Qos::ExactlyOnce => 2,
        };
        let packet = packet::publish(topic, payload, level, id)
            .ok_or_else(|| io::Error::other("the message is too long"))?;
        if qos == Qos::ExactlyOnce {
            settings.unreleased.store(id, Ordering::Relaxed);
        }
        self.send(&packet).await?;
        match qos {
            Qos::AtMostOnce => Ok(()),
            Qos::AtLeastOnce => self.wait_for(Packet::PublishAck(id)).await,
            Qos::ExactlyOnce => {
                self.wait_for(Packet::PublishReceived(id)).await?;
                self.send(&packet::release(id)).await?;
                self.wait_for(Packet::PublishComplete(id)).await?;
                settings.unreleased.store(0, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.send(&DISCONNECT).await?;
        self.stream.shutdown().await
    }

    async fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        self.stream.write_all(packet).await?;
        self.stream.flush().await?;
        self.last_sent = Instant::now();
        Ok(())
    }

    async fn wait_for(&mut self, expected: Packet) -> io::Result<()> {
        while self.receive().await? != expected {}
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<Packet> {
        loop {
            if let Some(packet) = self.next()? {
                return Ok(packet);
            }
            let event = self.wait().await?;
            self.handle(event).await?;
        }
    }

    /// The next of the packets that have arrived.
    fn next(&mut self) -> io::Result<Option<Packet>> {
        let packet = packet::read(&mut self.arrived)?;
        if packet == Some(Packet::PingResponse) {
            self.is_pinged = false;
        }
        Ok(packet)
    }

    /// Waits for what [`handle`](Self::handle) is to be called with. Nothing is lost if the future is
    /// dropped.
    pub(super) async fn wait(&mut self) -> io::Result<Event> {
        let due = self.last_sent + self.keep_alive;
        let keeps_alive = !self.keep_alive.is_zero();
        if keeps_alive && !self.is_pinged && Instant::now() >= due {
            // However much there is to read.
            return Ok(Event::Due);
        }
        tokio::select! {
            biased;
            read = self.stream.read_buf(&mut self.arrived) => Ok(Event::Arrived(read?)),
            () = sleep_until(due), if keeps_alive => Ok(Event::Due),
        }
    }

    /// Does what an event demands. What arrives stays to be received.
    pub(super) async fn handle(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Arrived(0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "connection closed by peer",
            )),
            Event::Arrived(_) => Ok(()),
            Event::Due if self.is_pinged => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the broker did not answer a ping",
            )),
            Event::Due => {
                self.is_pinged = true;
                self.send(&PING).await
            }
        }
    }

    /// Takes the packets that arrived while nobody waited for any.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        while self.next()?.is_some() {}
        Ok(())
    }
}

async fn connect(settings: &Settings) -> Result<Box<dyn Stream>, String> {
    let Address {
        host,
        port,
        is_protected,
        ..
    } = &settings.address;
    let servers = network::lookup(host, *port, &settings.blocked).await?;
    let stream = network::connect(&servers, settings.patience)
        .await
        .map_err(|error| format!("I/O: {error}"))?;
    if !is_protected {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.clone()).map_err(|error| format!("TLS: {error}"))?;
    let connector = TlsConnector::from(std::sync::Arc::clone(&network::MOZILLA));
    let stream = connector.connect(name, stream).await;
    Ok(Box::new(stream.map_err(|error| format!("TLS: {error}"))?))
}

/// The names that Spin's client gives the codes of section 3.2.2.3.
fn refusal(code: u8) -> String {
    match code {
        1 => "RefusedProtocolVersion",
        2 => "BadClientId",
        3 => "ServiceUnavailable",
        4 => "BadUserNamePassword",
        5 => "NotAuthorized",
        other => return other.to_string(),
    }
    .to_owned()
}
