{%- assign path = route | remove: "/..." -%}
{%- assign path_size = path | size -%}
{%- assign type = project-name | pascal_case -%}
//! The handlers.

use axum::Json;
use axum::response::NoContent;
{%- if auth != "none" %}
use shared::caller::Caller;
{%- endif %}
use shared::db::Db;
use shared::extract::{Path, ValidJson};
use shared::openapi::{% if auth == "optional" %}{Created, Forbidden}{% else %}Created{% endif %};
use shared::page::{Link, Page};
use shared::problem::Problem;
use shared::time;
use uuid::Uuid;

use crate::model::{Entries, Entry, NewEntry};
use crate::store;

/// Where the list is, for its `Link` header.
const PATH: &str ={% if path_size > 78 and path_size < 94 %}
    {% else %} {% endif %}"{{ path }}";

/// List the entries
///
/// {% if auth == "required" %}The caller's own, the{% else %}The{% endif %} newest first.
#[utoipa::path(
    get,
    path = "{{ path }}",
    operation_id = "List{{ type }}Entries",
    tag = "{{ type }}",
    responses((status = OK, description = "A page of the entries."))
)]
{% if auth == "none" -%}
pub(crate) async fn list(page: Page, db: Db) -> Result<(Link, Json<Entries>), Problem> {
{%- else -%}
pub(crate) async fn list(
    caller: {% if auth == "optional" %}Option<Caller>{% else %}Caller{% endif %},
    page: Page,
    db: Db,
) -> Result<(Link, Json<Entries>), Problem> {
{%- endif %}
{%- if auth == "optional" %}
    let viewer = caller.map(|caller| caller.user_id());
    let (entries, next) = store::list(&db, viewer, page).await?;
{%- elsif auth == "required" %}
    let (entries, next) = store::list(&db, caller.user_id(), page).await?;
{%- else %}
    let (entries, next) = store::list(&db, page).await?;
{%- endif %}
    Ok((page.link(PATH, &[], next), Json(Entries { entries })))
}

/// Write an entry
#[utoipa::path(
    post,
    path = "{{ path }}",
    operation_id = "Create{{ type }}Entry",
    tag = "{{ type }}",
    responses((status = CREATED, description = "The new entry."))
)]
pub(crate) async fn create(
{%- if auth != "none" %}
    caller: Caller,
{%- endif %}
    db: Db,
    ValidJson(new): ValidJson<NewEntry>,
) -> Result<Created<Json<Entry>>, Problem> {
    let entry = store::insert(&db, {% if auth != "none" %}caller.user_id(), {% endif %}new.into_text(), time::now()).await?;
    Ok(Created(Json(entry)))
}

/// Show an entry
#[utoipa::path(
    get,
    path = "{{ path }}/{id}",
    operation_id = "Show{{ type }}Entry",
    tag = "{{ type }}",
    params(("id" = String, Path, format = "uuid", description = "The entry's id.")),
    responses((status = OK, description = "The entry."))
)]
{% if auth == "none" -%}
pub(crate) async fn show(Path(id): Path<Uuid>, db: Db) -> Result<Json<Entry>, Problem> {
{%- else -%}
pub(crate) async fn show(
    caller: {% if auth == "optional" %}Option<Caller>{% else %}Caller{% endif %},
    Path(id): Path<Uuid>,
    db: Db,
) -> Result<Json<Entry>, Problem> {
{%- endif %}
{%- if auth == "optional" %}
    let viewer = caller.map(|caller| caller.user_id());
    let entry = store::find(&db, viewer, id).await?;
{%- elsif auth == "required" %}
    let entry = store::find(&db, caller.user_id(), id).await?;
{%- else %}
    let entry = store::find(&db, id).await?;
{%- endif %}
    entry.map(Json).ok_or_else(no_entry)
}

/// Delete an entry
{%- if auth == "optional" %}
///
/// Only who wrote it may.
{%- endif %}
#[utoipa::path(
    delete,
    path = "{{ path }}/{id}",
    operation_id = "Delete{{ type }}Entry",
    tag = "{{ type }}",
    params(("id" = String, Path, format = "uuid", description = "The entry's id.")),
    responses((status = NO_CONTENT, description = "It is deleted."){% if auth == "optional" %}, Forbidden{% endif %})
)]
{% if auth == "none" -%}
pub(crate) async fn remove(Path(id): Path<Uuid>, db: Db) -> Result<NoContent, Problem> {
{%- else -%}
pub(crate) async fn remove(
    caller: Caller,
    Path(id): Path<Uuid>,
    db: Db,
) -> Result<NoContent, Problem> {
{%- endif %}
{%- if auth == "optional" %}
    let viewer = caller.user_id();
    if store::delete(&db, viewer, id).await? {
        return Ok(NoContent);
    }
    match store::find(&db, Some(viewer), id).await? {
        Some(_) => Err(Problem::forbidden("Only who wrote an entry may delete it.")),
        None => Err(no_entry()),
    }
{%- elsif auth == "required" %}
    match store::delete(&db, caller.user_id(), id).await? {
        true => Ok(NoContent),
        false => Err(no_entry()),
    }
{%- else %}
    match store::delete(&db, id).await? {
        true => Ok(NoContent),
        false => Err(no_entry()),
    }
{%- endif %}
}

{% if auth == "required" -%}
/// Somebody else's is not there either: that it exists is nobody's business.
{% endif -%}
fn no_entry() -> Problem {
    Problem::not_found("There is no entry with this id.")
}
