//! A few thousand rows in every table of the sample domain, for tests that look at how much work a
//! request makes rather than at its answer.

use jenny_test::TestApp;

use crate::articles::register;

/// Users, articles, and comments on the oldest article.
pub(crate) const ROWS: u32 = 3_000;

/// Tags beside `common`, which every article has.
pub(crate) const TAGS: u32 = 300;

/// Users `user-0` to `user-2999`. Each has written article `article-N` of its number; `user-0` also
/// favours all of them. Fills a database that a request has set up before.
pub(crate) async fn fill(app: &TestApp) {
    let user = id("01800000");
    let article = id("01900000");
    for statement in [
        format!(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash,
                 created_at, updated_at)
             SELECT {user}, {name}, {name}, {name}, {name}, '', 0, 0 FROM n",
            name = text("user-"),
        ),
        format!(
            "INSERT INTO articles (id, author_id, slug, title, description, body, created_at,
                 updated_at)
             SELECT {article}, {user}, {slug}, {slug}, 'About it', 'It', 0, 0 FROM n",
            slug = text("article-"),
        ),
        format!(
            "INSERT INTO tags (name, articles_count)
             SELECT {name}, 0 FROM n WHERE n.i < {TAGS}",
            name = text("tag-"),
        ),
        "INSERT INTO tags (name, articles_count) SELECT 'common', 0 FROM n WHERE n.i = 0"
            .to_owned(),
        format!(
            "INSERT INTO article_tags (tag_id, article_id, position)
             SELECT t.id, {article}, 0 FROM n
             JOIN tags AS t ON t.name = 'tag-' || CAST(n.i % {TAGS} AS TEXT)"
        ),
        format!(
            "INSERT INTO article_tags (tag_id, article_id, position)
             SELECT t.id, {article}, 1 FROM n JOIN tags AS t ON t.name = 'common'"
        ),
        format!(
            "INSERT INTO favorites (user_id, article_id, created_at)
             SELECT u.id, {article}, 0 FROM n JOIN users AS u ON u.username = 'user-0'"
        ),
        format!(
            "INSERT INTO favorites (user_id, article_id, created_at)
             SELECT {user}, a.id, 0 FROM n JOIN articles AS a ON a.slug = 'article-0'
             WHERE n.i > 0"
        ),
        format!(
            "INSERT INTO follows (follower_id, followed_id, created_at)
             SELECT u.id, {user}, 0 FROM n JOIN users AS u ON u.username = 'user-0'
             WHERE n.i > 0"
        ),
        format!(
            "INSERT INTO follows (follower_id, followed_id, created_at)
             SELECT {user}, u.id, 0 FROM n JOIN users AS u ON u.username = 'user-0'
             WHERE n.i > 0"
        ),
        format!(
            "INSERT INTO comments (article_id, author_id, body, created_at, updated_at)
             SELECT a.id, {user}, 'A remark', 0, 0 FROM n
             JOIN articles AS a ON a.slug = 'article-0'"
        ),
    ] {
        app.sql(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {}) {statement}",
            ROWS - 1,
        ))
        .await;
    }
    count(app).await;
}

/// Brings the counts that are kept in line with the rows.
async fn count(app: &TestApp) {
    for statement in [
        "UPDATE users SET
             articles_count = (SELECT COUNT(*) FROM articles AS a WHERE a.author_id = users.id),
             favorites_count = (SELECT COUNT(*) FROM favorites AS f WHERE f.user_id = users.id)",
        "UPDATE articles SET
             favorites_count = (SELECT COUNT(*) FROM favorites AS f WHERE f.article_id = articles.id)",
        "UPDATE tags SET
             articles_count = (SELECT COUNT(*) FROM article_tags AS t WHERE t.tag_id = tags.id)",
        "UPDATE totals SET amount = (SELECT COUNT(*) FROM articles) WHERE name = 'articles'",
    ] {
        app.sql(statement).await;
    }
}

/// Registers a user who follows the first so many of the dataset's users, and returns their token.
pub(crate) async fn reader(app: &TestApp, name: &str, followed: u32) -> String {
    let token = register(app, name).await;
    app.sql(&format!(
        "INSERT INTO follows (follower_id, followed_id, created_at)
         SELECT r.id, u.id, 0 FROM users AS u JOIN users AS r ON r.username = '{name}'
         WHERE u.id < (SELECT id FROM users WHERE username = 'user-{followed}')"
    ))
    .await;
    token
}

/// The id of the number `n.i`: a UUID of version 7.
fn id(beginning: &str) -> String {
    format!("'{beginning}-0000-7000-8000-0000' || CAST(10000000 + n.i AS TEXT)")
}

fn text(beginning: &str) -> String {
    format!("'{beginning}' || CAST(n.i AS TEXT)")
}
