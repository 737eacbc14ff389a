//! What callers who do not say who they are share, and which writes make it invalid.

use conduit::Slug;
use serde::{Deserialize, Serialize};
use shared::cache::{Cache, JsonText, Key, Policy};
use shared::page::Page;
use uuid::Uuid;

use crate::model::Filter;

/// Every lookup sees every write that was answered; the seconds bound what is kept where one got
/// lost. What clients keep is out of reach, so they are given few.
pub(crate) const POLICY: Policy = Policy::seconds(30)
    .stale_while_revalidate_seconds(30)
    .negative_seconds(5)
    .clients_seconds(2, 8);

/// All lists.
const ARTICLES: &str = "articles";

/// Whatever shows users: `account` makes it invalid.
const AUTHORS: &str = "authors";

/// The list of `tags`.
const TAGS: &str = "tags";

/// A page of a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) body: JsonText,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Uuid>,
}

pub(crate) fn list(filter: &Filter, page: Page) -> Key {
    // How they are printed for debugging tells all pages and filters apart.
    let name = format_args!("{page:?} {:?}", filter.parameters());
    Key::public("articles", name).tagged(ARTICLES)
}

pub(crate) fn article(slug: &Slug) -> Key {
    Key::public("article", slug.as_str())
        .tagged(one(slug.as_str()))
        .tagged(AUTHORS)
}

/// To be called once an article came or went.
pub(crate) async fn articles_changed(cache: &Cache, slug: &str) {
    let tags = [ARTICLES, &one(slug), TAGS];
    cache.invalidate_tags(&tags).await;
}

/// To be called once an article is another.
pub(crate) async fn article_changed(cache: &Cache, slug: &Slug) {
    let tags = [ARTICLES, &one(slug.as_str())];
    cache.invalidate_tags(&tags).await;
}

/// To be called once an article has moved to a slug, where there was none before.
pub(crate) async fn article_moved(cache: &Cache, slug: &str) {
    cache.invalidate_tags(&[&one(slug)]).await;
}

fn one(slug: &str) -> String {
    format!("article/{slug}")
}
