//! What every function does for conditional requests: `ETag`, `If-None-Match`, `If-Match`.

use jenny_test::{TestApp, TestRequest, TestResponse};
use serde_json::{Value, json};

use crate::articles::{register, slug_of, tagged};

pub(crate) struct Arranged {
    pub(crate) app: TestApp,
    pub(crate) token: String,
    pub(crate) slug: String,
}

impl Arranged {
    pub(crate) async fn new() -> Self {
        let app = crate::app().build().await;
        let token = register(&app, "jacob").await;
        let slug = slug_of(
            &app,
            &token,
            tagged("How to train your dragon", &["dragons"]),
        )
        .await;
        let comment = json!({ "comment": { "body": "Thank you." } });
        app.post(&format!("/api/articles/{slug}/comments"))
            .bearer(&token)
            .json(&comment)
            .send()
            .await
            .assert_status(201);
        Self { app, token, slug }
    }

    pub(crate) fn article(&self) -> String {
        format!("/api/articles/{}", self.slug)
    }

    /// Every address that answers `GET`, and whether it does so without a token.
    fn addresses(&self) -> Vec<(String, bool)> {
        vec![
            ("/api/user".to_owned(), false),
            ("/api/profiles/jacob".to_owned(), true),
            ("/api/articles".to_owned(), true),
            ("/api/articles?tag=dragons&limit=1".to_owned(), true),
            ("/api/articles/feed".to_owned(), false),
            (self.article(), true),
            (format!("{}/comments", self.article()), true),
            ("/api/tags".to_owned(), true),
        ]
    }

    pub(crate) fn put<'a>(&'a self, path: &str, changes: &Value) -> TestRequest<'a> {
        self.app.put(path).bearer(&self.token).json(changes)
    }

    pub(crate) async fn tag(&self, path: &str) -> String {
        let response = self.app.get(path).bearer(&self.token).send().await;
        tag(response.assert_status(200))
    }
}

#[track_caller]
pub(crate) fn tag(response: &TestResponse) -> String {
    let tag = response.header("etag").unwrap_or_default();
    assert!(
        tag.len() > 10 && tag.starts_with('"') && tag.ends_with('"'),
        "has no strong entity tag: {response:?}"
    );
    tag.to_owned()
}

#[tokio::test]
async fn nothing_is_sent_again_to_whom_has_it() {
    let arranged = Arranged::new().await;
    for (path, anonymous) in arranged.addresses() {
        for authenticated in [true, false] {
            if !authenticated && !anonymous {
                continue;
            }
            let request = |head: bool| {
                let app = &arranged.app;
                let request = if head {
                    app.head(&path)
                } else {
                    app.get(&path)
                };
                match authenticated {
                    true => request.bearer(&arranged.token),
                    false => request,
                }
            };
            let full = request(false).send().await;
            let known = tag(full.assert_status(200));
            for value in [
                known.clone(),
                format!("\"other\", W/{known}"),
                "*".to_owned(),
            ] {
                let response = request(false).header("if-none-match", value).send().await;
                response.assert_status(304).assert_header("etag", &known);
                assert!(response.body.is_empty(), "{response:?}");
                for name in ["cache-control", "vary", "link"] {
                    assert_eq!(response.header(name), full.header(name), "{path} {name}");
                }
                for name in ["content-length", "content-type"] {
                    assert_eq!(response.header(name), None, "{response:?}");
                }
            }
            request(false)
                .header("if-none-match", "\"other\"")
                .send()
                .await
                .assert_status(200);

            let head = request(true).send().await;
            head.assert_status(200).assert_header("etag", &known);
            assert!(head.body.is_empty(), "{head:?}");
            let length = full.body.len().to_string();
            head.assert_header("content-length", &length);
            request(true)
                .header("if-none-match", &known)
                .send()
                .await
                .assert_status(304);
        }
    }
}

#[tokio::test]
async fn who_may_keep_an_answer_is_said_with_each() {
    let arranged = Arranged::new().await;
    for (path, anonymous) in arranged.addresses() {
        let own = arranged.app.get(&path).bearer(&arranged.token).send().await;
        if path == "/api/user" {
            own.assert_header("cache-control", "no-store");
        } else {
            own.assert_header("cache-control", "private, no-cache")
                .assert_header_contains("vary", "authorization");
        }
        let response = arranged.app.get(&path).send().await;
        if anonymous {
            response
                .assert_status(200)
                .assert_header_contains("vary", "authorization");
            let cache_control = response.header("cache-control").unwrap_or_default();
            assert!(
                cache_control == "private, no-cache"
                    || cache_control.starts_with("public, max-age="),
                "{response:?}"
            );
        } else {
            response
                .assert_problem(401, "unauthorized")
                .assert_header("cache-control", "no-store");
        }
    }
    let app = &arranged.app;
    for path in [
        "/health/live",
        "/health/ready",
        "/api/articles/none",
        "/api/articles?limit=x",
    ] {
        app.get(path)
            .send()
            .await
            .assert_header("cache-control", "no-store");
    }
}

#[tokio::test]
async fn a_change_of_what_was_not_seen_is_refused_and_changes_nothing() {
    let arranged = Arranged::new().await;
    let article = arranged.article();
    let changes = [
        (
            "/api/user",
            json!({ "user": { "bio": "new" } }),
            "/user/bio",
        ),
        (
            article.as_str(),
            json!({ "article": { "body": "new" } }),
            "/article/body",
        ),
    ];
    for (path, change, pointer) in changes {
        let seen = arranged.tag(path).await;
        for value in ["\"other\"".to_owned(), format!("W/{seen}")] {
            arranged
                .put(path, &change)
                .header("if-match", value)
                .send()
                .await
                .assert_problem(412, "precondition-failed");
        }
        arranged
            .put(path, &change)
            .header("if-match", "nonsense")
            .send()
            .await
            .assert_problem(400, "bad-request");
        assert_eq!(arranged.tag(path).await, seen);

        arranged
            .put(path, &change)
            .header("if-match", format!("\"other\", {seen}"))
            .send()
            .await
            .assert_status(200)
            .assert_json(pointer, "new");
        // What was seen is no more.
        arranged
            .put(path, &change)
            .header("if-match", &seen)
            .send()
            .await
            .assert_problem(412, "precondition-failed");
        for value in [None, Some("*")] {
            let request = arranged.put(path, &change);
            let request = match value {
                Some(value) => request.header("if-match", value),
                None => request,
            };
            request.send().await.assert_status(200);
        }
    }
}

#[tokio::test]
async fn an_article_that_was_changed_is_not_deleted_unseen() {
    let arranged = Arranged::new().await;
    let path = arranged.article();
    let seen = arranged.tag(&path).await;
    arranged
        .put(&path, &json!({ "article": { "body": "new" } }))
        .send()
        .await
        .assert_status(200);
    let delete = |value: String| {
        let request = arranged.app.delete(&path).bearer(&arranged.token);
        request.header("if-match", value)
    };

    delete(seen)
        .send()
        .await
        .assert_problem(412, "precondition-failed");
    arranged.app.get(&path).send().await.assert_status(200);
    let now = arranged.tag(&path).await;
    delete(now).send().await.assert_status(204);
    // A condition does not make of what is not there something else.
    delete("*".to_owned())
        .send()
        .await
        .assert_problem(404, "not-found");
}

#[tokio::test]
async fn of_two_changes_of_the_same_one_wins() {
    let arranged = Arranged::new().await;
    let paths = [
        ("/api/user".to_owned(), "user", "bio"),
        (arranged.article(), "article", "description"),
    ];
    for (path, kind, field) in paths {
        let seen = arranged.tag(&path).await;
        let requests = (0..8).map(|n| {
            arranged
                .put(&path, &json!({ kind: { field: format!("by {n}") } }))
                .header("if-match", &seen)
                .send()
        });
        let answers = futures::future::join_all(requests).await;
        let won: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.assert_problem(412, "precondition-failed");
        }
        let now = arranged.app.get(&path).bearer(&arranged.token).send().await;
        assert_eq!(now.json(), won[0].json());
    }
}
