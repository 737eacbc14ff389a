//! A Postgres server for tests.
//!
//! [`PostgresServer::shared`] is the server that `DATABASE_URL` names or, without that variable, a
//! private one made from the machine's own binaries in a temporary directory. It is started once for
//! each process and gone with it, however the process ends. Each test takes a database of its own:
//!
//! ```no_run
//! let Some(server) = postgres_server::PostgresServer::shared_or_skip() else {
//!     return;
//! };
//! let database = server.create_database(None);
//! println!("{}", database.url());
//! // The database goes when `database` does.
//! ```
//!
//! A private server trades durability for speed: nothing is flushed to disk, and nothing runs in the
//! background (no autovacuum). Text sorts by its bytes (`C`), so that the order of rows does not
//! depend on the machine.

mod admin;
mod certificate;
mod cluster;
mod database;
mod programs;

use std::io::Write as _;
use std::sync::{Once, OnceLock};

use url::Url;

use crate::admin::Admin;
use crate::cluster::Cluster;

pub use crate::database::TestDatabase;

/// The variable that names the server to use instead of a private one.
const DATABASE_URL: &str = "DATABASE_URL";

/// The variable that makes a missing server a failure.
const REQUIRED: &str = "JENNY_REQUIRE_POSTGRES";

/// There is no server to be had. The text says why and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "skipped: there is no Postgres server: {reason}; install the server's binaries (Debian and \
     Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or let DATABASE_URL name \
     a server that allows CREATE DATABASE"
)]
pub struct Unavailable {
    reason: String,
}

impl Unavailable {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// Whether a private server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// It answers a request for TLS with "no".
    Off,
    /// It has a certificate for `localhost`, and for no address, signed by an authority of its own:
    /// [`PostgresServer::authority`].
    On,
}

/// A running server.
#[derive(Debug)]
pub struct PostgresServer {
    admin: Admin,
    /// The URL of any database on the server; the path is replaced.
    url: Url,
    /// Where the server is a private one.
    cluster: Option<Cluster>,
}

impl PostgresServer {
    /// The server that all tests of this process share.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if `DATABASE_URL` is unset and no private server can be started, or if the
    /// server that it names does not answer.
    pub fn shared() -> Result<&'static Self, Unavailable> {
        static SHARED: OnceLock<Result<PostgresServer, Unavailable>> = OnceLock::new();
        SHARED
            .get_or_init(|| match std::env::var(DATABASE_URL) {
                Ok(url) if !url.is_empty() => Self::existing(&url),
                _ => Self::private(Tls::Off),
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Like [`shared`](Self::shared), for a test that returns early without a server. The first
    /// one of a process to do so says `skipped: …` on stderr.
    ///
    /// # Panics
    ///
    /// Without a server, if the variable `JENNY_REQUIRE_POSTGRES` is `1`.
    pub fn shared_or_skip() -> Option<&'static Self> {
        or_skip(Self::shared())
    }

    /// Starts a private server of the caller's own, for tests that stop it or need TLS. It ends
    /// when it is dropped.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if the machine has no binaries or they do not start a server.
    pub fn private(tls: Tls) -> Result<Self, Unavailable> {
        let cluster = Cluster::start(tls)?;
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port());
        let url = Url::parse(&url).expect("the URL is of the right form");
        Self::connect(url, Some(cluster))
    }

    /// Like [`private`](Self::private), for a test that returns early without a server.
    ///
    /// # Panics
    ///
    /// Without a server, if the variable `JENNY_REQUIRE_POSTGRES` is `1`.
    pub fn private_or_skip(tls: Tls) -> Option<Self> {
        or_skip(Self::private(tls))
    }

    fn existing(url: &str) -> Result<Self, Unavailable> {
        // The URL may hold a password: it is not repeated.
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))
            .ok_or_else(|| Unavailable::new("DATABASE_URL is not a URL postgres://…"))?;
        Self::connect(url, None)
    }

    fn connect(url: Url, cluster: Option<Cluster>) -> Result<Self, Unavailable> {
        let admin = Admin::new(url.as_str());
        admin
            .execute("SELECT 1")
            .map_err(|error| Unavailable::new(format!("the server does not answer: {error}")))?;
        Ok(Self {
            admin,
            url,
            cluster,
        })
    }

    /// Makes an empty database, or a copy of the database called `template`, to which nobody may
    /// be connected then.
    ///
    /// # Panics
    ///
    /// When the server refuses; the message says why.
    #[track_caller]
    pub fn create_database(&self, template: Option<&str>) -> TestDatabase {
        TestDatabase::create(self.admin.clone(), &self.url, template)
    }

    /// Runs one statement in the server's maintenance database.
    ///
    /// # Panics
    ///
    /// When the server refuses; the message says why.
    #[track_caller]
    pub fn execute(&self, statement: &str) {
        if let Err(error) = self.admin.execute(statement) {
            panic!("{statement}: {error}");
        }
    }

    /// The TCP port of a private server, on `127.0.0.1`; `None` for that of `DATABASE_URL`.
    pub fn port(&self) -> Option<u16> {
        self.cluster.as_ref().map(Cluster::port)
    }

    /// The certificate, in PEM, of the authority that signed the certificate of a private server
    /// with [`Tls::On`].
    pub fn authority(&self) -> Option<&str> {
        self.cluster.as_ref().and_then(Cluster::authority)
    }

    /// Ends a private server at once, as a crash would: every connection is cut.
    ///
    /// # Panics
    ///
    /// If the server is not a private one, or does not end.
    pub fn stop(&self) {
        self.own_cluster().stop();
    }

    /// Starts a private server again, on the same port and with the same data.
    ///
    /// # Panics
    ///
    /// If the server is not a private one, or does not start.
    pub fn restart(&self) {
        if let Err(error) = self.own_cluster().launch() {
            panic!("{error}");
        }
    }

    fn own_cluster(&self) -> &Cluster {
        self.cluster
            .as_ref()
            .expect("only a private server is a test's to stop")
    }
}

fn or_skip<T>(server: Result<T, Unavailable>) -> Option<T> {
    static SAID: Once = Once::new();
    match server {
        Ok(server) => Some(server),
        Err(unavailable) => {
            assert!(
                std::env::var(REQUIRED).as_deref() != Ok("1"),
                "{REQUIRED} is 1, but: {unavailable}"
            );
            // Not by `eprintln!`, which the test harness keeps to itself when a test succeeds.
            SAID.call_once(|| _ = writeln!(std::io::stderr(), "{unavailable}"));
            None
        }
    }
}
