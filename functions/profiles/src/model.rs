//! What requests name, and the response in the shape of the RealWorld contract.

use conduit::Profile;
use serde::Serialize;
use shared::identity::Username;
use shared::problem::Problem;
use utoipa::ToSchema;

/// The name of a path. One that no user ever had is not found either.
pub(crate) fn username(text: &str) -> Result<Username, Problem> {
    Username::sought(text).ok_or_else(nobody)
}

/// The answer where nobody has the name.
pub(crate) fn nobody() -> Problem {
    Problem::not_found("There is no user with this name.").about("profile")
}

/// A user as others see them.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfileResponse {
    pub(crate) profile: Profile,
}
