//! The handlers.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use http::header;
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::{LenientJson, Path};
use shared::problem::Problem;
use shared::time;

use crate::model::{self, CommentResponse, CommentsResponse, Creation};
use crate::page::Page;
use crate::store;

pub(crate) async fn list(
    caller: Option<Caller>,
    Path(slug): Path<String>,
    page: Page,
    db: Db,
) -> Result<impl IntoResponse, Problem> {
    let slug = model::slug(&slug)?;
    let viewer = (&caller).into();
    let article_id = store::find_article(&db, viewer, &slug).await?;
    let (comments, next) = store::list(&db, viewer, article_id, page).await?;
    let link = page.link(&slug, next).map(|value| (header::LINK, value));
    Ok((AppendHeaders(link), Json(CommentsResponse { comments })))
}

pub(crate) async fn create(
    caller: Caller,
    Path(slug): Path<String>,
    db: Db,
    LenientJson(body): LenientJson<Creation>,
) -> Result<Json<CommentResponse>, Problem> {
    let slug = model::slug(&slug)?;
    let body = body.comment.into_domain();
    let comment = store::insert(&db, caller.user_id(), &slug, body, time::now()).await?;
    Ok(Json(CommentResponse { comment }))
}

pub(crate) async fn remove(
    caller: Caller,
    Path((slug, id)): Path<(String, i64)>,
    db: Db,
) -> Result<StatusCode, Problem> {
    let slug = model::slug(&slug)?;
    store::delete(&db, caller.user_id(), &slug, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
