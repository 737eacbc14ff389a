//! Users as others see them, and who follows whom.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /api/profiles/{username}` | anyone, with or without a token | 200 with the profile |
//! | `POST /api/profiles/{username}/follow` | whoever has a valid token | 200 with the profile, now followed |
//! | `DELETE /api/profiles/{username}/follow` | the same | 200 with the profile, no longer followed |
//!
//! The name may be written in any case, width and composition. To follow whom one follows, and to
//! unfollow whom one does not, changes nothing and is answered alike. Nobody can follow themselves;
//! so to unfollow oneself changes nothing.
//!
//! Errors: 404 where nobody has the name; 422 for following oneself; 401 without a valid token where
//! one is needed, for one that is not valid, and for one whose user is no more; 503 while the
//! database is busy.

mod model;
mod routes;
mod store;

use conduit::{RealWorld, TokenScheme};
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![routes::show, routes::follow, routes::unfollow]
        .layer(Extended(RealWorld))
        .layer(TokenScheme)
        .layer(shared::db::layer(migrations::ALL))
}

shared::function!(operations);
