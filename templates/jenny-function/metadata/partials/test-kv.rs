{%- assign name = project-name | kebab_case -%}
{%- if auth == "none" -%}{%- assign app = "crate::app()" -%}{%- else -%}{%- assign app = "app()" -%}{%- endif -%}
{%- if auth == "none" -%}{%- assign writer = "" -%}{%- else -%}{%- assign writer = ".bearer(&token(ANNA))" -%}{%- endif -%}
{%- if auth == "required" -%}{%- assign reader = ".bearer(&token(ANNA))" -%}{%- else -%}{%- assign reader = "" -%}{%- endif -%}
//! `{{ name }}`: {% include 'description.txt' %}.

use jenny_test::{
{%- if auth == "none" %}
    Budgets, Client, EveryCall, FAULT, Hit, Mishap, StateBleed, Store, TestApp, TestResponse,
{%- else %}
    Budgets, Client, EveryCall, FAULT, Hit, Mint, Mishap, StateBleed, Store, TestApp,
    TestAppBuilder, TestResponse,
{%- endif %}
};
use serde_json::json;

{% include 'test-path.rs' %}
fn at(key: &str) -> String {
    format!("{PATH}{key}")
}

async fn write(app: &TestApp, key: &str, text: &str) -> TestResponse {
    let request = app.put(&at(key)){{ writer }};
    request.json(&json!({ "text": text })).send().await
}

async fn read(app: &TestApp, key: &str) -> TestResponse {
    app.get(&at(key)){{ reader }}.send().await
}

async fn delete(app: &TestApp, key: &str) -> TestResponse {
    app.delete(&at(key)){{ writer }}.send().await
}

#[tokio::test]
async fn an_entry_is_written_read_overwritten_and_deleted() {
    let app = {{ app }}.build().await;
    read(&app, "a").await.assert_problem(404, "not-found");

    for text in ["first", "second"] {
        write(&app, "a", text)
            .await
            .assert_status(200)
            .assert_json("/text", text);
        read(&app, "a")
            .await
            .assert_status(200)
            .assert_json("/text", text);
    }
    read(&app, "b").await.assert_problem(404, "not-found");

    // Afterwards there is none, whether there was one or not.
    for _ in 0..2 {
        delete(&app, "a").await.assert_no_content();
        read(&app, "a").await.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn whatever_an_entry_says_is_text() {
    let app = {{ app }}.build().await;
    let longest = "é".repeat(2000);
    for text in ["</script>", "\u{202E}txet", " a\r\n\tb ", "\"\\", &longest] {
        write(&app, "a", text).await.assert_status(200);
        read(&app, "a").await.assert_json("/text", text);
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_so() {
    let app = {{ app }}.build().await;
    for text in ["", " \n", "a\0", &"é".repeat(2001)] {
        write(&app, "a", text)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/text"]);
    }
    for (body, pointer) in [
        (json!({}), "/text"),
        (json!({ "text": 1 }), "/text"),
        (json!({ "text": "a", "colour": "red" }), "/colour"),
    ] {
        let request = app.put(&at("a")){{ writer }};
        let response = request.json(&body).send().await;
        response
            .assert_problem(422, "validation")
            .assert_violations(&[pointer]);
    }
    read(&app, "a").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn what_can_be_no_key_is_not_found() {
    let app = {{ app }}.build().await;
    for key in ["A", "a%20b", "a:b", &"k".repeat(65)] {
        read(&app, key).await.assert_problem(404, "not-found");
        write(&app, key, "x").await.assert_problem(404, "not-found");
    }
}
{%- if auth != "none" %}

#[tokio::test]
async fn whoever_does_not_sign_in_is_refused() {
    let app = app().build().await;
    let of_another_key = Mint::of_seed([8; 32]).token_of(ANNA);
    for token in [None, Some("not.a.token"), Some(&*of_another_key)] {
        for request in [
{%- if auth == "required" %}
            app.get(&at("a")),
{%- endif %}
            app.put(&at("a")).json(&json!({ "text": "x" })),
            app.delete(&at("a")),
        ] {
            let request = match token {
                Some(token) => request.bearer(token),
                None => request,
            };
            request.send().await.assert_problem(401, "unauthorized");
        }
    }
}
{%- endif %}
{%- if auth == "optional" %}

#[tokio::test]
async fn an_entry_is_its_authors_and_anybody_reads_it() {
    let app = app().build().await;
    write(&app, "a", "Anna's").await.assert_json("/mine", true);
    let jacob = token(JACOB);

    for request in [
        app.put(&at("a")).json(&json!({ "text": "Jacob's" })),
        app.delete(&at("a")),
    ] {
        let response = request.bearer(&jacob).send().await;
        response.assert_problem(403, "forbidden");
    }

    for (request, mine) in [
        (app.get(&at("a")), false),
        (app.get(&at("a")).bearer(&jacob), false),
        (app.get(&at("a")).bearer(&token(ANNA)), true),
    ] {
        let response = request.send().await;
        response
            .assert_status(200)
            .assert_json("/text", "Anna's")
            .assert_json("/mine", mine);
    }
}
{%- elsif auth == "required" %}

#[tokio::test]
async fn everybody_has_keys_of_their_own() {
    let app = app().build().await;
    write(&app, "a", "Anna's").await.assert_status(200);
    let jacob = token(JACOB);
    let of_jacob = app.get(&at("a")).bearer(&jacob).send().await;
    of_jacob.assert_problem(404, "not-found");

    let deleted = app.delete(&at("a")).bearer(&jacob).send().await;

    deleted.assert_no_content();
    read(&app, "a").await.assert_json("/text", "Anna's");
}
{%- endif %}

#[tokio::test]
async fn a_failing_store_is_a_503() {
    let app = {{ app }}.failing_key_value().build().await;
    for response in [
        read(&app, "a").await,
        write(&app, "a", "x").await,
        delete(&app, "a").await,
    ] {
        response
            .assert_problem(503, "unavailable")
            .assert_header("retry-after", "5");
        assert!(!response.text().contains(FAULT), "{response:?}");
    }
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = {{ app }}.build().await;
    let response = app.post(&at("a")).json(&json!({})).send().await;
    response
        .assert_problem(405, "method-not-allowed")
        .assert_header("allow", "GET,HEAD,PUT,DELETE");
}

#[tokio::test]
async fn every_call_of_a_write_may_go_wrong() {
    let overwrite = async |app: &TestApp, (): &()| write(app, "a", "new").await;
    let old_or_new = async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
        let left = read(app, "a").await.assert_status(200).string_at("/text");
        assert!(["old", "new"].contains(&&*left), "{hit}: {left}");
        assert!(answer.status != 200 || left == "new", "{hit}: {left}");
    };
    // The store is the same, whatever the database is.
    let mishaps: &[Mishap] = match crate::STORE {
        Store::Sqlite => &[
            Mishap::Fails,
            Mishap::LosesTheAnswer,
            Mishap::KillsTheInstance,
            Mishap::KillsTheInstanceAfterwards,
        ],
        Store::Postgres => &[Mishap::LosesTheAnswer],
    };
    let old = async |app: &TestApp| {
        write(app, "a", "old").await.assert_status(200);
    };
    EveryCall::of({% if auth == "none" %}crate::app{% else %}app{% endif %})
        .only(mishaps)
        .check(old, overwrite, old_or_new)
        .await;
}

#[tokio::test]
async fn tells_nobody_of_another_caller() {
{%- if auth == "none" %}
    let clients = ["anna", "jacob"];
{%- else %}
    let clients = [("anna", ANNA), ("jacob", JACOB)];
{%- endif %}
    let mingled = StateBleed::of(|| {{ app }}.only(NAME))
        .check(async |_| {
            clients.map(|{% if auth == "none" %}name{% else %}(name, id){% endif %}| {
                let client = Client::new(name).known_by([name{% if auth != "none" %}, id{% endif %}]);
                let client = client.sends(move |app| {
                    let request = app.put(&at(name)).json(&json!({ "text": name }));
{%- if auth != "none" %}
                    let request = request.bearer(&token(id));
{%- endif %}
                    request.header("x-request-id", format!("of-{name}"))
                });
                client.sends(move |app| {
                    let request = app.get(&at(&format!("nothing-of-{name}")));
{%- if auth != "none" %}
                    let request = request.bearer(&token(id));
{%- endif %}
                    request.header("x-request-id", format!("of-{name}"))
                })
            })
        })
        .await;
    assert!(mingled.turns > 0, "they did meet");
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
        .measure(&app, &format!("PUT {PATH}:key"), 200, |app, _| {
            let request = app.put(&at("a")){{ writer }};
            request.json(&json!({ "text": "It takes a Jacobian" }))
        })
        .await;
    budgets
        .measure(&app, &format!("GET {PATH}:key"), 200, |app, _| {
            app.get(&at("a")){{ reader }}
        })
        .await;
    budgets
        .measure(&app, &format!("DELETE {PATH}:key"), 204, |app, _| {
            app.delete(&at("a")){{ writer }}
        })
        .await;
    budgets.finish();
}
