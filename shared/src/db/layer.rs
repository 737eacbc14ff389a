//! How a router comes to its database, and a handler to its `Db`.

use std::sync::{Arc, OnceLock};

use axum::Extension;
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::pool::Pool;
use super::sqlite::SpinSqlite;
use super::store::Store;
use super::{Db, DbError, Migration, migrate};
use crate::config::{AUTO_MIGRATE, DATABASE_URL};
use crate::problem::Problem;

/// Gives a router the database that the variable `database_url` names, brought up to `migrations`
/// at first use. Without any it is left as it is: a probe must not change a database.
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
    Extension(Database {
        inner: Arc::new(Inner {
            migrations,
            pool: OnceLock::new(),
            ready: OnceLock::new(),
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
    pool: OnceLock<Arc<Pool>>,
    ready: OnceLock<()>,
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
        // No lock across an await: first requests that come together each look at the migrations,
        // which two instances might do as well, and none depends on a neighbour's progress.
        let pool = match self.inner.pool.get() {
            Some(pool) => pool,
            None => {
                let store = store(DATABASE_URL.get().await?.expose())?;
                self.inner.pool.get_or_init(|| Arc::new(Pool::new(store)))
            }
        };
        if !self.inner.migrations.is_empty() && self.inner.ready.get().is_none() {
            let auto_migrate = AUTO_MIGRATE.get().await?;
            let now = crate::time::now();
            migrate::bring_up_to_date(pool, self.inner.migrations, auto_migrate, now).await?;
            self.inner.ready.get_or_init(|| ());
        }
        Ok(Db(Arc::clone(pool)))
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
            .field("ready", &self.inner.ready.get().is_some())
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Db {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Database::of(parts).await
    }
}

/// The message never quotes the URL: what is refused here may hold a password.
fn store(url: &str) -> Result<Box<dyn Store>, DbError> {
    match url.split_once(':') {
        Some(("sqlite", label)) if !label.is_empty() => Ok(Box::new(SpinSqlite::new(label))),
        _ => Err(DbError::Configuration(
            "the variable database_url must be `sqlite:` and the label of a database, such as \
             sqlite:default"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_about_the_store() {
        assert!(store("sqlite:default").is_ok());
        for url in ["", "sqlite:", "default", "postgres://jenny:secret@db/jenny"] {
            let error = store(url).err().expect("is refused").to_string();
            assert!(
                error.contains("database_url") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
