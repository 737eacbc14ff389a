//! What holds of the tables whatever was asked, and in whatever order.

use jenny_test::TestApp;

/// Queries of what must not be, each with what it would mean. They give as many rows as there are
/// faults.
const FAULTS: [(&str, &str); 10] = [
    (
        "the count of all articles is wrong",
        "SELECT amount FROM totals WHERE name = 'articles'
             AND amount <> (SELECT count(*) FROM articles)",
    ),
    (
        "an author's count of articles is wrong",
        "SELECT username, articles_count FROM users AS u
         WHERE articles_count <> (SELECT count(*) FROM articles AS a WHERE a.author_id = u.id)",
    ),
    (
        "a user's count of favourites is wrong",
        "SELECT username, favorites_count FROM users AS u
         WHERE favorites_count <> (SELECT count(*) FROM favorites AS f WHERE f.user_id = u.id)",
    ),
    (
        "an article's count of favourites is wrong",
        "SELECT slug, favorites_count FROM articles AS a
         WHERE favorites_count <> (SELECT count(*) FROM favorites AS f WHERE f.article_id = a.id)",
    ),
    (
        "a tag's count of articles is wrong",
        "SELECT name, articles_count FROM tags AS t
         WHERE articles_count <> (SELECT count(*) FROM article_tags AS x WHERE x.tag_id = t.id)",
    ),
    (
        "an article has no author",
        "SELECT slug FROM articles AS a
         WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = a.author_id)",
    ),
    (
        "a tag is an article's that is not there, or is not there",
        "SELECT tag_id, article_id FROM article_tags AS x
         WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.id = x.article_id)
             OR NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.id = x.tag_id)",
    ),
    (
        "a favourite is of nobody or of nothing",
        "SELECT user_id, article_id FROM favorites AS f
         WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.id = f.article_id)
             OR NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = f.user_id)",
    ),
    (
        "a comment is by nobody or about nothing",
        "SELECT id FROM comments AS c
         WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.id = c.article_id)
             OR NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = c.author_id)",
    ),
    (
        "somebody follows nobody, is nobody or follows themselves",
        "SELECT follower_id, followed_id FROM follows AS f
         WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = f.follower_id)
             OR NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = f.followed_id)
             OR follower_id = followed_id",
    ),
];

/// Looks for what must not be.
///
/// # Errors
///
/// What there is of it.
pub(super) async fn hold(app: &TestApp) -> Result<(), String> {
    for (fault, query) in FAULTS {
        let rows = app.sql(query).await;
        if !rows.is_empty() {
            return Err(format!("{fault}: {rows:?}"));
        }
    }
    Ok(())
}
