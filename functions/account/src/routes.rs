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

pub(crate) async fn show(caller: Caller, db: Db) -> Result<Json<UserResponse>, Problem> {
    let user = store::find(&db, caller.user_id())
        .await?
        .ok_or_else(Caller::gone)?;
    Ok(Json(UserResponse::new(user, caller.token())))
}

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
