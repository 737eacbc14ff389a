//! `comments`: pages of a long list.

use jenny_test::{TestApp, TestRequest, TestResponse};
use serde_json::json;

use crate::comments::{author, comment, list, numbers};
use crate::profiles::register;

/// The target of a link of the `Link` header (RFC 8288).
fn link(response: &TestResponse, relation: &str) -> Option<String> {
    let links = response.header("link")?.split(", ");
    let mut targets = links.filter_map(|link| {
        let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
        (rest == format!("; rel=\"{relation}\"")).then(|| target.to_owned())
    });
    targets.next()
}

/// So many comments, of which each says its number in the order of creation.
async fn fill(app: &TestApp, path: &str, token: &str, amount: u32) {
    // The table is there, and numbering begins, with the first.
    comment(app, path, token, "1").await;
    app.sql(&format!(
        "INSERT INTO comments (article_id, author_id, body, created_at, updated_at)
         WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < {amount})
         SELECT c.article_id, c.author_id, '' || n.n, c.created_at, c.updated_at
         FROM n CROSS JOIN (SELECT * FROM comments ORDER BY id LIMIT 1) AS c ORDER BY n.n"
    ))
    .await;
}

#[tokio::test]
async fn a_page_holds_five_hundred_and_links_lead_through_all() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    fill(&app, &path, &jacob, 1201).await;

    let first = list(&app, &path, None).await;
    let newer = comment(&app, &path, &jacob, "newer").await;
    let second = list(&app, &link(&first, "next").expect("a link"), None).await;
    let third = list(&app, &link(&second, "next").expect("a link"), Some(&jacob)).await;

    let pages = [&first, &second, &third].map(numbers);
    assert_eq!(pages.each_ref().map(Vec::len), [500, 500, 201]);
    let all = pages.concat();
    assert!(all.is_sorted_by(|a, b| a > b) && !all.contains(&newer));
    assert_eq!(link(&third, "next"), None);
    assert_eq!(link(&first, "first"), None);
    let start = list(&app, &link(&third, "first").expect("a link"), None).await;
    assert_eq!(numbers(&start)[0], newer);
}

#[tokio::test]
async fn a_page_ends_where_a_page_of_fewer_was_asked_for() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    fill(&app, &path, &jacob, 4).await;
    let page = async |query: &str| list(&app, &format!("{path}?{query}"), None).await;

    let two = page("limit=2").await;
    let ids = numbers(&two);
    let next = link(&two, "next").expect("a link");
    assert_eq!(next, format!("{path}?limit=2&cursor={}", ids[1]));
    let rest = list(&app, &next, None).await;
    assert_eq!(numbers(&rest).len(), 2);
    assert_eq!(link(&rest, "next"), None);
    for query in [
        "limit=4",
        "limit=501",
        "limit=99999999999999999999",
        "offset=3",
    ] {
        assert_eq!(numbers(&page(query).await).len(), 4, "{query}");
    }
    assert_eq!(numbers(&page("cursor=0").await), [0; 0]);
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=many", "/limit"),
        ("cursor=x", "/cursor"),
        ("cursor=-1", "/cursor"),
        ("cursor=9223372036854775808", "/cursor"),
    ] {
        page(query)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&[pointer]);
    }
}

#[tokio::test]
async fn a_page_of_long_comments_is_shorter() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let bio = "b".repeat(2144);
    app.put("/api/user")
        .bearer(&jacob)
        .json(&json!({ "user": { "bio": bio } }))
        .send()
        .await
        .assert_status(200);
    let text = "🐉".repeat(10_000);
    for _ in 0..30 {
        comment(&app, &path, &jacob, &text).await;
    }

    let first = list(&app, &path, None).await;
    let second = list(&app, &link(&first, "next").expect("a link"), None).await;

    // 262,144 characters, of which each comment and its author's words about themselves take 12,144.
    assert_eq!((numbers(&first).len(), numbers(&second).len()), (21, 9));
    assert!(numbers(&first)[20] > numbers(&second)[0]);
    assert_eq!(link(&second, "next"), None);
}

#[tokio::test]
async fn two_statements_read_and_write_however_many_comments_there_are() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let anna = register(&app, "anna").await;
    fill(&app, &path, &jacob, 40).await;
    let statements = async |request: TestRequest<'_>| {
        let answer = request.send().await;
        answer.calls().statements().len()
    };
    let body = json!({ "comment": { "body": "hers" } });
    let last = numbers(&list(&app, &path, None).await)[0];

    let one = format!("{path}/{last}");
    assert_eq!(statements(app.get(&path)).await, 2);
    assert_eq!(statements(app.get(&path).bearer(&anna)).await, 2);
    assert_eq!(
        statements(app.post(&path).bearer(&anna).json(&body)).await,
        2
    );
    assert_eq!(statements(app.delete(&one).bearer(&anna)).await, 2);
    assert_eq!(statements(app.delete(&one).bearer(&jacob)).await, 1);
}
