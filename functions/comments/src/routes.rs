//! The handlers.

use axum::Json;
use axum::response::NoContent;
use shared::caller::Caller;
use shared::db::Db;
use shared::extract::{LenientJson, Path};
use shared::openapi::{Created, Forbidden};
use shared::page::Link;
use shared::problem::Problem;
use shared::time;

use crate::model::{self, CommentResponse, CommentsResponse, Creation};
use crate::page::Page;
use crate::store;

/// List the comments on an article
///
/// The newest first. As many as an answer can hold, up to 500; the `Link` header leads to the rest.
#[utoipa::path(
    get,
    path = "/api/articles/{slug}/comments",
    operation_id = "GetArticleComments",
    tag = "Comments",
    params(conduit::path::Article),
    responses((status = OK, description = "The comments."))
)]
pub(crate) async fn list(
    caller: Option<Caller>,
    Path(slug): Path<String>,
    page: Page,
    db: Db,
) -> Result<(Link, Json<CommentsResponse>), Problem> {
    let slug = model::slug(&slug)?;
    let viewer = (&caller).into();
    let article_id = store::find_article(&db, viewer, &slug).await?;
    let (comments, next) = store::list(&db, viewer, article_id, page).await?;
    Ok((page.link(&slug, next), Json(CommentsResponse { comments })))
}

/// Comment on an article
#[utoipa::path(
    post,
    path = "/api/articles/{slug}/comments",
    operation_id = "CreateArticleComment",
    tag = "Comments",
    params(conduit::path::Article),
    responses((status = CREATED, description = "The new comment."))
)]
pub(crate) async fn create(
    caller: Caller,
    Path(slug): Path<String>,
    db: Db,
    LenientJson(body): LenientJson<Creation>,
) -> Result<Created<Json<CommentResponse>>, Problem> {
    let slug = model::slug(&slug)?;
    let body = body.comment.into_domain();
    let comment = store::insert(&db, caller.user_id(), &slug, body, time::now()).await?;
    Ok(Created(Json(CommentResponse { comment })))
}

/// Delete a comment
///
/// Only who wrote it may.
#[utoipa::path(
    delete,
    path = "/api/articles/{slug}/comments/{id}",
    operation_id = "DeleteArticleComment",
    tag = "Comments",
    params(conduit::path::Comment),
    responses((status = NO_CONTENT, description = "It is deleted."), Forbidden)
)]
pub(crate) async fn remove(
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    db: Db,
) -> Result<NoContent, Problem> {
    let slug = model::slug(&slug)?;
    let id = model::number(&id)?;
    store::delete(&db, caller.user_id(), &slug, id).await?;
    Ok(NoContent)
}
