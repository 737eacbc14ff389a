//! Articles in the database. Every list is read in the order of an index, and takes the same number
//! of statements however many articles it has: one for the page with its count, one for the tags, and
//! one more where filters are combined.

mod extent;
mod selection;
mod update;

use conduit::articles::{self, NewArticle};
use conduit::favorites::{self, NewFavorite};
use conduit::{ArticleId, Profile, Slug, Viewer};
use shared::db::{Db, DbError, FromRow, Row, Value, params};
use shared::identity::UserId;
use shared::page::Page;
use uuid::Uuid;

use self::extent::MAX_TEXT;
use self::selection::Selection;
pub(crate) use self::update::update;
use crate::model::{Article, ArticlesResponse, Filter};

/// What answers show of an article beside its author, its tags and its body. `$1` is the viewer.
const ITEM: &str = "a.id, a.version, a.slug, a.title, a.description, a.created_at, a.updated_at, \
    a.favorites_count, CASE WHEN EXISTS (SELECT 1 FROM favorites AS m \
    WHERE m.user_id = $1 AND m.article_id = a.id) THEN 1 ELSE 0 END AS favorited";

impl FromRow for Article {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            slug: row.take("slug")?,
            title: row.take("title")?,
            description: row.take("description")?,
            body: None,
            tag_list: Vec::new(),
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            favorited: row.take("favorited")?,
            favorites_count: row.take("favorites_count")?,
            author: Profile::from_row(row)?,
        })
    }
}

/// An article with its body.
struct Whole(Article);

impl FromRow for Whole {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        let body = Some(row.take("body")?);
        Ok(Self(Article {
            body,
            ..Article::from_row(row)?
        }))
    }
}

/// An article of a page, and how many there are on all pages.
struct Listed {
    article: Article,
    matches: i64,
}

impl FromRow for Listed {
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            matches: row.take("matches")?,
            article: Article::from_row(row)?,
        })
    }
}

/// A page, and where the next one begins if there is one.
pub(crate) type Listing = (ArticlesResponse, Option<Uuid>);

/// A page of the articles that fit a filter, the newest first.
pub(crate) async fn list(
    db: &Db,
    viewer: Viewer,
    filter: &Filter,
    page: Page,
) -> Result<Listing, DbError> {
    let Some(selection) = Selection::of(db, filter).await? else {
        return Ok(Listing::default());
    };
    let first = 2;
    let ids = format!(
        "SELECT {column} AS id {rows} AND {column} < ${before}
         ORDER BY {column} DESC LIMIT {limit} OFFSET ${offset}",
        column = selection.article(),
        rows = selection.rows(first),
        before = first + selection.len(),
        limit = page.fetch(),
        offset = first + selection.len() + 1,
    );
    let parameters: Vec<Value> = [viewer.into()]
        .into_iter()
        .chain(selection.keys())
        .chain(params![page.before(), page.offset()])
        .collect();
    let sql = page_of(&selection.count(first), &ids);
    let found = db.query(&sql, parameters).await?;
    if found.is_empty() && !page.is_first() {
        let sql = format!("SELECT COALESCE(({}), 0)", selection.count(1));
        let (articles_count,) = db.query_one(&sql, selection.keys()).await?;
        return Ok((empty(articles_count), None));
    }
    listing(db, page, found).await
}

/// How many articles there are by those whom `$1` follows.
const FEED_COUNT: &str = "SELECT CAST(COALESCE(SUM(s.articles_count), 0) AS BIGINT)
    FROM follows AS g CROSS JOIN users AS s WHERE g.follower_id = $1 AND s.id = g.followed_id";

/// The articles of a page of the feed. Of each author, only as many of the newest as reach the end of
/// the page are looked at, so that a feed costs what the caller follows and not what these have ever
/// written.
const FEED_IDS: &str = "SELECT b.id FROM follows AS f CROSS JOIN articles AS b
    WHERE f.follower_id = $1 AND b.author_id = f.followed_id AND b.id < $2
        AND b.id >= COALESCE((
            SELECT c.id FROM articles AS c WHERE c.author_id = f.followed_id AND c.id < $2
            ORDER BY c.id DESC LIMIT 1 OFFSET $3
        ), '')
    ORDER BY b.id DESC";

/// A page of the articles by those whom a user follows, the newest first; `None` when the user is no
/// more.
pub(crate) async fn feed(db: &Db, user: UserId, page: Page) -> Result<Option<Listing>, DbError> {
    let deepest = page.offset() + page.limit();
    let ids = format!("{FEED_IDS} LIMIT {} OFFSET $4", page.fetch());
    let parameters = params![user, page.before(), deepest, page.offset()];
    let found = db.query(&page_of(FEED_COUNT, &ids), parameters).await?;
    if found.is_empty() {
        let sql = format!("SELECT ({FEED_COUNT}) FROM users WHERE id = $1");
        let count = db.query_optional(&sql, params![user]).await?;
        return Ok(count.map(|(articles_count,)| (empty(articles_count), None)));
    }
    listing(db, page, found).await.map(Some)
}

/// The statement for a page: `ids` finds the articles, `count` says how many there are on all pages.
///
/// `CROSS JOIN` keeps SQLite from another order than the one written, which begins with the page. The
/// limit is a number in the text: a parameter would leave Postgres to guess how long a page is, and a
/// plan that serves every guess reads whole tables. Rows beyond [`MAX_TEXT`] stay in the database, but
/// for the first.
fn page_of(count: &str, ids: &str) -> String {
    format!(
        "SELECT * FROM (
             SELECT {author}, {ITEM}, ({count}) AS matches,
                 SUM(LENGTH(a.title) + LENGTH(a.description) + LENGTH(u.bio) + LENGTH(u.image)) OVER (
                     ORDER BY a.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                 ) AS text_before
             FROM ({ids}) AS page CROSS JOIN articles AS a CROSS JOIN users AS u
             WHERE a.id = page.id AND u.id = a.author_id
         ) AS listed
         WHERE COALESCE(text_before, 0) <= {MAX_TEXT}
         ORDER BY id DESC",
        author = Profile::COLUMNS,
    )
}

fn empty(articles_count: i64) -> ArticlesResponse {
    ArticlesResponse {
        articles_count,
        ..ArticlesResponse::default()
    }
}

async fn listing(db: &Db, page: Page, mut found: Vec<Listed>) -> Result<Listing, DbError> {
    let next = page.cut(&mut found, |listed| listed.article.id.into());
    let articles_count = found.first().map_or(0, |listed| listed.matches);
    let mut articles: Vec<Article> = found.into_iter().map(|listed| listed.article).collect();
    add_tags(db, &mut articles).await?;
    let next = extent::cut(&mut articles).or(next);
    let response = ArticlesResponse {
        articles,
        articles_count,
    };
    Ok((response, next))
}

/// Gives articles their tags, sorted by name, in one statement.
async fn add_tags(db: &Db, articles: &mut [Article]) -> Result<(), DbError> {
    if articles.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (1..=articles.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT t.article_id, n.name FROM article_tags AS t CROSS JOIN tags AS n
         WHERE t.article_id IN ({}) AND n.id = t.tag_id",
        places.join(", "),
    );
    let ids: Vec<Value> = articles.iter().map(|article| article.id.into()).collect();
    let tags: Vec<(ArticleId, String)> = db.query(&sql, ids).await?;
    for (id, name) in tags {
        if let Some(article) = articles.iter_mut().find(|article| article.id == id) {
            article.tag_list.push(name);
        }
    }
    for article in articles {
        article.tag_list.sort_unstable();
    }
    Ok(())
}

/// The article of a slug.
pub(crate) async fn find(db: &Db, viewer: Viewer, slug: &Slug) -> Result<Option<Article>, DbError> {
    find_where(db, viewer, "slug", slug.as_str().into()).await
}

/// The article of an id.
pub(crate) async fn find_by_id(
    db: &Db,
    viewer: Viewer,
    id: ArticleId,
) -> Result<Option<Article>, DbError> {
    find_where(db, viewer, "id", id.into()).await
}

async fn find_where(
    db: &Db,
    viewer: Viewer,
    column: &str,
    value: Value,
) -> Result<Option<Article>, DbError> {
    let sql = format!(
        "SELECT {author}, {ITEM}, a.body FROM articles AS a CROSS JOIN users AS u
         WHERE a.{column} = $2 AND u.id = a.author_id",
        author = Profile::COLUMNS,
    );
    let found = db.query_optional(&sql, [viewer.into(), value]).await?;
    let Some(Whole(mut article)) = found else {
        return Ok(None);
    };
    add_tags(db, std::slice::from_mut(&mut article)).await?;
    Ok(Some(article))
}

/// A user as they see themselves; `None` when they are no more.
pub(crate) async fn author(db: &Db, id: UserId) -> Result<Option<Profile>, DbError> {
    let sql = format!(
        "SELECT {} FROM users AS u WHERE u.id = $1",
        Profile::COLUMNS
    );
    db.query_optional(&sql, params![id]).await
}

/// The article that a write is about.
pub(crate) struct Target {
    pub(crate) id: ArticleId,
    pub(crate) author_id: UserId,
}

/// The article of a slug, as far as a write by a user needs it: `None` when the user is no more,
/// `Some(None)` when there is no such article.
pub(crate) async fn target(
    db: &Db,
    user: UserId,
    slug: &Slug,
) -> Result<Option<Option<Target>>, DbError> {
    let row: Option<(Option<ArticleId>, Option<UserId>)> = db
        .query_optional(
            "SELECT a.id, a.author_id FROM users AS u LEFT JOIN articles AS a ON a.slug = $1
             WHERE u.id = $2",
            params![slug.as_str(), user],
        )
        .await?;
    let target = |(id, author_id): (Option<_>, Option<_>)| {
        Some(Target {
            id: id?,
            author_id: author_id?,
        })
    };
    Ok(row.map(target))
}

/// Inserts an article and returns the slug that it got.
pub(crate) async fn insert(db: &Db, article: &NewArticle) -> Result<Slug, DbError> {
    let article = std::slice::from_ref(article);
    let slugs = db
        .transaction(async |tx| articles::insert(tx, article).await)
        .await?;
    slugs.into_iter().next().ok_or(DbError::NoRow)
}

/// Deletes an article. With a `version`, only if it still has it. False when there is no such article.
pub(crate) async fn delete(db: &Db, id: ArticleId, version: Option<i64>) -> Result<bool, DbError> {
    db.transaction(async |tx| articles::delete(tx, id, version).await)
        .await
}

/// Makes an article a favourite, if it is none yet.
pub(crate) async fn insert_favorite(db: &Db, favorite: NewFavorite) -> Result<(), DbError> {
    db.transaction(async |tx| favorites::insert(tx, &[favorite]).await)
        .await
        .map(drop)
}

/// Makes an article a favourite no more, if it is one.
pub(crate) async fn delete_favorite(
    db: &Db,
    user: UserId,
    article: ArticleId,
) -> Result<(), DbError> {
    db.transaction(async |tx| favorites::delete(tx, user, article).await)
        .await
        .map(drop)
}
