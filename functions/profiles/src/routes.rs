//! The handlers.

use axum::Json;
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::Path;
use shared::problem::Problem;
use shared::time;

use crate::model::{self, ProfileResponse};
use crate::store;

pub(crate) async fn show(
    caller: Option<Caller>,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::show(&db, (&caller).into(), &username).await?;
    Ok(Json(ProfileResponse { profile }))
}

pub(crate) async fn follow(
    caller: Caller,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::follow(&db, caller.user_id(), &username, time::now()).await?;
    Ok(Json(ProfileResponse { profile }))
}

pub(crate) async fn unfollow(
    caller: Caller,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::unfollow(&db, caller.user_id(), &username).await?;
    Ok(Json(ProfileResponse { profile }))
}
