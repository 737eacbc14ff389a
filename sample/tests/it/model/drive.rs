//! Takes steps against the application, one after the other or at once.

use futures::future::join_all;
use jenny_test::{Mint, TestApp};
use serde_json::Value;

use super::domain::Model;
use super::invariants;
use super::step::Step;
use super::wire::{Known, Wire};

/// More than any walk has, so that one in a circle ends.
const MOST_PAGES: usize = 100;

/// The users who are there before the first step: without, most of what is drawn would be refused.
const FIRST: [Step; 3] = [
    Step::Register {
        name: 0,
        email: 0,
        password: 0,
    },
    Step::Register {
        name: 1,
        email: 1,
        password: 0,
    },
    Step::Register {
        name: 2,
        email: 2,
        password: 1,
    },
];

/// What all applications of a test begin with. The first users register once: to hash their passwords
/// again for each application would take longer than all the rest.
pub(super) struct Stage {
    mint: Mint,
    /// The statements that bring the users in.
    inserts: Vec<String>,
    model: Model,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let mint = Mint::new();
        let app = crate::app().signed_by(&mint).build().await;
        let mut model = Model::default();
        for step in &FIRST {
            let taken = take(&app, &mut model, step, &mut Vec::new()).await;
            taken.expect("users register");
        }
        let columns =
            "id, username, username_key, email, email_key, password_hash, created_at, updated_at";
        let users = app.sql(&format!("SELECT {columns} FROM users")).await;
        let literal = |value: &Value| match value {
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            number => number.to_string(),
        };
        let row = |row: &Vec<Value>| row.iter().map(literal).collect::<Vec<_>>().join(", ");
        let inserts = users.iter().map(row);
        let inserts = inserts.map(|row| format!("INSERT INTO users ({columns}) VALUES ({row})"));
        Self {
            mint,
            inserts: inserts.collect(),
            model,
        }
    }

    async fn app(&self) -> TestApp {
        let app = crate::app().signed_by(&self.mint).build().await;
        // The tables are there once a request has needed them.
        app.get("/api/tags").send().await.assert_status(200);
        for insert in &self.inserts {
            app.sql(insert).await;
        }
        app
    }

    /// Takes the steps one after the other, and holds each answer against the model.
    ///
    /// # Errors
    ///
    /// The first answer that differs, after everything that was asked before it.
    pub(super) async fn one_by_one(&self, steps: &[Step]) -> Result<(), String> {
        let app = self.app().await;
        let mut model = self.model.clone();
        let mut log = Vec::new();
        let result = async {
            for step in steps {
                take(&app, &mut model, step, &mut log).await?;
            }
            invariants::hold(&app).await
        };
        told(result.await, &log)
    }

    /// Takes the steps of each batch at once, and looks at the tables after each.
    ///
    /// # Errors
    ///
    /// A failure of the backend, or what must not be, after everything that was asked before it.
    pub(super) async fn at_once(&self, batches: &[Vec<Step>]) -> Result<(), String> {
        let app = self.app().await;
        let users = self.model.known().users;
        let mut log = Vec::new();
        let result = async {
            for batch in batches {
                let known = found(&app, users.clone()).await;
                race(&app, batch, &known, &mut log).await?;
                invariants::hold(&app).await?;
            }
            Ok(())
        };
        told(result.await, &log)
    }
}

/// A fault, and what was asked before it.
fn told(result: Result<(), String>, log: &[String]) -> Result<(), String> {
    result.map_err(|fault| format!("{fault}\n\nafter:\n{}\n", log.join("\n")))
}

async fn take(
    app: &TestApp,
    model: &mut Model,
    step: &Step,
    log: &mut Vec<String>,
) -> Result<(), String> {
    let known = model.known();
    let wire = Wire::of(step, &known);
    let mut answer = wire.send(app, &known).await;
    log.push(wire.line(&answer));
    model.judge(step, &known, &answer)?;
    if !matches!(step, Step::Walk { .. } | Step::WalkFeed { .. }) {
        return Ok(());
    }
    let mut seen = 0;
    for _ in 0..MOST_PAGES {
        let Some(next) = answer.header("link").and_then(next) else {
            return Ok(());
        };
        seen += model.is_page_of_walk(step, &known, seen, &answer)?;
        let wire = wire.following(next);
        answer = wire.send(app, &known).await;
        log.push(wire.line(&answer));
        model.is_page_of_walk(step, &known, seen, &answer)?;
    }
    Err("the walk goes in a circle".into())
}

/// The target of the link to the next page (RFC 8288).
fn next(link: &str) -> Option<&str> {
    let (before, _) = link.split_once(">; rel=\"next\"")?;
    before.rsplit_once('<').map(|(_, target)| target)
}

async fn race(
    app: &TestApp,
    batch: &[Step],
    known: &Known,
    log: &mut Vec<String>,
) -> Result<(), String> {
    let wires: Vec<Wire> = batch.iter().map(|step| Wire::of(step, known)).collect();
    let answers = join_all(wires.iter().map(|wire| wire.send(app, known))).await;
    log.push("at once:".into());
    for (wire, answer) in wires.iter().zip(&answers) {
        log.push(wire.line(answer));
    }
    let failed = answers
        .iter()
        .find(|answer| answer.status.is_server_error());
    match failed {
        Some(answer) => Err(format!("a request failed: {answer:?}")),
        None => Ok(()),
    }
}

/// What the tables have for the next batch to pick from.
async fn found(app: &TestApp, users: Vec<String>) -> Known {
    let slugs = app.sql("SELECT slug FROM articles ORDER BY id").await;
    let comments =
        "SELECT a.slug, c.id FROM comments AS c JOIN articles AS a ON a.id = c.article_id
         ORDER BY c.id";
    let comments = app.sql(comments).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    Known {
        users,
        slugs: slugs.iter().map(|row| text(&row[0])).collect(),
        comments: comments
            .iter()
            .map(|row| (text(&row[0]), row[1].as_i64().expect("a number")))
            .collect(),
    }
}
