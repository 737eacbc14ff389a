//! Requests and responses, in the shapes of the RealWorld contract.

use conduit::articles::NewArticle;
use conduit::{ArticleId, Body, Description, Profile, Slug, TagList, TagName, Title};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::conditional::Version;
use shared::db::FromRow;
use shared::extract::not_null;
use shared::identity::{UserId, Username};
use shared::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::{Validate, ValidationError};

/// An article to publish.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = NewArticleRequest)]
pub(crate) struct Creation {
    pub(crate) article: Draft,
}

/// A new article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewArticle)]
pub(crate) struct Draft {
    title: Title,
    description: Description,
    body: Body,
    /// Absent and `null` are no tags.
    tag_list: Option<TagList>,
}

impl Draft {
    /// The article of this author.
    pub(crate) fn into_article(self, author_id: UserId, now: Timestamp) -> NewArticle {
        NewArticle {
            id: ArticleId::new(now),
            author_id,
            title: self.title,
            description: self.description,
            body: self.body,
            tags: self.tag_list.unwrap_or_default(),
            created_at: now,
        }
    }
}

/// A change of an article.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(
    as = UpdateArticleRequest,
    examples(json!({ "article": { "title": "How to train your dragon" } }))
)]
pub(crate) struct Update {
    #[validate(nested)]
    pub(crate) article: Changes,
}

/// A member that is absent stays as it is. None can be `null`: an article cannot be without any of them,
/// and an empty list removes the tags.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = UpdateArticle, min_properties = 1)]
#[validate(schema(function = changes_something))]
pub(crate) struct Changes {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub(crate) title: Option<Title>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub(crate) description: Option<Description>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub(crate) body: Option<Body>,
    #[serde(default, deserialize_with = "not_null", rename = "tagList")]
    #[schema(nullable = false)]
    pub(crate) tags: Option<TagList>,
}

fn changes_something(changes: &Changes) -> Result<(), ValidationError> {
    let Changes {
        title,
        description,
        body,
        tags,
    } = changes;
    if title.is_some() || description.is_some() || body.is_some() || tags.is_some() {
        return Ok(());
    }
    let message = "must hold at least one of title, description, body and tagList";
    Err(ValidationError::new("empty").with_message(message.into()))
}

/// The slug of a path. One that no article can have is not found either.
pub(crate) fn slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).ok_or_else(not_found)
}

/// The answer where no article has the slug.
pub(crate) fn not_found() -> Problem {
    Problem::not_found("There is no article with this slug.").about("article")
}

/// The query of `GET /api/articles`, beside the page.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct Filters {
    /// Articles that have this tag.
    #[param(nullable = false)]
    tag: Option<String>,
    /// Articles by the user of this name.
    #[param(nullable = false)]
    author: Option<String>,
    /// Articles that the user of this name favours.
    #[param(nullable = false)]
    favorited: Option<String>,
}

/// Which articles to list: those that fit every part.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) tag: Option<TagName>,
    pub(crate) author: Option<Username>,
    pub(crate) favorited: Option<Username>,
}

impl Filters {
    /// `None` when one is no tag or username at all, so that no article can fit.
    pub(crate) fn read(&self) -> Option<Filter> {
        fn each<T>(text: Option<&String>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
            match text {
                Some(text) => parse(text).map(Some),
                None => Some(None),
            }
        }
        let username = |text: &str| Username::sought(text);
        Some(Filter {
            tag: each(self.tag.as_ref(), |text| TagName::parse(text).ok())?,
            author: each(self.author.as_ref(), username)?,
            favorited: each(self.favorited.as_ref(), username)?,
        })
    }
}

impl Filter {
    /// The parameters of the query that ask for this.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, &str)> {
        let parts = [
            ("tag", self.tag.as_ref().map(TagName::as_str)),
            ("author", self.author.as_ref().map(Username::as_str)),
            ("favorited", self.favorited.as_ref().map(Username::as_str)),
        ];
        parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// An article, as the caller sees it.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Article {
    #[serde(skip)]
    pub(crate) id: ArticleId,
    /// How often its author has written it.
    #[serde(skip)]
    pub(crate) version: i64,
    /// The article's name in URLs.
    #[schema(min_length = 1, examples("how-to-train-your-dragon"))]
    pub(crate) slug: String,
    #[schema(value_type = Title)]
    pub(crate) title: String,
    #[schema(value_type = Description)]
    pub(crate) description: String,
    /// Lists leave it out.
    #[row(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Body>, nullable = false)]
    pub(crate) body: Option<String>,
    #[row(skip)]
    #[schema(value_type = TagList)]
    pub(crate) tag_list: Vec<String>,
    #[serde(serialize_with = "conduit::timestamp::serialize")]
    #[schema(value_type = conduit::timestamp::Milliseconds)]
    pub(crate) created_at: Timestamp,
    #[serde(serialize_with = "conduit::timestamp::serialize")]
    #[schema(value_type = conduit::timestamp::Milliseconds)]
    pub(crate) updated_at: Timestamp,
    /// Whether the caller favours it; never, where the caller is not known.
    pub(crate) favorited: bool,
    /// How many favour it.
    #[schema(minimum = 0)]
    pub(crate) favorites_count: i64,
    #[row(flatten)]
    pub(crate) author: Profile,
}

impl Article {
    /// An article that its author has just written.
    pub(crate) fn new(article: NewArticle, slug: Slug, author: Profile) -> Self {
        Self {
            id: article.id,
            version: 1,
            slug: slug.into_string(),
            title: article.title.into_string(),
            description: article.description.into_string(),
            body: Some(article.body.into_string()),
            tag_list: article.tags.to_strings(),
            created_at: article.created_at,
            updated_at: article.created_at,
            favorited: false,
            favorites_count: 0,
            author,
        }
    }

    /// What a writer has to have seen of it: who favours it, and what its author is called, is nobody's
    /// to change here.
    pub(crate) fn state(&self) -> Version {
        let id: Uuid = self.id.into();
        Version::of([id.as_bytes(), &self.version.to_be_bytes()])
    }
}

/// An article.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArticleResponse {
    pub(crate) article: Article,
}

/// A page of articles.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArticlesResponse {
    pub(crate) articles: Vec<Article>,
    /// How many there are on all pages.
    #[schema(minimum = 0)]
    pub(crate) articles_count: i64,
}

#[cfg(test)]
mod tests {
    use conduit::MAX_TAGS;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use shared::extract::LenientJson;

    use super::*;

    /// What the extractor makes of an article, or the pointers of its violations.
    fn read<T: DeserializeOwned + Validate>(article: Value) -> Result<T, Vec<String>> {
        let read = LenientJson::from_value(&json!({ "article": article }));
        read.map(|LenientJson(body)| body).map_err(|problem| {
            let violations = problem.violations().iter();
            violations
                .map(|violation| violation.pointer.clone())
                .collect()
        })
    }

    #[test]
    fn every_broken_rule_is_found() {
        let tags = ["ok", " ", "a\0", &"x".repeat(65)];
        let article = json!({ "title": " ", "description": "a\u{7}", "body": "", "tagList": tags });
        assert_eq!(
            read::<Creation>(article).expect_err("breaks six"),
            [
                "/article/body",
                "/article/description",
                "/article/tagList/1",
                "/article/tagList/2",
                "/article/tagList/3",
                "/article/title",
            ]
        );
    }

    #[test]
    fn tags_are_trimmed_merged_and_sorted() {
        let mut fields = json!({ "title": "t", "description": "d", "body": "b" });
        for (list, expected) in [
            (Value::Null, vec![]),
            (json!([]), vec![]),
            (json!(["b", " a ", "b", "a"]), vec!["a", "b"]),
        ] {
            fields["tagList"] = list;
            let creation: Creation = read(fields.clone()).expect("keeps every rule");
            let now = Timestamp::UNIX_EPOCH;
            let article = creation.article.into_article(UserId::new(now), now);
            assert_eq!(article.tags.to_strings(), expected);
        }
        fields["tagList"] = json!(vec![" "; MAX_TAGS + 1]);
        assert_eq!(
            read::<Creation>(fields).expect_err("has too many"),
            ["/article/tagList"]
        );
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        for article in [json!({}), json!({ "slug": "s" })] {
            assert_eq!(read::<Update>(article).expect_err("is none"), ["/article"]);
        }
        let Update { article } = read(json!({ "body": "new" })).expect("changes something");
        assert!(article.title.is_none() && article.body.is_some() && article.tags.is_none());
        let Update { article } = read(json!({ "tagList": [] })).expect("changes something");
        assert_eq!(article.tags, Some(TagList::default()));
    }

    #[test]
    fn nothing_of_an_article_is_null() {
        let null = json!({ "title": null, "description": null, "body": null, "tagList": null });
        assert_eq!(read::<Update>(null).expect_err("all are").len(), 4);
    }

    #[test]
    fn a_filter_that_nothing_can_fit_is_told_from_none() {
        let filters = |tag: &str, author: &str| Filters {
            tag: Some(tag.to_owned()),
            author: Some(author.to_owned()),
            favorited: None,
        };
        assert!(filters("", "jacob").read().is_none());
        assert!(filters("dragons", "a\0").read().is_none());
        let filter = filters(" dragons ", "Jacob").read().expect("can be fitted");
        assert_eq!(
            filter.parameters(),
            [("tag", "dragons"), ("author", "Jacob")]
        );
        assert!(
            Filters::default()
                .read()
                .is_some_and(|none| none.parameters().is_empty())
        );
    }
}
