//! How many statements a request makes: few, and the same number for one item as for a hundred.

use jenny_test::{Mint, TestApp, TestRequest};
use serde_json::json;

use crate::articles::{draft, register, slug_of, tagged};
use crate::dataset;

/// The statements of a request. What opens a connection, and what an instance asks once about
/// migrations, belongs to no request.
async fn statements(request: TestRequest<'_>) -> Vec<String> {
    let response = request.send().await;
    assert!(response.status.is_success(), "{response:?}");
    let mut statements = response.calls().statements();
    statements.retain(|statement| !sets_up(statement));
    // How a connection to Postgres is freed of whatever its last user left in it.
    if let Some(at) = statements
        .windows(2)
        .position(|two| two == ["BEGIN", "ROLLBACK"])
    {
        statements.drain(at..at + 2);
    }
    assert!(!statements.is_empty(), "the database was not asked");
    statements
}

fn sets_up(statement: &str) -> bool {
    statement.starts_with("PRAGMA")
        || statement.starts_with("SET ")
        || statement.contains("schema_migrations")
        || statement.contains("set_config")
}

/// A request for a path, of a caller or of nobody.
fn get<'app>(app: &'app TestApp, path: &str, token: Option<&str>) -> TestRequest<'app> {
    match token {
        Some(token) => app.get(path).bearer(token),
        None => app.get(path),
    }
}

async fn filled() -> (TestApp, String) {
    // With keys of its own, which no instance has to look up in the database.
    let app = crate::app().signed_by(&Mint::new()).build().await;
    let token = register(&app, "jacob").await;
    dataset::fill(&app).await;
    (app, token)
}

#[tokio::test]
async fn a_list_makes_three_statements_at_most_however_long_it_is() {
    let (app, token) = filled().await;
    for (filter, most) in [
        ("", 2),
        ("&tag=common", 2),
        ("&author=user-7", 2),
        ("&favorited=user-0", 2),
        ("&tag=common&favorited=user-0", 3),
        ("&tag=common&author=user-7&favorited=user-0", 3),
        ("&offset=100", 2),
    ] {
        for token in [None, Some(&*token)] {
            for limit in [1, 20, 100] {
                let path = format!("/api/articles?limit={limit}{filter}");
                let made = statements(get(&app, &path, token)).await;
                assert_eq!(made.len(), most, "{path}: {made:#?}");
            }
        }
    }
}

#[tokio::test]
async fn a_feed_is_not_counted_through_from_its_top() {
    let (app, token) = filled().await;
    let feed = async |offset: u32| {
        let path = format!("/api/articles/feed?offset={offset}");
        get(&app, &path, Some(&token)).send().await
    };
    feed(500).await.assert_status(200);
    feed(501)
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/offset"]);
}

#[tokio::test]
async fn a_page_beyond_the_end_is_told_in_two() {
    let (app, token) = filled().await;
    for path in [
        "/api/articles?offset=9000",
        "/api/articles?offset=9000&tag=common",
        "/api/articles/feed?offset=400",
    ] {
        let made = statements(get(&app, path, Some(&token))).await;
        assert!(made.len() <= 2, "{path}: {made:#?}");
    }
}

#[tokio::test]
async fn a_feed_makes_two_however_many_are_followed() {
    let (app, _) = filled().await;
    for followed in [1, 20, 100] {
        let token = dataset::reader(&app, &format!("reader-{followed}"), followed).await;
        for limit in [1, 20, 100] {
            let path = format!("/api/articles/feed?limit={limit}");
            let made = statements(get(&app, &path, Some(&token))).await;
            assert_eq!(made.len(), 2, "{followed} followed, {path}: {made:#?}");
        }
    }
}

#[tokio::test]
async fn one_thing_is_read_in_two_at_most() {
    let (app, token) = filled().await;
    let plain = slug_of(&app, &token, draft("Plain")).await;
    let many: Vec<String> = (0..30).map(|number| format!("tag-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let full = slug_of(&app, &token, tagged("Full", &many)).await;
    for path in [
        format!("/api/articles/{plain}"),
        format!("/api/articles/{full}"),
        "/api/articles/article-0".to_owned(),
        "/api/profiles/user-1".to_owned(),
        "/api/user".to_owned(),
    ] {
        for token in [None, Some(&*token)] {
            if path == "/api/user" && token.is_none() {
                continue;
            }
            let made = statements(get(&app, &path, token)).await;
            assert!(made.len() <= 2, "{path}: {made:#?}");
        }
    }
}

#[tokio::test]
async fn comments_and_tags_are_listed_in_two_at_most() {
    let (app, token) = filled().await;
    for limit in [1, 20, 100] {
        let path = format!("/api/articles/article-0/comments?limit={limit}");
        for token in [None, Some(&*token)] {
            let made = statements(get(&app, &path, token)).await;
            assert_eq!(made.len(), 2, "{path}: {made:#?}");
        }
    }
    let made = statements(app.get("/api/tags")).await;
    assert_eq!(made.len(), 1, "{made:#?}");
}

#[tokio::test]
async fn a_write_makes_as_many_for_much_as_for_little() {
    let (app, token) = filled().await;

    let mut creations = Vec::new();
    for tags in [1, 32] {
        let names: Vec<String> = (0..tags).map(|number| format!("tag-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let article = tagged(&format!("Of {tags} tags"), &names);
        let request = app
            .post("/api/articles")
            .bearer(&token)
            .json(&json!({ "article": article }));
        creations.push(statements(request).await.len());
    }
    assert_eq!(creations[0], creations[1], "{creations:?}");
    assert!(creations[0] <= 8, "{creations:?}");

    let mut changes = Vec::new();
    for (slug, tags) in [("of-1-tags", 1..=1), ("of-32-tags", 1..=32)] {
        let names: Vec<String> = tags.map(|number| format!("other-{number}")).collect();
        let request = app
            .put(&format!("/api/articles/{slug}"))
            .bearer(&token)
            .json(&json!({ "article": { "tagList": names } }));
        changes.push(statements(request).await.len());
    }
    assert_eq!(changes[0], changes[1], "{changes:?}");
    assert!(changes[0] <= 10, "{changes:?}");

    // One that nobody has touched, and one with 3,000 comments and favourites.
    let bare = slug_of(&app, &token, draft("Bare")).await;
    app.sql(
        "UPDATE articles SET author_id = (SELECT id FROM users WHERE username = 'jacob')
         WHERE slug = 'article-0'",
    )
    .await;
    let mut deletions = Vec::new();
    for slug in [&*bare, "article-0"] {
        let path = format!("/api/articles/{slug}");
        for (method, path, body) in [
            (
                "PUT",
                path.clone(),
                Some(json!({ "article": { "body": "New" } })),
            ),
            ("POST", format!("{path}/favorite"), None),
            ("DELETE", format!("{path}/favorite"), None),
            (
                "POST",
                format!("{path}/comments"),
                Some(json!({ "comment": { "body": "A remark" } })),
            ),
        ] {
            let method = method.parse().expect("a method");
            let request = app.request(method, &path).bearer(&token);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            let made = statements(request).await;
            assert!(made.len() <= 9, "{path}: {made:#?}");
        }
        let made = statements(app.delete(&path).bearer(&token)).await;
        deletions.push(made.len());
    }
    assert_eq!(deletions[0], deletions[1], "{deletions:?}");
    assert!(deletions[0] <= 8, "{deletions:?}");
}
