//! The connections of an instance.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::store::{BoxFuture, Connection, Store};
use super::{DbError, Value};

/// Runs one statement on a connection: [`Connection::query`] or [`Connection::execute`].
pub(super) type Call<T> =
    for<'a> fn(&'a mut dyn Connection, &'a str, &'a [Value]) -> BoxFuture<'a, Result<T, DbError>>;

pub(crate) struct Pool {
    pub(super) store: Box<dyn Store>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
    /// Whether the schema was found to be what the code needs.
    migrated: AtomicBool,
    /// How many missing migrations were found to apply; 0 is none.
    rehearsed: AtomicUsize,
}

impl Pool {
    pub(super) fn new(store: Box<dyn Store>) -> Self {
        Self {
            store,
            idle: Mutex::new(Vec::new()),
            migrated: AtomicBool::new(false),
            rehearsed: AtomicUsize::new(0),
        }
    }

    /// Runs a statement that begins a use of the database, and returns the connection with what
    /// came of it. Nobody else has the connection until it is [given back](Self::give_back).
    ///
    /// A connection that lay idle may have lost its database since: the server was restarted, the
    /// file went away. A statement that changes nothing is then tried once more, on a new
    /// connection. Any other may have been done before the connection broke, so the caller is told.
    pub(super) async fn run<T>(
        &self,
        call: Call<T>,
        sql: &str,
        parameters: &[Value],
    ) -> Result<(T, Box<dyn Connection>), DbError> {
        // The latest used first: its prepared statements are the freshest. Never waits for a
        // neighbour to give one back, so that no request depends on another one's progress.
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            match call(connection.as_mut(), sql, parameters).await {
                Ok(done) => return Ok((done, connection)),
                Err(error) => {
                    self.note(&error);
                    if !matches!(error, DbError::Unavailable(_)) || !changes_nothing(sql) {
                        return Err(error);
                    }
                    tracing::debug!(%error, "an idle connection had ended; a new one is tried");
                }
            }
        }
        let mut connection = self.store.connect().await?;
        match call(connection.as_mut(), sql, parameters).await {
            Ok(done) => Ok((done, connection)),
            Err(error) => {
                self.note(&error);
                Err(error)
            }
        }
    }

    /// Only connections that are outside a transaction and on which nothing failed come back.
    pub(super) fn give_back(&self, connection: Box<dyn Connection>) {
        let mut idle = self.idle();
        if idle.len() < self.store.max_idle() {
            idle.push(connection);
        }
    }

    /// Draws the consequences of an error for the other connections and for what was known of the
    /// database: where one broke the others have, and a database without its tables is another one
    /// than was migrated.
    pub(super) fn note(&self, error: &DbError) {
        if matches!(
            error,
            DbError::Unavailable(_) | DbError::Silent(_) | DbError::SchemaMissing(_)
        ) {
            let broken = std::mem::take(&mut *self.idle());
            drop(broken);
        }
        if matches!(error, DbError::SchemaMissing(_)) {
            self.set_migrated(false);
        }
    }

    pub(super) fn is_migrated(&self) -> bool {
        self.migrated.load(Ordering::Relaxed)
    }

    pub(super) fn set_migrated(&self, migrated: bool) {
        self.migrated.store(migrated, Ordering::Relaxed);
    }

    /// Whether as many missing migrations were found to apply.
    pub(super) fn has_rehearsed(&self, missing: usize) -> bool {
        self.rehearsed.load(Ordering::Relaxed) == missing
    }

    pub(super) fn set_rehearsed(&self, missing: usize) {
        self.rehearsed.store(missing, Ordering::Relaxed);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Box<dyn Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a statement that began a use of the database may be run twice. A `BEGIN` may: what it
/// began ends with its connection.
fn changes_nothing(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("SELECT") || first.eq_ignore_ascii_case("BEGIN")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::executor::block_on;

    use super::*;
    use crate::db::Dialect;
    use crate::db::row::Rows;

    /// A server that can be restarted: connections of an earlier run of it are broken.
    #[derive(Clone, Default)]
    struct Server {
        run: Arc<AtomicUsize>,
        opened: Arc<AtomicUsize>,
    }

    struct ServerConnection {
        server: Server,
        run: usize,
    }

    impl Store for Server {
        fn dialect(&self) -> Dialect {
            Dialect::Postgres
        }

        fn max_idle(&self) -> usize {
            2
        }

        fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, DbError>> {
            self.opened.fetch_add(1, Ordering::Relaxed);
            let run = self.run.load(Ordering::Relaxed);
            let server = self.clone();
            Box::pin(async move {
                Ok(Box::new(ServerConnection { server, run }) as Box<dyn Connection>)
            })
        }
    }

    impl Connection for ServerConnection {
        fn be_patient(&mut self) {}

        fn query<'a>(
            &'a mut self,
            sql: &'a str,
            _parameters: &'a [Value],
        ) -> BoxFuture<'a, Result<Rows, DbError>> {
            Box::pin(async move {
                if self.run != self.server.run.load(Ordering::Relaxed) {
                    return Err(DbError::Unavailable("connection closed".to_owned()));
                }
                match sql {
                    "SELECT missing" => Err(DbError::SchemaMissing("no table".to_owned())),
                    "SELECT wrong" => Err(DbError::statement(sql, "wrong")),
                    _ => Ok(Rows::default()),
                }
            })
        }

        fn execute<'a>(
            &'a mut self,
            sql: &'a str,
            parameters: &'a [Value],
        ) -> BoxFuture<'a, Result<u64, DbError>> {
            Box::pin(async move { self.query(sql, parameters).await.map(|_| 1) })
        }
    }

    struct Fixture {
        server: Server,
        pool: Pool,
    }

    impl Fixture {
        fn new() -> Self {
            let server = Server::default();
            let pool = Pool::new(Box::new(server.clone()));
            Self { server, pool }
        }

        fn run(&self, sql: &str) -> Result<(), DbError> {
            let call: Call<Rows> = |connection, sql, parameters| connection.query(sql, parameters);
            let (_, connection) = block_on(self.pool.run(call, sql, &[]))?;
            self.pool.give_back(connection);
            Ok(())
        }

        fn restart(&self) {
            self.server.run.fetch_add(1, Ordering::Relaxed);
        }

        fn opened(&self) -> usize {
            self.server.opened.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn what_changes_nothing_survives_a_restart_of_the_server() {
        for sql in [
            "SELECT 1",
            "\n  select name\n  FROM users",
            "BEGIN IMMEDIATE",
        ] {
            let fixture = Fixture::new();
            fixture.run(sql).expect("runs");
            fixture.restart();

            fixture.run(sql).expect("runs on a new connection");

            assert_eq!(fixture.opened(), 2);
        }
    }

    #[test]
    fn what_may_have_been_done_is_not_done_again() {
        for sql in [
            "INSERT INTO a VALUES (1)",
            "WITH x AS (DELETE FROM a) SELECT 1",
            "",
        ] {
            let fixture = Fixture::new();
            fixture.run("SELECT 1").expect("runs");
            fixture.restart();

            let error = fixture.run(sql).expect_err("the connection is broken");

            assert!(matches!(error, DbError::Unavailable(_)), "{error}");
            fixture.run(sql).expect("the broken connection is gone");
        }
    }

    #[test]
    fn one_broken_connection_condemns_the_idle_ones() {
        let fixture = Fixture::new();
        for _ in 0..2 {
            let connection = block_on(fixture.server.connect()).expect("opens");
            fixture.pool.give_back(connection);
        }
        fixture.restart();

        fixture.run("UPDATE a SET b = 1").expect_err("is broken");

        assert!(fixture.pool.idle().is_empty());
    }

    #[test]
    fn no_more_are_kept_than_the_store_bears() {
        let fixture = Fixture::new();
        for _ in 0..5 {
            let connection = block_on(fixture.server.connect()).expect("opens");
            fixture.pool.give_back(connection);
        }
        assert_eq!(fixture.pool.idle().len(), 2);
    }

    #[test]
    fn a_database_without_its_tables_has_to_be_looked_at_again() {
        let fixture = Fixture::new();
        fixture.pool.set_migrated(true);

        fixture.run("SELECT wrong").expect_err("is wrong");
        assert!(fixture.pool.is_migrated());

        fixture.run("SELECT missing").expect_err("is missing");
        assert!(!fixture.pool.is_migrated());
    }
}
