//! What users remark on articles.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /api/articles/{slug}/comments` | anyone, with or without a token | 200 with the comments, newest first |
//! | `POST /api/articles/{slug}/comments` | whoever has a valid token | 201 with the new comment |
//! | `DELETE /api/articles/{slug}/comments/{id}` | the comment's author | 204 |
//!
//! A comment is text of 1 to 10,000 characters, not blank, without control characters other than
//! line breaks and tabs. A list has at most 500 of them, and at most 262,144 characters of what they
//! and their authors say; the `Link` header (RFC 8288) leads to the rest. `limit` asks for fewer;
//! `cursor` is what the header carries.
//!
//! Errors: 404 for an article, or a comment of this article, that is not there, whatever stands in
//! its place in the path; 403 for somebody else's comment; 422 for a body or a query that breaks a
//! rule; 401 without a valid token where one is needed, for one that is not valid, and for one whose
//! user is no more; 503 while the database is busy.

mod model;
mod page;
mod routes;
mod store;

use conduit::{RealWorld, TokenScheme};
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![routes::list, routes::create, routes::remove]
        .layer(Extended(RealWorld))
        .layer(TokenScheme)
        .layer(shared::db::layer(migrations::ALL))
}

shared::function!(operations);
