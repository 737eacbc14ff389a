//! `articles`: lists, what narrows them down, and how one walks through them.

use std::collections::HashSet;

use jenny_test::{TestApp, TestResponse};
use serde_json::json;

use crate::articles::{draft, get, register, slug_of, tagged, titles};

/// Where a `Link` header leads to.
fn link(page: &TestResponse, relation: &str) -> Option<String> {
    let links = page.header("link")?;
    let link = links
        .split(", ")
        .find(|link| link.ends_with(&format!("; rel=\"{relation}\"")))?;
    let (target, _) = link.strip_prefix('<')?.split_once('>')?;
    Some(target.to_owned())
}

/// Jacob's articles `0`, `1`, …, the last being the newest.
async fn numbered(app: &TestApp, count: usize) -> String {
    let token = register(app, "jacob").await;
    for number in 0..count {
        slug_of(app, &token, draft(&number.to_string())).await;
    }
    token
}

fn numbers(newest: usize, oldest: usize) -> Vec<String> {
    (oldest..=newest)
        .rev()
        .map(|number| number.to_string())
        .collect()
}

#[tokio::test]
async fn nothing_is_listed_as_nothing() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for (path, token) in [
        ("/api/articles", None),
        ("/api/articles", Some(&*token)),
        ("/api/articles?offset=5", None),
        ("/api/articles/feed", Some(&*token)),
        ("/api/articles/feed?offset=5", Some(&*token)),
        ("/api/articles?author=jacob", None),
        ("/api/articles?favorited=jacob&author=jacob", None),
    ] {
        let page = get(&app, path, token).await;
        let expected = json!({ "articles": [], "articlesCount": 0 });
        assert_eq!(page.assert_status(200).json(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_list_carries_what_the_contract_lists() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    slug_of(&app, &token, tagged("Title", &["b", "a"])).await;

    let page = get(&app, "/api/articles", Some(&token)).await.json();

    let article = page["articles"][0].as_object().expect("an object");
    let mut names: Vec<&str> = article.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "author",
            "createdAt",
            "description",
            "favorited",
            "favoritesCount",
            "slug",
            "tagList",
            "title",
            "updatedAt"
        ]
    );
    assert_eq!(article["tagList"], json!(["a", "b"]));
    assert_eq!(
        article["author"],
        json!({ "username": "jacob", "bio": null, "image": null, "following": false })
    );
}

#[tokio::test]
async fn the_newest_come_first_and_the_count_is_of_all() {
    let app = crate::app().build().await;
    numbered(&app, 23).await;
    for (query, expected) in [
        ("", numbers(22, 3)),
        ("?limit=5", numbers(22, 18)),
        ("?limit=100", numbers(22, 0)),
        ("?limit=1000000000000000000000000", numbers(22, 0)),
        ("?limit=5&offset=20", numbers(2, 0)),
        ("?offset=23", vec![]),
        ("?offset=10000", vec![]),
    ] {
        let page = get(&app, &format!("/api/articles{query}"), None).await;
        assert_eq!(titles(&page), expected, "{query}");
        page.assert_json("/articlesCount", 23);
    }
}

#[tokio::test]
async fn pages_that_make_no_sense_are_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for path in ["/api/articles", "/api/articles/feed"] {
        for (query, pointers) in [
            ("limit=0", &["/limit"][..]),
            ("limit=-1&offset=-1", &["/limit", "/offset"]),
            ("limit=ten", &["/limit"]),
            ("offset=10001", &["/offset"]),
            ("offset=99999999999999999999", &["/offset"]),
            ("cursor=here", &["/cursor"]),
            ("cursor=%00", &["/cursor"]),
            ("cursor=AZAAAAAAcACAAAAAEjSrzQ&offset=1", &["/offset"]),
        ] {
            get(&app, &format!("{path}?{query}"), Some(&token))
                .await
                .assert_problem(422, "validation")
                .assert_violations(pointers);
        }
        get(&app, &format!("{path}?limit=1&limit=2"), Some(&token))
            .await
            .assert_problem(422, "validation");
        get(&app, &format!("{path}?page=2&sort=title"), Some(&token))
            .await
            .assert_status(200);
    }
}

#[tokio::test]
async fn filters_narrow_down_alone_and_together() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    for (token, title, tags) in [
        (&anna, "anna x", &["x"][..]),
        (&anna, "anna xy", &["x", "y"]),
        (&jacob, "jacob x", &["x"]),
        (&jacob, "jacob", &[]),
    ] {
        let slug = slug_of(&app, token, tagged(title, tags)).await;
        if title.ends_with('x') {
            let favorite = format!("/api/articles/{slug}/favorite");
            app.post(&favorite)
                .bearer(&jacob)
                .send()
                .await
                .assert_status(200);
        }
    }
    for (query, expected) in [
        ("tag=x", &["jacob x", "anna xy", "anna x"][..]),
        ("tag=%20x%20", &["jacob x", "anna xy", "anna x"]),
        ("tag=X", &[]),
        ("tag=y", &["anna xy"]),
        ("author=anna", &["anna xy", "anna x"]),
        ("author=ANNA", &["anna xy", "anna x"]),
        ("favorited=jacob", &["jacob x", "anna x"]),
        ("favorited=anna", &[]),
        ("tag=x&author=anna", &["anna xy", "anna x"]),
        ("tag=y&author=jacob", &[]),
        ("author=jacob&favorited=jacob", &["jacob x"]),
        ("tag=x&favorited=jacob", &["jacob x", "anna x"]),
        ("tag=y&favorited=jacob", &[]),
        ("tag=x&author=anna&favorited=jacob", &["anna x"]),
        ("tag=x&author=anna&favorited=anna", &[]),
    ] {
        let page = get(&app, &format!("/api/articles?{query}"), None).await;
        assert_eq!(titles(&page), expected, "{query}");
        page.assert_json("/articlesCount", expected.len());
        // The count is of all pages, also on a page after the last.
        for rest in ["limit=1", "offset=1&limit=1", "offset=7"] {
            get(&app, &format!("/api/articles?{query}&{rest}"), None)
                .await
                .assert_status(200)
                .assert_json("/articlesCount", expected.len());
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_or_could_not_has_no_articles() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    slug_of(&app, &token, tagged("Title", &["x"])).await;
    let long = "x".repeat(10_000);
    for value in [
        "none",
        "",
        "%00",
        "a%0Ab",
        "%FF",
        "%27%20OR%201%3D1--",
        "%25",
        "_",
        &long,
    ] {
        for name in ["tag", "author", "favorited"] {
            for rest in ["", "&tag=x", "&author=jacob", "&offset=3"] {
                if rest.starts_with(&format!("&{name}=")) {
                    continue;
                }
                let page = get(&app, &format!("/api/articles?{name}={value}{rest}"), None).await;
                let expected = json!({ "articles": [], "articlesCount": 0 });
                assert_eq!(
                    page.assert_status(200).json(),
                    expected,
                    "{name}={value:.20}{rest}"
                );
            }
        }
    }
    get(&app, "/api/articles?tag=x&tag=y", None)
        .await
        .assert_problem(422, "validation");
}

#[tokio::test]
async fn cursors_and_offsets_lead_through_the_same_list() {
    let app = crate::app().build().await;
    numbered(&app, 7).await;
    for filter in ["", "author=jacob&"] {
        let mut by_offset = Vec::new();
        for offset in [0, 3, 6] {
            let path = format!("/api/articles?{filter}limit=3&offset={offset}");
            by_offset.push(titles(&get(&app, &path, None).await));
        }
        let mut by_cursor = Vec::new();
        let mut next = Some(format!("/api/articles?{filter}limit=3"));
        while let Some(path) = next {
            let page = get(&app, &path, None).await;
            page.assert_json("/articlesCount", 7);
            by_cursor.push(titles(&page));
            next = link(&page, "next");
        }
        assert_eq!(by_cursor, by_offset);
        assert_eq!(by_cursor.concat(), numbers(6, 0));
    }
}

#[tokio::test]
async fn links_lead_back_as_well() {
    let app = crate::app().build().await;
    numbered(&app, 5).await;

    let all = get(&app, "/api/articles", None).await;
    assert_eq!(all.header("link"), None, "{all:?}");
    let first = get(&app, "/api/articles?limit=2&author=jacob", None).await;
    assert_eq!((link(&first, "first"), link(&first, "prev")), (None, None));
    let second = get(&app, &link(&first, "next").expect("there is more"), None).await;
    assert_eq!(titles(&second), numbers(2, 1));
    let back = get(
        &app,
        &link(&second, "first").expect("there is a first"),
        None,
    )
    .await;
    assert_eq!(back.json(), first.json());

    let last = get(&app, "/api/articles?limit=2&offset=4", None).await;
    assert_eq!(link(&last, "next"), None);
    let previous = get(
        &app,
        &link(&last, "prev").expect("there is one before"),
        None,
    )
    .await;
    assert_eq!(titles(&previous), numbers(2, 1));
    // Exactly full is not more.
    let full = get(&app, "/api/articles?limit=5", None).await;
    assert_eq!(link(&full, "next"), None);
}

#[tokio::test]
async fn what_comes_and_goes_meanwhile_repeats_nothing_under_a_cursor() {
    let app = crate::app().build().await;
    let token = numbered(&app, 9).await;
    let mut seen = Vec::new();
    let mut next = Some("/api/articles?limit=2".to_owned());
    let mut new = 9;
    while let Some(path) = next {
        let page = get(&app, &path, None).await;
        seen.extend(titles(&page));
        // One that the walk has passed goes, and one comes that it will not see.
        let last = seen.last().expect("a page has articles").clone();
        app.delete(&format!("/api/articles/{last}"))
            .bearer(&token)
            .send()
            .await
            .assert_status(204);
        slug_of(&app, &token, draft(&new.to_string())).await;
        new += 1;
        next = link(&page, "next");
    }
    assert_eq!(seen, numbers(8, 0));
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 9);
}

#[tokio::test]
async fn a_feed_is_what_those_write_whom_one_follows() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let bert = register(&app, "bert").await;
    let jacob = register(&app, "jacob").await;
    for (token, title) in [
        (&anna, "anna 0"),
        (&bert, "bert 0"),
        (&jacob, "jacob 0"),
        (&anna, "anna 1"),
        (&anna, "anna 2"),
        (&bert, "bert 1"),
    ] {
        slug_of(&app, token, tagged(title, &["x"])).await;
    }
    assert_eq!(
        titles(&get(&app, "/api/articles/feed", Some(&jacob)).await),
        [""; 0]
    );
    follow(&app, "jacob", "anna").await;

    let feed = get(&app, "/api/articles/feed", Some(&jacob)).await;
    assert_eq!(titles(&feed), ["anna 2", "anna 1", "anna 0"]);
    feed.assert_json("/articlesCount", 3)
        .assert_json("/articles/0/author/following", true)
        .assert_json("/articles/0/tagList", json!(["x"]));
    follow(&app, "jacob", "bert").await;
    let all = ["bert 1", "anna 2", "anna 1", "bert 0", "anna 0"];
    for (query, expected) in [
        ("", &all[..]),
        ("?limit=2", &all[..2]),
        ("?limit=2&offset=2", &all[2..4]),
        ("?limit=2&offset=4", &all[4..]),
        ("?offset=5", &[]),
    ] {
        let page = get(&app, &format!("/api/articles/feed{query}"), Some(&jacob)).await;
        assert_eq!(titles(&page), expected, "{query}");
        page.assert_json("/articlesCount", 5);
    }
    let mut walked = Vec::new();
    let mut next = Some("/api/articles/feed?limit=1".to_owned());
    while let Some(path) = next {
        let page = get(&app, &path, Some(&jacob)).await;
        walked.extend(titles(&page));
        next = link(&page, "next");
    }
    assert_eq!(walked, all);
    // Others' feeds are their own.
    get(&app, "/api/articles/feed", Some(&anna))
        .await
        .assert_json("/articlesCount", 0);
}

/// Follows in the database, which is another function's to do.
async fn follow(app: &TestApp, follower: &str, followed: &str) {
    app.sql(&format!(
        "INSERT INTO follows (follower_id, followed_id, created_at)
         SELECT a.id, b.id, 0 FROM users AS a CROSS JOIN users AS b
         WHERE a.username = '{follower}' AND b.username = '{followed}'"
    ))
    .await;
}

#[tokio::test]
async fn lists_and_single_articles_take_few_statements_however_long_they_are() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for number in 0..25 {
        slug_of(&app, &token, tagged(&number.to_string(), &["x", "y", "z"])).await;
    }
    follow(&app, "jacob", "jacob").await;
    for (path, most) in [
        ("/api/articles?limit=25", 2),
        ("/api/articles?limit=25&tag=x", 2),
        ("/api/articles?limit=25&tag=x&author=jacob", 3),
        ("/api/articles?offset=30&tag=x&author=jacob", 3),
        ("/api/articles/feed?limit=25", 2),
        ("/api/articles/feed?offset=30", 2),
        ("/api/articles/7", 2),
    ] {
        // The first request of an instance opens the database.
        get(&app, path, Some(&token)).await.assert_status(200);
        let answer = get(&app, path, Some(&token)).await;
        answer.assert_status(200);
        let statements = answer.calls().statements();
        assert!(
            (1..=most).contains(&statements.len()),
            "{path}: {statements:#?}"
        );
    }
}
