//! The handlers.

use axum::{Extension, Json};
use shared::{db::Database, problem::Problem};

use crate::{model::Health, store};

/// Answers without touching a store: a database that is away must not get instances restarted.
pub(crate) async fn live() -> Json<Health> {
    Json(Health::alive())
}

/// Looks at each store that the backend needs.
pub(crate) async fn ready(
    Extension(database): Extension<Database>,
) -> Result<Json<Health>, Problem> {
    let checks = store::database(&database).await;
    Health::of(checks).map(Json)
}
