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
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::Query;
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind, Violation};

/// How many items a page has unless the client says otherwise.
pub const DEFAULT_LIMIT: u32 = 20;

/// The most items of a page: what a client can show at once, and a bound on what a request costs.
pub const MAX_LIMIT: u32 = 100;

/// The furthest offset. The database walks over all that is left out, so this bounds what a request
/// costs; whoever wants to go further walks with cursors.
pub const MAX_OFFSET: u32 = 10_000;

/// Greater than every id, which is made of `0` to `9`, `a` to `f` and dashes.
const AFTER_EVERY_ID: &str = "~";

/// Which page of a list that begins with the newest. An extractor, which answers 422 with every
/// parameter that it cannot take. Lists whose pages are dearer the further they begin bound that more
/// narrowly, by the parameter: the furthest offset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page<const FURTHEST: u32 = MAX_OFFSET> {
    limit: u32,
    start: Start,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    Offset(u32),
    /// Behind the item with this id.
    Behind(Uuid),
}

// The comments are what the API's documentation says.
#[derive(Deserialize, IntoParams)]
struct Parameters {
    /// How many items the page has at most. More than 100 is taken for 100.
    #[param(value_type = Option<u32>, nullable = false, minimum = 1, default = json!(DEFAULT_LIMIT))]
    limit: Option<String>,
    /// How many items to leave out. To go further, follow the `Link` header to the next page.
    #[param(value_type = Option<u32>, nullable = false, minimum = 0, default = 0)]
    offset: Option<String>,
    /// Where to go on, as the `Link` header of a page says. Not together with `offset`.
    #[param(nullable = false, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    cursor: Option<String>,
}

impl<const FURTHEST: u32> Page<FURTHEST> {
    /// The same page, once its bound was looked at: code behind the handler needs no copy for each.
    #[must_use]
    pub fn bounded(self) -> Page {
        Page {
            limit: self.limit,
            start: self.start,
        }
    }

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

impl From<Option<HeaderValue>> for Link {
    /// For pages of another kind than [`Page`].
    fn from(value: Option<HeaderValue>) -> Self {
        Self(value)
    }
}

impl Describe for Link {
    fn describe(description: &mut Description) {
        description.header("Link");
    }
}

impl Describe for Option<Link> {
    fn describe(description: &mut Description) {
        Link::describe(description);
    }
}

impl<const FURTHEST: u32> Describe for Page<FURTHEST> {
    fn describe(description: &mut Description) {
        description.query::<Parameters>();
        description.maximum("offset", FURTHEST);
        description.problem(ProblemKind::Validation);
    }
}

impl<S: Send + Sync, const FURTHEST: u32> FromRequestParts<S> for Page<FURTHEST> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(parameters) = Query::<Parameters>::from_request_parts(parts, state).await?;
        parameters.read().map_err(|violations| {
            Problem::unprocessable(violations).with_detail("The query is invalid.")
        })
    }
}

impl Parameters {
    fn read<const FURTHEST: u32>(self) -> Result<Page<FURTHEST>, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut fails = |name: &str, detail: String| {
            violations.push(Violation::new(format!("/{name}"), detail));
        };
        let limit = self
            .limit
            .map_or(Some(DEFAULT_LIMIT), |text| limit(&text, MAX_LIMIT));
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
                Some(offset) if offset <= FURTHEST => Some(Start::Offset(offset)),
                Some(_) => {
                    let rule = format!(
                        "must be at most {FURTHEST}: follow `cursor` in the Link header of a \
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

/// The `limit` that a text asks for: a whole number from 1, of which more than `most` is taken for
/// `most`. For pages of another kind than [`Page`].
///
/// ```
/// use shared::page::limit;
///
/// assert_eq!(limit("20", 100), Some(20));
/// assert_eq!(limit("1000", 100), Some(100));
/// assert_eq!(limit("-1", 100), None);
/// ```
#[must_use]
pub fn limit(text: &str, most: u32) -> Option<u32> {
    match whole_number(text)? {
        0 => None,
        limit => Some(limit.min(most)),
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
mod tests;
