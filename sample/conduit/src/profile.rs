//! A user as others see them.

use serde::Serialize;
use shared::db::FromRow;
use utoipa::ToSchema;

/// A user as others see them, in the shape of the contract. As a [`FromRow`] it
/// takes the columns of [`COLUMNS`](Self::COLUMNS) out of a row and leaves the others to the
/// caller:
///
/// ```
/// use conduit::Profile;
/// use shared::db::FromRow;
///
/// #[derive(FromRow)]
/// struct Comment {
///     body: String,
///     #[row(flatten)]
///     author: Profile,
/// }
///
/// let sql = format!(
///     "SELECT {}, c.body FROM comments AS c JOIN users AS u ON u.id = c.author_id
///      WHERE c.article_id = $2",
///     Profile::COLUMNS,
/// );
/// # let _ = sql;
/// ```
#[derive(Clone, Debug, Eq, FromRow, PartialEq, Serialize, ToSchema)]
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

impl Profile {
    /// The columns of a profile, for a statement in which the users are `u` and `$1` is the
    /// [`Viewer`](crate::Viewer).
    pub const COLUMNS: &str = "u.username, NULLIF(u.bio, '') AS bio, NULLIF(u.image, '') AS image, \
        CASE WHEN EXISTS (SELECT 1 FROM follows AS w \
        WHERE w.follower_id = $1 AND w.followed_id = u.id) THEN 1 ELSE 0 END AS following";
}
