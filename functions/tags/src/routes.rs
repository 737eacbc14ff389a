//! The handler.

use shared::cache::{Cache, Cached, JsonText, Key, Policy};
use shared::db::Db;
use shared::problem::Problem;

use crate::model::TagsResponse;
use crate::store;

/// Every lookup sees every article that was written, as `articles` says so to the cache.
const POLICY: Policy = Policy::seconds(60)
    .stale_while_revalidate_seconds(60)
    .clients_seconds(2, 8);

/// List the tags in use
///
/// The most used first, then by name; at most 1,000.
#[utoipa::path(
    get,
    path = "/api/tags",
    operation_id = "GetTags",
    tag = "Tags",
    responses((status = OK, description = "The tags."))
)]
pub(crate) async fn list(cache: Cache, db: Db) -> Result<Cached<JsonText<TagsResponse>>, Problem> {
    let key = Key::public("tags", "most used").tagged("tags");
    let load = async move || {
        let tags = store::most_used(&db).await?;
        JsonText::of(&TagsResponse { tags }).map_err(Problem::internal)
    };
    cache.get_or_load(key, &POLICY, load).await
}
