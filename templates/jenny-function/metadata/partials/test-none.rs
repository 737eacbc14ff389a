{%- assign name = project-name | kebab_case -%}
{%- if auth == "none" -%}{%- assign app = "crate::app()" -%}{%- else -%}{%- assign app = "app()" -%}{%- endif -%}
//! `{{ name }}`: {% include 'description.txt' %}.

{% if auth == "none" -%}
use jenny_test::{Budgets, Client, StateBleed, Store};
{%- else -%}
use jenny_test::{Budgets, Client, Mint, StateBleed, Store, TestAppBuilder};
{%- endif %}
use serde_json::json;

{% include 'test-path.rs' %}
#[tokio::test]
async fn who_is_named_is_greeted_and_the_world_otherwise() {
    let app = {{ app }}.build().await;
    for (name, greeting) in [(None, "Hello, world!"), (Some("Ada"), "Hello, Ada!")] {
{%- if auth == "required" %}
        let request = app.get(PATH).bearer(&token(ANNA));
{%- else %}
        let request = app.get(PATH);
{%- endif %}
        let request = match name {
            Some(name) => request.query("name", name),
            None => request,
        };
        let response = request.send().await;
        response
            .assert_status(200)
            .assert_header("content-type", "application/json");
{%- if auth == "required" %}
        assert_eq!(
            response.json(),
            json!({ "greeting": greeting, "caller": ANNA })
        );
{%- else %}
        assert_eq!(response.json(), json!({ "greeting": greeting }));
{%- endif %}
    }
}

#[tokio::test]
async fn a_name_that_breaks_a_rule_is_told_so() {
    let app = {{ app }}.build().await;
    for name in ["", &"é".repeat(65)] {
{%- if auth == "required" %}
        let request = app.get(PATH).bearer(&token(ANNA));
        let response = request.query("name", name).send().await;
{%- else %}
        let response = app.get(PATH).query("name", name).send().await;
{%- endif %}
        response
            .assert_problem(422, "validation")
            .assert_violations(&["/name"]);
    }
}
{%- if auth == "optional" %}

#[tokio::test]
async fn whoever_signs_in_is_known() {
    let app = app().build().await;
    for user in [ANNA, JACOB] {
        let response = app.get(PATH).bearer(&token(user)).send().await;
        response.assert_status(200).assert_json("/caller", user);
    }
}
{%- elsif auth == "required" %}

#[tokio::test]
async fn whoever_does_not_sign_in_is_refused() {
    let app = app().build().await;
    let response = app.get(PATH).send().await;
    response
        .assert_problem(401, "unauthorized")
        .assert_header("www-authenticate", "Bearer realm=\"api\"");
}
{%- endif %}
{%- if auth != "none" %}

#[tokio::test]
async fn a_token_that_is_not_valid_is_refused() {
    let app = app().build().await;
    let of_another_key = Mint::of_seed([8; 32]).token_of(ANNA);
    for token in ["not.a.token", &of_another_key] {
        let response = app.get(PATH).bearer(token).send().await;
        response.assert_problem(401, "unauthorized");
    }
}
{%- endif %}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = {{ app }}.build().await;
    for request in [app.post(PATH), app.put(PATH), app.delete(PATH)] {
        let response = request.json(&json!({})).send().await;
        response
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", "GET,HEAD");
    }
}

#[tokio::test]
async fn tells_nobody_of_another_caller() {
    StateBleed::of(|| {{ app }}.only(NAME))
        .check(async |_| {
{%- if auth == "none" %}
            ["anna", "jacob"].map(|name| {
                Client::new(name).known_by([name]).sends(move |app| {
                    let request = app.get(PATH).query("name", name);
                    request.header("x-request-id", format!("of-{name}"))
                })
            })
{%- else %}
            [("anna", ANNA), ("jacob", JACOB)].map(|(name, id)| {
                Client::new(name).known_by([name, id]).sends(move |app| {
                    let request = app.get(PATH).query("name", name).bearer(&token(id));
                    request.header("x-request-id", format!("of-{name}"))
                })
            })
{%- endif %}
        })
        .await;
}

#[tokio::test]
async fn keeps_to_its_budget() {
    // What a server answers, and when, is not the same each time.
    if crate::STORE == Store::Postgres {
        return;
    }
    let app = {{ app }}.only(NAME).metered().await;
    let mut budgets = Budgets::open(BUDGETS);
    budgets.component(&app, NAME);
    budgets
        .measure(&app, &format!("GET {PATH}"), 200, |app, _| {% if auth == "required" %}{
            app.get(PATH).bearer(&token(ANNA))
        }{% else %}app.get(PATH){% endif %})
        .await;
    budgets.finish();
}
