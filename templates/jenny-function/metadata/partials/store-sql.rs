{%- assign table = project-name | snake_case | append: "_entries" -%}
//! The table `{{ table }}`.

use jiff::Timestamp;
use shared::db::{Db, DbError, params};
use shared::id::new_uuid;
{%- if auth != "none" %}
use shared::identity::UserId;
{%- endif %}
use shared::page::Page;
use uuid::Uuid;

use crate::model::{Entry, EntryText};

/// A page of {% if auth == "required" %}a user's{% else %}the{% endif %} entries, the newest first, and where the next one begins if there is one.
{% if auth == "none" -%}
pub(crate) async fn list(db: &Db, page: Page) -> Result<(Vec<Entry>, Option<Uuid>), DbError> {
{%- else -%}
pub(crate) async fn list(
    db: &Db,
    {% if auth == "optional" %}viewer: Option<UserId>{% else %}owner: UserId{% endif %},
    page: Page,
) -> Result<(Vec<Entry>, Option<Uuid>), DbError> {
{%- endif %}
{%- if auth == "optional" %}
    let sql = "SELECT id, text, created_at, CASE WHEN owner_id = $1 THEN 1 ELSE 0 END AS mine
         FROM {{ table }} WHERE id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4";
    let params = params![viewer, page.before(), page.fetch(), page.offset()];
{%- elsif auth == "required" %}
    let sql = "SELECT id, text, created_at FROM {{ table }}
         WHERE owner_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4";
    let params = params![owner, page.before(), page.fetch(), page.offset()];
{%- else %}
    let sql = "SELECT id, text, created_at FROM {{ table }}
         WHERE id < $1 ORDER BY id DESC LIMIT $2 OFFSET $3";
    let params = params![page.before(), page.fetch(), page.offset()];
{%- endif %}
    let mut entries: Vec<Entry> = db.query(sql, params).await?;
    let next = page.cut(&mut entries, |entry| entry.id);
    Ok((entries, next))
}

{% if auth == "none" -%}
pub(crate) async fn insert(db: &Db, text: EntryText, now: Timestamp) -> Result<Entry, DbError> {
{%- else -%}
pub(crate) async fn insert(
    db: &Db,
    owner: UserId,
    text: EntryText,
    now: Timestamp,
) -> Result<Entry, DbError> {
{%- endif %}
    let entry = Entry {
        id: new_uuid(now),
        text: text.into_string(),
        created_at: now,
{%- if auth == "optional" %}
        mine: true,
{%- endif %}
    };
{%- if auth == "none" %}
    let sql = "INSERT INTO {{ table }} (id, text, created_at)
         VALUES ($1, $2, $3)";
    let params = params![entry.id, &entry.text, entry.created_at];
{%- else %}
    let sql = "INSERT INTO {{ table }} (id, owner_id, text, created_at)
         VALUES ($1, $2, $3, $4)";
    let params = params![entry.id, owner, &entry.text, entry.created_at];
{%- endif %}
    db.execute(sql, params).await?;
    Ok(entry)
}

{% if auth == "none" -%}
pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<Entry>, DbError> {
{%- elsif auth == "required" -%}
pub(crate) async fn find(db: &Db, owner: UserId, id: Uuid) -> Result<Option<Entry>, DbError> {
{%- else -%}
pub(crate) async fn find(
    db: &Db,
    viewer: Option<UserId>,
    id: Uuid,
) -> Result<Option<Entry>, DbError> {
{%- endif %}
{%- if auth == "optional" %}
    let sql = "SELECT id, text, created_at, CASE WHEN owner_id = $1 THEN 1 ELSE 0 END AS mine
         FROM {{ table }} WHERE id = $2";
    db.query_optional(sql, params![viewer, id]).await
{%- elsif auth == "required" %}
    let sql = "SELECT id, text, created_at FROM {{ table }}
         WHERE owner_id = $1 AND id = $2";
    db.query_optional(sql, params![owner, id]).await
{%- else %}
    let sql = "SELECT id, text, created_at FROM {{ table }} WHERE id = $1";
    db.query_optional(sql, params![id]).await
{%- endif %}
}

/// Deletes an entry{% if auth != "none" %} of the owner's{% endif %}, and says whether there was one. Of two that race, one finds none.
{% if auth == "none" -%}
pub(crate) async fn delete(db: &Db, id: Uuid) -> Result<bool, DbError> {
    let sql = "DELETE FROM {{ table }} WHERE id = $1";
    Ok(db.execute(sql, params![id]).await? > 0)
{%- else -%}
pub(crate) async fn delete(db: &Db, owner: UserId, id: Uuid) -> Result<bool, DbError> {
    let sql = "DELETE FROM {{ table }} WHERE owner_id = $1 AND id = $2";
    Ok(db.execute(sql, params![owner, id]).await? > 0)
{%- endif %}
}
