//! The handler.

use axum::Json;
use shared::db::Db;
use shared::problem::Problem;

use crate::model::TagsResponse;
use crate::store;

pub(crate) async fn list(db: Db) -> Result<Json<TagsResponse>, Problem> {
    let tags = store::most_used(&db).await?;
    Ok(Json(TagsResponse { tags }))
}
