//! Accounts: registering, signing in, and changing what identifies an account.
//!
//! Everything here is over the table `users`, and knows no route and no shape of a body: a handler parses its
//! request, calls one of these functions, and renders the answer.
//!
//! ```no_run
//! use axum::Json;
//! use serde::{Deserialize, Serialize};
//! use shared::accounts::{self, Signer};
//! use shared::db::Db;
//! use shared::problem::Problem;
//! use shared::time;
//!
//! #[derive(Deserialize)]
//! struct Credentials { email: String, password: String }
//!
//! #[derive(Serialize)]
//! struct Session { access_token: String }
//!
//! async fn sign_in(db: Db, Json(sent): Json<Credentials>) -> Result<Json<Session>, Problem> {
//!     let now = time::now();
//!     let signer = Signer::open(&db, now).await?;
//!     let account = accounts::sign_in(&db, &sent.email, &sent.password).await?;
//!     let access_token = signer.issue(account.id, now)?.into_string();
//!     Ok(Json(Session { access_token }))
//! }
//! ```
//!
//! A function that registers or changes accounts has the layer [`identity::layer`](crate::identity::layer).

mod change;
mod error;
mod register;
mod sign_in;
mod signer;

pub use self::change::{Change, change, taken};
pub use self::error::AccountError;
pub use self::register::register;
pub use self::sign_in::{Account, sign_in};
pub use self::signer::Signer;

#[cfg(test)]
mod tests;
