//! Registration and login: the one function that hashes passwords to check them, and that signs
//! access tokens.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `POST /api/users` | anyone | 201 with the new user and a token |
//! | `POST /api/users/login` | anyone | 200 with the user and a token |
//!
//! Errors: 422 with every field that breaks a rule; 409 with the address and the name that another user
//! has; 401 for wrong credentials, the same and as slow whether the address is known or not;
//! 500 when the keys are not configured rightly, with the variable named in the log; 503 while the
//! database is busy.

mod model;
mod routes;

use conduit::RealWorld;
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![routes::register, routes::log_in]
        .layer(Extended(RealWorld))
        .layer(shared::identity::layer(migrations::ALL))
}

shared::function!(operations);
