//! The handlers.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::cache::Cache;
use shared::db::{Database, DbError};

use crate::data::Range;
use crate::store::{self, WriteError};

/// The tags of what `articles` and `tags` have in their caches.
const SHOWN_BY: [&str; 2] = ["articles", "tags"];

#[derive(Deserialize)]
pub(crate) struct Which {
    seed: u32,
}

/// How many articles of a seed there are.
#[derive(Serialize)]
pub(crate) struct Count {
    articles: u64,
}

pub(crate) async fn count(
    Extension(database): Extension<Database>,
    Query(which): Query<Which>,
) -> Result<Json<Count>, Failure> {
    let articles = store::count(&database.open().await?, which.seed).await?;
    Ok(Json(Count { articles }))
}

pub(crate) async fn write(
    Extension(database): Extension<Database>,
    cache: Cache,
    Json(range): Json<Range>,
) -> Result<Response, Failure> {
    let data = range.generate();
    let (status, articles) = match store::write(&database.open().await?, range, &data).await {
        Ok(()) => {
            cache.invalidate_tags(&SHOWN_BY).await;
            (StatusCode::OK, range.first + range.count)
        }
        Err(WriteError::Elsewhere(there)) => (StatusCode::CONFLICT, there),
        Err(WriteError::Db(error)) => return Err(error.into()),
    };
    Ok((status, Json(Count { articles })).into_response())
}

pub(crate) async fn statistics(
    Extension(database): Extension<Database>,
) -> Result<StatusCode, Failure> {
    store::gather_statistics(&database.open().await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the database said. Only whoever runs `conduit seed` reads it, so there is nobody to keep
/// it from.
pub(crate) struct Failure(DbError);

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self(error)
    }
}

#[derive(Serialize)]
struct Cause {
    error: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error) = match self.0 {
            DbError::Busy(_)
            | DbError::Unavailable(_)
            | DbError::Silent(_)
            | DbError::NotMigrated { .. } => (StatusCode::SERVICE_UNAVAILABLE, self.0.to_string()),
            // Without the statement, which has thousands of rows.
            DbError::Statement { message, .. } => (StatusCode::INTERNAL_SERVER_ERROR, message),
            error => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        };
        (status, Json(Cause { error })).into_response()
    }
}
