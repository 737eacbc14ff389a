//! An application over a seeded database.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};

use jenny_host::capability::{Capabilities, NoOutboundHttp};
use jenny_host::{App, AppOptions, Limits, Origin, Runtime, RuntimeOptions};
use jenny_manifest::Manifest;
use jenny_manifest::variables::{Resolver, VariableProvider};
use jenny_stores::{SqliteDatabases, StoreLocations, Stores, Value};
use serde_json::{Value as Json, json};

use crate::operation::Sent;
use crate::statements::Counted;
use crate::{target, workspace};

/// Whom the reader follows: the first users of the seed, who write the most.
const FOLLOWED: usize = 50;

/// How many articles [`World::next_slug`] goes round.
const SLUGS: u64 = 500;

/// The one who reads and writes.
const READER: &str = "bench-reader";
const PASSWORD: &str = "bench-reader's password";

/// An application, and who calls it.
pub(crate) struct World {
    pub(crate) articles: u64,
    pub(crate) app: App,
    pub(crate) token: String,
    pub(crate) statements: Arc<AtomicU64>,
    pub(crate) runtime: Runtime,
    slugs: Vec<String>,
    turn: AtomicUsize,
}

fn state(articles: u64) -> PathBuf {
    target().join("bench-data").join(articles.to_string())
}

/// Makes sure of a database of so many articles.
pub(crate) fn seed(articles: u64) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    jenny_builder::outside_cargo(&mut command);
    let status = command
        .args([
            "run",
            "--bin",
            "conduit",
            "--",
            "seed",
            "--articles",
            &articles.to_string(),
            "--state-dir",
        ])
        .arg(state(articles))
        .current_dir(workspace())
        .status()
        .expect("`conduit seed` starts");
    assert!(status.success(), "`conduit seed` failed");
}

impl World {
    /// Loads the application over the database that [`seed`] made.
    pub(crate) async fn open(articles: u64, consume_fuel: bool) -> Self {
        let manifest = Manifest::load(workspace()).expect("the manifest can be read");
        jenny_builder::components_unless_built(&manifest, |_| ())
            .expect("the components can be built");
        let variables = VariableProvider::fixed([("log_level".to_owned(), "error".to_owned())]);
        let resolver = Resolver::new(&manifest, &[variables]).expect("the variables are right");
        let stores = StoreLocations::with_defaults(Some(&state(articles)));
        let mut capabilities = Capabilities {
            stores: Stores::local(&stores).expect("the stores can be opened"),
            variables: Arc::new(resolver.clone()),
            outbound_http: Arc::new(NoOutboundHttp),
        };
        let database = Arc::clone(&capabilities.stores.sqlite);
        let statements = Arc::new(AtomicU64::new(0));
        capabilities.stores.sqlite = Arc::new(Counted {
            databases: Arc::clone(&database),
            count: Arc::clone(&statements),
        });
        let runtime = Runtime::new(&RuntimeOptions {
            consume_fuel,
            ..RuntimeOptions::default()
        })
        .expect("this machine can run components");
        let options = AppOptions {
            quiet: true,
            // One instance for the whole run: what a new one costs is another question.
            limits: Limits {
                requests_per_instance: usize::MAX,
                idle_timeout: Duration::from_secs(600),
                ..Limits::default()
            },
            ..AppOptions::default()
        };
        let app = App::load(&runtime, manifest, resolver, capabilities, options, |_| ())
            .await
            .expect("the application can be loaded");
        let mut world = Self {
            articles,
            app,
            token: String::new(),
            statements,
            runtime,
            slugs: slugs(&*database).await,
            turn: AtomicUsize::new(0),
        };
        world.token = world.sign_in().await;
        world.follow(&*database).await;
        world
    }

    /// One slug after the other, from all over the table.
    pub(crate) fn next_slug(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.slugs[turn % self.slugs.len()]
    }

    /// Sends a request that succeeds, and returns the body.
    pub(crate) async fn send(&self, sent: Sent) -> Bytes {
        let line = format!("{} {}", sent.method, sent.path);
        let (status, body) = self.answer(sent).await;
        assert!(status.is_success(), "{line}: {status}: {body:?}");
        body
    }

    async fn answer(&self, sent: Sent) -> (StatusCode, Bytes) {
        let mut request = Request::builder()
            .method(sent.method)
            .uri(sent.path)
            .header(header::HOST, "localhost:3000");
        if let Some(token) = sent.token {
            request = request.header(header::AUTHORIZATION, format!("Token {token}"));
        }
        if sent.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(sent.body.unwrap_or_default()));
        let body = body.map_err(|never| match never {}).boxed_unsync();
        let origin = Origin {
            scheme: Scheme::HTTP,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
        };
        let request = request.body(body).expect("a request");
        let (head, body) = self.app.handle(request, origin).await.into_parts();
        let body = body.collect().await.expect("the answer is whole");
        (head.status, body.to_bytes())
    }

    /// The token of the reader, who is registered once for all runs.
    async fn sign_in(&self) -> String {
        let post = |path: &str, user: Json| Sent {
            method: Method::POST,
            path: path.to_owned(),
            token: None,
            body: Some(json!({ "user": user }).to_string()),
        };
        let email = format!("{READER}@example.com");
        let registration = json!({ "username": READER, "email": email, "password": PASSWORD });
        // Refused when the reader is there already.
        self.answer(post("/api/users", registration)).await;
        let login = json!({ "email": email, "password": PASSWORD });
        let body = self.send(post("/api/users/login", login)).await;
        let body: Json = serde_json::from_slice(&body).expect("the answer is JSON");
        body["user"]["token"].as_str().expect("a token").to_owned()
    }

    async fn follow(&self, database: &dyn SqliteDatabases) {
        let sql = format!(
            "SELECT username FROM users WHERE username <> '{READER}' ORDER BY id LIMIT {FOLLOWED}"
        );
        for name in texts(database, sql).await {
            self.send(Sent {
                method: Method::POST,
                path: format!("/api/profiles/{}/follow", percent_encoded(&name)),
                token: Some(self.token.clone()),
                body: None,
            })
            .await;
        }
    }
}

/// Slugs of articles spread evenly over the table, none of which is read for it that is not one.
async fn slugs(database: &dyn SqliteDatabases) -> Vec<String> {
    let sql = format!(
        "WITH RECURSIVE place (number) AS (
             SELECT 1 UNION ALL
             SELECT number + (SELECT MAX(rowid) FROM articles) / {SLUGS} FROM place LIMIT {SLUGS}
         )
         SELECT slug FROM place JOIN articles ON articles.rowid = place.number"
    );
    let mut slugs = texts(database, sql).await;
    for slug in &mut slugs {
        *slug = percent_encoded(slug);
    }
    slugs
}

async fn texts(database: &dyn SqliteDatabases, sql: String) -> Vec<String> {
    let connection = database.open("default").await.expect("the database opens");
    let result = connection
        .execute(sql, Vec::new())
        .await
        .expect("a statement");
    let rows = result.collect(16 << 20).await.expect("rows");
    let text = |mut row: Vec<Value>| match row.pop() {
        Some(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    };
    rows.into_iter().map(text).collect()
}

/// A segment of a path (RFC 3986, section 2.1).
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
