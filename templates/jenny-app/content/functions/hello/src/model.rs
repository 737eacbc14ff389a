//! The request and the response.

use serde::{Deserialize, Serialize};
use shared::problem::{Problem, Violation};
use utoipa::{IntoParams, ToSchema};

/// The longest name, in characters: what fits on a line.
const MAX_NAME_CHARACTERS: usize = 64;

// The comment is what the API's documentation says.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Whom {
    /// Whom to greet; the world unless given.
    #[param(nullable = false, min_length = 1, max_length = 64)]
    name: Option<String>,
}

/// A greeting.
#[derive(Serialize, ToSchema)]
#[schema(as = HelloGreeting)]
pub(crate) struct Greeting {
    greeting: String,
}

impl Greeting {
    /// Greets whoever is named.
    ///
    /// # Errors
    ///
    /// 422 for a name that breaks a rule.
    pub(crate) fn of(whom: Whom) -> Result<Self, Problem> {
        let name = whom.name.unwrap_or_else(|| "world".to_owned());
        if !(1..=MAX_NAME_CHARACTERS).contains(&name.chars().count()) {
            let rule = format!("must have 1 to {MAX_NAME_CHARACTERS} characters");
            return Err(Problem::unprocessable([Violation::new("/name", rule)]));
        }
        Ok(Self {
            greeting: format!("Hello, {name}!"),
        })
    }
}
