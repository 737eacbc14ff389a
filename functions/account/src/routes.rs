//! The handlers.

use axum::Json;
use axum::http::StatusCode;
use shared::cache::Cache;
use shared::caller::Caller;
use shared::conditional::IfMatch;
use shared::db::Db;
use shared::extract::LenientJson;
use shared::problem::Problem;
use shared::time;

use crate::model::{Update, UserResponse};
use crate::store;

/// Show the caller's own user
///
/// With the token that the request came with.
#[utoipa::path(
    get,
    path = "/api/user",
    operation_id = "GetCurrentUser",
    tag = "User and Authentication",
    responses((status = OK, description = "The user."))
)]
pub(crate) async fn show(caller: Caller, db: Db) -> Result<Json<UserResponse>, Problem> {
    let user = store::find(&db, caller.user_id())
        .await?
        .ok_or_else(Caller::gone)?;
    Ok(Json(UserResponse::new(user, caller.token())))
}

/// Change the caller's own user
///
/// What is absent stays as it is, and at least one member is there. `null` clears `bio` and `image`, and
/// leaves the others as they are. With `If-Match` the change is made only if the user still is as the
/// caller has seen it.
#[utoipa::path(
    put,
    path = "/api/user",
    operation_id = "UpdateCurrentUser",
    tag = "User and Authentication",
    responses((status = OK, description = "The user as changed."))
)]
pub(crate) async fn update(
    caller: Caller,
    if_match: IfMatch,
    cache: Cache,
    db: Db,
    LenientJson(body): LenientJson<Update>,
) -> Result<Json<UserResponse>, Problem> {
    let changes = body.user.into_changes();
    let password_hash = changes
        .password
        .as_ref()
        .map(|password| password.hash_with_random_salt())
        .transpose()
        .map_err(Problem::internal)?;

    let now = time::now();
    let changed = db
        .transaction(async |tx| {
            if if_match.is_given() {
                let current = store::lock(tx, caller.user_id()).await?;
                let current = current.ok_or_else(Caller::gone)?;
                if_match.check_json(&UserResponse::new(current, caller.token()))?;
            }
            let hash = password_hash.as_ref();
            store::update(tx, caller.user_id(), &changes, hash, now)
                .await
                .map_err(Problem::from)
        })
        .await;
    let user = match changed {
        Err(problem) if problem.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            let taken = store::taken(&db, caller.user_id(), &changes).await?;
            return Err(taken.map_or(problem, Problem::from));
        }
        changed => changed?,
    };
    if changes.are_public() {
        cache.invalidate_tags(&["articles"]).await;
    }
    Ok(Json(UserResponse::new(user, caller.token())))
}
