//! Nothing of one caller's request gets into the answer to another's.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use http::Method;
use jenny_test::{Client, StateBleed, TestApp, TestRequest};
use serde_json::{Value, json};

use crate::coverage::without_mingling;
use crate::world::{ANNA, CAROL, JACOB, User, World, furnish, move_in, weak_hash};

const PASSWORD: &str = "correct horse";

/// What differs from one answer to the same request to the next: the state of a cache, and the tag of
/// an article that was updated in between.
const VARYING_HEADERS: [&str; 3] = ["cache-control", "cache-status", "etag"];

/// What a request of a user consists of.
struct Ask {
    method: Method,
    path: String,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            headers: Vec::new(),
        }
    }

    fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn of<'app>(&self, app: &'app TestApp, id: &str, token: Option<&String>) -> TestRequest<'app> {
        let request = app.request(self.method.clone(), &self.path);
        let mut request = request.header("x-request-id", id);
        if let Some(token) = token {
            request = request.bearer(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// Gives each user an article of their own, on which they comment and which they change, and has them
/// follow and favour already what they will follow and favour: so whatever they do changes nothing that
/// another one sees.
async fn settle_in(app: &TestApp) {
    let session = app.connect().await;
    for User { id, name, .. } in [ANNA, JACOB, CAROL] {
        let article = id.replace("0000000000", "1000000000");
        for statement in [
            format!(
                "INSERT INTO articles (id, author_id, slug, title, description, body,
                     favorites_count, created_at, updated_at)
                 VALUES ('{article}', '{id}', 'by-{name}', 'By {name}', 'Of {name}', 'Says {name}',
                     1, 1700000000000, 1700000000000)"
            ),
            format!(
                "INSERT INTO favorites (user_id, article_id, created_at)
                 VALUES ('{id}', '{article}', 0)"
            ),
            format!(
                "INSERT INTO follows (follower_id, followed_id, created_at)
                 SELECT '{id}', id, 0 FROM users WHERE id <> '{id}' ON CONFLICT DO NOTHING"
            ),
            format!(
                "UPDATE users SET articles_count = articles_count + 1,
                     favorites_count = favorites_count + 1 WHERE id = '{id}'"
            ),
            "UPDATE totals SET amount = amount + 1 WHERE name = 'articles'".to_owned(),
        ] {
            session.sql(&statement).await;
        }
    }
}

/// What a user asks for, good and bad.
fn asked_by(user: User, other: User) -> Vec<Ask> {
    let User { name, email, .. } = user;
    let own = format!("/api/articles/by-{name}");
    let others = format!("/api/articles/by-{}", other.name);
    let bio = json!({ "user": { "bio": format!("I am {name}") } });
    let comment = json!({ "comment": { "body": format!("{name} comments") } });
    let article = json!({ "article": { "body": format!("Says {name}") } });
    let refused = json!({ "article": { "title": "", "body": format!("{name} forgets") } });
    let follow = format!("/api/profiles/{}/follow", other.name);
    vec![
        Ask::get("/api/user"),
        Ask::new(Method::PUT, "/api/user").body(bio),
        Ask::new(Method::PUT, "/api/user").body(json!({ "user": { "email": other.email } })),
        Ask::get(format!("/api/profiles/{}", other.name)),
        Ask::get(format!("/api/profiles/nobody-{name}")),
        Ask::new(Method::POST, follow),
        Ask::new(Method::POST, format!("/api/profiles/{name}/follow")),
        Ask::get("/api/articles"),
        Ask::get("/api/articles/feed"),
        Ask::get(format!("/api/articles?favorited={name}")),
        Ask::get(own.as_str()),
        Ask::get(others.as_str()),
        Ask::get(format!("/api/articles/nothing-of-{name}")),
        Ask::new(Method::POST, format!("{own}/favorite")),
        Ask::new(Method::PUT, own.as_str()).body(article.clone()),
        Ask::new(Method::PUT, own.as_str())
            .body(article.clone())
            .header("if-match", "\"another\""),
        Ask::new(Method::PUT, others.as_str()).body(article),
        Ask::new(Method::DELETE, others.as_str()),
        Ask::new(Method::POST, "/api/articles").body(refused),
        Ask::get("/api/articles/dragons/comments"),
        Ask::new(Method::POST, format!("{own}/comments")).body(comment),
        Ask::new(Method::POST, format!("{own}/comments")).body(json!({ "comment": {} })),
        Ask::new(
            Method::DELETE,
            format!("/api/articles/by-{name}/comments/1"),
        ),
        Ask::new(Method::POST, "/api/users/login")
            .body(json!({ "user": { "email": email, "password": PASSWORD } })),
        Ask::new(Method::POST, "/api/users/login")
            .body(json!({ "user": { "email": email, "password": format!("not {name}'s") } })),
        Ask::new(Method::POST, "/api/users").body(json!({ "user": { "username": name } })),
    ]
}

/// Requests without a token, or with an invalid one.
fn asked_by_nobody(name: &str) -> Vec<Ask> {
    vec![
        Ask::get("/api/tags"),
        Ask::get("/api/tags").header("if-none-match", "\"another\""),
        Ask::get("/api/articles"),
        Ask::get(format!("/api/articles?author={name}")),
        Ask::get("/api/articles/dragons"),
        Ask::get("/api/articles/dragons/comments"),
        Ask::get(format!("/api/profiles/{name}")),
        Ask::get("/api/user"),
        Ask::get("/api/user").header("authorization", format!("Bearer forged-by-{name}")),
        Ask::get("/api/articles/feed").header("authorization", format!("Bearer {name}.{name}.a")),
    ]
}

/// A client whose requests have ids, which their answers must repeat.
fn client(name: &str, token: Option<String>, asked: Vec<Ask>) -> Client {
    let trace = format!("trace-of-{name}-");
    let client = Client::new(name)
        .known_by([trace.clone()])
        .known_by(token.clone());
    asked
        .into_iter()
        .enumerate()
        .fold(client, |client, (number, ask)| {
            let (id, token) = (format!("{trace}{number}"), token.clone());
            client.sends_and_sees(move |app| ask.of(app, &id, token.as_ref()), comparable)
        })
}

/// Takes out what an answer says of the time and of what was created just now, and shows of a token
/// whose it is.
fn comparable(body: &mut Value) {
    match body {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), &value) {
                    ("token", Value::String(token)) => *value = subject(token),
                    ("createdAt" | "updatedAt", _) => *value = Value::Null,
                    ("comment", Value::Object(_)) => value["id"] = Value::Null,
                    _ => {}
                }
                comparable(value);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(comparable),
        _ => {}
    }
}

/// Whom a token is for.
fn subject(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap_or_default();
    let claims = BASE64URL.decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    claims["sub"].clone()
}

#[tokio::test]
async fn no_answer_holds_anything_of_another_caller() {
    let world = World::new().await;
    let hash = weak_hash(PASSWORD);
    // Whatever is not asked here fails below, by name.
    let functions = without_mingling().await;

    let mingled = StateBleed::of(|| {
        let app = world.app();
        functions
            .iter()
            .fold(app, |app, function| app.only(function))
    })
    .varying_headers(&VARYING_HEADERS)
    .check(async |app: &TestApp| {
        move_in(app, &hash).await;
        furnish(app).await;
        settle_in(app).await;
        let pairs = [(ANNA, JACOB), (JACOB, CAROL), (CAROL, ANNA)];
        let users = pairs.map(|(user, other)| {
            client(user.name, Some(world.token(user)), asked_by(user, other))
                .known_by([user.email, user.id])
                .known_by(["comments", "forgets"].map(|does| format!("{} {does}", user.name)))
        });
        let nobody = ["mallory", "oscar"].map(|name| client(name, None, asked_by_nobody(name)));
        users.into_iter().chain(nobody).collect::<Vec<_>>()
    })
    .await;

    assert!(mingled.compared > 500, "{mingled:?}");
    assert!(mingled.errors > 20, "{mingled:?}");
    assert!(mingled.turns > 500, "{mingled:?}");
}
