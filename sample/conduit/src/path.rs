//! The parameters of paths, as `#[utoipa::path]` takes them: `params(conduit::path::Article)`. Their
//! comments are what the API's documentation says.

use utoipa::IntoParams;

/// Names an article.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Article {
    /// The article's name in URLs, as `slug` has it.
    #[param(min_length = 1, example = "how-to-train-your-dragon")]
    pub slug: String,
}

/// Names a comment on an article.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Comment {
    /// The article's name in URLs, as `slug` has it.
    #[param(min_length = 1, example = "how-to-train-your-dragon")]
    pub slug: String,
    /// The comment's number.
    #[param(minimum = 1, example = 1)]
    pub id: i64,
}

/// Names a user.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct User {
    /// The user's name, in any case, width and composition.
    #[param(min_length = 1, example = "jacob")]
    pub username: String,
}
