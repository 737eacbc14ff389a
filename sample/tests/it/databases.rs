//! What becomes of requests when the database is contended, fails half-way, or is not ready.

use std::time::Duration;

use futures::future::join_all;
use http::Method;
use jenny_test::{FAULT, Fault, Store, TestApp, TestResponse};
use serde_json::json;

use crate::articles::{assert_counts_hold, create, register, tagged};

fn assert_try_again(response: &TestResponse) {
    response.assert_problem(503, "unavailable");
    assert!(response.header("retry-after").is_some(), "{response:?}");
}

/// Nothing of an article is there, in no table.
async fn assert_no_article(app: &TestApp) {
    for (statement, expected) in [
        ("SELECT count(*) FROM articles", 0),
        ("SELECT count(*) FROM tags", 0),
        ("SELECT count(*) FROM article_tags", 0),
        ("SELECT amount FROM totals WHERE name = 'articles'", 0),
        ("SELECT sum(articles_count) FROM users", 0),
    ] {
        assert_eq!(app.sql(statement).await, [[expected]], "{statement}");
    }
}

async fn sign_up(app: &TestApp, username: &str, email: &str) -> TestResponse {
    app.post("/api/users")
        .json(&json!({ "user": {
            "username": username, "email": email, "password": "correct horse"
        } }))
        .send()
        .await
}

#[tokio::test]
async fn of_those_who_want_the_same_name_at_once_one_gets_it() {
    let app = crate::app().build().await;

    let racers = (0..6).map(|racer| {
        let email = format!("racer-{racer}@example.com");
        let app = &app;
        async move { sign_up(app, "jacob", &email).await }
    });
    let answers = join_all(racers).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        answer
            .assert_problem(409, "conflict")
            .assert_violations(&["/user/username"]);
    }
    assert_eq!(app.sql("SELECT count(*) FROM users").await, [[1]]);
}

#[tokio::test]
async fn of_those_who_change_to_the_same_name_at_once_one_gets_it() {
    let app = crate::app().build().await;
    let mut tokens = Vec::new();
    for racer in 0..6 {
        let name = format!("racer-{racer}");
        let answer = sign_up(&app, &name, &format!("{name}@example.com")).await;
        tokens.push(answer.assert_status(201).string_at("/user/token"));
    }

    let racers = tokens.iter().map(|token| {
        let change = json!({ "user": { "username": "jacob" } });
        app.put("/api/user").bearer(token).json(&change).send()
    });
    let answers = join_all(racers).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        answer
            .assert_problem(409, "conflict")
            .assert_violations(&["/user/username"]);
    }
    let named = "SELECT count(*) FROM users WHERE username = 'jacob'";
    assert_eq!(app.sql(named).await, [[1]]);
}

#[tokio::test]
async fn articles_that_race_are_all_counted() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;

    let racers = (0..6).map(|_| create(&app, &token, tagged("The same", &["b", "a"])));
    let answers = join_all(racers).await;

    for answer in &answers {
        answer.assert_status(201);
    }
    for (statement, expected) in [
        ("SELECT amount FROM totals WHERE name = 'articles'", 6),
        ("SELECT articles_count FROM users", 6),
        ("SELECT min(articles_count) FROM tags", 6),
        ("SELECT count(*) FROM tags", 2),
        ("SELECT count(DISTINCT slug) FROM articles", 6),
    ] {
        assert_eq!(app.sql(statement).await, [[expected]], "{statement}");
    }
}

#[tokio::test]
async fn a_locked_database_is_a_503_until_the_lock_is_gone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let app = match crate::STORE {
        // In a world of its own a statement would wait for the lock however long that takes.
        Store::Sqlite => crate::app().in_file(folder.path().join("data.db")),
        Store::Postgres => crate::app(),
    };
    let app = app.build().await;
    register(&app, "anna").await;
    let other = app.connect().await;
    match crate::STORE {
        Store::Sqlite => drop(other.sql("BEGIN IMMEDIATE").await),
        Store::Postgres => {
            other.sql("BEGIN").await;
            other.sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await;
        }
    }

    let refused = sign_up(&app, "jacob", "jake@example.com").await;

    assert_try_again(&refused);
    other.sql("ROLLBACK").await;
    let jacob = "SELECT count(*) FROM users WHERE username = 'jacob'";
    assert_eq!(app.sql(jacob).await, [[0]]);
    sign_up(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);
}

#[tokio::test]
async fn a_write_that_fails_half_way_leaves_nothing() {
    for statement in [
        "INSERT INTO articles",
        "INSERT INTO tags",
        "INSERT INTO article_tags",
        "UPDATE totals",
    ] {
        let app = crate::app().failing_at(statement).build().await;
        let token = register(&app, "jacob").await;

        let answer = create(&app, &token, tagged("Half", &["one", "two"])).await;

        assert_try_again(&answer);
        assert!(!answer.text().contains(FAULT), "{answer:?}");
        assert_no_article(&app).await;
        app.get("/api/articles")
            .send()
            .await
            .assert_status(200)
            .assert_json("/articlesCount", 0);
    }
}

#[tokio::test]
async fn a_delete_or_a_favourite_that_fails_half_way_changes_nothing() {
    for (method, path, statement) in [
        (Method::DELETE, "/api/articles/whole", "SELECT n.name, -1"),
        (Method::DELETE, "/api/articles/whole", "- changed.articles"),
        (Method::DELETE, "/api/articles/whole", "amount - 1"),
        (
            Method::DELETE,
            "/api/articles/whole",
            "DELETE FROM articles",
        ),
        (
            Method::POST,
            "/api/articles/whole/favorite",
            "INSERT INTO favorites",
        ),
        (
            Method::POST,
            "/api/articles/whole/favorite",
            "UPDATE users SET favorites_count",
        ),
        (
            Method::POST,
            "/api/articles/whole/favorite",
            "UPDATE articles SET favorites_count",
        ),
    ] {
        let app = crate::app().failing_at(statement).build().await;
        let token = register(&app, "jacob").await;
        create(&app, &token, tagged("Whole", &["one", "two"]))
            .await
            .assert_status(201);

        let answer = app.request(method, path).bearer(&token).send().await;

        assert_try_again(&answer);
        let left = "SELECT favorites_count FROM articles WHERE slug = 'whole'";
        assert_eq!(app.sql(left).await, [[0]], "{statement}");
        assert_eq!(
            app.sql("SELECT count(*) FROM article_tags").await,
            [[2]],
            "{statement}"
        );
        assert_counts_hold(&app).await;
    }
}

#[tokio::test]
async fn a_handler_that_dies_half_way_leaves_nothing_and_no_lock() {
    let fault = Fault::on_statements_with("UPDATE totals").kills_the_instance();
    let app = crate::app().fault(fault).build().await;
    let token = register(&app, "jacob").await;

    create(&app, &token, tagged("Half", &["one", "two"]))
        .await
        .assert_status(500);

    assert_no_article(&app).await;
    // The transaction had changed the author's row.
    app.put("/api/user")
        .bearer(&token)
        .json(&json!({ "user": { "bio": "lives" } }))
        .send()
        .await
        .assert_status(200);
    assert_no_article(&app).await;
}

/// How long a database may take to answer, of the thirty seconds that a request has.
const ANSWER: Duration = Duration::from_secs(12);

#[tokio::test]
async fn a_database_that_does_not_answer_is_a_503_before_time_is_up() {
    let app = crate::app().silent_at("FROM tags").build().await;

    let patience = async {
        while app.calls().injected().is_empty() {
            tokio::task::yield_now().await;
        }
        app.clock().until_waiting_for(ANSWER).await;
        app.clock().advance(ANSWER);
    };
    let (answer, ()) = tokio::join!(app.get("/api/tags").send(), patience);

    answer
        .assert_problem(503, "unavailable")
        .assert_header("retry-after", "10");
    app.get("/api/articles").send().await.assert_status(200);
}

#[tokio::test]
async fn first_requests_that_come_together_lay_the_schema_once() {
    let app = crate::app().empty().build().await;

    let paths = ["/api/tags", "/api/articles", "/api/profiles/jacob"];
    let requests = (0..4).flat_map(|_| paths).map(|path| app.get(path).send());
    let answers = join_all(requests).await;

    for answer in &answers {
        assert!(answer.status == 200 || answer.status == 404, "{answer:?}");
    }
    let applied = "SELECT count(*), count(DISTINCT version), max(version) FROM schema_migrations";
    let applied = &app.sql(applied).await[0];
    assert!(
        applied[0] == applied[1] && applied[1] == applied[2],
        "{applied:?}"
    );
}

#[tokio::test]
async fn a_schema_that_nobody_may_lay_is_a_503_that_the_log_explains() {
    let app = crate::app()
        .empty()
        .variable("auto_migrate", "false")
        .build()
        .await;

    for path in ["/api/tags", "/health/ready"] {
        let answer = app.get(path).send().await;
        assert_try_again(&answer);
    }

    let ready = app.get("/health/ready").send().await;
    assert!(ready.text().contains("migrations"), "{ready:?}");
    let logs = app.logs();
    assert!(
        logs.iter().any(|line| line.contains("0001_identity")),
        "{logs:?}"
    );
    let writes = app.calls().statements();
    assert!(
        !writes.iter().any(|text| text.contains("CREATE")),
        "{writes:?}"
    );
}

#[tokio::test]
async fn migrations_that_cannot_be_applied_are_not_ready_and_the_log_has_their_place() {
    let app = crate::app().empty().build().await;
    // The first migration makes it, too.
    app.sql("CREATE TABLE users (id TEXT)").await;

    let ready = app.get("/health/ready").send().await;

    assert_try_again(&ready);
    assert!(ready.text().contains("migrations"), "{ready:?}");
    let logs = app.logs();
    let place = |line: &String| {
        line.contains("0001_identity.sqlite.sql:") || line.contains("0001_identity.postgres.sql:")
    };
    assert!(logs.iter().any(place), "{logs:?}");
    // Nothing is left of the attempt, and it is made again.
    app.sql("DROP TABLE users").await;
    let ready = app.get("/health/ready").send().await;
    ready.assert_status(200);
    app.get("/api/tags").send().await.assert_status(200);
}
