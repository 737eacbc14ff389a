//! A user, as the user alone sees it.

use serde::Serialize;
use shared::db::{Db, DbError, params};
use shared::identity::{Email, UserId, Username};
use shared::token::AccessToken;
use utoipa::ToSchema;

/// A user's own row.
#[derive(Clone, Debug)]
pub struct User {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub username: String,
    /// What the user says of themselves.
    pub bio: Option<String>,
    /// Where the user's picture is.
    pub image: Option<String>,
}

shared::from_row!(User {
    email,
    username,
    bio,
    image
});

impl User {
    /// The columns of a `User` in the table `users`. An empty text is `NULL`.
    pub const COLUMNS: &str = "email, username, NULLIF(bio, '') AS bio, NULLIF(image, '') AS image";

    /// A user who has just registered.
    #[must_use]
    pub fn new(username: &Username, email: &Email) -> Self {
        Self {
            email: email.as_str().to_owned(),
            username: username.as_str().to_owned(),
            bio: None,
            image: None,
        }
    }

    /// The user with this id, if there still is one.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(db: &Db, id: UserId) -> Result<Option<Self>, DbError> {
        let columns = Self::COLUMNS;
        db.query_optional(
            &format!("SELECT {columns} FROM users WHERE id = $1"),
            params![id],
        )
        .await
    }
}

/// A user, as the user alone sees it.
#[derive(Serialize, ToSchema)]
pub struct UserResponse {
    user: UserBody,
}

/// A user, as the user alone sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
struct UserBody {
    #[schema(value_type = Email)]
    email: String,
    /// The access token.
    #[schema(min_length = 1)]
    token: String,
    #[schema(value_type = Username)]
    username: String,
    /// What the user says of themselves.
    #[schema(required = true)]
    bio: Option<String>,
    /// Where the user's picture is.
    #[schema(required = true)]
    image: Option<String>,
}

impl UserResponse {
    /// The user with a token of theirs.
    #[must_use]
    pub fn new(user: User, token: &AccessToken) -> Self {
        let User {
            email,
            username,
            bio,
            image,
        } = user;
        Self {
            user: UserBody {
                email,
                token: token.as_str().to_owned(),
                username,
                bio,
                image,
            },
        }
    }
}
