//! How a router comes to its database, and a handler to its `Db`.

use std::sync::{Arc, OnceLock};

use axum::Extension;
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::pool::Pool;
use super::postgres::SpinPostgres;
use super::sqlite::SpinSqlite;
use super::store::{BoxFuture, Store};
use super::{Db, DbError, Migration, migrate};
use crate::config::{AUTO_MIGRATE, DATABASE_URL};
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind};

/// Gives a router the database that the variable `database_url` names, brought up to `migrations`
/// at first use. Without any, and by [`Database::look`], it is left as it is: a probe must not change
/// a database.
///
/// ```
/// # mod migrations { pub const ALL: &[shared::db::Migration] = &[]; }
/// use axum::{Router, routing::get};
/// use shared::db::Db;
///
/// async fn show(db: Db) -> &'static str {
///     "…"
/// }
///
/// fn router() -> Router {
///     Router::new()
///         .route("/api/user", get(show))
///         .layer(shared::db::layer(migrations::ALL))
/// }
/// # router();
/// ```
pub fn layer(migrations: &'static [Migration]) -> Extension<Database> {
    layer_with(migrations, |_| Box::pin(async { Ok(()) }))
}

/// What is to be done with a database before an instance first uses it. Done again by each instance, and
/// by several at once, so it has to find out what is left to do.
pub(crate) type Preparation = fn(&Db) -> BoxFuture<'_, Result<(), DbError>>;

/// As [`layer`], and prepares the database once it has the `migrations`: for changes of data that SQL
/// cannot express.
pub(crate) fn layer_with(
    migrations: &'static [Migration],
    preparation: Preparation,
) -> Extension<Database> {
    Extension(Database {
        inner: Arc::new(Inner {
            migrations,
            preparation,
            pool: OnceLock::new(),
        }),
    })
}

/// The database of an instance, which is opened and migrated by the first request that needs it.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    migrations: &'static [Migration],
    preparation: Preparation,
    pool: OnceLock<Arc<Pool>>,
}

impl Database {
    /// A handle on the database. The first call of an instance reads the settings and looks at
    /// the migrations; all others return at once.
    ///
    /// # Errors
    ///
    /// When a setting is wrong, the database cannot be reached or migrations cannot be applied.
    /// The next call tries again.
    pub async fn open(&self) -> Result<Db, DbError> {
        let pool = self.pool().await?;
        let db = Db(Arc::clone(pool));
        if !self.inner.migrations.is_empty() && !pool.is_migrated() {
            let auto_migrate = AUTO_MIGRATE.get().await?;
            let now = crate::time::now();
            migrate::bring_up_to_date(pool, self.inner.migrations, auto_migrate, now).await?;
            (self.inner.preparation)(&db).await?;
            pool.set_migrated(true);
        }
        Ok(db)
    }

    /// Whether [`open`](Self::open) would give a handle on a database that can be read. It changes nothing:
    /// missing migrations are run and rolled back, once for each instance, and left to the first request
    /// that needs them.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`DbError::NotMigrated`], [`DbError::MigrationChanged`] and
    /// [`DbError::Migration`] say that the database answers and is not what the code needs.
    pub async fn look(&self) -> Result<(), DbError> {
        let pool = self.pool().await?;
        let auto_migrate = AUTO_MIGRATE.get().await?;
        let now = crate::time::now();
        migrate::look(pool, self.inner.migrations, auto_migrate, now).await
    }

    // No lock across an await: first requests that come together each look at the migrations,
    // which two instances might do as well, and none depends on a neighbour's progress.
    async fn pool(&self) -> Result<&Arc<Pool>, DbError> {
        if let Some(pool) = self.inner.pool.get() {
            return Ok(pool);
        }
        let store = store(DATABASE_URL.get().await?.expose())?;
        Ok(self.inner.pool.get_or_init(|| Arc::new(Pool::new(store))))
    }

    pub(crate) async fn of(parts: &Parts) -> Result<Db, Problem> {
        let database = parts.extensions.get::<Self>().ok_or_else(|| {
            Problem::internal(
                "the router has no database: give it `.layer(shared::db::layer(migrations::ALL))`",
            )
        })?;
        Ok(database.open().await?)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("open", &self.inner.pool.get().is_some())
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Db {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Database::of(parts).await
    }
}

impl Describe for Db {
    fn describe(description: &mut Description) {
        description.problem(ProblemKind::Unavailable);
    }
}

/// The message never quotes the URL: what is refused here may hold a password.
fn store(url: &str) -> Result<Box<dyn Store>, DbError> {
    match url.split_once(':') {
        Some(("sqlite", label)) if !label.is_empty() => Ok(Box::new(SpinSqlite::new(label))),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            Ok(Box::new(SpinPostgres::new(url)))
        }
        _ => Err(DbError::Configuration(
            "the variable database_url must be `sqlite:` and the label of a database, such as \
             sqlite:default, or a URL postgres://user:password@host:port/database"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Dialect;

    #[test]
    fn the_scheme_decides_about_the_store() {
        let dialect = |url: &str| store(url).ok().map(|store| store.dialect());
        assert_eq!(dialect("sqlite:default"), Some(Dialect::Sqlite));
        for url in ["postgres://jenny:secret@db/jenny", "postgresql://db/jenny"] {
            assert_eq!(dialect(url), Some(Dialect::Postgres), "{url}");
        }
        for url in [
            "",
            "sqlite:",
            "default",
            "postgres:db",
            "mysql://jenny:secret@db/jenny",
        ] {
            let error = store(url).err().expect("is refused").to_string();
            assert!(
                error.contains("database_url") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
