{%- assign table = project-name | snake_case | append: "_entries" -%}
//! The table `{{ table }}`.

use jiff::Timestamp;
use shared::db::{Db, DbError, params};
{%- if auth != "none" %}
use shared::identity::UserId;
{%- endif %}
use shared::page::Page;
use uuid::{NoContext, Uuid};

use crate::model::{Entry, EntryText};

shared::from_row!(Entry {
    id,
    text,
    created_at{% if auth == "optional" %},
    mine{% endif %}
});

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
    let mut entries: Vec<Entry> = db
        .query(
            "SELECT id, text, created_at, CASE WHEN owner_id = $1 THEN 1 ELSE 0 END AS mine
             FROM {{ table }} WHERE id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4",
            params![viewer, page.before(), page.fetch(), page.offset()],
        )
        .await?;
{%- elsif auth == "required" %}
    let mut entries: Vec<Entry> = db
        .query(
            "SELECT id, text, created_at FROM {{ table }}
             WHERE owner_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4",
            params![owner, page.before(), page.fetch(), page.offset()],
        )
        .await?;
{%- else %}
    let mut entries: Vec<Entry> = db
        .query(
            "SELECT id, text, created_at FROM {{ table }}
             WHERE id < $1 ORDER BY id DESC LIMIT $2 OFFSET $3",
            params![page.before(), page.fetch(), page.offset()],
        )
        .await?;
{%- endif %}
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
        id: new_id(now),
        text: text.into_string(),
        created_at: now,
{%- if auth == "optional" %}
        mine: true,
{%- endif %}
    };
    db.execute(
{%- if auth == "none" %}
        "INSERT INTO {{ table }} (id, text, created_at)
         VALUES ($1, $2, $3)",
        params![entry.id, &entry.text, entry.created_at],
{%- else %}
        "INSERT INTO {{ table }} (id, owner_id, text, created_at)
         VALUES ($1, $2, $3, $4)",
        params![entry.id, owner, &entry.text, entry.created_at],
{%- endif %}
    )
    .await?;
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
    db.query_optional(
{%- if auth == "optional" %}
        "SELECT id, text, created_at, CASE WHEN owner_id = $1 THEN 1 ELSE 0 END AS mine
         FROM {{ table }} WHERE id = $2",
        params![viewer, id],
{%- elsif auth == "required" %}
        "SELECT id, text, created_at FROM {{ table }}
         WHERE owner_id = $1 AND id = $2",
        params![owner, id],
{%- else %}
        "SELECT id, text, created_at FROM {{ table }}
         WHERE id = $1",
        params![id],
{%- endif %}
    )
    .await
}

/// Deletes an entry{% if auth != "none" %} of the owner's{% endif %}, and says whether there was one. Of two that race, one finds none.
{% if auth == "none" -%}
pub(crate) async fn delete(db: &Db, id: Uuid) -> Result<bool, DbError> {
    let deleted = db
        .execute(
            "DELETE FROM {{ table }}
             WHERE id = $1",
            params![id],
        )
        .await?;
{%- else -%}
pub(crate) async fn delete(db: &Db, owner: UserId, id: Uuid) -> Result<bool, DbError> {
    let deleted = db
        .execute(
            "DELETE FROM {{ table }}
             WHERE owner_id = $1 AND id = $2",
            params![owner, id],
        )
        .await?;
{%- endif %}
    Ok(deleted > 0)
}

/// A UUID of version 7 (RFC 9562, section 5.7): ids sort by age, so that the order of the index is the
/// order of the list.
fn new_id(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}
