{%- assign path = route | remove: "/..." -%}
{%- assign type = project-name | pascal_case -%}
//! The handler.

use axum::Json;
{%- if auth != "none" %}
use shared::caller::Caller;
{%- endif %}
use shared::extract::Query;
use shared::problem::Problem;

use crate::model::{Greeting, Whom};

/// Greet somebody
///
/// By the name in the query, or the whole world.
#[utoipa::path(
    get,
    path = "{{ path }}",
    operation_id = "Greet{{ type }}",
    tag = "{{ type }}",
    responses((status = OK, description = "The greeting."))
)]
{% if auth == "none" -%}
pub(crate) async fn greet(Query(whom): Query<Whom>) -> Result<Json<Greeting>, Problem> {
{%- else -%}
pub(crate) async fn greet(
    caller: {% if auth == "optional" %}Option<Caller>{% else %}Caller{% endif %},
    Query(whom): Query<Whom>,
) -> Result<Json<Greeting>, Problem> {
{%- endif %}
{%- if auth == "none" %}
    Greeting::of(whom).map(Json)
{%- elsif auth == "optional" %}
    let caller = caller.map(|caller| caller.user_id().into());
    Greeting::of(whom, caller).map(Json)
{%- else %}
    Greeting::of(whom, caller.user_id().into()).map(Json)
{%- endif %}
}
