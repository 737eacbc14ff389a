//! What is measured.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::timed;
use crate::world::World;

/// A request of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The newest articles, for somebody: never from a cache.
    List,
    /// The same for anybody: from the cache once it is there.
    CachedList,
    /// The newest articles of those whom the caller follows.
    Feed,
    /// The newest articles of the most common tag.
    Tag,
    /// One article from anywhere in the table.
    Get,
    /// A new article with three tags.
    Create,
}

/// What is sent.
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) body: Option<String>,
}

/// The title of what [`Operation::Create`] creates, which decides its slug.
const TITLE: &str = "Written by a benchmark";

impl Operation {
    pub(crate) const ALL: [Self; 6] = [
        Self::List,
        Self::CachedList,
        Self::Feed,
        Self::Tag,
        Self::Get,
        Self::Create,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::CachedList => "cached-list",
            Self::Feed => "feed",
            Self::Tag => "tag",
            Self::Get => "get",
            Self::Create => "create",
        }
    }

    pub(crate) fn in_process(self) -> String {
        format!("{}-in-process", self.name())
    }

    pub(crate) fn over_a_socket(self) -> String {
        format!("{}-over-socket", self.name())
    }

    pub(crate) fn request(self, world: &World) -> Sent {
        let (method, path) = match self {
            Self::List | Self::CachedList => (Method::GET, "/api/articles".to_owned()),
            Self::Feed => (Method::GET, "/api/articles/feed".to_owned()),
            Self::Tag => (Method::GET, "/api/articles?tag=rust".to_owned()),
            Self::Get => (Method::GET, format!("/api/articles/{}", world.next_slug())),
            Self::Create => (Method::POST, "/api/articles".to_owned()),
        };
        let body = (self == Self::Create).then(|| {
            let article = json!({
                "title": TITLE,
                "description": "How long it takes to write one",
                "body": "It has some text. ".repeat(40),
                "tagList": ["rust", "databases", "testing"],
            });
            json!({ "article": article }).to_string()
        });
        Sent {
            method,
            path,
            token: (self != Self::CachedList).then(|| world.token.clone()),
            body,
        }
    }

    /// Sends one request in process and says how long the answer took.
    pub(crate) async fn run(self, world: &World) -> Duration {
        let request = self.request(world);
        let elapsed = timed(async { drop(world.send(request).await) }).await;
        self.undo(world).await;
        elapsed
    }

    /// Whether the database is another one afterwards.
    pub(crate) fn leaves_something(self) -> bool {
        self == Self::Create
    }

    /// Leaves the database as it was.
    pub(crate) async fn undo(self, world: &World) {
        if self.leaves_something() {
            let path = format!("/api/articles/{}", TITLE.to_lowercase().replace(' ', "-"));
            let deletion = Sent {
                method: Method::DELETE,
                path,
                token: Some(world.token.clone()),
                body: None,
            };
            world.send(deletion).await;
        }
    }
}
