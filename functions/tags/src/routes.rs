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

pub(crate) async fn list(cache: Cache, db: Db) -> Result<Cached<JsonText>, Problem> {
    let key = Key::public("tags", "most used").tagged("tags");
    let load = async move || {
        let tags = store::most_used(&db).await?;
        JsonText::of(&TagsResponse { tags }).map_err(Problem::internal)
    };
    cache.get_or_load(key, &POLICY, load).await
}
