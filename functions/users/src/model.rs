//! Requests, in the shapes of the RealWorld contract.

use std::fmt;

use serde::Deserialize;
use shared::identity::{Email, Username, rule};
use shared::password::Password;
use utoipa::ToSchema;
use validator::Validate;

/// Who is to be registered.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = NewUserRequest)]
pub(crate) struct Registration {
    #[validate(nested)]
    pub(crate) user: NewUser,
}

/// A new user.
#[derive(Deserialize, ToSchema, Validate)]
pub(crate) struct NewUser {
    #[validate(custom(function = rule::username))]
    #[schema(value_type = Username)]
    username: String,
    #[validate(custom(function = rule::email))]
    #[schema(value_type = Email)]
    email: String,
    #[validate(custom(function = rule::password))]
    #[schema(value_type = Password)]
    password: String,
}

impl NewUser {
    /// The domain's types, once the extractor has validated the request.
    pub(crate) fn into_domain(self) -> (Username, Email, Password) {
        (
            Username::parse(&self.username).expect("the extractor applied this rule"),
            Email::parse(&self.email).expect("the extractor applied this rule"),
            Password::parse(&self.password).expect("the extractor applied this rule"),
        )
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").finish_non_exhaustive()
    }
}

/// Who is signing in.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = LoginUserRequest)]
pub(crate) struct Login {
    #[validate(nested)]
    pub(crate) user: Credentials,
}

// Any text may be tried: rules about addresses and passwords would say what exists. What is longer
// than a registration allows is no exception: `Email::sought` and `password::verify` take it for
// wrong without working on it.
/// An e-mail address and a password. Any text may be tried.
#[derive(Deserialize, ToSchema, Validate)]
#[schema(as = LoginUser)]
pub(crate) struct Credentials {
    #[validate(length(min = 1))]
    #[schema(min_length = 1, examples("jake@example.com"))]
    pub(crate) email: String,
    #[validate(length(min = 1))]
    #[schema(min_length = 1, format = Password, examples("correct horse battery staple"))]
    pub(crate) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registration(username: &str, email: &str, password: &str) -> Registration {
        let user = json!({ "username": username, "email": email, "password": password });
        serde_json::from_value(json!({ "user": user })).expect("has the shape")
    }

    #[test]
    fn what_validates_becomes_the_domains_types() {
        let registration = registration(" jacob ", "jake@example.com", "correct horse");
        registration.validate().expect("keeps every rule");

        let (username, email, _) = registration.user.into_domain();

        assert_eq!(
            (username.as_str(), email.as_str()),
            ("jacob", "jake@example.com")
        );
    }

    #[test]
    fn every_broken_rule_is_found() {
        let errors = registration("", "jake", "short")
            .validate()
            .expect_err("breaks three");
        let text = errors.to_string();
        for part in [
            "user.username",
            "must not be empty",
            "user.email",
            "user.password",
            "at least 8",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!(
            "{:?}",
            registration("jacob", "jake@example.com", "correct horse")
        );
        assert!(
            !shown.contains("horse") && !shown.contains("jake"),
            "{shown}"
        );
    }
}
