//! Pages of the comments of an article.
//!
//! Not [`shared::page`]: the contract knows no pages here, so that a client which asks for none gets
//! as many comments as an answer can hold, and comments are numbered rather than named by a UUID.

use axum::extract::FromRequestParts;
use conduit::Slug;
use http::HeaderValue;
use http::request::Parts;
use serde::Deserialize;
use shared::extract::Query;
use shared::openapi::{Describe, Description};
use shared::page::{self, Link};
use shared::problem::{Problem, ProblemKind, Violation};
use utoipa::IntoParams;

/// The most comments of a page, and how many it has unless the client asks for fewer: what goes for
/// the whole list almost everywhere.
pub(crate) const MAX_LIMIT: u32 = 500;

/// Which page of the comments, which begin with the newest. An extractor, which answers 422 with
/// every parameter that it cannot take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Page {
    limit: u32,
    /// The comment behind which the page begins.
    cursor: Option<i64>,
}

// The comments are what the API's documentation says.
#[derive(Deserialize, IntoParams)]
struct Parameters {
    /// How many comments the page has at most. More than 500 is taken for 500.
    #[param(value_type = Option<u32>, nullable = false, minimum = 1, default = json!(MAX_LIMIT))]
    limit: Option<String>,
    /// Where to go on, as the `Link` header of a page says.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
}

impl Page {
    /// How many comments the page has at most.
    pub(crate) fn limit(self) -> u32 {
        self.limit
    }

    /// The number that those of all comments of the page are below.
    pub(crate) fn before(self) -> i64 {
        self.cursor.unwrap_or(i64::MAX)
    }

    /// The `Link` header (RFC 8288) of this page, `next` of which begins behind the comment of that
    /// number.
    pub(crate) fn link(self, slug: &Slug, next: Option<i64>) -> Link {
        // Nothing in a slug is written in another way in a path than in a form.
        let slug: String = form_urlencoded::byte_serialize(slug.as_str().as_bytes()).collect();
        let path = format!("/api/articles/{slug}/comments?limit={}", self.limit);
        let first = self.cursor.map(|_| format!("<{path}>; rel=\"first\""));
        let next = next.map(|id| format!("<{path}&cursor={id}>; rel=\"next\""));
        let links: Vec<String> = first.into_iter().chain(next).collect();
        HeaderValue::try_from(links.join(", "))
            .ok()
            .filter(|value| !value.is_empty())
            .into()
    }
}

impl Describe for Page {
    fn describe(description: &mut Description) {
        description.query::<Parameters>();
        description.problem(ProblemKind::Validation);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(Parameters { limit, cursor }) = Query::from_request_parts(parts, state).await?;
        let limit = limit.map_or(Some(MAX_LIMIT), |text| page::limit(&text, MAX_LIMIT));
        let cursor = cursor.map(|text| read_cursor(&text)).transpose();
        let violations = [
            limit
                .is_none()
                .then(|| Violation::new("/limit", "must be a whole number from 1")),
            cursor
                .is_err()
                .then(|| Violation::new("/cursor", "must be one that a Link header gave")),
        ];
        match (limit, cursor) {
            (Some(limit), Ok(cursor)) => Ok(Self { limit, cursor }),
            _ => Err(Problem::unprocessable(violations.into_iter().flatten())
                .with_detail("The query is invalid.")),
        }
    }
}

/// Every number of so many digits fits: a rule that the documentation can say of a text.
const MAX_CURSOR_DIGITS: usize = 18;

/// Digits alone: `parse` would take a sign.
fn read_cursor(text: &str) -> Result<i64, ()> {
    if text.len() > MAX_CURSOR_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(());
    }
    text.parse().map_err(drop)
}

#[cfg(test)]
mod tests {
    use conduit::{ArticleId, Title};
    use jiff::Timestamp;

    use super::*;

    async fn page(query: &str) -> Result<Page, Problem> {
        let request = http::Request::get(format!("/comments?{query}")).body(());
        let (mut parts, ()) = request.expect("a request").into_parts();
        Page::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn a_page_is_all_that_fits_unless_said_otherwise() {
        let all = Page {
            limit: 500,
            cursor: None,
        };
        for query in [
            "",
            "unknown=1",
            "limit=500",
            "limit=501",
            "limit=99999999999999999999",
        ] {
            assert_eq!(page(query).await.expect("a page"), all, "{query}");
        }
        let later = page("limit=2&cursor=17").await.expect("a page");
        assert_eq!((later.limit(), later.before()), (2, 17));
        assert_eq!(all.before(), i64::MAX);
    }

    #[tokio::test]
    async fn what_is_no_page_is_refused() {
        for (query, pointers) in [
            ("limit=0", &["/limit"][..]),
            ("limit=-1", &["/limit"]),
            ("limit=%2B1", &["/limit"]),
            ("limit=", &["/limit"]),
            ("cursor=", &["/cursor"]),
            ("cursor=-1", &["/cursor"]),
            ("cursor=x&limit=x", &["/limit", "/cursor"]),
            ("cursor=1000000000000000000", &["/cursor"]),
            ("cursor=%D9%A3", &["/cursor"]),
        ] {
            let problem = page(query).await.expect_err(query);
            let found: Vec<&str> = problem.violations().iter().map(|v| &*v.pointer).collect();
            assert_eq!(
                (problem.status().as_u16(), &found[..]),
                (422, pointers),
                "{query}"
            );
        }
        assert_eq!(
            page("limit=1&limit=2")
                .await
                .expect_err("is refused")
                .status(),
            422
        );
    }

    #[test]
    fn links_lead_to_the_pages_around() {
        let title = Title::parse("Grüße").expect("a title");
        let [slug, ..] = Slug::candidates(&title, ArticleId::new(Timestamp::UNIX_EPOCH));
        let first = Page {
            limit: 2,
            cursor: None,
        };
        assert_eq!(first.link(&slug, None), None.into());
        let link = |text: String| Link::from(HeaderValue::try_from(text).ok());
        let path = "/api/articles/gr%C3%BC%C3%9Fe/comments?limit=2";
        assert_eq!(
            first.link(&slug, Some(7)),
            link(format!("<{path}&cursor=7>; rel=\"next\""))
        );
        let later = Page {
            limit: 2,
            cursor: Some(7),
        };
        assert_eq!(
            later.link(&slug, Some(5)),
            link(format!(
                "<{path}>; rel=\"first\", <{path}&cursor=5>; rel=\"next\""
            ))
        );
    }
}
