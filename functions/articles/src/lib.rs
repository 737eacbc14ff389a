//! Articles: lists of them, each of them, and who favours which.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /api/articles` | anyone | 200 with a page of the newest, narrowed down by `tag`, `author`, `favorited` |
//! | `GET /api/articles/feed` | whoever has a valid token | 200 with a page of the newest of those whom the caller follows |
//! | `POST /api/articles` | the same | 201 with the new article |
//! | `GET /api/articles/{slug}` | anyone | 200 with the article |
//! | `PUT /api/articles/{slug}` | its author | 200 with the article as changed |
//! | `DELETE /api/articles/{slug}` | its author | 204 |
//! | `POST /api/articles/{slug}/favorite` | whoever has a valid token | 200 with the article, a favourite now |
//! | `DELETE /api/articles/{slug}/favorite` | the same | 200 with the article, none any more |
//!
//! Lists are paged by `limit` and `offset` or `cursor` (`shared::page`), a feed by an offset of 500 at
//! most. A tag or a user that does not
//! exist, or could not, has no articles: that is an empty list and no error. A token is optional where
//! anyone may read, and decides about `favorited` and `following`; one that is not valid is refused
//! there too.
//!
//! Every `GET` carries an `ETag`, and so does an article that was written. `PUT` and `DELETE` of an article
//! honour `If-Match` with it: what counts is whether its author has written it since.
//!
//! Without a token, lists and articles are the same for everybody and come from `shared::cache`, which
//! every write here, and a change of a user by `user`, makes forget what it touches.
//!
//! Errors: 401 without a valid token, also when its user is no more; 403 for another author's article;
//! 404 for an unknown slug; 412 when the article is not as `If-Match` says; 422 with every field that
//! breaks a rule, or for a change of nothing; 503 while the database is busy.

mod cached;
mod model;
mod routes;
mod store;

use conduit::{RealWorld, TokenScheme};
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![
        routes::list,
        routes::create,
        routes::feed,
        routes::show,
        routes::update,
        routes::delete,
        routes::favorite,
        routes::unfavorite,
    ]
    .layer(Extended(RealWorld))
    .layer(TokenScheme)
    .layer(shared::cache::layer())
    .layer(shared::db::layer(migrations::ALL))
}

shared::function!(operations);
