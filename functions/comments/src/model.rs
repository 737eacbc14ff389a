//! Requests and responses, in the shapes of the RealWorld contract.

use conduit::{CommentBody, Profile, Slug};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::identity::rule;
use shared::problem::Problem;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// What somebody remarks.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = NewCommentRequest)]
pub(crate) struct Creation {
    #[validate(nested)]
    pub(crate) comment: CommentText,
}

/// A new comment.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = NewComment)]
pub(crate) struct CommentText {
    #[validate(custom(function = is_comment_body))]
    #[schema(value_type = CommentBody)]
    body: String,
}

impl CommentText {
    /// The domain's type, once the extractor has validated the request.
    pub(crate) fn into_domain(self) -> CommentBody {
        CommentBody::parse(self.body).expect("the extractor applied this rule")
    }
}

fn is_comment_body(text: &str) -> Result<(), ValidationError> {
    rule::parses(CommentBody::check(text))
}

/// The slug of a path. One that no article can have is not found either.
pub(crate) fn slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).ok_or_else(no_article)
}

/// The answer where no article has the slug.
pub(crate) fn no_article() -> Problem {
    Problem::not_found("There is no article with this slug.").about("article")
}

/// The number of a comment in a path.
pub(crate) fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| no_comment())
}

/// The answer where the article has no such comment.
pub(crate) fn no_comment() -> Problem {
    Problem::not_found("This article has no comment with this id.").about("comment")
}

/// A comment, as the caller sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comment {
    /// The comment's number.
    #[schema(minimum = 1)]
    pub(crate) id: i64,
    #[serde(serialize_with = "conduit::timestamp::serialize")]
    #[schema(value_type = conduit::timestamp::Milliseconds)]
    pub(crate) created_at: Timestamp,
    #[serde(serialize_with = "conduit::timestamp::serialize")]
    #[schema(value_type = conduit::timestamp::Milliseconds)]
    pub(crate) updated_at: Timestamp,
    #[schema(value_type = CommentBody)]
    pub(crate) body: String,
    pub(crate) author: Profile,
}

/// A comment.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommentResponse {
    pub(crate) comment: Comment,
}

/// The comments on an article, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommentsResponse {
    pub(crate) comments: Vec<Comment>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_body_is_required_and_keeps_its_rules() {
        let checked = |comment: Value| {
            let creation: Creation = serde_json::from_value(json!({ "comment": comment }))?;
            Ok::<_, serde_json::Error>(creation.validate().is_ok())
        };
        for text in ["x", " x\n", "<b>", "\u{202E}x", "🐉"] {
            assert!(
                checked(json!({ "body": text })).expect("has the shape"),
                "{text:?}"
            );
        }
        for text in ["", " \n", "a\0"] {
            assert!(
                !checked(json!({ "body": text })).expect("has the shape"),
                "{text:?}"
            );
        }
        assert!(checked(json!({})).is_err());
        assert!(checked(json!({ "body": null })).is_err());
    }

    #[test]
    fn a_comment_has_the_contracts_shape() {
        let time = "2016-02-18T03:22:56.637Z".parse().expect("a time");
        let author = Profile {
            username: "jake".into(),
            bio: None,
            image: Some("https://example.com/jake.png".into()),
            following: false,
        };
        let comment = Comment {
            id: 1,
            created_at: time,
            updated_at: time,
            body: "It takes a Jacobian".into(),
            author,
        };
        assert_eq!(
            serde_json::to_value(CommentResponse { comment }).expect("serialises"),
            json!({ "comment": {
                "id": 1,
                "createdAt": "2016-02-18T03:22:56.637Z",
                "updatedAt": "2016-02-18T03:22:56.637Z",
                "body": "It takes a Jacobian",
                "author": {
                    "username": "jake",
                    "bio": null,
                    "image": "https://example.com/jake.png",
                    "following": false,
                },
            } })
        );
    }
}
