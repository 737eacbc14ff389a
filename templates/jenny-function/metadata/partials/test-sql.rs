{%- assign name = project-name | kebab_case -%}
{%- assign table = project-name | snake_case | append: "_entries" -%}
{%- if auth == "none" -%}{%- assign app = "crate::app()" -%}{%- else -%}{%- assign app = "app()" -%}{%- endif -%}
{%- if auth == "none" -%}{%- assign writer = "" -%}{%- else -%}{%- assign writer = ".bearer(&token(ANNA))" -%}{%- endif -%}
{%- if auth == "required" -%}{%- assign reader = ".bearer(&token(ANNA))" -%}{%- else -%}{%- assign reader = "" -%}{%- endif -%}
//! `{{ name }}`: {% include 'description.txt' %}.

use jenny_test::{
{%- if auth == "none" %}
    Budgets, Client, EveryCall, FAULT, Hit, Mishap, StateBleed, Store, TestApp, TestResponse, Turn,
{%- else %}
    Budgets, Client, EveryCall, FAULT, Hit, Mint, Mishap, StateBleed, Store, TestApp,
    TestAppBuilder, TestResponse, Turn,
{%- endif %}
};
use serde_json::json;

{% include 'test-path.rs' %}
/// All that was ever written and is there.
const WRITTEN: &str = "SELECT text FROM {{ table }}";

fn at(id: &str) -> String {
    format!("{PATH}/{id}")
}

async fn create(app: &TestApp, text: &str) -> TestResponse {
    let request = app.post(PATH){{ writer }};
    request.json(&json!({ "text": text })).send().await
}

/// Writes an entry and returns its id.
async fn write(app: &TestApp, text: &str) -> String {
    let response = create(app, text).await;
    response.assert_status(201).string_at("/id")
}

async fn read(app: &TestApp, path: &str) -> TestResponse {
    app.get(path){{ reader }}.send().await
}

async fn delete(app: &TestApp, id: &str) -> TestResponse {
    app.delete(&at(id)){{ writer }}.send().await
}

/// What the entries of a page say, in its order.
fn texts(page: &TestResponse) -> Vec<String> {
    let body = page.assert_status(200).json();
    let entries = body["entries"].as_array().expect("a list").iter();
    let text = |entry: &serde_json::Value| entry["text"].as_str().map(str::to_owned);
    entries.filter_map(text).collect()
}

#[tokio::test]
async fn an_entry_is_written_shown_listed_and_deleted() {
    let app = {{ app }}.build().await;
    assert_eq!(texts(&read(&app, PATH).await), [""; 0]);

    let created = create(&app, "It takes a Jacobian").await;

    let entry = created.assert_status(201).json();
    assert_eq!(entry["text"], "It takes a Jacobian");
    let id = created.string_at("/id");
    let shown = read(&app, &at(&id)).await;
{%- if auth == "optional" %}
    shown.assert_status(200).assert_json("/mine", false);
{%- else %}
    assert_eq!(shown.assert_status(200).json(), entry);
{%- endif %}
    assert_eq!(texts(&read(&app, PATH).await), ["It takes a Jacobian"]);

    delete(&app, &id).await.assert_no_content();
    for response in [read(&app, &at(&id)).await, delete(&app, &id).await] {
        response.assert_problem(404, "not-found");
    }
    assert_eq!(texts(&read(&app, PATH).await), [""; 0]);
}

#[tokio::test]
async fn the_newest_comes_first_and_pages_follow_each_other() {
    let app = {{ app }}.build().await;
    for text in ["first", "second", "third"] {
        write(&app, text).await;
    }

    let page = read(&app, &format!("{PATH}?limit=2")).await;

    assert_eq!(texts(&page), ["third", "second"]);
    let link = page.header("link").expect("there is a next page");
    let next = link.trim_start_matches('<').split_once('>');
    let (next, relation) = next.expect("an address in brackets");
    assert_eq!(relation, "; rel=\"next\"");
    let last = read(&app, next).await;
    assert_eq!(texts(&last), ["first"]);
    let link = last.header("link").unwrap_or_default();
    assert!(!link.contains("next"), "{link}");
}

#[tokio::test]
async fn whatever_an_entry_says_is_text() {
    let app = {{ app }}.build().await;
    let longest = "é".repeat(2000);
    let odd = ["'); --", "\u{202E}txet", " a\r\n\tb ", "\"\\", "$1 ?"];
    for text in odd.into_iter().chain([longest.as_str()]) {
        let id = write(&app, text).await;
        read(&app, &at(&id)).await.assert_json("/text", text);
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_so() {
    let app = {{ app }}.build().await;
    for text in ["", " \n", "a\0", &"é".repeat(2001)] {
        create(&app, text)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/text"]);
    }
    for (body, pointer) in [
        (json!({}), "/text"),
        (json!({ "text": 1 }), "/text"),
        (json!({ "text": "a", "colour": "red" }), "/colour"),
    ] {
        let request = app.post(PATH){{ writer }};
        let response = request.json(&body).send().await;
        response
            .assert_problem(422, "validation")
            .assert_violations(&[pointer]);
    }
    read(&app, &format!("{PATH}?limit=0"))
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/limit"]);
    assert_eq!(texts(&read(&app, PATH).await), [""; 0]);
}

#[tokio::test]
async fn what_can_be_no_id_is_not_found() {
    let app = {{ app }}.build().await;
    for id in ["1", "x", "00000000-0000-0000-0000-000000000000"] {
        for response in [read(&app, &at(id)).await, delete(&app, id).await] {
            response.assert_problem(404, "not-found");
        }
    }
}
{%- if auth != "none" %}

#[tokio::test]
async fn whoever_does_not_sign_in_is_refused() {
    let app = app().build().await;
    let id = write(&app, "Anna's").await;
    let of_another_key = Mint::of_seed([8; 32]).token_of(ANNA);
    for token in [None, Some("not.a.token"), Some(&*of_another_key)] {
        for request in [
{%- if auth == "required" %}
            app.get(PATH),
            app.get(&at(&id)),
{%- endif %}
            app.post(PATH).json(&json!({ "text": "x" })),
            app.delete(&at(&id)),
        ] {
            let request = match token {
                Some(token) => request.bearer(token),
                None => request,
            };
            request.send().await.assert_problem(401, "unauthorized");
        }
    }
    assert_eq!(texts(&read(&app, PATH).await), ["Anna's"]);
}
{%- endif %}
{%- if auth == "optional" %}

#[tokio::test]
async fn an_entry_is_its_authors_and_anybody_reads_it() {
    let app = app().build().await;
    let id = write(&app, "Anna's").await;
    let jacob = token(JACOB);

    let refused = app.delete(&at(&id)).bearer(&jacob).send().await;

    refused.assert_problem(403, "forbidden");
    for (request, mine) in [
        (app.get(&at(&id)), false),
        (app.get(&at(&id)).bearer(&jacob), false),
        (app.get(&at(&id)).bearer(&token(ANNA)), true),
    ] {
        let response = request.send().await;
        response
            .assert_status(200)
            .assert_json("/text", "Anna's")
            .assert_json("/mine", mine);
    }
    let list = app.get(PATH).bearer(&token(ANNA)).send().await;
    list.assert_json("/entries/0/mine", true);
}
{%- elsif auth == "required" %}

#[tokio::test]
async fn everybody_has_entries_of_their_own() {
    let app = app().build().await;
    let id = write(&app, "Anna's").await;
    let jacob = token(JACOB);

    let list = app.get(PATH).bearer(&jacob).send().await;
    assert_eq!(texts(&list), [""; 0]);
    for request in [app.get(&at(&id)), app.delete(&at(&id))] {
        let response = request.bearer(&jacob).send().await;
        response.assert_problem(404, "not-found");
    }
    read(&app, &at(&id)).await.assert_json("/text", "Anna's");
}
{%- endif %}

#[tokio::test]
async fn a_failing_database_is_a_503() {
    for app in [
        {{ app }}.failing_database().build().await,
        {{ app }}.unreadable_database().build().await,
    ] {
        let id = "01900000-0000-7000-8000-000000000001";
        for response in [
            read(&app, PATH).await,
            read(&app, &at(id)).await,
            create(&app, "x").await,
            delete(&app, id).await,
        ] {
            response.assert_problem(503, "unavailable");
            assert!(response.header("retry-after").is_some(), "{response:?}");
            assert!(!response.text().contains(FAULT), "{response:?}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = {{ app }}.build().await;
    for (path, allowed) in [(PATH, "GET,HEAD,POST"), (&at("1"), "GET,HEAD,DELETE")] {
        let response = app.put(path).json(&json!({})).send().await;
        response
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", allowed);
    }
}

#[tokio::test]
async fn every_call_of_a_write_may_go_wrong() {
    // What the first request of all does is not this function's.
    let ready = async |app: &TestApp| {
        read(app, PATH).await.assert_status(200);
    };
    let write = async |app: &TestApp, (): &()| create(app, "new").await;
    let all_or_nothing = async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
        let written = app.sql(WRITTEN).await;
        assert!(written.is_empty() || written == [["new"]], "{hit}");
        assert!(answer.status != 201 || written == [["new"]], "{hit}");
    };
    // Making a database takes a tenth of a second there.
    let mishaps: &[Mishap] = match crate::STORE {
        Store::Sqlite => &[
            Mishap::Fails,
            Mishap::LosesTheAnswer,
            Mishap::KillsTheInstance,
            Mishap::KillsTheInstanceAfterwards,
        ],
        Store::Postgres => &[Mishap::LosesTheAnswer],
    };
    EveryCall::of({% if auth == "none" %}crate::app{% else %}app{% endif %})
        .only(mishaps)
        .check(ready, write, all_or_nothing)
        .await;
}

#[tokio::test]
async fn tells_nobody_of_another_caller() {
{%- if auth == "none" %}
    let clients = [
        ("anna", "01900000-0000-7000-8000-00000000000a"),
        ("jacob", "01900000-0000-7000-8000-00000000000b"),
    ];
{%- else %}
    let clients = [("anna", ANNA), ("jacob", JACOB)];
{%- endif %}
    let mingled = StateBleed::of(|| {{ app }}.only(NAME))
        .check(async |_| {
            clients.map(|(name, id)| {
                let client = Client::new(name).known_by([name, id]);
                let client = client.sends(move |app| {
{%- if auth == "none" %}
                    let request = app.get(PATH);
{%- else %}
                    let request = app.get(PATH).bearer(&token(id));
{%- endif %}
                    request.header("x-request-id", format!("of-{name}"))
                });
                client.sends(move |app| {
{%- if auth == "none" %}
                    let request = app.get(&at(id));
{%- else %}
                    let request = app.get(&at(id)).bearer(&token(id));
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
    let ids = [write(&app, "for the").await, write(&app, "two turns").await];
    let of_turn = |turn| match turn {
        Turn::Cold => at(&ids[0]),
        Turn::Warm => at(&ids[1]),
    };
    budgets
        .measure(&app, &format!("POST {PATH}"), 201, |app, _| {
            let request = app.post(PATH){{ writer }};
            request.json(&json!({ "text": "It takes a Jacobian" }))
        })
        .await;
    budgets
        .measure(&app, &format!("GET {PATH}"), 200, |app, _| {% if auth == "required" %}{
            app.get(PATH).bearer(&token(ANNA))
        }{% else %}app.get(PATH){% endif %})
        .await;
    budgets
        .measure(&app, &format!("GET {PATH}/:id"), 200, |app, _| {
            app.get(&at(&ids[0])){{ reader }}
        })
        .await;
    budgets
        .measure(&app, &format!("DELETE {PATH}/:id"), 204, |app, turn| {
            app.delete(&of_turn(turn)){{ writer }}
        })
        .await;
    budgets.finish();
}
