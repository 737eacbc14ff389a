//! Requests and responses, in the shapes of the RealWorld contract.

mod tag_texts;

use conduit::articles::NewArticle;
use conduit::{ArticleId, Body, Description, Profile, Slug, TagList, TagName, Title};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::conditional::Version;
use shared::extract::not_null;
use shared::identity::{UserId, Username, rule};
use shared::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::{Validate, ValidationError};

use self::tag_texts::TagTexts;

const VALID: &str = "the extractor applied this rule";

/// An article to publish.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = NewArticleRequest)]
pub(crate) struct Creation {
    #[validate(nested)]
    pub(crate) article: Draft,
}

/// A new article.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewArticle)]
pub(crate) struct Draft {
    #[validate(custom(function = is_title))]
    #[schema(value_type = Title)]
    title: String,
    #[validate(custom(function = is_description))]
    #[schema(value_type = Description)]
    description: String,
    #[validate(custom(function = is_body))]
    #[schema(value_type = Body)]
    body: String,
    /// Absent and `null` are no tags.
    #[validate(nested)]
    #[schema(value_type = Option<TagList>)]
    tag_list: Option<TagTexts>,
}

impl Draft {
    /// The domain's types, once the extractor has validated the request.
    pub(crate) fn into_article(self, author_id: UserId, now: Timestamp) -> NewArticle {
        NewArticle {
            id: ArticleId::new(now),
            author_id,
            title: Title::parse(self.title).expect(VALID),
            description: Description::parse(self.description).expect(VALID),
            body: Body::parse(self.body).expect(VALID),
            tags: self.tag_list.map(TagTexts::into_list).unwrap_or_default(),
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
    pub(crate) article: ArticleUpdate,
}

/// A member that is absent stays as it is. None can be `null`: an article cannot be without any of them,
/// and an empty list removes the tags.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(as = UpdateArticle, min_properties = 1)]
#[validate(schema(function = changes_something))]
pub(crate) struct ArticleUpdate {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_title))]
    #[schema(value_type = Option<Title>, nullable = false)]
    title: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_description))]
    #[schema(value_type = Option<Description>, nullable = false)]
    description: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_body))]
    #[schema(value_type = Option<Body>, nullable = false)]
    body: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(nested)]
    #[schema(value_type = Option<TagList>, nullable = false)]
    tag_list: Option<TagTexts>,
}

/// What an update asks for, in the domain's types.
pub(crate) struct Changes {
    pub(crate) title: Option<Title>,
    pub(crate) description: Option<Description>,
    pub(crate) body: Option<Body>,
    pub(crate) tags: Option<TagList>,
}

impl ArticleUpdate {
    /// The domain's types, once the extractor has validated the request.
    pub(crate) fn into_changes(self) -> Changes {
        Changes {
            title: self.title.map(|text| Title::parse(text).expect(VALID)),
            description: self
                .description
                .map(|text| Description::parse(text).expect(VALID)),
            body: self.body.map(|text| Body::parse(text).expect(VALID)),
            tags: self.tag_list.map(TagTexts::into_list),
        }
    }
}

fn changes_something(update: &ArticleUpdate) -> Result<(), ValidationError> {
    let ArticleUpdate {
        title,
        description,
        body,
        tag_list,
    } = update;
    let has_text = [title, description, body]
        .iter()
        .any(|field| field.is_some());
    if has_text || tag_list.is_some() {
        return Ok(());
    }
    let message = "must hold at least one of title, description, body and tagList";
    Err(ValidationError::new("empty").with_message(message.into()))
}

fn is_title(text: &str) -> Result<(), ValidationError> {
    rule::parses(Title::check(text))
}

fn is_description(text: &str) -> Result<(), ValidationError> {
    rule::parses(Description::check(text))
}

fn is_body(text: &str) -> Result<(), ValidationError> {
    rule::parses(Body::check(text))
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
#[derive(Clone, Debug, Serialize, ToSchema)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Body>, nullable = false)]
    pub(crate) body: Option<String>,
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
    use serde_json::{Value, json};
    use validator::ValidationErrors;

    use super::*;

    fn draft(article: Value) -> Creation {
        serde_json::from_value(json!({ "article": article })).expect("has the shape")
    }

    fn broken(result: Result<(), ValidationErrors>) -> String {
        result.expect_err("breaks a rule").to_string()
    }

    #[test]
    fn every_broken_rule_is_found() {
        let tags = ["ok", " ", "a\0", &"x".repeat(65)];
        let text = broken(
            draft(json!({ "title": " ", "description": "a\u{7}", "body": "", "tagList": tags }))
                .validate(),
        );
        for field in [
            "title",
            "description",
            "body",
            "tag_list.1",
            "tag_list.2",
            "tag_list.3",
        ] {
            assert!(
                text.contains(&format!("article.{field}")),
                "{field} in {text}"
            );
        }
        assert!(!text.contains("tag_list.0"), "{text}");
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
            let creation = draft(fields.clone());
            creation.validate().expect("keeps every rule");
            let now = Timestamp::UNIX_EPOCH;
            let article = creation.article.into_article(UserId::new(now), now);
            assert_eq!(article.tags.to_strings(), expected);
        }
        fields["tagList"] = json!(vec!["a"; MAX_TAGS + 1]);
        assert!(broken(draft(fields).validate()).contains("at most 32"));
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        let update = |article: Value| -> Update {
            serde_json::from_value(json!({ "article": article })).expect("has the shape")
        };
        for article in [json!({}), json!({ "slug": "s" })] {
            assert!(update(article).validate().is_err());
        }
        let body = update(json!({ "body": "new" }));
        body.validate().expect("changes something");
        let changes = body.article.into_changes();
        assert!(changes.title.is_none() && changes.body.is_some() && changes.tags.is_none());
        let tags = update(json!({ "tagList": [] }));
        tags.validate().expect("changes something");
        assert_eq!(tags.article.into_changes().tags, Some(TagList::default()));
    }

    #[test]
    fn nothing_of_an_article_is_null() {
        for member in ["title", "description", "body", "tagList"] {
            let body = json!({ "article": { member: null } });
            assert!(serde_json::from_value::<Update>(body).is_err(), "{member}");
        }
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
