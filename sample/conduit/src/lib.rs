//! The sample domain: what the functions about articles, comments, profiles and tags share, and what
//! fills a database with them.
//!
//! | module or type | what it gives |
//! |---|---|
//! | [`User`], [`UserResponse`] | a user as the user alone sees it |
//! | [`Profile`], [`Viewer`] | a user as others see them, and who is looking |
//! | [`ArticleId`], [`Slug`], [`TagName`], [`TagList`] | what names articles and tags |
//! | [`Title`], [`Description`], [`Body`], [`CommentBody`] | what people write, and its limits |
//! | [`RealWorld`], [`TokenScheme`] | what the contract's clients look for in a problem, and how they send a token |
//! | [`timestamp`] | times as the RealWorld contract writes them |
//! | [`path`] | the parameters of paths, for descriptions of operations |
//! | [`articles`], [`comments`], [`favorites`], [`follows`] | the writes that keep counts, many rows at a time |
//!
//! The functions are components of their own and cannot call each other. What two of them must do
//! alike lives here; what only one of them does stays with it.
//!
//! # Counts and locks
//!
//! `totals`, `users.articles_count`, `users.favorites_count`, `tags.articles_count` and
//! `articles.favorites_count` change in the transaction that changes what they count, by the rows
//! that were really inserted or deleted, so that they hold when two requests race.
//!
//! On Postgres transactions run side by side. All of them lock rows in one order, so that none waits
//! in a circle: **articles, tags by name, users by id, totals**. Deleting an article that many favour
//! is the exception: Postgres chooses the order in which one `UPDATE` takes the users. Should two
//! such wait in a circle, it ends one, whose caller is told to try again (503). Whoever inserts a row that refers
//! to an article locks the article first ([`articles::lock`]): it could be deleted in between, and a
//! foreign key would then fail the statement. A single comment goes without
//! ([`comments::insert_one`]).

mod article_id;
pub mod articles;
pub mod comments;
mod counts;
mod errors;
pub mod favorites;
pub mod follows;
pub mod path;
mod profile;
mod slug;
mod tag_name;
mod text;
pub mod timestamp;
mod token_scheme;
mod user;
mod viewer;

pub use self::article_id::ArticleId;
pub use self::errors::{Errors, RealWorld};
pub use self::profile::Profile;
pub use self::slug::Slug;
pub use self::tag_name::{MAX_TAGS, TagList, TagName, TagNameError};
pub use self::text::{Body, CommentBody, Description, TextError, Title};
pub use self::token_scheme::TokenScheme;
pub use self::user::{User, UserResponse};
pub use self::viewer::Viewer;

#[cfg(test)]
fn assert_schema<T: utoipa::ToSchema>(parses: impl Fn(&str) -> bool) {
    let matches = |pattern: &str, text: &str| {
        let pattern = regex::Regex::new(pattern).expect("a regular expression");
        pattern.is_match(text)
    };
    shared::openapi::testing::assert_agrees::<T>(matches, parses, false);
}
