//! The handlers.

use axum::Json;
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::Path;
use shared::openapi::Validation;
use shared::problem::Problem;
use shared::time;

use crate::model::{self, ProfileResponse};
use crate::store;

/// Show a user to others
#[utoipa::path(
    get,
    path = "/api/profiles/{username}",
    operation_id = "GetProfileByUsername",
    tag = "Profile",
    params(conduit::path::User),
    responses((status = OK, description = "The profile."))
)]
pub(crate) async fn show(
    caller: Option<Caller>,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::show(&db, (&caller).into(), &username).await?;
    Ok(Json(ProfileResponse { profile }))
}

/// Follow a user
///
/// To follow whom one follows changes nothing. Nobody can follow themselves.
#[utoipa::path(
    post,
    path = "/api/profiles/{username}/follow",
    operation_id = "FollowUserByUsername",
    tag = "Profile",
    params(conduit::path::User),
    responses((status = OK, description = "The profile, followed now."), Validation)
)]
pub(crate) async fn follow(
    caller: Caller,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::follow(&db, caller.user_id(), &username, time::now()).await?;
    Ok(Json(ProfileResponse { profile }))
}

/// Unfollow a user
///
/// To unfollow whom one does not follow changes nothing.
#[utoipa::path(
    delete,
    path = "/api/profiles/{username}/follow",
    operation_id = "UnfollowUserByUsername",
    tag = "Profile",
    params(conduit::path::User),
    responses((status = OK, description = "The profile, no longer followed."))
)]
pub(crate) async fn unfollow(
    caller: Caller,
    Path(username): Path<String>,
    db: Db,
) -> Result<Json<ProfileResponse>, Problem> {
    let username = model::username(&username)?;
    let profile = store::unfollow(&db, caller.user_id(), &username).await?;
    Ok(Json(ProfileResponse { profile }))
}
