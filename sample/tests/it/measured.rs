//! What the functions' budgets are measured in: some users, articles and comments. Each function measures
//! its own requests, in the test `keeps_to_its_budget` of its module.

use jenny_test::{Budgets, Store, TestApp};
use serde_json::{Value, json};

use crate::world::{ANNA, JACOB, NO_HASH, World, move_in};

/// An application that counts what its components compute.
pub(crate) struct Measured {
    pub(crate) app: TestApp,
    pub(crate) budgets: Budgets,
    /// Jacob's, who wrote every other article, `cold` and `warm`.
    pub(crate) token: String,
}

/// One to measure this function in, with the function's budgets. None on Postgres: what a server takes
/// is not counted, and when it answers is not the same each time.
pub(crate) async fn measured(function: &str) -> Option<Measured> {
    if crate::STORE == Store::Postgres {
        return None;
    }
    let world = World::new().await;
    let app = world.app().metered().await;
    let mut budgets = Budgets::open(format!("../../functions/{function}/budgets.toml"));
    budgets.component(&app, function);
    move_in(&app, NO_HASH).await;
    let tokens = [ANNA, JACOB].map(|user| world.token(user));
    write(&app, &tokens).await;
    let [_, token] = tokens;
    Some(Measured {
        app,
        budgets,
        token,
    })
}

/// Two users with articles and comments between them.
async fn write(app: &TestApp, tokens: &[String; 2]) {
    let titles = (0..25).map(|number| format!("Article {number}"));
    for (number, title) in titles.enumerate() {
        create(app, &tokens[number % 2], &title).await;
    }
    for title in ["Cold", "Warm"] {
        create(app, &tokens[1], title).await;
    }
    for number in 0..10 {
        app.post("/api/articles/article-0/comments")
            .bearer(&tokens[number % 2])
            .json(&remark("It has something to say."))
            .send()
            .await
            .assert_status(201);
    }
}

async fn create(app: &TestApp, token: &str, title: &str) {
    app.post("/api/articles")
        .bearer(token)
        .json(&article(title))
        .send()
        .await
        .assert_status(201);
}

pub(crate) fn article(title: &str) -> Value {
    json!({ "article": {
        "title": title,
        "description": "What a request costs",
        "body": "It has some text. ".repeat(40),
        "tagList": ["rust", "testing", title.to_lowercase()],
    } })
}

pub(crate) fn remark(text: &str) -> Value {
    json!({ "comment": { "body": text } })
}
