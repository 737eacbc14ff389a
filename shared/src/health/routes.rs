//! The handlers.

use super::{model::Health, store};
use crate::{db::Database, openapi::Unavailable, problem::Problem};
use axum::{Extension, Json};

// A database that is away must not get instances restarted.
/// Whether this instance lives
///
/// Answers without touching a store. A probe that fails means "restart me".
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "GetLiveness",
    tag = "Health",
    responses((status = OK, description = "It lives."))
)]
pub(crate) async fn live() -> Json<Health> {
    Json(Health::alive())
}

/// Whether the stores answer
///
/// Looks at each store that the backend needs. A probe that fails means "send me no traffic"; its detail
/// names the stores that do not answer.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "GetReadiness",
    tag = "Health",
    responses((status = OK, description = "They do."), Unavailable)
)]
pub(crate) async fn ready(
    Extension(database): Extension<Database>,
) -> Result<Json<Health>, Problem> {
    let checks = store::database(&database).await;
    Health::of(checks).map(Json)
}
