//! Articles: the writes that keep counts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use shared::db::{DbError, Transaction, Value, params};
use shared::identity::UserId;

use crate::counts::{Counter, MAX_PARAMETERS, list, rows, tally};
use crate::{ArticleId, Body, Description, Slug, TagList, TagName, Title};

/// The columns that [`place`] writes.
const COLUMNS: usize = 8;

const OF_AUTHORS: Counter = Counter {
    table: "users",
    column: "articles_count",
};

/// An article that is not in the database yet.
#[derive(Clone, Debug)]
pub struct NewArticle {
    /// Its id, which also decides its place among the newest.
    pub id: ArticleId,
    /// Who writes it.
    pub author_id: UserId,
    /// Its title, which gives it a slug.
    pub title: Title,
    /// What it is about.
    pub description: Description,
    /// What it says.
    pub body: Body,
    /// What it is filed under.
    pub tags: TagList,
    /// When it was written; of `id`'s millisecond.
    pub created_at: Timestamp,
}

/// Inserts articles with their tags, adjusts every count, and returns the slug that each of them got,
/// in their order. Makes the same number of statements for one article and for five hundred.
///
/// # Errors
///
/// When the database refuses a statement, as it does for an author who does not exist.
pub async fn insert(tx: &mut Transaction, articles: &[NewArticle]) -> Result<Vec<Slug>, DbError> {
    let slugs = place_all(tx, articles).await?;
    insert_tags(tx, articles).await?;
    let authors = articles.iter().map(|article| article.author_id);
    OF_AUTHORS.add(tx, tally(authors)).await?;
    add_to_total(tx, articles.len()).await?;
    Ok(slugs)
}

/// Inserts the rows of articles, each under the first of its slugs that is free. Of two transactions
/// that race for a slug, the second one waits for the first and then finds it taken.
async fn place_all(tx: &mut Transaction, articles: &[NewArticle]) -> Result<Vec<Slug>, DbError> {
    let mut choices: Vec<_> = articles
        .iter()
        .map(|article| Slug::candidates(&article.title, article.id).into_iter())
        .collect();
    let mut slugs: Vec<Option<Slug>> = vec![None; articles.len()];
    loop {
        let homeless: Vec<(usize, Slug)> = slugs
            .iter()
            .enumerate()
            .filter(|(_, slug)| slug.is_none())
            .filter_map(|(index, _)| Some((index, choices[index].next()?)))
            .collect();
        if homeless.is_empty() {
            break;
        }
        for batch in homeless.chunks(MAX_PARAMETERS / COLUMNS) {
            let placed = place(tx, articles, batch).await?;
            for (index, slug) in batch {
                if placed.contains(&articles[*index].id) {
                    slugs[*index] = Some(slug.clone());
                }
            }
        }
    }
    // The last candidate holds the whole id, so this is an id that was used before.
    slugs
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(DbError::NoRow)
}

/// Inserts some of the articles, each under a slug, and returns the ids of those whose slug was free.
async fn place(
    tx: &mut Transaction,
    articles: &[NewArticle],
    batch: &[(usize, Slug)],
) -> Result<HashSet<ArticleId>, DbError> {
    let sql = format!(
        "INSERT INTO articles
             (id, author_id, slug, title, description, created_at, updated_at, body)
         VALUES {}
         ON CONFLICT DO NOTHING
         RETURNING id",
        rows(batch.len(), &["$"; COLUMNS]),
    );
    let parameters: Vec<Value> = batch
        .iter()
        .flat_map(|(index, slug)| row(&articles[*index], slug))
        .collect();
    let placed: Vec<(ArticleId,)> = tx.query(&sql, parameters).await?;
    Ok(placed.into_iter().map(|(id,)| id).collect())
}

fn row(article: &NewArticle, slug: &Slug) -> [Value; COLUMNS] {
    params![
        article.id,
        article.author_id,
        slug.as_str(),
        article.title.as_str(),
        article.description.as_str(),
        article.created_at,
        article.created_at,
        article.body.as_str(),
    ]
}

async fn insert_tags(tx: &mut Transaction, articles: &[NewArticle]) -> Result<(), DbError> {
    let tags = articles.iter().flat_map(|article| &article.tags);
    let uses = tally(tags.map(TagName::as_str));
    let ids = count_tags(tx, &uses).await?;
    let mut rows_of_tags: Vec<[Value; 3]> = Vec::new();
    for article in articles {
        for (position, tag) in (0_i64..).zip(&article.tags) {
            let tag_id = *ids.get(tag.as_str()).ok_or(DbError::NoRow)?;
            rows_of_tags.push(params![tag_id, article.id, position]);
        }
    }
    insert_rows_of_tags(tx, &rows_of_tags).await
}

async fn insert_rows_of_tags(
    tx: &mut Transaction,
    rows_of_tags: &[[Value; 3]],
) -> Result<(), DbError> {
    for batch in rows_of_tags.chunks(MAX_PARAMETERS / 3) {
        let sql = format!(
            "INSERT INTO article_tags (tag_id, article_id, position) VALUES {}",
            rows(batch.len(), &["$"; 3]),
        );
        tx.execute(&sql, batch.concat()).await?;
    }
    Ok(())
}

/// Gives an article other tags, and adjusts the counts of those that come and go. The caller has locked
/// the article.
///
/// # Errors
///
/// When the database refuses a statement.
pub async fn retag(tx: &mut Transaction, id: ArticleId, tags: &TagList) -> Result<(), DbError> {
    let had: Vec<(String,)> = tx
        .query(
            "SELECT n.name FROM article_tags AS t CROSS JOIN tags AS n
             WHERE t.article_id = $1 AND n.id = t.tag_id",
            params![id],
        )
        .await?;
    let had: BTreeSet<&str> = had.iter().map(|(name,)| name.as_str()).collect();
    let wanted: BTreeSet<&str> = tags.iter().map(TagName::as_str).collect();
    let gone = had.difference(&wanted).map(|name| (*name, -1));
    let come = wanted.difference(&had).map(|name| (*name, 1));
    let changes: BTreeMap<&str, i64> = gone.chain(come).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let ids = count_tags(tx, &changes).await?;
    let id_of = |name: &str| ids.get(name).copied().ok_or(DbError::NoRow);
    let mut gone: Vec<Value> = Vec::new();
    for tag in had.difference(&wanted) {
        gone.push(id_of(tag)?.into());
    }
    if !gone.is_empty() {
        let sql = format!(
            "DELETE FROM article_tags WHERE tag_id IN ({}) AND article_id = ${}",
            list(gone.len()),
            gone.len() + 1,
        );
        gone.push(id.into());
        tx.execute(&sql, gone).await?;
    }
    let mut rows_of_tags: Vec<[Value; 3]> = Vec::new();
    for (position, tag) in (0_i64..).zip(&wanted) {
        if !had.contains(tag) {
            rows_of_tags.push(params![id_of(tag)?, id, position]);
        }
    }
    insert_rows_of_tags(tx, &rows_of_tags).await
}

/// Adds to the counts of tags, makes those that are new, and returns the ids of all. In the order of
/// their names, in which everybody locks them.
async fn count_tags(
    tx: &mut Transaction,
    uses: &BTreeMap<&str, i64>,
) -> Result<HashMap<String, i64>, DbError> {
    let mut ids = HashMap::new();
    let uses: Vec<[Value; 2]> = uses
        .iter()
        .map(|(tag, amount)| params![*tag, *amount])
        .collect();
    for batch in uses.chunks(MAX_PARAMETERS / 2) {
        let sql = format!(
            "INSERT INTO tags (name, articles_count) VALUES {}
             ON CONFLICT (name) DO UPDATE
             SET articles_count = tags.articles_count + excluded.articles_count
             RETURNING name, id",
            rows(batch.len(), &["$"; 2]),
        );
        let found: Vec<(String, i64)> = tx.query(&sql, batch.concat()).await?;
        ids.extend(found);
    }
    Ok(ids)
}

async fn add_to_total(tx: &mut Transaction, inserted: usize) -> Result<(), DbError> {
    let inserted = i64::try_from(inserted).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE totals SET amount = amount + $1 WHERE name = 'articles'",
        params![inserted],
    )
    .await?;
    Ok(())
}

/// Keeps others from changing or deleting an article until the transaction ends, and returns its id;
/// `None` when there is no article of this slug. Whoever inserts a row that refers to an article
/// calls this first.
///
/// # Errors
///
/// When the database refuses the statement.
pub async fn lock(tx: &mut Transaction, slug: &Slug) -> Result<Option<ArticleId>, DbError> {
    // Any update locks the row, in either database and without its dialect.
    let locked: Option<(ArticleId,)> = tx
        .query_optional(
            "UPDATE articles SET version = version WHERE slug = $1 RETURNING id",
            params![slug.as_str()],
        )
        .await?;
    Ok(locked.map(|(id,)| id))
}

/// Deletes an article with its comments, tags and favourites, and adjusts every count. With a
/// `version`, only if the article still has it. False when there is no such article.
///
/// # Errors
///
/// When the database refuses a statement.
pub async fn delete(
    tx: &mut Transaction,
    id: ArticleId,
    version: Option<i64>,
) -> Result<bool, DbError> {
    let locked: Option<(UserId,)> = tx
        .query_optional(
            "UPDATE articles SET version = version + 1
             WHERE id = $1 AND version = COALESCE($2, version)
             RETURNING author_id",
            params![id, version],
        )
        .await?;
    let Some((author_id,)) = locked else {
        return Ok(false);
    };
    tx.execute(
        // An insert into rows that are there: unlike an update it takes them in the order of its
        // SELECT, which is the order in which everybody locks tags.
        "INSERT INTO tags (name, articles_count)
         SELECT n.name, -1 FROM article_tags AS t CROSS JOIN tags AS n
         WHERE t.article_id = $1 AND n.id = t.tag_id ORDER BY n.name
         ON CONFLICT (name) DO UPDATE
         SET articles_count = tags.articles_count + excluded.articles_count",
        params![id],
    )
    .await?;
    // The author and all who favour the article, who may be the author as well: in one statement, in
    // the order of their ids, in which everybody locks users.
    tx.execute(
        "UPDATE users SET
             articles_count = users.articles_count - changed.articles,
             favorites_count = users.favorites_count - changed.favorites
         FROM (
             SELECT p.id, SUM(p.articles) AS articles, SUM(p.favorites) AS favorites
             FROM (
                 SELECT user_id AS id, 0 AS articles, 1 AS favorites
                 FROM favorites WHERE article_id = $1
                 UNION ALL
                 SELECT $2, 1, 0
             ) AS p
             GROUP BY p.id ORDER BY p.id
         ) AS changed
         WHERE users.id = changed.id",
        params![id, author_id],
    )
    .await?;
    tx.execute(
        "UPDATE totals SET amount = amount - 1 WHERE name = 'articles'",
        [],
    )
    .await?;
    tx.execute("DELETE FROM articles WHERE id = $1", params![id])
        .await?;
    Ok(true)
}
