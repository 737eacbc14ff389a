{%- assign path = route | remove: "/..." -%}
{%- assign type = project-name | pascal_case -%}
//! The handlers.

use axum::Json;
use axum::response::NoContent;
{%- if auth != "none" %}
use shared::caller::Caller;
{%- endif %}
use shared::extract::{Path, ValidJson};
use shared::openapi::{% if auth == "optional" %}{Forbidden, Unavailable}{% else %}Unavailable{% endif %};
use shared::problem::Problem;

use crate::model::{Entry, Key, NewEntry};
use crate::store;

/// Show an entry
#[utoipa::path(
    get,
    path = "{{ path }}/{key}",
    operation_id = "Show{{ type }}Entry",
    tag = "{{ type }}",
    params(("key" = inline(Key), Path, description = "What it is kept under.")),
    responses((status = OK, description = "The entry."), Unavailable)
)]
{% if auth == "none" -%}
pub(crate) async fn show(Path(key): Path<Key>) -> Result<Json<Entry>, Problem> {
{%- elsif auth == "required" -%}
pub(crate) async fn show(caller: Caller, Path(key): Path<Key>) -> Result<Json<Entry>, Problem> {
{%- else -%}
pub(crate) async fn show(
    caller: Option<Caller>,
    Path(key): Path<Key>,
) -> Result<Json<Entry>, Problem> {
{%- endif %}
{%- if auth == "optional" %}
    let viewer = caller.map(|caller| caller.user_id());
    let entry = store::find(viewer, &key).await?;
{%- elsif auth == "required" %}
    let entry = store::find(caller.user_id(), &key).await?;
{%- else %}
    let entry = store::find(&key).await?;
{%- endif %}
    let entry = entry.ok_or_else(|| Problem::not_found("There is no entry under this key."))?;
    Ok(Json(entry))
}

/// Write an entry
///
/// In the place of {% if auth == "none" %}what is{% else %}what the caller had{% endif %} under the key, if there is something.
#[utoipa::path(
    put,
    path = "{{ path }}/{key}",
    operation_id = "Write{{ type }}Entry",
    tag = "{{ type }}",
    params(("key" = inline(Key), Path, description = "What to keep it under.")),
    responses((status = OK, description = "The entry as it is now."), {% if auth == "optional" %}Forbidden, {% endif %}Unavailable)
)]
pub(crate) async fn write(
{%- if auth != "none" %}
    caller: Caller,
{%- endif %}
    Path(key): Path<Key>,
    ValidJson(new): ValidJson<NewEntry>,
) -> Result<Json<Entry>, Problem> {
    let entry = store::write({% if auth != "none" %}caller.user_id(), {% endif %}&key, new.into_text()).await?;
    Ok(Json(entry))
}

/// Delete an entry
///
/// Answers the same when there is none: afterwards there is none.
#[utoipa::path(
    delete,
    path = "{{ path }}/{key}",
    operation_id = "Delete{{ type }}Entry",
    tag = "{{ type }}",
    params(("key" = inline(Key), Path, description = "What it is kept under.")),
    responses((status = NO_CONTENT, description = "There is no entry."), {% if auth == "optional" %}Forbidden, {% endif %}Unavailable)
)]
{% if auth == "none" -%}
pub(crate) async fn remove(Path(key): Path<Key>) -> Result<NoContent, Problem> {
{%- else -%}
pub(crate) async fn remove(caller: Caller, Path(key): Path<Key>) -> Result<NoContent, Problem> {
{%- endif %}
    store::delete({% if auth != "none" %}caller.user_id(), {% endif %}&key).await?;
    Ok(NoContent)
}
