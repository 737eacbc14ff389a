//! The handlers.

use axum::Json;
use axum::http::StatusCode;
use conduit::favorites::NewFavorite;
use conduit::{ArticleId, Slug, Viewer};
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::{LenientJson, Path, Query};
use shared::page::{Link, Page};
use shared::problem::Problem;
use shared::time;

use crate::model::{Article, ArticleResponse, ArticlesResponse, Creation, Filters, Update};
use crate::store::{self, Target};

type OneArticle = Result<Json<ArticleResponse>, Problem>;
type Articles = Result<(Option<Link>, Json<ArticlesResponse>), Problem>;

pub(crate) async fn list(
    caller: Option<Caller>,
    Query(filters): Query<Filters>,
    page: Page,
    db: Db,
) -> Articles {
    let Some(filter) = filters.read() else {
        return Ok((None, Json(ArticlesResponse::default())));
    };
    let (articles, next) = store::list(&db, Viewer::from(&caller), &filter, page).await?;
    let link = page.link("/api/articles", &filter.parameters(), next);
    Ok((Some(link), Json(articles)))
}

pub(crate) async fn feed(caller: Caller, page: Page, db: Db) -> Articles {
    let (articles, next) = store::feed(&db, caller.user_id(), page)
        .await?
        .ok_or_else(Caller::gone)?;
    let link = page.link("/api/articles/feed", &[], next);
    Ok((Some(link), Json(articles)))
}

pub(crate) async fn create(
    caller: Caller,
    db: Db,
    LenientJson(body): LenientJson<Creation>,
) -> Result<(StatusCode, Json<ArticleResponse>), Problem> {
    let author = store::author(&db, caller.user_id())
        .await?
        .ok_or_else(Caller::gone)?;
    let article = body.article.into_article(caller.user_id(), time::now());
    let slug = store::insert(&db, &article).await?;
    let article = Article::new(article, slug, author);
    Ok((StatusCode::CREATED, Json(ArticleResponse { article })))
}

pub(crate) async fn show(caller: Option<Caller>, Path(slug): Path<Slug>, db: Db) -> OneArticle {
    let article = store::find(&db, Viewer::from(&caller), &slug)
        .await?
        .ok_or_else(not_found)?;
    Ok(Json(ArticleResponse { article }))
}

pub(crate) async fn update(
    caller: Caller,
    Path(slug): Path<Slug>,
    db: Db,
    LenientJson(body): LenientJson<Update>,
) -> OneArticle {
    let target = target(&db, &caller, &slug).await?.of(&caller)?;
    let changes = body.article.into_changes();
    if !store::update(&db, target.id, None, &changes, time::now()).await? {
        return Err(not_found());
    }
    reread(&db, &caller, target.id).await
}

pub(crate) async fn delete(
    caller: Caller,
    Path(slug): Path<Slug>,
    db: Db,
) -> Result<StatusCode, Problem> {
    let target = target(&db, &caller, &slug).await?.of(&caller)?;
    if !store::delete(&db, target.id, None).await? {
        return Err(not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn favorite(caller: Caller, Path(slug): Path<Slug>, db: Db) -> OneArticle {
    let target = target(&db, &caller, &slug).await?;
    let favorite = NewFavorite {
        user_id: caller.user_id(),
        article_id: target.id,
        created_at: time::now(),
    };
    store::insert_favorite(&db, favorite).await?;
    reread(&db, &caller, target.id).await
}

pub(crate) async fn unfavorite(caller: Caller, Path(slug): Path<Slug>, db: Db) -> OneArticle {
    let target = target(&db, &caller, &slug).await?;
    store::delete_favorite(&db, caller.user_id(), target.id).await?;
    reread(&db, &caller, target.id).await
}

async fn target(db: &Db, caller: &Caller, slug: &Slug) -> Result<Target, Problem> {
    store::target(db, caller.user_id(), slug)
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
            Err(Problem::forbidden("Only its author may change an article."))
        }
    }
}

/// The article after a write. By its id, since its slug may have changed.
async fn reread(db: &Db, caller: &Caller, id: ArticleId) -> OneArticle {
    let article = store::find_by_id(db, Viewer::from(caller), id)
        .await?
        .ok_or_else(not_found)?;
    Ok(Json(ArticleResponse { article }))
}

fn not_found() -> Problem {
    Problem::not_found("There is no article with this slug.")
}
