{%- assign type = project-name | pascal_case -%}
//! The request and the response.

use serde::{Deserialize, Serialize};
use shared::problem::{Problem, Violation};
use utoipa::{IntoParams, ToSchema};
{%- if auth != "none" %}
use uuid::Uuid;
{%- endif %}

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
#[schema(as = {{ type }}Greeting)]
pub(crate) struct Greeting {
    greeting: String,
{%- if auth == "optional" %}
    /// The caller's id, if there is a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = false)]
    caller: Option<Uuid>,
{%- elsif auth == "required" %}
    /// The caller's id.
    #[schema(value_type = String, format = "uuid")]
    caller: Uuid,
{%- endif %}
}

impl Greeting {
    /// Greets whoever is named.
    ///
    /// # Errors
    ///
    /// 422 for a name that breaks a rule.
    pub(crate) fn of(whom: Whom{% if auth == "optional" %}, caller: Option<Uuid>{% elsif auth == "required" %}, caller: Uuid{% endif %}) -> Result<Self, Problem> {
        let name = whom.name.unwrap_or_else(|| "world".to_owned());
        if !(1..=MAX_NAME_CHARACTERS).contains(&name.chars().count()) {
            let rule = format!("must have 1 to {MAX_NAME_CHARACTERS} characters");
            return Err(Problem::unprocessable([Violation::new("/name", rule)]));
        }
        Ok(Self {
            greeting: format!("Hello, {name}!"),
{%- if auth != "none" %}
            caller,
{%- endif %}
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn greet(name: Option<&str>) -> Result<Greeting, Problem> {
        let name = name.map(str::to_owned);
{%- if auth == "none" %}
        Greeting::of(Whom { name })
{%- elsif auth == "optional" %}
        Greeting::of(Whom { name }, Some(Uuid::nil()))
{%- else %}
        Greeting::of(Whom { name }, Uuid::nil())
{%- endif %}
    }

    #[test]
    fn who_is_named_is_greeted_and_the_world_otherwise() {
        for (name, greeting) in [(None, "Hello, world!"), (Some("Ada"), "Hello, Ada!")] {
            let answer = serde_json::to_value(greet(name).unwrap()).unwrap();
{%- if auth == "none" %}
            assert_eq!(answer, json!({ "greeting": greeting }));
{%- else %}
            let caller = "00000000-0000-0000-0000-000000000000";
            assert_eq!(answer, json!({ "greeting": greeting, "caller": caller }));
{%- endif %}
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
