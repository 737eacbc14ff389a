//! Connections as the pool keeps them.

use std::collections::HashMap;
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::task::AbortHandle;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::{Client, Config, Error, Statement};

use super::address::Address;
use super::error;
use super::wire::Transport;
use crate::names;
use jenny_manifest::runtime_config::BlockedNetworks;

/// How long one server may take to answer, unless the address says otherwise (`connect_timeout`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server may take to end a statement, or to clean a session, before the connection
/// is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that nobody has used for so long is not used again: a firewall between may have
/// forgotten it, which shows only by waiting.
const MAX_IDLE: Duration = Duration::from_secs(10 * 60);

/// When an idle connection is probed at the latest, and when unanswered bytes mean that it is gone
/// unless the address says otherwise (`tcp_user_timeout`).
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// How many prepared statements a connection keeps, on either side.
const MAX_STATEMENTS: usize = 128;

/// A statement longer than this is one with its values written into it, which does not come again.
const MAX_KEPT_STATEMENT_BYTES: usize = 16 * 1024;

/// Makes the connections of one pool.
pub(super) struct Manager {
    pub(super) address: Address,
    pub(super) transport: Transport,
    pub(super) blocked: BlockedNetworks,
    pub(super) patience: Option<Duration>,
}

impl managed::Manager for Manager {
    type Type = Link;
    type Error = String;

    async fn create(&self) -> Result<Link, String> {
        let config = self.config().await?;
        let connecting = config.connect(self.transport.clone());
        let (client, connection) = connecting
            .await
            .map_err(|error| error::connection(&error))?;
        // What it fails of is met by the next statement.
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to Postgres ended: {error}");
            }
        });
        Ok(Link {
            client,
            transport: self.transport.clone(),
            driver: driver.abort_handle(),
            patience: self.patience.unwrap_or(PATIENCE),
            statements: Statements::default(),
        })
    }

    async fn recycle(&self, link: &mut Link, metrics: &Metrics) -> RecycleResult<String> {
        if link.client.is_closed() || metrics.last_used() > MAX_IDLE {
            return Err(RecycleError::message("the connection is of no more use"));
        }
        Ok(())
    }
}

impl Manager {
    /// The address with its names looked up. The addresses that were checked are the ones to
    /// connect to: asked again, a name could lead elsewhere.
    async fn config(&self) -> Result<Config, String> {
        let mut config = self.settings();
        let mut found = false;
        let mut failure = None;
        for server in &self.address.servers {
            let (host, port) = (server.host.as_str(), server.port);
            let addresses = match names::lookup(host, port).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    failure = Some(format!("the name {host} cannot be looked up: {error}"));
                    continue;
                }
            };
            for address in addresses {
                if self.blocked.blocks(address.ip()) {
                    failure = Some(format!("the address of {host} is in block_networks"));
                    continue;
                }
                config.host(host).hostaddr(address.ip()).port(port);
                found = true;
            }
        }
        if found {
            Ok(config)
        } else {
            Err(failure.unwrap_or_else(|| "the address leads nowhere".to_owned()))
        }
    }

    /// Everything of the address but where it leads.
    fn settings(&self) -> Config {
        let given = &self.address.config;
        let connect_timeout = self.patience.unwrap_or(CONNECT_TIMEOUT);
        let mut config = Config::new();
        config
            // Which leaves the negotiation to the transport.
            .ssl_mode(SslMode::Require)
            .ssl_negotiation(SslNegotiation::Direct)
            .connect_timeout(*given.get_connect_timeout().unwrap_or(&connect_timeout))
            .tcp_user_timeout(*given.get_tcp_user_timeout().unwrap_or(&USER_TIMEOUT))
            .keepalives(given.get_keepalives())
            .keepalives_idle(given.get_keepalives_idle().min(KEEPALIVE_IDLE))
            .target_session_attrs(given.get_target_session_attrs())
            .channel_binding(given.get_channel_binding())
            .load_balance_hosts(given.get_load_balance_hosts());
        if let Some(interval) = given.get_keepalives_interval() {
            config.keepalives_interval(interval);
        }
        if let Some(retries) = given.get_keepalives_retries() {
            config.keepalives_retries(retries);
        }
        if let Some(user) = given.get_user() {
            config.user(user);
        }
        if let Some(password) = given.get_password() {
            config.password(password);
        }
        if let Some(database) = given.get_dbname() {
            config.dbname(database);
        }
        if let Some(options) = given.get_options() {
            config.options(options);
        }
        if let Some(name) = given.get_application_name() {
            config.application_name(name);
        }
        config
    }
}

/// An open connection.
pub(super) struct Link {
    pub(super) client: Client,
    transport: Transport,
    driver: AbortHandle,
    /// How long the server may take to end a statement, or to clean a session.
    pub(super) patience: Duration,
    pub(super) statements: Statements,
}

impl Link {
    /// Asks the server to end what the connection is doing, and waits until it has passed that on.
    pub(super) async fn cancel(&self) -> Result<(), Error> {
        let token = self.client.cancel_token();
        let transport = Transport {
            awaits_end: true,
            ..self.transport.clone()
        };
        token.cancel_query(transport).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Left alone it would wait for the end of whatever still runs.
        self.driver.abort();
    }
}

/// Prepared statements by their text; those used longest ago make room for others.
#[derive(Default)]
pub(super) struct Statements {
    kept: HashMap<String, (Statement, u64)>,
    uses: u64,
}

impl Statements {
    /// The statement with this text, prepared at its first use.
    pub(super) async fn get(&mut self, client: &Client, sql: &str) -> Result<Statement, Error> {
        self.uses += 1;
        if let Some((statement, used)) = self.kept.get_mut(sql) {
            *used = self.uses;
            return Ok(statement.clone());
        }
        let statement = client.prepare(sql).await?;
        if sql.len() <= MAX_KEPT_STATEMENT_BYTES {
            if self.kept.len() >= MAX_STATEMENTS {
                let oldest = self.kept.iter().min_by_key(|(_, (_, used))| *used);
                if let Some(oldest) = oldest.map(|(sql, _)| sql.clone()) {
                    self.kept.remove(&oldest);
                }
            }
            self.kept
                .insert(sql.to_owned(), (statement.clone(), self.uses));
        }
        Ok(statement)
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}
