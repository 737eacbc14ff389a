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
#[derive(Debug, PartialEq, Serialize, ToSchema)]
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn greet(name: Option<&str>) -> Result<Greeting, Problem> {
        let name = name.map(str::to_owned);
        Greeting::of(Whom { name })
    }

    #[test]
    fn who_is_named_is_greeted_and_the_world_otherwise() {
        for (name, greeting) in [(None, "Hello, world!"), (Some("Ada"), "Hello, Ada!")] {
            let answer = serde_json::to_value(greet(name).unwrap()).unwrap();
            assert_eq!(answer, json!({ "greeting": greeting }));
        }
    }

    #[test]
    fn a_name_has_its_limits_in_characters() {
        assert!(greet(Some(&"é".repeat(64))).is_ok());
        for name in [String::new(), "é".repeat(65)] {
            let problem = greet(Some(&name)).unwrap_err();
            assert_eq!(problem.status(), 422);
            assert_eq!(problem.violations()[0].pointer, "/name");
        }
    }
}
