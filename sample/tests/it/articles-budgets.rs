//! What requests for articles cost.

use http::Method;
use serde_json::json;

use crate::measured::{Measured, article, measured};

const LIST: &str = "/api/articles";

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(mut measured) = measured("articles").await else {
        return;
    };
    lists(&mut measured).await;
    reads(&mut measured).await;
    writes(&mut measured).await;
    measured.budgets.finish();
}

async fn lists(measured: &mut Measured) {
    let Measured {
        app,
        budgets,
        token,
    } = measured;
    budgets
        .measure(app, "GET /api/articles (nobody)", 200, |app, _| {
            app.get(LIST)
        })
        .await;
    for (remark, query) in [
        ("", ""),
        (" (by tag)", "?tag=rust"),
        (" (by author)", "?author=anna"),
        (" (by all)", "?tag=rust&author=anna&favorited=jacob"),
        ("/feed", "/feed"),
    ] {
        let path = format!("{LIST}{query}");
        budgets
            .measure(app, &format!("GET {LIST}{remark}"), 200, |app, _| {
                app.get(&path).bearer(token)
            })
            .await;
    }
}

async fn reads(measured: &mut Measured) {
    let Measured {
        app,
        budgets,
        token,
    } = measured;
    budgets
        .measure(app, "GET /api/articles/:slug", 200, |app, _| {
            app.get("/api/articles/article-3").bearer(token)
        })
        .await;
    budgets
        .measure(app, "GET /api/articles/:slug (none)", 404, |app, _| {
            app.get("/api/articles/none")
        })
        .await;
}

/// Each to two articles in turn: what is done to one cannot be done again.
async fn writes(measured: &mut Measured) {
    let Measured {
        app,
        budgets,
        token,
    } = measured;
    budgets
        .measure(app, "POST /api/articles", 201, |app, turn| {
            let article = article(&format!("New, {turn}"));
            app.post(LIST).bearer(token).json(&article)
        })
        .await;
    for method in [Method::POST, Method::DELETE] {
        let name = format!("{method} /api/articles/:slug/favorite");
        budgets
            .measure(app, &name, 200, |app, turn| {
                let path = format!("{LIST}/{turn}/favorite");
                app.request(method.clone(), &path).bearer(token)
            })
            .await;
    }
    budgets
        .measure(app, "PUT /api/articles/:slug", 200, |app, turn| {
            let change = json!({ "article": { "body": "Another text" } });
            let request = app.put(&format!("{LIST}/{turn}")).bearer(token);
            request.json(&change)
        })
        .await;
    budgets
        .measure(app, "DELETE /api/articles/:slug", 204, |app, turn| {
            app.delete(&format!("{LIST}/{turn}")).bearer(token)
        })
        .await;
}
