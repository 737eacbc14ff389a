//! Writes articles into the database by the thousand, through the code that the functions store
//! articles with.
//!
//! | route | answer |
//! |---|---|
//! | `GET /articles?seed=1` | how many articles of this seed there are |
//! | `POST /articles` with seed, first and count | 200 when they are written, in one transaction; 409 with the number of those that are there when that is not `first` |
//! | `POST /statistics` | 204 when the database knows what it holds |
//!
//! Errors: 500 and 503, with the database's own words.
//!
//! `conduit seed` runs it in process. It does not authenticate its caller, so it is in no manifest and must
//! never be served (docs/adr/0014).

mod data;
mod routes;
mod store;

use axum::Router;
use axum::routing::{get, post};

fn router() -> Router {
    Router::new()
        .route("/articles", get(routes::count).post(routes::write))
        .route("/statistics", post(routes::statistics))
        .layer(shared::cache::layer())
        .layer(shared::db::layer(migrations::ALL))
}

shared::function!(router);
