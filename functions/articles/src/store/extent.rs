//! How much text a page has.

use conduit::Profile;
use uuid::Uuid;

use crate::model::Article;

/// The most text of a page, in characters: of the articles and their tags, and of what their authors
/// say of themselves; 1 MiB at most, as much as a request may send. Twenty articles, which is a page
/// unless the client asks for more, always stay below it, so that offsets which clients count
/// themselves leave out none.
pub(super) const MAX_TEXT: usize = 256 * 1024;

/// Shortens a page to [`MAX_TEXT`], and returns where the next one begins if that took any off.
pub(super) fn cut(articles: &mut Vec<Article>) -> Option<Uuid> {
    let mut text = 0;
    let within = articles.iter().take_while(|article| {
        text += text_of(article);
        text <= MAX_TEXT
    });
    let fitting = within.count().max(1);
    let is_cut = fitting < articles.len();
    articles.truncate(fitting);
    articles
        .last()
        .filter(|_| is_cut)
        .map(|last| last.id.into())
}

fn text_of(article: &Article) -> usize {
    let Profile { bio, image, .. } = &article.author;
    [&article.title, &article.description]
        .into_iter()
        .chain([bio, image].into_iter().flatten())
        .chain(&article.tag_list)
        .map(|text| text.chars().count())
        .sum()
}
