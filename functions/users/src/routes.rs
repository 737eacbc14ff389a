//! The handlers.

use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use shared::caller;
use shared::config::ACCESS_TOKEN_TTL_SECONDS;
use shared::db::Db;
use shared::extract::LenientJson;
use shared::identity::{Email, UserId};
use shared::openapi::{Conflict, Created, Unauthorized};
use shared::password::{self, Password, Verdict};
use shared::problem::Problem;
use shared::time;
use shared::token::{self, AccessToken, Issuer, SigningKey};

use crate::model::{Login, Registration, UserResponse};
use crate::store::{self, User};

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
    // First, so that nobody is registered whom we then could not sign in.
    let mint = Mint::open(&db, now).await?;
    let password_hash = password
        .hash_with_random_salt()
        .map_err(Problem::internal)?;

    let user = store::insert(&db, &username, &email, &password_hash, now).await?;
    caller::log(user.id);

    let token = mint.issue(user.id, now)?;
    Ok(Created(Json(UserResponse::new(user, token))))
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
    let mint = Mint::open(&db, now).await?;
    // What is no address goes the same way as one that nobody has.
    let email = Email::sought(&credentials.email);
    let user = match &email {
        Some(email) => store::find_by_email(&db, email).await?,
        None => None,
    };

    let stored_hash = user.as_ref().map(|user| user.password_hash.as_str());
    let verdict = password::verify(&credentials.password, stored_hash);
    let user = match (user, verdict) {
        (Some(user), Verdict::Right) => user,
        (Some(user), Verdict::NeedsRehash) => {
            rehash(&db, &user, &credentials.password).await;
            user
        }
        (user, _) => return Err(refusal(email.is_some(), user.as_ref())),
    };
    caller::log(user.id);

    let token = mint.issue(user.id, now)?;
    Ok(Json(UserResponse::new(user, token)))
}

/// The log learns why, the caller does not. Nothing that was sent is logged, the address neither: people
/// type their password into that field.
fn refusal(is_address: bool, user: Option<&User>) -> Problem {
    let reason = match user {
        Some(_) => "the password is wrong",
        None if is_address => "no user has the address",
        None => "the address is not valid",
    };
    let user_id = user.map(|user| tracing::field::display(user.id));
    tracing::warn!(reason, user_id, "refused a sign-in");
    Problem::unauthorized("The e-mail address or the password is wrong.").about("credentials")
}

/// All that a token is made with. Whatever can be configured wrongly shows when it is opened, which
/// is before anything is written.
struct Mint {
    key: SigningKey,
    issuer: Issuer,
    lifetime: Duration,
}

impl Mint {
    async fn open(db: &Db, now: Timestamp) -> Result<Self, Problem> {
        Ok(Self {
            lifetime: Duration::from_secs(ACCESS_TOKEN_TTL_SECONDS.get().await?),
            issuer: token::issuer().await?,
            key: token::signing_key(db, now).await?,
        })
    }

    fn issue(&self, user_id: UserId, now: Timestamp) -> Result<AccessToken, Problem> {
        self.key
            .issue(&self.issuer, user_id, now, self.lifetime)
            .map_err(Problem::internal)
    }
}

/// Brings a hash up to today's parameters. The login is right whether that succeeds or not.
async fn rehash(db: &Db, user: &User, password: &str) {
    // A password from before the present limits keeps its hash until it is changed.
    let Ok(password) = Password::parse(password) else {
        return;
    };
    let result = match password.hash_with_random_salt() {
        Ok(hash) => store::replace_password_hash(db, user, &hash)
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = result {
        tracing::warn!(error, "could not replace an old password hash");
    }
}
