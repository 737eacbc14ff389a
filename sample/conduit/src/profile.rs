//! A user as others see them.

use serde::Serialize;
use utoipa::ToSchema;

/// A user as others see them, in the shape of the contract. As a [`FromRow`](shared::db::FromRow) it
/// takes the columns of [`COLUMNS`](Self::COLUMNS) out of a row and leaves the others to whoever
/// called:
///
/// ```
/// use conduit::Profile;
/// use shared::db::{DbError, FromRow, Row};
///
/// struct Comment { body: String, author: Profile }
///
/// impl FromRow for Comment {
///     fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
///         Ok(Self { body: row.take("body")?, author: Profile::from_row(row)? })
///     }
/// }
///
/// let sql = format!(
///     "SELECT {}, c.body FROM comments AS c JOIN users AS u ON u.id = c.author_id
///      WHERE c.article_id = $2",
///     Profile::COLUMNS,
/// );
/// # let _ = sql;
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[schema(description = "A user as others see them.")]
pub struct Profile {
    /// The name that the user is shown and addressed by.
    pub username: String,
    /// What the user says of themselves.
    #[schema(required = true)]
    pub bio: Option<String>,
    /// Where the user's picture is.
    #[schema(required = true)]
    pub image: Option<String>,
    /// Whether the caller follows the user; never, where the caller is not known.
    pub following: bool,
}

shared::from_row!(Profile {
    username,
    bio,
    image,
    following
});

impl Profile {
    /// The columns of a profile, for a statement in which the users are `u` and `$1` is the
    /// [`Viewer`](crate::Viewer). They stand first, because parameters are numbered by first use.
    pub const COLUMNS: &str = "u.username, NULLIF(u.bio, '') AS bio, NULLIF(u.image, '') AS image, \
        CASE WHEN EXISTS (SELECT 1 FROM follows AS w \
        WHERE w.follower_id = $1 AND w.followed_id = u.id) THEN 1 ELSE 0 END AS following";
}
