//! From a filter to the rows of an index.
//!
//! Each part of a filter stands for a table whose rows, in the order of an index, name the articles
//! that fit it: the newest of a tag, of an author, of whoever favours them. One part is read along its
//! index, and its count is kept. Of several, the one that the fewest articles fit is read along its
//! index and the others are looked up for each of its rows, so that a combination costs what its
//! smallest part matches.

use conduit::TagName;
use shared::db::{Db, DbError, Value};
use shared::identity::Username;

use crate::model::Filter;

/// Which rows of which index hold the articles of a list.
pub(super) struct Selection {
    /// The part that drives comes first.
    parts: Vec<Part>,
}

struct Part {
    kind: Kind,
    /// What the tag or the user is found by.
    key: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Tag,
    Author,
    Fan,
}

/// The rows that pair a tag or a user with articles.
struct Pairs {
    table: &'static str,
    key: &'static str,
    article: &'static str,
}

impl Kind {
    fn pairs(self) -> Pairs {
        let (table, key, article) = match self {
            Self::Tag => ("article_tags", "tag_id", "article_id"),
            Self::Author => ("articles", "author_id", "id"),
            Self::Fan => ("favorites", "user_id", "article_id"),
        };
        Pairs {
            table,
            key,
            article,
        }
    }

    /// The id of the tag or user whose key is this parameter.
    fn id(self, parameter: usize) -> String {
        match self {
            Self::Tag => format!("(SELECT id FROM tags WHERE name = ${parameter})"),
            Self::Author | Self::Fan => {
                format!("(SELECT id FROM users WHERE username_key = ${parameter})")
            }
        }
    }

    /// The table, with its condition, that keeps the count of the tag or user whose key is this
    /// parameter, after the column of the count.
    fn count(self, parameter: usize) -> String {
        match self {
            Self::Tag => format!("articles_count FROM tags WHERE name = ${parameter}"),
            Self::Author => format!("articles_count FROM users WHERE username_key = ${parameter}"),
            Self::Fan => format!("favorites_count FROM users WHERE username_key = ${parameter}"),
        }
    }
}

impl Selection {
    /// The selection for a filter; `None` when a tag or user of a combination does not exist.
    pub(super) async fn of(db: &Db, filter: &Filter) -> Result<Option<Self>, DbError> {
        let key = async |name: Option<&Username>| match name {
            Some(name) => name.stored_key(db).await.map(Some),
            None => Ok(None),
        };
        let keys = [
            (
                Kind::Tag,
                filter.tag.as_ref().map(TagName::as_str).map(str::to_owned),
            ),
            (Kind::Author, key(filter.author.as_ref()).await?),
            (Kind::Fan, key(filter.favorited.as_ref()).await?),
        ];
        let parts: Vec<Part> = keys
            .into_iter()
            .filter_map(|(kind, key)| key.map(|key| Part { kind, key }))
            .collect();
        let selection = Self { parts };
        if selection.len() < 2 {
            return Ok(Some(selection));
        }
        selection.smallest_first(db).await
    }

    async fn smallest_first(self, db: &Db) -> Result<Option<Self>, DbError> {
        let counts = self.parts.iter().enumerate().map(|(index, part)| {
            let count = part.kind.count(index + 1);
            format!("SELECT {index} AS part, {count}")
        });
        let sql = counts.collect::<Vec<_>>().join(" UNION ALL ");
        let mut found: Vec<(usize, i64)> = db.query(&sql, self.keys()).await?;
        if found.len() < self.len() {
            return Ok(None);
        }
        found.sort_by_key(|(_, count)| *count);
        let mut parts: Vec<Option<Part>> = self.parts.into_iter().map(Some).collect();
        let parts = found
            .into_iter()
            .filter_map(|(index, _)| parts.get_mut(index).and_then(Option::take))
            .collect();
        Ok(Some(Self { parts }))
    }

    /// How many parameters the selection takes.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Its parameters.
    pub(super) fn keys(&self) -> Vec<Value> {
        let keys = self.parts.iter();
        keys.map(|part| part.key.as_str().into()).collect()
    }

    /// The column with the article's id, which the index is sorted by.
    pub(super) fn article(&self) -> String {
        let column = self.parts.first().map(|part| part.kind.pairs().article);
        format!("d.{}", column.unwrap_or("id"))
    }

    /// `FROM … WHERE …` for the rows, whose parameters begin with this one.
    pub(super) fn rows(&self, first: usize) -> String {
        let Some((driver, others)) = self.parts.split_first() else {
            return "FROM articles AS d WHERE 1 = 1".to_owned();
        };
        let Pairs { table, key, .. } = driver.kind.pairs();
        let mut rows = format!(
            "FROM {table} AS d WHERE d.{key} = {}",
            driver.kind.id(first)
        );
        let article = self.article();
        for (part, parameter) in others.iter().zip(first + 1..) {
            let other = part.kind.pairs();
            rows.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM {} AS e WHERE e.{} = {} AND e.{} = {article})",
                other.table,
                other.key,
                part.kind.id(parameter),
                other.article,
            ));
        }
        rows
    }

    /// The query for how many articles there are, whose parameters begin with this one.
    pub(super) fn count(&self, first: usize) -> String {
        match &*self.parts {
            [] => "SELECT amount FROM totals WHERE name = 'articles'".to_owned(),
            [part] => format!("SELECT {}", part.kind.count(first)),
            _ => format!("SELECT COUNT(*) {}", self.rows(first)),
        }
    }
}
