//! The handlers.

use axum::Json;
use conduit::{User, UserResponse};
use shared::accounts::{self, Signer};
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::LenientJson;
use shared::openapi::{Conflict, Created, Unauthorized};
use shared::problem::Problem;
use shared::time;

use crate::model::{Login, Registration};

/// Register a new user
///
/// The answer holds an access token, which proves for a while who is calling: send it as
/// `Authorization: Bearer …`, or as RealWorld's clients do as `Authorization: Token …`.
#[utoipa::path(
    post,
    path = "/api/users",
    operation_id = "CreateUser",
    tag = "User and Authentication",
    responses((status = CREATED, description = "The new user, with a token."), Conflict)
)]
pub(crate) async fn register(
    db: Db,
    LenientJson(body): LenientJson<Registration>,
) -> Result<Created<Json<UserResponse>>, Problem> {
    let now = time::now();
    let (username, email, password) = body.user.into_domain();
    password.refuse_if_common("/user/password").await?;
    let signer = Signer::open(&db, now).await?;

    let id = accounts::register(&db, &username, &email, &password, now)
        .await
        .map_err(|error| error.at("/user"))?;

    let token = signer.issue(id, now)?;
    let user = User::new(&username, &email);
    Ok(Created(Json(UserResponse::new(user, &token))))
}

/// Sign in
///
/// The answer is the same, and takes as long, whether the address is known or not.
#[utoipa::path(
    post,
    path = "/api/users/login",
    operation_id = "Login",
    tag = "User and Authentication",
    responses((status = OK, description = "The user, with a new token."), Unauthorized)
)]
pub(crate) async fn log_in(
    db: Db,
    LenientJson(body): LenientJson<Login>,
) -> Result<Json<UserResponse>, Problem> {
    let now = time::now();
    let credentials = body.user;
    let signer = Signer::open(&db, now).await?;

    let account = accounts::sign_in(&db, &credentials.email, &credentials.password).await?;

    let user = User::find(&db, account.id).await?;
    let user = user.ok_or_else(Caller::gone)?;
    let token = signer.issue(account.id, now)?;
    Ok(Json(UserResponse::new(user, &token)))
}
