//! The handlers.

use std::sync::Arc;

use axum::Json;
use axum::response::NoContent;
use conduit::favorites::NewFavorite;
use conduit::{ArticleId, Viewer};
use serde::Serialize;
use shared::cache::{Cache, Cached, JsonText};
use shared::caller::Caller;
use shared::conditional::{Preconditions, Versioned};
use shared::db::Db;
use shared::extract::{LenientJson, Path, Query};
use shared::openapi::{Created, Forbidden};
use shared::page::{Link, Page};
use shared::problem::Problem;
use shared::time;

use crate::cached::{self, Listed};
use crate::model::{
    self, Article, ArticleResponse, ArticlesResponse, Creation, Filters, Update, not_found,
};
use crate::store::{self, Target};

/// How far into a feed a page may begin by number. Of everybody whom the caller follows, as many
/// articles as lie before the page's end may have to be looked at; a cursor does without.
const MAX_FEED_OFFSET: u32 = 500;

pub(crate) type FeedPage = Page<MAX_FEED_OFFSET>;

type Feed = Result<(Link, Json<ArticlesResponse>), Problem>;
type OneArticle = Result<Json<ArticleResponse>, Problem>;
type VersionedArticle = Versioned<Json<ArticleResponse>>;

/// List articles
///
/// The newest first, narrowed down by the filters: what fits all of them. A tag or a user that does not
/// exist has no articles.
#[utoipa::path(
    get,
    path = "/api/articles",
    operation_id = "GetArticles",
    tag = "Articles",
    responses((status = OK, description = "A page of articles."))
)]
pub(crate) async fn list(
    caller: Option<Caller>,
    Query(filters): Query<Filters>,
    page: Page,
    cache: Cache,
    db: Db,
) -> Result<(Option<Link>, JsonText<ArticlesResponse>), Problem> {
    let Some(filter) = filters.read().map(Arc::new) else {
        return Ok((None, text(&ArticlesResponse::default())?));
    };
    let (key, viewer) = (cached::list(&filter, page), Viewer::from(&caller));
    let wanted = Arc::clone(&filter);
    let load = async move || {
        let (articles, next) = store::list(&db, viewer, &wanted, page).await?;
        let body = text(&articles)?;
        Ok::<_, Problem>(Listed { body, next })
    };
    let listed = cache.get_or_load(key, &cached::POLICY, load).await?;
    let link = page.link("/api/articles", &filter.parameters(), listed.next);
    Ok((Some(link), listed.body.clone()))
}

/// List articles of those whom the caller follows
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/articles/feed",
    operation_id = "GetArticlesFeed",
    tag = "Articles",
    responses((status = OK, description = "A page of articles."))
)]
pub(crate) async fn feed(caller: Caller, page: FeedPage, db: Db) -> Feed {
    let (articles, next) = store::feed(&db, caller.user_id(), page.bounded())
        .await?
        .ok_or_else(Caller::gone)?;
    let link = page.link("/api/articles/feed", &[], next);
    Ok((link, Json(articles)))
}

/// Publish an article
#[utoipa::path(
    post,
    path = "/api/articles",
    operation_id = "CreateArticle",
    tag = "Articles",
    responses((status = CREATED, description = "The new article."))
)]
pub(crate) async fn create(
    caller: Caller,
    cache: Cache,
    db: Db,
    LenientJson(body): LenientJson<Creation>,
) -> Result<Created<VersionedArticle>, Problem> {
    let author = store::author(&db, caller.user_id())
        .await?
        .ok_or_else(Caller::gone)?;
    let article = body.article.into_article(caller.user_id(), time::now());
    let slug = store::insert(&db, &article).await?;
    cached::came_or_went(&cache).await;
    let article = Article::new(article, slug, author);
    Ok(Created(versioned(article)))
}

/// Show an article
#[utoipa::path(
    get,
    path = "/api/articles/{slug}",
    operation_id = "GetArticle",
    tag = "Articles",
    params(conduit::path::Article),
    responses((status = OK, description = "The article."))
)]
pub(crate) async fn show(
    caller: Option<Caller>,
    Path(slug): Path<String>,
    cache: Cache,
    db: Db,
) -> Result<Cached<Versioned<JsonText<ArticleResponse>>>, Problem> {
    let slug = model::slug(&slug)?;
    let (key, viewer) = (cached::article(&slug), Viewer::from(&caller));
    let load = async move || {
        let article = store::find(&db, viewer, &slug).await?;
        let versioned = |article: Article| {
            let version = article.state();
            text(&ArticleResponse { article }).map(|text| Versioned::new(version, text))
        };
        article.map(versioned).transpose()
    };
    let found = cache.find_or_load(key, &cached::POLICY, load).await?;
    found.ok_or_else(not_found)
}

/// Change an article
///
/// Only its author may. What is absent stays as it is, and at least one member is there. A new title gives
/// the article a new slug; an empty `tagList` removes the tags. With `If-Match` the change is made only if
/// the article still is as its author left it when the caller saw it.
#[utoipa::path(
    put,
    path = "/api/articles/{slug}",
    operation_id = "UpdateArticle",
    tag = "Articles",
    params(conduit::path::Article),
    responses((status = OK, description = "The article as changed."), Forbidden)
)]
pub(crate) async fn update(
    caller: Caller,
    Path(slug): Path<String>,
    preconditions: Preconditions,
    cache: Cache,
    db: Db,
    LenientJson(body): LenientJson<Update>,
) -> Result<VersionedArticle, Problem> {
    let target = target(&db, &caller, &slug).await?.of(&caller)?;
    let changes = body.article.into_changes();
    loop {
        let version = version(&db, &caller, &preconditions, target.id).await?;
        if store::update(&db, target.id, version, &changes, time::now()).await? {
            match changes.tags {
                Some(_) => cached::came_or_went(&cache).await,
                None => cached::changed(&cache).await,
            }
            let Json(changed) = reread(&db, &caller, target.id).await?;
            return Ok(versioned(changed.article));
        }
        changed_meanwhile(version)?;
    }
}

/// Delete an article
///
/// Only its author may. Its comments go with it. With `If-Match` it is deleted only if it still is as its
/// author left it when the caller saw it.
#[utoipa::path(
    delete,
    path = "/api/articles/{slug}",
    operation_id = "DeleteArticle",
    tag = "Articles",
    params(conduit::path::Article),
    responses((status = NO_CONTENT, description = "It is deleted."), Forbidden)
)]
pub(crate) async fn delete(
    caller: Caller,
    Path(slug): Path<String>,
    preconditions: Preconditions,
    cache: Cache,
    db: Db,
) -> Result<NoContent, Problem> {
    let target = target(&db, &caller, &slug).await?.of(&caller)?;
    loop {
        let version = version(&db, &caller, &preconditions, target.id).await?;
        if store::delete(&db, target.id, version).await? {
            cached::came_or_went(&cache).await;
            return Ok(NoContent);
        }
        changed_meanwhile(version)?;
    }
}

/// Favour an article
///
/// To favour what is a favourite changes nothing.
#[utoipa::path(
    post,
    path = "/api/articles/{slug}/favorite",
    operation_id = "CreateArticleFavorite",
    tag = "Favorites",
    params(conduit::path::Article),
    responses((status = OK, description = "The article, a favourite now."))
)]
pub(crate) async fn favorite(
    caller: Caller,
    Path(slug): Path<String>,
    cache: Cache,
    db: Db,
) -> OneArticle {
    let target = target(&db, &caller, &slug).await?;
    let favorite = NewFavorite {
        user_id: caller.user_id(),
        article_id: target.id,
        created_at: time::now(),
    };
    store::insert_favorite(&db, favorite).await?;
    cached::changed(&cache).await;
    reread(&db, &caller, target.id).await
}

/// Favour an article no more
///
/// Where it is no favourite, nothing changes.
#[utoipa::path(
    delete,
    path = "/api/articles/{slug}/favorite",
    operation_id = "DeleteArticleFavorite",
    tag = "Favorites",
    params(conduit::path::Article),
    responses((status = OK, description = "The article, no favourite any more."))
)]
pub(crate) async fn unfavorite(
    caller: Caller,
    Path(slug): Path<String>,
    cache: Cache,
    db: Db,
) -> OneArticle {
    let target = target(&db, &caller, &slug).await?;
    store::delete_favorite(&db, caller.user_id(), target.id).await?;
    cached::changed(&cache).await;
    reread(&db, &caller, target.id).await
}

async fn target(db: &Db, caller: &Caller, slug: &str) -> Result<Target, Problem> {
    store::target(db, caller.user_id(), &model::slug(slug)?)
        .await?
        .ok_or_else(Caller::gone)?
        .ok_or_else(not_found)
}

impl Target {
    /// The article, if the caller is its author.
    fn of(self, caller: &Caller) -> Result<Self, Problem> {
        if self.author_id == caller.user_id() {
            Ok(self)
        } else {
            let detail = "Only its author may change an article.";
            Err(Problem::forbidden(detail).about("article"))
        }
    }
}

/// Which version a write may replace: any, unless the caller names one. That is looked at here, and the
/// write itself asks for the version, so that nobody comes between.
async fn version(
    db: &Db,
    caller: &Caller,
    preconditions: &Preconditions,
    id: ArticleId,
) -> Result<Option<i64>, Problem> {
    if !preconditions.are_given() {
        return Ok(None);
    }
    let Json(current) = reread(db, caller, id).await?;
    preconditions.check(Some(&current.article.state()))?;
    Ok(Some(current.article.version))
}

/// After a write that found no article of its version: without one, the article is gone. Else
/// somebody was faster, and what they left has to be looked at.
fn changed_meanwhile(version: Option<i64>) -> Result<(), Problem> {
    version.map(drop).ok_or_else(not_found)
}

/// The article as the caller sees it now. By its id, since a write may have changed its slug.
async fn reread(db: &Db, caller: &Caller, id: ArticleId) -> OneArticle {
    let article = store::find_by_id(db, Viewer::from(caller), id)
        .await?
        .ok_or_else(not_found)?;
    Ok(Json(ArticleResponse { article }))
}

fn versioned(article: Article) -> VersionedArticle {
    Versioned::new(article.state(), Json(ArticleResponse { article }))
}

fn text<T: Serialize>(body: &T) -> Result<JsonText<T>, Problem> {
    JsonText::of(body).map_err(Problem::internal)
}
