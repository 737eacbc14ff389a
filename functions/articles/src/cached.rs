//! What callers who do not say who they are share, and which writes make it invalid.

use conduit::Slug;
use serde::{Deserialize, Serialize};
use shared::cache::{Cache, JsonText, Key, Policy};
use shared::page::Page;
use uuid::Uuid;

use crate::model::{ArticlesResponse, Filter};

/// Every lookup sees every write that was answered; the seconds bound what is kept where one got
/// lost. What clients keep is out of reach, so they are given few.
pub(crate) const POLICY: Policy = Policy::seconds(30)
    .stale_while_revalidate_seconds(30)
    .negative_seconds(5)
    .clients_seconds(2, 8);

/// All that shows articles, and with them their authors: `user` makes it invalid as well. One tag
/// for every article, since each tag costs a lookup a read of the store and a write a slow write;
/// what is read often is soon loaded again.
const ARTICLES: &str = "articles";

/// The list of `tags`.
const TAGS: &str = "tags";

/// A page of a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) body: JsonText<ArticlesResponse>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Uuid>,
}

pub(crate) fn list(filter: &Filter, page: Page) -> Key {
    // How they are printed for debugging tells all pages and filters apart.
    let name = format_args!("{page:?} {:?}", filter.parameters());
    Key::public("articles", name).tagged(ARTICLES)
}

pub(crate) fn article(slug: &Slug) -> Key {
    Key::public("article", slug.as_str()).tagged(ARTICLES)
}

/// To be called once an article came or went, or tags of one, and tags of the list perhaps with it.
pub(crate) async fn came_or_went(cache: &Cache) {
    cache.invalidate_tags(&[ARTICLES, TAGS]).await;
}

/// To be called once an article is another.
pub(crate) async fn changed(cache: &Cache) {
    cache.invalidate_tags(&[ARTICLES]).await;
}
