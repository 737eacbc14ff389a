//! The handlers.

use axum::Json;
use axum::http::StatusCode;
use conduit::{User, UserResponse};
use shared::accounts;
use shared::cache::Cache;
use shared::caller::Caller;
use shared::conditional::{Preconditions, Version, Versioned};
use shared::db::Db;
use shared::extract::LenientJson;
use shared::openapi::Conflict;
use shared::problem::Problem;
use shared::time;

use crate::model::Update;
use crate::store;

type OneUser = Result<Versioned<Json<UserResponse>>, Problem>;

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
pub(crate) async fn show(caller: Caller, db: Db) -> OneUser {
    let user = User::find(&db, caller.user_id())
        .await?
        .ok_or_else(Caller::gone)?;
    Ok(shown(user, &caller))
}

/// Change the caller's own user
///
/// What is absent stays as it is, and at least one member is there. `null` and an empty text clear `bio` and
/// `image`; the others must have a value. With `If-Match` the change is made only if the user still is as the
/// caller has seen it.
#[utoipa::path(
    put,
    path = "/api/user",
    operation_id = "UpdateCurrentUser",
    tag = "User and Authentication",
    responses((status = OK, description = "The user as changed."), Conflict)
)]
pub(crate) async fn update(
    caller: Caller,
    preconditions: Preconditions,
    cache: Cache,
    db: Db,
    LenientJson(body): LenientJson<Update>,
) -> OneUser {
    let changes = body.user.into_changes();
    if let Some(password) = &changes.password {
        password.refuse_if_common("/user/password").await?;
    }
    let (change, profile) = changes.hashed()?;

    let now = time::now();
    let changed = db
        .transaction(async |tx| {
            if preconditions.are_given() {
                let current = store::lock(tx, caller.user_id()).await?;
                let current = current.ok_or_else(Caller::gone)?;
                preconditions.check(Some(&version(&current)))?;
            }
            if !change.is_empty() {
                let changed = accounts::change(tx, caller.user_id(), &change, now).await;
                changed.map_err(|error| error.at("/user"))?;
            }
            let user = store::update(tx, caller.user_id(), &profile, now).await?;
            user.ok_or_else(Caller::gone)
        })
        .await;
    let user = match changed {
        Err(problem) if problem.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            let taken = accounts::taken(&db, caller.user_id(), &change).await?;
            return Err(taken.map_or(problem, |taken| taken.at("/user")));
        }
        changed => changed?,
    };
    if change.username.is_some() || !profile.is_empty() {
        cache.invalidate_tags(&["articles"]).await;
    }
    Ok(shown(user, &caller))
}

/// What a writer has to have seen of a user: not the token, which is another after each login.
fn version(user: &User) -> Version {
    // An empty text is stored as none.
    let [bio, image] = [&user.bio, &user.image].map(|text| text.as_deref().unwrap_or_default());
    Version::of([&user.email, &user.username, bio, image].map(str::as_bytes))
}

fn shown(user: User, caller: &Caller) -> Versioned<Json<UserResponse>> {
    let version = version(&user);
    Versioned::new(version, Json(UserResponse::new(user, caller.token())))
}
