//! Requests, in the shapes of the RealWorld contract.

use serde::Deserialize;
use shared::identity::{Email, Username};
use shared::password::Password;
use utoipa::ToSchema;
use validator::Validate;

/// Who is to be registered.
#[derive(Deserialize, ToSchema, Validate)]
#[schema(as = NewUserRequest)]
pub(crate) struct Registration {
    pub(crate) user: NewUser,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewUser {
    pub(crate) username: Username,
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// Who is signing in.
#[derive(Deserialize, ToSchema, Validate)]
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::extract::LenientJson;

    use super::*;

    #[test]
    fn every_broken_rule_is_found() {
        let user = json!({ "username": "", "email": "jake", "password": "short" });
        let read = LenientJson::<Registration>::from_value(&json!({ "user": user }));
        let problem = read.err().expect("breaks three");
        let violations = problem.violations().iter();
        let found: Vec<_> = violations
            .map(|violation| format!("{} {}", violation.pointer, violation.detail))
            .collect();
        assert_eq!(
            found,
            [
                "/user/email must be an e-mail address",
                "/user/password must have at least 8 characters",
                "/user/username must not be empty",
            ]
        );
    }
}
