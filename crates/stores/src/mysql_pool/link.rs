//! Connections as the pool keeps them.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use futures::FutureExt as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{ChangeUserOpts, Conn, Error};

use super::WAIT_TIMEOUT;
use super::address::Address;
use crate::network;
use jenny_manifest::runtime_config::BlockedNetworks;

/// A connection that nobody has used for so long is not used again: a firewall between may have
/// forgotten it, which shows only by waiting.
const MAX_IDLE: Duration = Duration::from_secs(10 * 60);

/// How long a server may take for what costs it nothing, before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the connections of one pool.
pub(super) struct Manager {
    pub(super) address: Address,
    pub(super) blocked: BlockedNetworks,
    pub(super) patience: Option<Duration>,
    /// When the server was last asked in vain whether it lives.
    pub(super) unanswered: Mutex<Option<Instant>>,
}

impl managed::Manager for Manager {
    type Type = Link;
    type Error = String;

    async fn create(&self) -> Result<Link, String> {
        let (host, port) = (&self.address.host, self.address.port);
        let servers = network::lookup(host, port, &self.blocked).await?;
        network::first_of(
            &servers,
            self.patience.unwrap_or(WAIT_TIMEOUT),
            |server| async move {
                match self.connect(server).await {
                    Ok(conn) => Ok(Link {
                        conn,
                        server,
                        patience: self.patience(),
                    }),
                    // As Spin gives it, so that components may look for parts of it.
                    Err(error) => Err(describe(&error)),
                }
            },
        )
        .await
    }

    async fn recycle(&self, link: &mut Link, metrics: &Metrics) -> RecycleResult<String> {
        let may_live = !link.conn.is_disconnected()
            && metrics.last_used() <= MAX_IDLE
            && !self.is_doubtful(metrics);
        if may_live && self.answers(link).await {
            Ok(())
        } else {
            Err(RecycleError::message("the connection is of no more use"))
        }
    }
}

impl Manager {
    /// How long the server may take for what costs it nothing.
    pub(super) fn patience(&self) -> Duration {
        self.patience.unwrap_or(PATIENCE)
    }

    async fn answers(&self, link: &mut Link) -> bool {
        match tokio::time::timeout(self.patience(), link.conn.ping()).await {
            Ok(answer) => answer.is_ok(),
            Err(_) => {
                *self.unanswered() = Some(Instant::now());
                false
            }
        }
    }

    /// Whether another connection was without an answer since this one was last taken. A firewall
    /// that forgot one has forgotten all, and to find that out takes [`PATIENCE`] for each.
    fn is_doubtful(&self, metrics: &Metrics) -> bool {
        let taken = metrics.recycled.unwrap_or(metrics.created);
        self.unanswered().is_some_and(|when| taken <= when)
    }

    fn unanswered(&self) -> MutexGuard<'_, Option<Instant>> {
        let unanswered = self.unanswered.lock();
        unanswered.unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, server: SocketAddr) -> Result<Conn, Error> {
        let settings = self.address.settings.clone();
        Conn::new(settings.resolved_ips(Some(vec![server.ip()]))).await
    }

    /// Has the server end the statement that runs in `session`, and waits until it has been told.
    pub(super) async fn cancel(&self, session: ServerSession) -> Result<(), Error> {
        let mut other = self.connect(session.server).await?;
        other
            .query_drop(format!("KILL QUERY {}", session.id))
            .await?;
        other.disconnect().await
    }
}

/// An open connection.
pub(super) struct Link {
    pub(super) conn: Conn,
    /// Whom it is to. Behind one name there may be several servers.
    server: SocketAddr,
    pub(super) patience: Duration,
}

impl Link {
    /// Forgets everything that a session holds: transactions, locks, settings, temporary tables,
    /// prepared statements, the chosen database.
    pub(super) async fn clean(&mut self) -> Result<(), Error> {
        // `COM_RESET_CONNECTION` would leave the database that `USE` chose.
        self.conn.change_user(ChangeUserOpts::default()).await
    }

    /// What [`Manager::cancel`] wants to know.
    pub(super) fn session(&self) -> ServerSession {
        ServerSession {
            server: self.server,
            id: self.conn.id(),
        }
    }

    /// Closes the connection at once, whatever it is in the middle of. Dropped, it would first read
    /// what is left of an answer.
    pub(super) fn close(self) {
        // The first step marks it as closed.
        _ = self.conn.disconnect().now_or_never();
    }
}

/// A connection as its server knows it.
#[derive(Clone, Copy)]
pub(super) struct ServerSession {
    server: SocketAddr,
    id: u32,
}

/// What the driver says, in the form that Spin gives it.
pub(super) fn describe(error: &Error) -> String {
    format!("{error:?}")
}
