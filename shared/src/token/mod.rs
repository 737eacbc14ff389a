//! Access tokens, of the package `jenny-token`, and where a function has its keys from.
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
//! assert_eq!(UserId::from(claims.user_id()), user_id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod source;

pub use jenny_token::{
    AccessToken, Claims, Issuer, KeyError, KeySet, LEEWAY_SECONDS, PublicKey, SigningKey,
    TokenError,
};

pub use self::source::{KeySourceError, issuer, key_set, signing_key};
