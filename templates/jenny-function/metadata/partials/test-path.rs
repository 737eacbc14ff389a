{%- assign path = route | remove: "/..." -%}
{%- if store == "kv" -%}{%- assign path = path | append: "/" -%}{%- endif -%}
{%- assign path_size = path | size -%}
const NAME: &str = "{{ project-name | kebab_case }}";
const PATH: &str ={% if path_size > 78 and path_size < 94 %}
    {% else %} {% endif %}"{{ path }}";
const BUDGETS: &str = "../functions/{{ project-name | kebab_case }}/budgets.toml";
{%- if auth != "none" %}

/// Two users, by the ids in their tokens.
const ANNA: &str = "01900000-0000-7000-8000-00000000000a";
const JACOB: &str = "01900000-0000-7000-8000-00000000000b";

/// The key that signs their tokens.
fn mint() -> Mint {
    Mint::of_seed([7; 32])
}

fn token(user: &str) -> String {
    mint().token_of(user)
}

/// The application, which takes the tokens.
fn app() -> TestAppBuilder {
    crate::app().signed_by(&mint())
}
{%- endif %}
