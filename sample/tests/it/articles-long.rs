//! `articles`: pages of articles with much text.

use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::articles::{get, register, slug_of};

/// The longest article there can be, but for its body, of which lists show nothing.
fn longest(number: u32, tags: u32) -> Value {
    let tags: Vec<String> = (0..tags).map(|tag| format!("{tag:é>64}")).collect();
    json!({
        "title": format!("{number:é>255}"),
        "description": "🐉".repeat(1024),
        "body": "Body",
        "tagList": tags,
    })
}

/// Jacob, who says as much of himself as he may, has 40 long articles without tags and then 30 with
/// as many as an article may have.
async fn long_articles(app: &TestApp) -> String {
    let token = register(app, "jacob").await;
    let image = format!("https://example.com/{:a>2028}", "");
    app.put("/api/user")
        .bearer(&token)
        .json(&json!({ "user": { "bio": "é".repeat(4096), "image": image } }))
        .send()
        .await
        .assert_status(200);
    for number in 0..70 {
        let tags = if number < 40 { 0 } else { 32 };
        slug_of(app, &token, longest(number, tags)).await;
    }
    token
}

fn numbers(page: &TestResponse) -> Vec<u32> {
    let page = page.assert_status(200).json();
    let articles = page["articles"].as_array().expect("a page has articles");
    let titles = articles
        .iter()
        .filter_map(|article| article["title"].as_str());
    titles
        .map(|title| title.trim_start_matches('é').parse().expect("a number"))
        .collect()
}

fn next(page: &TestResponse) -> Option<String> {
    let mut links = page.header("link")?.split(", ");
    let next = links.find_map(|link| link.strip_suffix(">; rel=\"next\""))?;
    next.strip_prefix('<').map(str::to_owned)
}

/// The numbers of the articles of every page from this one on.
async fn walk(app: &TestApp, path: &str, token: Option<&str>) -> Vec<Vec<u32>> {
    let mut pages = Vec::new();
    let mut path = Some(path.to_owned());
    while let Some(at) = path {
        let page = get(app, &at, token).await;
        pages.push(numbers(&page));
        path = next(&page);
    }
    pages
}

#[tokio::test]
async fn a_page_of_long_articles_is_shorter_and_links_lead_through_all() {
    let app = crate::app().build().await;
    let jacob = long_articles(&app).await;
    let anna = register(&app, "anna").await;
    app.post("/api/profiles/jacob/follow")
        .bearer(&anna)
        .send()
        .await
        .assert_status(200);

    for (path, token) in [
        ("/api/articles?limit=100", None),
        ("/api/articles?author=jacob&limit=80", Some(&*jacob)),
        ("/api/articles/feed?limit=100", Some(&*anna)),
    ] {
        let pages = walk(&app, path, token).await;
        // 262,144 characters, of which an article with its tags and its author's words about himself
        // takes 9,471, and one without tags 7,423.
        let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(lengths, [27, 3 + 31, 9], "{path}");
        assert!(pages.concat().into_iter().eq((0..70).rev()), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_the_usual_length_is_never_shorter() {
    let app = crate::app().build().await;
    long_articles(&app).await;

    // A client may count offsets itself.
    let first = numbers(&get(&app, "/api/articles", None).await);
    let second = numbers(&get(&app, "/api/articles?offset=20", None).await);

    assert!([first, second].concat().into_iter().eq((30..70).rev()));
}
