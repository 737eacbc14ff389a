//! The handler.

use axum::Json;
use shared::extract::Query;
use shared::problem::Problem;

use crate::model::{Greeting, Whom};

/// Greet somebody
///
/// By the name in the query, or the whole world.
#[utoipa::path(
    get,
    path = "/hello",
    operation_id = "GreetHello",
    tag = "Hello",
    responses((status = OK, description = "The greeting."))
)]
pub(crate) async fn greet(Query(whom): Query<Whom>) -> Result<Json<Greeting>, Problem> {
    Greeting::of(whom).map(Json)
}
