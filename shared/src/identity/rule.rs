//! The domain types' rules as `validator` wants them, so that a request's `validate` derive and
//! the type's constructor cannot disagree.
//!
//! ```
//! use serde::Deserialize;
//! use shared::identity::rule;
//! use validator::Validate;
//!
//! #[derive(Deserialize, Validate)]
//! struct Invitation {
//!     #[validate(custom(function = rule::email))]
//!     email: String,
//! }
//!
//! assert!(Invitation { email: "jake@example.com".into() }.validate().is_ok());
//! assert!(Invitation { email: "jake".into() }.validate().is_err());
//! ```

use std::fmt::Display;

use validator::ValidationError;

use super::{Email, Username};
use crate::password::Password;

/// Must be an [`Email`].
///
/// # Errors
///
/// The rule that the text breaks.
pub fn email(text: &str) -> Result<(), ValidationError> {
    parses(Email::parse(text))
}

/// Must be a [`Username`].
///
/// # Errors
///
/// The rule that the text breaks.
pub fn username(text: &str) -> Result<(), ValidationError> {
    parses(Username::parse(text))
}

/// Must be a [`Password`].
///
/// # Errors
///
/// The rule that the text breaks.
pub fn password(text: &str) -> Result<(), ValidationError> {
    parses(Password::parse(text))
}

/// A rule from any constructor whose error reads well after the field's name: "must be …".
///
/// # Errors
///
/// The constructor's, as the message.
pub fn parses<T>(parsed: Result<T, impl Display>) -> Result<(), ValidationError> {
    parsed
        .map(drop)
        .map_err(|error| ValidationError::new("domain").with_message(error.to_string().into()))
}
