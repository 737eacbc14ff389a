//! What is left of a write when any one of its calls of the host goes wrong: all of it or nothing, and
//! all of it once it was answered. What the first request and logins write; the others are in the files
//! `<function>-every-call.rs`.

use std::cell::{OnceCell, RefCell};
use std::time::Duration;

use http::Method;
use jenny_test::{
    Call, EveryCall, FAULT, Fault, Hit, Mishap, Odd, Store, TestApp, TestAppBuilder, TestRequest,
    TestResponse,
};
use serde_json::{Value, json};

use crate::articles::assert_counts_hold;
use crate::world::{ANNA, CAROL, JACOB, NO_HASH, User, World, furnish, move_in, weak_hash};

/// Each application has a database of its own, and there are hundreds. On Postgres, where making one
/// takes a tenth of a second or more, calls go wrong in the one way of which a database has to know the
/// most: it has done what it was asked, is not believed, and must undo it if it can.
const MISHAPS: &[Mishap] = match crate::STORE {
    Store::Sqlite => &[
        Mishap::Fails,
        Mishap::LosesTheAnswer,
        Mishap::KillsTheInstance,
        Mishap::KillsTheInstanceAfterwards,
    ],
    Store::Postgres => &[Mishap::LosesTheAnswer],
};

/// A request that changes something, and can be sent again.
pub(crate) struct Write {
    method: Method,
    path: &'static str,
    by: Option<User>,
    body: Option<Value>,
    /// Whether it is for what was there before, by `If-Match`.
    conditional: bool,
    /// What it is answered with.
    status: u16,
}

/// What one run begins with.
struct Prepared {
    etag: Option<String>,
    before: Vec<String>,
}

/// What a write comes to if nothing goes wrong: the rows after it, its answer when it is sent once
/// more, and the rows after that.
struct Undisturbed {
    after: Vec<String>,
    status_again: u16,
    after_again: Vec<String>,
}

impl Write {
    pub(crate) fn new(method: Method, path: &'static str, status: u16) -> Self {
        Self {
            method,
            path,
            by: None,
            body: None,
            conditional: false,
            status,
        }
    }

    pub(crate) fn by(mut self, user: User) -> Self {
        self.by = Some(user);
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    fn request<'app>(
        &self,
        app: &'app TestApp,
        world: &World,
        etag: Option<&String>,
    ) -> TestRequest<'app> {
        let mut request = app.request(self.method.clone(), self.path);
        if let Some(user) = self.by {
            request = request.bearer(&world.token(user));
        }
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Has the users move in, someone who is nobody read the list of articles, so that it is cached,
    /// and the component that is to write get ready: what that takes is the business of the first
    /// request of all.
    async fn prepare(&self, app: &TestApp, world: &World) -> Prepared {
        move_in(app, NO_HASH).await;
        furnish(app).await;
        app.get("/api/articles").send().await.assert_status(200);
        let reader = app.get(match self.path {
            "/api/user" => self.path,
            path if path.starts_with("/api/profiles") => "/api/profiles/carol",
            path if path.contains("/comments") => "/api/articles/rain/comments",
            _ => "/api/articles/dragons",
        });
        let ready = match self.by {
            Some(user) => reader.bearer(&world.token(user)),
            None => reader,
        };
        let ready = ready.send().await;
        let etag = || ready.header("etag").expect("there is one").to_owned();
        Prepared {
            etag: self.conditional.then(etag),
            before: rows(app).await,
        }
    }

    /// Lets each call go wrong in each way, and looks every time at what is left.
    pub(crate) async fn leaves_all_or_nothing(self) {
        self.leaves_all_or_nothing_of(|app| app).await;
    }

    /// The same in applications with something changed.
    async fn leaves_all_or_nothing_of(self, changed: impl Fn(TestAppBuilder) -> TestAppBuilder) {
        let world = World::new().await;
        let undisturbed = RefCell::new(None);
        EveryCall::of(|| changed(world.app()))
            .only(MISHAPS)
            .check(
                async |app| self.prepare(app, &world).await,
                async |app, prepared| {
                    let request = self.request(app, &world, prepared.etag.as_ref());
                    request.send().await
                },
                async |app, prepared, answer, hit| {
                    self.look(app, &world, prepared, &answer, hit, &undisturbed)
                        .await;
                },
            )
            .await;
    }

    async fn look(
        &self,
        app: &TestApp,
        world: &World,
        prepared: &Prepared,
        answer: &TestResponse,
        hit: &Hit,
        undisturbed: &RefCell<Option<Undisturbed>>,
    ) {
        let left = rows(app).await;
        let answered = answer.status == self.status;
        if !answered {
            assert_says_nothing(app, answer, hit);
        } else if !hit.call().is_some_and(Call::is_key_value) {
            assert_readers_agree(app, world, hit).await;
        }
        assert_counts_hold(app).await;

        let request = self.request(app, world, prepared.etag.as_ref());
        let again = request.send().await.status;
        let after_again = rows(app).await;
        assert_counts_hold(app).await;
        if hit.mishap().is_none() {
            assert!(answered, "{answer:?}");
            assert_ne!(left, prepared.before, "nothing was written");
            *undisturbed.borrow_mut() = Some(Undisturbed {
                after: left,
                status_again: again.as_u16(),
                after_again,
            });
        } else {
            let usual = undisturbed.borrow();
            let usual = usual.as_ref().expect("that run comes first");
            let is_there = left == usual.after;
            assert!(is_there || left == prepared.before, "{hit}: {left:#?}");
            assert!(is_there || !answered, "{hit}: it was answered: {left:#?}");
            let (status, expected) = match is_there {
                true => (usual.status_again, &usual.after_again),
                false => (self.status, &usual.after),
            };
            assert_eq!(again.as_u16(), status, "{hit}");
            assert_eq!(&after_again, expected, "{hit}");
        }
        // Caches that were not told know it soon, and whoever else wants to write can.
        app.clock().advance(CACHED_AT_MOST);
        assert_readers_agree(app, world, hit).await;
        let follow = app.post("/api/profiles/anna/follow");
        let followed = follow.bearer(&world.token(CAROL)).send().await;
        assert!(followed.status != 503, "{hit}: {followed:?}");
    }
}

/// How long a reader may see what is no more, where caches were not told.
const CACHED_AT_MOST: Duration = Duration::from_secs(61);

/// Someone who is nobody, for whom there is a cache, sees what someone does for whom there is none.
async fn assert_readers_agree(app: &TestApp, world: &World, hit: &Hit) {
    let cached = app.get("/api/articles").send().await;
    let read = app.get("/api/articles").bearer(&world.token(CAROL));
    let read = read.send().await;
    cached.assert_status(200);
    assert_eq!(cached.text(), read.assert_status(200).text(), "{hit}");
}

/// Asserts that this is the right refusal for what went wrong, and that its cause is in the log alone.
#[track_caller]
fn assert_says_nothing(app: &TestApp, answer: &TestResponse, hit: &Hit) {
    for cause in [FAULT, "disk", "sqlite", "postgres", "SELECT", "injected"] {
        assert!(!answer.text().contains(cause), "{hit}: {answer:?}");
    }
    let mishap = hit.mishap();
    if mishap.is_none_or(Mishap::kills) {
        answer.assert_status(500);
        return;
    }
    if hit.call().is_some_and(Call::is_variable) {
        answer.assert_problem(500, "internal");
    } else {
        answer
            .assert_problem(503, "unavailable")
            .assert_has_header("retry-after");
    }
    let logs = app.logs();
    let told = logs.iter().filter(|line| line.contains(FAULT)).count();
    assert_eq!(told, 1, "{hit}: {logs:?}");
}

/// All that a user would miss or wonder at, row by row; without what is drawn by chance.
async fn rows(app: &TestApp) -> Vec<String> {
    let rows = app
        .sql(&format!(
            "SELECT 'user ' || username || ' ' || username_key || ' ' || email || ' ' || email_key
                 || ' ' || bio || ' ' || image || ' ' || articles_count || ' ' || favorites_count
                 || CASE password_hash WHEN '{NO_HASH}' THEN '' ELSE ' has a password' END
             FROM users
             UNION ALL SELECT 'article ' || substr(slug, 1, 4) || ' ' || title || ' ' || description
                 || ' ' || body || ' ' || favorites_count || ' ' || version FROM articles
             UNION ALL SELECT 'tag ' || name || ' ' || articles_count FROM tags
             UNION ALL SELECT 'tagged ' || a.title || ' ' || n.name || ' ' || t.position
             FROM article_tags AS t JOIN articles AS a ON a.id = t.article_id
             JOIN tags AS n ON n.id = t.tag_id
             UNION ALL SELECT 'favorite ' || u.username || ' ' || a.title FROM favorites AS f
             JOIN users AS u ON u.id = f.user_id JOIN articles AS a ON a.id = f.article_id
             UNION ALL SELECT 'follows ' || f.follower_id || ' ' || f.followed_id FROM follows AS f
             UNION ALL SELECT 'comment ' || c.author_id || ' ' || a.title || ' ' || c.body
             FROM comments AS c JOIN articles AS a ON a.id = c.article_id
             UNION ALL SELECT 'total ' || name || ' ' || amount FROM totals"
        ))
        .await;
    let mut rows: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
    rows.sort();
    rows
}

pub(crate) fn user(change: Value) -> Value {
    json!({ "user": change })
}

#[tokio::test]
#[should_panic(expected = "wrong counts")]
async fn a_write_that_is_no_transaction_is_found_out() {
    let of_transactions = |call: &Call| {
        let statement = call.statement().unwrap_or_default();
        let words = ["BEGIN", "COMMIT", "ROLLBACK"];
        words.iter().any(|word| statement.starts_with(word))
    };
    Write::new(Method::POST, "/api/articles/rain/favorite", 200)
        .by(JACOB)
        .leaves_all_or_nothing_of(|app| app.fault(Fault::on(of_transactions).answers(Odd::Nothing)))
        .await;
}

/// The application with an empty database and no keys of its own, except on Postgres, where there must
/// be some.
fn nowhere(world: &World) -> TestAppBuilder {
    match crate::STORE {
        Store::Sqlite => crate::app().empty(),
        Store::Postgres => world.app().empty(),
    }
}

#[tokio::test]
async fn the_schema_that_the_first_request_lays() {
    let world = World::new().await;
    let undisturbed = OnceCell::new();
    let first = async |app: &TestApp, (): &()| app.get("/api/tags").send().await;
    let laid = async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
        if answer.status != 200 {
            assert_says_nothing(app, &answer, hit);
        }
        app.get("/api/tags").send().await.assert_status(200);
        let schema = schema(app).await;
        let usual = undisturbed.get_or_init(|| schema.clone());
        assert_eq!(&schema, usual, "{hit}");
        // It is one that can be written to.
        move_in(app, NO_HASH).await;
        furnish(app).await;
        assert_counts_hold(app).await;
    };
    EveryCall::of(|| nowhere(&world))
        .only(MISHAPS)
        .check(async |_| (), first, laid)
        .await;
}

async fn schema(app: &TestApp) -> Vec<Vec<Value>> {
    let mut schema = app
        .sql("SELECT version, name FROM schema_migrations ORDER BY version")
        .await;
    schema.extend(match crate::STORE {
        Store::Sqlite => {
            app.sql("SELECT name, sql FROM sqlite_master ORDER BY name")
                .await
        }
        Store::Postgres => {
            app.sql(
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
                 FROM information_schema.columns WHERE table_schema = 'public'
                 ORDER BY table_name, ordinal_position",
            )
            .await
        }
    });
    schema
}

/// The development key, which the first login makes, and the hash that a login replaces.
#[tokio::test]
async fn what_a_login_writes() {
    const HASH: &str = "SELECT password_hash FROM users WHERE username = 'anna'";
    let world = World::new().await;
    let old = weak_hash("correct horse");
    let login = user(json!({ "email": ANNA.email, "password": "correct horse" }));
    let log_in =
        async |app: &TestApp, (): &()| app.post("/api/users/login").json(&login).send().await;
    let looked = async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
        if answer.status != 200 {
            assert_says_nothing(app, &answer, hit);
        }
        if crate::STORE == Store::Sqlite {
            let [private, public] = development_keys(app).await;
            assert_eq!(private, public, "{hit}");
            assert!(private == 1 || answer.status != 200, "{hit}");
        }
        let again = log_in(app, &()).await;
        let tokens = [&answer, &again]
            .into_iter()
            .filter(|answer| answer.status == 200);
        for answer in tokens {
            let token = answer.string_at("/user/token");
            let read = app.get("/api/user").bearer(&token).send().await;
            read.assert_json("/user/username", "anna");
        }
        again.assert_status(200);
        let hash = app.sql(HASH).await[0][0].to_string();
        assert!(hash.contains("m=19456,t=2,p=1$"), "{hit}: {hash}");
    };
    EveryCall::of(|| nowhere(&world))
        .only(MISHAPS)
        .check(async |app| move_in(app, &old).await, log_in, looked)
        .await;
}

/// How many private and how many public development keys there are.
async fn development_keys(app: &TestApp) -> [i64; 2] {
    let keys = app
        .sql(
            "SELECT (SELECT count(*) FROM development_signing_keys),
                 (SELECT count(*) FROM development_verification_keys)",
        )
        .await;
    [0, 1].map(|column| keys[0][column].as_i64().expect("a count"))
}
