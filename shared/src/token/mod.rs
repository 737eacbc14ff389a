//! Access tokens: JWTs signed with Ed25519, in the profile of RFC 9068.
//!
//! A function that signs holds a [`SigningKey`]; one that verifies holds public keys only, in a
//! [`KeySet`]. Both are given the time: nothing in here reads a clock.
//!
//! | part | value |
//! |---|---|
//! | `alg` | `EdDSA`, and nothing else is ever accepted |
//! | `typ` | `at+jwt` (RFC 9068, section 2.1), so that no other kind of JWT passes for one; `application/at+jwt` is accepted as well |
//! | `kid` | the key's thumbprint (RFC 7638, RFC 8037): picks the key, so that keys can rotate |
//! | `iss`, `aud` | the backend's public URL, and that URL with `/api` |
//! | `sub` | the user's id |
//! | `iat`, `exp` | issued, and expiring, in seconds since the Unix epoch |
//! | `nbf` | not issued; a token that has it is refused before that time |
//! | `jti` | a UUID of its own for every token |
//!
//! RFC 9068 also has `client_id`; there are no OAuth clients here yet, so nothing could go there.
//!
//! ```
//! use std::time::Duration;
//! use shared::identity::UserId;
//! use shared::token::{Issuer, KeySet, SigningKey};
//!
//! let issuer = Issuer::new("https://api.example");
//! let signing_key = SigningKey::from_seed(&[7; 32]);
//! let key_set = KeySet::from_iter([signing_key.public_key()]);
//! let now = jiff::Timestamp::from_second(1_800_000_000)?;
//!
//! let user_id = UserId::new(now);
//! let token = signing_key.issue(&issuer, user_id, now, Duration::from_secs(3600))?;
//!
//! let claims = key_set.verify(token.as_str(), &issuer, now)?;
//! assert_eq!(claims.user_id(), user_id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access_token;
mod keys;
mod provider;
mod source;
#[cfg(test)]
mod tests;

pub use self::access_token::{AccessToken, Claims, Issuer, LEEWAY_SECONDS, TokenError};
pub use self::keys::{KeyError, KeySet, PublicKey, SigningKey};
pub use self::source::{KeySourceError, issuer, key_set, signing_key};
