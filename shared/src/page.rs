//! Pages of a long list: how a client asks for one, and how it finds the next.
//!
//! | parameter | meaning |
//! |---|---|
//! | `limit` | how many items, 1 to 100; more is taken for 100; 20 unless given |
//! | `offset` | how many items to leave out first, at most 10,000 |
//! | `cursor` | where the page before ended, as its `Link` header says |
//!
//! An offset is counted again for each page: the further, the dearer, and an item that comes in at
//! the top moves every one after it down, into the next page once more. A cursor is a place in the
//! index, so that every page costs the same and none repeats an item. `Link: <…>; rel="next"`
//! (RFC 8288) therefore carries a cursor, also on a page that was asked for by offset.
//!
//! ```
//! use axum::response::IntoResponse;
//! use shared::page::Page;
//! use uuid::Uuid;
//!
//! async fn list(page: Page) -> impl IntoResponse {
//!     // SELECT … WHERE id < {page.before()} ORDER BY id DESC LIMIT {page.fetch()} OFFSET {page.offset()}
//!     let mut rows: Vec<Uuid> = Vec::new();
//!     let next = page.cut(&mut rows, |id| *id);
//!     (page.link("/api/things", &[("colour", "red")], next), rows.len().to_string())
//! }
//! # let _ = axum::Router::<()>::new().route("/api/things", axum::routing::get(list));
//! ```

use axum::extract::FromRequestParts;
use axum::response::{IntoResponseParts, ResponseParts};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use form_urlencoded::Serializer;
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Deserialize;
use uuid::Uuid;

use crate::extract::Query;
use crate::problem::{Problem, Violation};

/// How many items a page has unless the client says otherwise, as RealWorld's contract has it.
pub const DEFAULT_LIMIT: u32 = 20;

/// The most items of a page: what a client can show at once, and a bound on what a request costs.
pub const MAX_LIMIT: u32 = 100;

/// The furthest offset. The database walks over all that is left out, so this bounds what a request
/// costs; whoever wants to go further walks with cursors.
pub const MAX_OFFSET: u32 = 10_000;

/// Greater than every id, which is made of `0` to `9`, `a` to `f` and dashes.
const AFTER_EVERY_ID: &str = "~";

/// Which page of a list that begins with the newest. An extractor, which answers 422 with every
/// parameter that it cannot take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    limit: u32,
    start: Start,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    Offset(u32),
    /// Behind the item with this id.
    Behind(Uuid),
}

#[derive(Deserialize)]
struct Parameters {
    limit: Option<String>,
    offset: Option<String>,
    cursor: Option<String>,
}

impl Page {
    /// How many items the page has at most.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to ask the database for: one more than the page has, which tells whether there
    /// is a next one.
    #[must_use]
    pub fn fetch(&self) -> u32 {
        self.limit + 1
    }

    /// How many rows to leave out; 0 with a cursor.
    #[must_use]
    pub fn offset(&self) -> u32 {
        match self.start {
            Start::Offset(offset) => offset,
            Start::Behind(_) => 0,
        }
    }

    /// The id that all items of the page come before, as a parameter of a statement. Without a
    /// cursor it is one that every id comes before, so that one text of SQL serves both.
    #[must_use]
    pub fn before(&self) -> String {
        match self.start {
            Start::Offset(_) => AFTER_EVERY_ID.to_owned(),
            Start::Behind(id) => id.to_string(),
        }
    }

    /// Whether this is where the list begins.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.start == Start::Offset(0)
    }

    /// Takes off the row that [`fetch`](Self::fetch) asked for beyond the page, and returns the id of
    /// the page's last item if there was one: where the next page begins.
    pub fn cut<T>(&self, rows: &mut Vec<T>, id: impl Fn(&T) -> Uuid) -> Option<Uuid> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_next = rows.len() > limit;
        rows.truncate(limit);
        rows.last().filter(|_| has_next).map(id)
    }

    /// The `Link` header (RFC 8288) of this page of the list at `path`, narrowed down by `filters`:
    /// `first` and `prev`, where there are such, and `next` behind the item `next`.
    #[must_use]
    pub fn link(&self, path: &str, filters: &[(&str, &str)], next: Option<Uuid>) -> Link {
        let target = |start: Option<(&str, &str)>, relation: &str| {
            let mut query = Serializer::new(String::new());
            query.extend_pairs(filters);
            query.append_pair("limit", &self.limit.to_string());
            query.extend_pairs(start);
            format!("<{path}?{}>; rel=\"{relation}\"", query.finish())
        };
        let mut links = Vec::new();
        if !self.is_first() {
            links.push(target(None, "first"));
        }
        if let Start::Offset(offset @ 1..) = self.start {
            let offset = offset.saturating_sub(self.limit).to_string();
            links.push(target(Some(("offset", &offset)), "prev"));
        }
        if let Some(id) = next {
            let cursor = BASE64URL.encode(id);
            links.push(target(Some(("cursor", &cursor)), "next"));
        }
        // The serialiser writes ASCII alone.
        Link(
            HeaderValue::try_from(links.join(", "))
                .ok()
                .filter(|value| !value.is_empty()),
        )
    }
}

/// The `Link` header of a page, or nothing where the page is the whole list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link(Option<HeaderValue>);

impl IntoResponseParts for Link {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(value) = self.0 {
            parts.headers_mut().insert(header::LINK, value);
        }
        Ok(parts)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(parameters) = Query::<Parameters>::from_request_parts(parts, state).await?;
        parameters.read().map_err(|violations| {
            Problem::unprocessable(violations).with_detail("The query is invalid.")
        })
    }
}

impl Parameters {
    fn read(self) -> Result<Page, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut fails = |name: &str, detail: String| {
            violations.push(Violation::new(format!("/{name}"), detail));
        };
        let limit = self.limit.map_or(Some(DEFAULT_LIMIT), |text| limit(&text));
        if limit.is_none() {
            fails("limit", "must be a whole number from 1".into());
        }
        let start = match (self.cursor, self.offset) {
            (None, None) => Some(Start::Offset(0)),
            (Some(cursor), None) => cursor_id(&cursor).map(Start::Behind).or_else(|| {
                fails("cursor", "must be one that a Link header gave".into());
                None
            }),
            (None, Some(text)) => match whole_number(&text) {
                Some(offset) if offset <= MAX_OFFSET => Some(Start::Offset(offset)),
                Some(_) => {
                    let rule = format!(
                        "must be at most {MAX_OFFSET}: follow `cursor` in the Link header of a \
                         page to go further"
                    );
                    fails("offset", rule);
                    None
                }
                None => {
                    fails("offset", "must be a whole number from 0".into());
                    None
                }
            },
            (Some(_), Some(_)) => {
                fails("offset", "must not be sent together with cursor".into());
                None
            }
        };
        match (limit, start) {
            (Some(limit), Some(start)) => Ok(Page { limit, start }),
            _ => Err(violations),
        }
    }
}

fn limit(text: &str) -> Option<u32> {
    match whole_number(text)? {
        0 => None,
        limit => Some(limit.min(MAX_LIMIT)),
    }
}

/// Digits alone, without the sign that `parse` would take. Numbers beyond the type are its greatest.
fn whole_number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX))
}

fn cursor_id(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&BASE64URL.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_1234_abcd);
    const CURSOR: &str = "AZAAAAAAcACAAAAAEjSrzQ";

    async fn page(query: &str) -> Result<Page, Problem> {
        let request = http::Request::get(format!("/things?{query}")).body(());
        let (mut parts, ()) = request.expect("a request").into_parts();
        Page::from_request_parts(&mut parts, &()).await
    }

    fn shown(link: Link) -> String {
        let response = (link, "").into_response();
        let value = response.headers().get(header::LINK);
        value.map_or_else(String::new, |value| {
            value.to_str().expect("ASCII").to_owned()
        })
    }

    #[tokio::test]
    async fn a_page_is_twenty_from_the_start_unless_said_otherwise() {
        let first = page("").await.expect("a page");
        assert_eq!((first.limit(), first.fetch(), first.offset()), (20, 21, 0));
        assert!(first.is_first() && first.before().as_str() > "ffffffff-ffff");

        let second = page("limit=5&offset=5&unknown=1").await.expect("a page");
        assert_eq!((second.limit(), second.offset()), (5, 5));
        let later = page(&format!("cursor={CURSOR}")).await.expect("a page");
        assert_eq!((later.before(), later.offset()), (ID.to_string(), 0));
        assert!(!second.is_first() && !later.is_first());
    }

    #[tokio::test]
    async fn what_is_too_much_is_clamped_or_refused() {
        for (query, limit) in [
            ("limit=1", 1),
            ("limit=100", 100),
            ("limit=101", 100),
            ("limit=99999999999999999999999", 100),
        ] {
            assert_eq!(page(query).await.expect("a page").limit(), limit, "{query}");
        }
        assert_eq!(page("offset=10000").await.expect("a page").offset(), 10_000);
        for (query, pointers) in [
            ("limit=0", &["/limit"][..]),
            ("limit=-1", &["/limit"]),
            ("limit=%2B1", &["/limit"]),
            ("limit=", &["/limit"]),
            ("limit=1e3", &["/limit"]),
            ("limit=%D9%A3", &["/limit"]),
            ("offset=-1", &["/offset"]),
            ("offset=x&limit=y", &["/limit", "/offset"]),
            ("offset=10001", &["/offset"]),
            ("offset=99999999999999999999999", &["/offset"]),
            ("cursor=", &["/cursor"]),
            ("cursor=x", &["/cursor"]),
            ("cursor=AZAAAAAAcACAAAAAEjSrzR", &["/cursor"]),
            ("cursor=AZAAAAAAcACAAAAAEjSrzQ&offset=0", &["/offset"]),
        ] {
            let problem = page(query).await.expect_err(query);
            let found: Vec<&str> = problem.violations().iter().map(|v| &*v.pointer).collect();
            assert_eq!(
                (problem.status().as_u16(), &found[..]),
                (422, pointers),
                "{query}"
            );
        }
        let far = page("offset=10001").await.expect_err("is refused");
        assert!(far.violations()[0].detail.contains("`cursor`"));
        assert_eq!(
            page("limit=1&limit=2")
                .await
                .expect_err("is refused")
                .status(),
            422
        );
    }

    #[tokio::test]
    async fn links_lead_to_the_pages_around() {
        let first = page("").await.expect("a page");
        assert_eq!(shown(first.link("/things", &[], None)), "");
        assert_eq!(
            shown(first.link("/things", &[("tag", "a b&c=d>é")], Some(ID))),
            format!("</things?tag=a+b%26c%3Dd%3E%C3%A9&limit=20&cursor={CURSOR}>; rel=\"next\"")
        );
        let third = page("limit=5&offset=7").await.expect("a page");
        assert_eq!(
            shown(third.link("/things", &[], None)),
            "</things?limit=5>; rel=\"first\", </things?limit=5&offset=2>; rel=\"prev\""
        );
        let near = page("limit=5&offset=3").await.expect("a page");
        assert!(shown(near.link("/things", &[], None)).contains("offset=0>; rel=\"prev\""));
        let later = page(&format!("cursor={CURSOR}")).await.expect("a page");
        assert_eq!(
            shown(later.link("/things", &[], None)),
            "</things?limit=20>; rel=\"first\""
        );
    }

    #[tokio::test]
    async fn one_row_too_many_says_that_there_is_a_next_page() {
        let page = page("limit=2").await.expect("a page");
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        let mut rows = ids.clone();
        assert_eq!(page.cut(&mut rows, |id| *id), Some(ids[1]));
        assert_eq!(rows, ids[..2]);
        assert_eq!(page.cut(&mut rows, |id| *id), None);
        assert_eq!(page.cut(&mut Vec::new(), |id| *id), None);
    }
}
