//! Steps as requests.

use http::Method;
use jenny_test::{TestApp, TestResponse};
use serde_json::{Map, Value, json};

use super::step::{ANONYMOUS, Filter, Page, Pick, Step};
use super::vocabulary::{
    BIOS, EMAILS, LIMITS, NAMES, OFFSETS, PASSWORDS, TAGS, TEXTS, TITLES, choose,
};

/// What a step can pick from: all that there is or was, in the order in which it came to be.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// An access token and an e-mail address of each user.
    pub(super) users: Vec<String>,
    pub(super) slugs: Vec<String>,
    /// The slug of its article, and its id.
    pub(super) comments: Vec<(String, i64)>,
}

impl Known {
    /// The number of the user who calls.
    pub(super) fn caller(&self, pick: Pick) -> Option<usize> {
        (pick != ANONYMOUS && !self.users.is_empty()).then(|| usize::from(pick) % self.users.len())
    }

    /// Counted from the newest one, and beyond the oldest one that which never was.
    pub(super) fn slug(&self, pick: Pick) -> &str {
        let nth = usize::from(pick) % (self.slugs.len() + 1);
        self.slugs
            .iter()
            .rev()
            .nth(nth)
            .map_or("never-was", String::as_str)
    }

    /// As [`slug`](Self::slug).
    pub(super) fn comment(&self, pick: Pick) -> (&str, i64) {
        let nth = usize::from(pick) % (self.comments.len() + 1);
        let comment = self.comments.iter().rev().nth(nth);
        comment.map_or(("never-was", 4_000_000), |(slug, id)| (slug, *id))
    }
}

/// A request.
#[derive(Debug)]
pub(super) struct Wire {
    caller: Option<usize>,
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Wire {
    /// The request of a step; of a walk, the first one.
    pub(super) fn of(step: &Step, known: &Known) -> Self {
        let name = |pick: &Pick| encode(choose(&NAMES, *pick).written.trim());
        let article = |pick: &Pick| format!("/articles/{}", encode(known.slug(*pick)));
        let (method, caller, path, body) = match step {
            Step::Register {
                name,
                email,
                password,
            } => {
                let user = json!({
                    "username": choose(&NAMES, *name).written,
                    "email": choose(&EMAILS, *email).written,
                    "password": choose(&PASSWORDS, *password),
                });
                (
                    Method::POST,
                    &ANONYMOUS,
                    "/users".into(),
                    Some(("user", user)),
                )
            }
            Step::LogIn { email, password } => {
                let user = json!({
                    "email": choose(&EMAILS, *email).written,
                    "password": choose(&PASSWORDS, *password),
                });
                (
                    Method::POST,
                    &ANONYMOUS,
                    "/users/login".into(),
                    Some(("user", user)),
                )
            }
            Step::ShowUser { caller } => (Method::GET, caller, "/user".into(), None),
            Step::UpdateUser {
                caller,
                name,
                email,
                bio,
            } => {
                let user = members([
                    ("username", name.map(|pick| choose(&NAMES, pick).written)),
                    ("email", email.map(|pick| choose(&EMAILS, pick).written)),
                    ("bio", bio.map(|pick| choose(&BIOS, pick))),
                ]);
                (Method::PUT, caller, "/user".into(), Some(("user", user)))
            }
            Step::ChangePassword { caller, password } => {
                let user = json!({ "password": choose(&PASSWORDS, *password) });
                (Method::PUT, caller, "/user".into(), Some(("user", user)))
            }
            Step::ShowProfile { caller, name: who } => (
                Method::GET,
                caller,
                format!("/profiles/{}", name(who)),
                None,
            ),
            Step::Follow { caller, name: who } => (
                Method::POST,
                caller,
                format!("/profiles/{}/follow", name(who)),
                None,
            ),
            Step::Unfollow { caller, name: who } => (
                Method::DELETE,
                caller,
                format!("/profiles/{}/follow", name(who)),
                None,
            ),
            Step::Publish {
                caller,
                title,
                tags,
            } => {
                let tags: Vec<_> = tags.iter().map(|pick| choose(&TAGS, *pick).0).collect();
                let article = json!({
                    "title": choose(&TITLES, *title).0,
                    "description": TEXTS[0],
                    "body": TEXTS[1],
                    "tagList": tags,
                });
                (
                    Method::POST,
                    caller,
                    "/articles".into(),
                    Some(("article", article)),
                )
            }
            Step::Edit {
                caller,
                article: which,
                title,
                body,
                tags,
            } => {
                let mut changes = members([
                    ("title", title.map(|pick| choose(&TITLES, pick).0)),
                    ("body", body.map(|pick| choose(&TEXTS, pick))),
                ]);
                if let Some(tags) = tags {
                    changes["tagList"] = tags.iter().map(|pick| choose(&TAGS, *pick).0).collect();
                }
                (
                    Method::PUT,
                    caller,
                    article(which),
                    Some(("article", changes)),
                )
            }
            Step::Delete {
                caller,
                article: which,
            } => (Method::DELETE, caller, article(which), None),
            Step::Favorite {
                caller,
                article: which,
            } => (Method::POST, caller, article(which) + "/favorite", None),
            Step::Unfavorite {
                caller,
                article: which,
            } => (Method::DELETE, caller, article(which) + "/favorite", None),
            Step::Show {
                caller,
                article: which,
            } => (Method::GET, caller, article(which), None),
            Step::Comment {
                caller,
                article: which,
                body,
            } => {
                let comment = json!({ "body": choose(&TEXTS, *body) });
                (
                    Method::POST,
                    caller,
                    article(which) + "/comments",
                    Some(("comment", comment)),
                )
            }
            Step::ShowComments {
                caller,
                article: which,
            } => (Method::GET, caller, article(which) + "/comments", None),
            Step::DeleteComment {
                caller,
                comment,
                article,
            } => {
                let (own, id) = known.comment(*comment);
                let slug = article.map_or(own, |pick| known.slug(pick));
                let path = format!("/articles/{}/comments/{id}", encode(slug));
                (Method::DELETE, caller, path, None)
            }
            Step::List {
                caller,
                filter,
                page,
            } => {
                let query = filter_query(filter).into_iter().chain(page_query(page));
                (Method::GET, caller, with_query("/articles", query), None)
            }
            Step::Feed { caller, page } => (
                Method::GET,
                caller,
                with_query("/articles/feed", page_query(page)),
                None,
            ),
            Step::Walk {
                caller,
                filter,
                limit,
            } => {
                let query = filter_query(filter)
                    .into_iter()
                    .chain([limit_query(*limit)]);
                (Method::GET, caller, with_query("/articles", query), None)
            }
            Step::WalkFeed { caller, limit } => {
                let path = with_query("/articles/feed", [limit_query(*limit)]);
                (Method::GET, caller, path, None)
            }
            Step::ShowTags => (Method::GET, &ANONYMOUS, "/tags".into(), None),
        };
        Self {
            caller: known.caller(*caller),
            method,
            path: format!("/api{path}"),
            body: body.map(|(envelope, members)| json!({ envelope: members })),
        }
    }

    /// The next page, where a link leads.
    pub(super) fn following(&self, link: &str) -> Self {
        // A link may be a whole URL; what is asked is its path.
        let path = link.find("/api/").map_or(link, |at| &link[at..]);
        Self {
            caller: self.caller,
            method: Method::GET,
            path: path.to_owned(),
            body: None,
        }
    }

    pub(super) async fn send(&self, app: &TestApp, known: &Known) -> TestResponse {
        let mut request = app.request(self.method.clone(), &self.path);
        if let Some(caller) = self.caller {
            request = request.bearer(&known.users[caller]);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        request.send().await
    }

    /// For people: who asked what, and what came back.
    pub(super) fn line(&self, response: &TestResponse) -> String {
        let caller = match self.caller {
            Some(caller) => format!("user {caller}"),
            None => "nobody".into(),
        };
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let answer = String::from_utf8_lossy(&response.body);
        let answer = match answer.split_once("\"token\":\"") {
            Some((before, after)) => {
                let after = after.split_once('"').map_or("", |(_, after)| after);
                format!("{before}\"token\":\"…\"{after}")
            }
            None => answer.into_owned(),
        };
        let (method, path, status) = (&self.method, &self.path, response.status.as_u16());
        format!("{caller}: {method} {path} {body}\n    {status} {answer}")
    }
}

fn members<const N: usize>(given: [(&str, Option<&str>); N]) -> Value {
    let given = given
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    Value::Object(given.collect::<Map<_, _>>())
}

type Parameter = (&'static str, String);

fn filter_query(filter: &Filter) -> Vec<Parameter> {
    let tag = filter
        .tag
        .map(|pick| ("tag", choose(&TAGS, pick).1.to_owned()));
    let name = |pick| choose(&NAMES, pick).written.trim().to_owned();
    let author = filter.author.map(|pick| ("author", name(pick)));
    let favorited = filter.favorited.map(|pick| ("favorited", name(pick)));
    [tag, author, favorited].into_iter().flatten().collect()
}

fn page_query(page: &Page) -> Vec<Parameter> {
    let limit = page.limit.map(limit_query);
    let offset = page
        .offset
        .map(|pick| ("offset", choose(&OFFSETS, pick).to_owned()));
    limit.into_iter().chain(offset).collect()
}

fn limit_query(pick: Pick) -> Parameter {
    ("limit", choose(&LIMITS, pick).to_owned())
}

fn with_query(path: &str, query: impl IntoIterator<Item = Parameter>) -> String {
    let pairs = query
        .into_iter()
        .map(|(name, value)| format!("{name}={}", encode(&value)));
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}
