//! What every route of the workspace costs, held against `tests/budgets.toml`: on an instance that is
//! started for the request (cold), and on one that has answered the same before (warm).
//!
//! A new route fails here until it is measured.

use http::Method;
use jenny_test::{Budgets, TestApp, TestRequest};
use serde_json::{Value, json};

/// Requests, and the application that they go to.
struct Meter {
    app: TestApp,
    budgets: Budgets,
    routes: Vec<String>,
}

/// One request of a route. The body, and what stands for the route's parameters, may differ between
/// the one that meets a cold instance and the one that meets a warm one.
#[derive(Default)]
struct Asked<'a> {
    /// What is special about it.
    remark: &'a str,
    /// What stands for the route's parameters, and the query.
    paths: Option<[String; 2]>,
    token: Option<&'a str>,
    bodies: Option<[Value; 2]>,
}

impl Meter {
    async fn new() -> Self {
        Self {
            app: TestApp::builder().metered().build().await,
            budgets: Budgets::open("budgets.toml"),
            routes: Vec::new(),
        }
    }

    /// Measures a request that is to be answered with `status`.
    async fn measure(&mut self, method: Method, route: &str, status: u16, asked: Asked<'_>) {
        self.app.restart_instances().await;
        let request = |turn: usize| -> TestRequest<'_> {
            let path = asked.paths.as_ref().map_or(route, |paths| &paths[turn]);
            let mut request = self.app.request(method.clone(), path);
            if let Some(token) = asked.token {
                request = request.bearer(token);
            }
            match &asked.bodies {
                Some(bodies) => request.json(&bodies[turn]),
                None => request,
            }
        };
        let cold = request(0).send().await;
        let warm = request(1).send().await;
        for (response, state) in [(cold, "cold"), (warm, "warm")] {
            response.assert_status(status);
            let cost = self.app.cost_of(&response).await;
            let remark = asked.remark;
            self.budgets
                .request(&format!("{method} {route}{remark}, {state}"), cost);
        }
        self.routes.push(route.to_owned());
    }

    async fn get(&mut self, route: &str, asked: Asked<'_>) {
        self.measure(Method::GET, route, 200, asked).await;
    }

    fn finish(mut self) {
        for route in self.app.routes() {
            assert!(
                self.routes.contains(&route),
                "{route} has no budget: measure a request of it in {}",
                file!()
            );
        }
        self.budgets.components(&self.app);
        self.budgets.finish();
    }
}

fn user(name: &str) -> Value {
    json!({ "user": {
        "username": name,
        "email": format!("{name}@example.com"),
        "password": "correct horse",
    } })
}

fn article(title: &str) -> Value {
    json!({ "article": {
        "title": title,
        "description": "What a request costs",
        "body": "It has some text. ".repeat(40),
        "tagList": ["rust", "testing", title.to_lowercase()],
    } })
}

fn remark(text: &str) -> Value {
    json!({ "comment": { "body": text } })
}

/// The same for both.
fn twice(value: &str) -> Option<[String; 2]> {
    Some([value.to_owned(), value.to_owned()])
}

/// Two articles in turn: what is done to one cannot be done again.
fn slugs(before: &str, after: &str) -> Option<[String; 2]> {
    Some(["cold", "warm"].map(|slug| format!("{before}{slug}{after}")))
}

/// Two users with articles and comments between them, and what each request needs.
async fn fill(app: &TestApp) -> String {
    let mut tokens = Vec::new();
    for name in ["anna", "jacob"] {
        let answer = app.post("/api/users").json(&user(name)).send().await;
        tokens.push(answer.assert_status(201).string_at("/user/token"));
    }
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
            .assert_status(200);
    }
    tokens.swap_remove(1)
}

async fn create(app: &TestApp, token: &str, title: &str) {
    app.post("/api/articles")
        .bearer(token)
        .json(&article(title))
        .send()
        .await
        .assert_status(201);
}

#[tokio::test]
async fn every_route_keeps_to_its_budget() {
    let mut meter = Meter::new().await;
    meter.get("/health/live", Asked::default()).await;
    meter.get("/health/ready", Asked::default()).await;
    docs(&mut meter).await;
    let token = fill(&meter.app).await;
    let token = Some(token.as_str());
    users(&mut meter, token).await;
    profiles(&mut meter, token).await;
    lists(&mut meter, token).await;
    comments(&mut meter, token).await;
    articles(&mut meter, token).await;
    meter.finish();
}

async fn docs(meter: &mut Meter) {
    for route in ["/openapi.json", "/docs", "/problems"] {
        meter.get(route, Asked::default()).await;
    }
    for (route, path) in [
        ("/docs/:file", "/docs/docs.css"),
        ("/problems/:kind", "/problems/validation"),
    ] {
        let paths = twice(path);
        meter
            .get(
                route,
                Asked {
                    paths,
                    ..Asked::default()
                },
            )
            .await;
    }
}

async fn users(meter: &mut Meter, token: Option<&str>) {
    let bodies = Some([user("cold"), user("warm")]);
    let asked = Asked {
        bodies,
        ..Asked::default()
    };
    meter.measure(Method::POST, "/api/users", 201, asked).await;

    let bodies = Some([json!({}), json!({})]);
    let asked = Asked {
        remark: " (refused)",
        bodies,
        ..Asked::default()
    };
    meter.measure(Method::POST, "/api/users", 422, asked).await;

    let bodies = Some([user("anna"), user("anna")]);
    let asked = Asked {
        bodies,
        ..Asked::default()
    };
    meter
        .measure(Method::POST, "/api/users/login", 200, asked)
        .await;

    meter
        .get(
            "/api/user",
            Asked {
                token,
                ..Asked::default()
            },
        )
        .await;
    let asked = Asked {
        remark: " (nobody)",
        ..Asked::default()
    };
    meter.measure(Method::GET, "/api/user", 401, asked).await;

    let bodies = Some(["one", "two"].map(|bio| json!({ "user": { "bio": bio } })));
    let asked = Asked {
        token,
        bodies,
        ..Asked::default()
    };
    meter.measure(Method::PUT, "/api/user", 200, asked).await;
}

async fn profiles(meter: &mut Meter, token: Option<&str>) {
    let (route, paths) = ("/api/profiles/:username", twice("/api/profiles/anna"));
    meter
        .get(
            route,
            Asked {
                paths,
                ..Asked::default()
            },
        )
        .await;

    let route = "/api/profiles/:username/follow";
    let paths =
        || Some(["/api/profiles/anna/follow", "/api/profiles/cold/follow"].map(str::to_owned));
    for method in [Method::POST, Method::DELETE] {
        let asked = Asked {
            paths: paths(),
            token,
            ..Asked::default()
        };
        meter.measure(method, route, 200, asked).await;
    }
}

async fn lists(meter: &mut Meter, token: Option<&str>) {
    meter.get("/api/tags", Asked::default()).await;
    let articles = "/api/articles";
    meter
        .get(
            articles,
            Asked {
                remark: " (nobody)",
                ..Asked::default()
            },
        )
        .await;
    meter
        .get(
            articles,
            Asked {
                token,
                ..Asked::default()
            },
        )
        .await;
    for (remark, query) in [
        (" (by tag)", "?tag=rust"),
        (" (by author)", "?author=anna"),
        (" (by all)", "?tag=rust&author=anna&favorited=jacob"),
    ] {
        let paths = twice(&format!("{articles}{query}"));
        meter
            .get(
                articles,
                Asked {
                    remark,
                    paths,
                    token,
                    ..Asked::default()
                },
            )
            .await;
    }
    meter
        .get(
            "/api/articles/feed",
            Asked {
                token,
                ..Asked::default()
            },
        )
        .await;
}

async fn comments(meter: &mut Meter, token: Option<&str>) {
    let (route, paths) = (
        "/api/articles/:slug/comments",
        "/api/articles/article-0/comments",
    );
    let asked = Asked {
        paths: twice(paths),
        ..Asked::default()
    };
    meter.get(route, asked).await;

    let bodies = Some([remark("Cold"), remark("Warm")]);
    let asked = Asked {
        paths: twice(paths),
        token,
        bodies,
        ..Asked::default()
    };
    meter.measure(Method::POST, route, 200, asked).await;

    let last = meter
        .app
        .sql("SELECT id FROM comments ORDER BY id DESC LIMIT 2")
        .await;
    let of_comment = |row: &Vec<Value>| format!("{paths}/{}", row[0]);
    let asked = Asked {
        paths: Some([of_comment(&last[0]), of_comment(&last[1])]),
        token,
        ..Asked::default()
    };
    let route = "/api/articles/:slug/comments/:id";
    meter.measure(Method::DELETE, route, 204, asked).await;
}

async fn articles(meter: &mut Meter, token: Option<&str>) {
    let route = "/api/articles/:slug";
    let paths = twice("/api/articles/article-3");
    meter
        .get(
            route,
            Asked {
                paths,
                token,
                ..Asked::default()
            },
        )
        .await;
    let paths = twice("/api/articles/none");
    let asked = Asked {
        remark: " (none)",
        paths,
        ..Asked::default()
    };
    meter.measure(Method::GET, route, 404, asked).await;

    let bodies = Some([article("New, cold"), article("New, warm")]);
    let asked = Asked {
        token,
        bodies,
        ..Asked::default()
    };
    meter
        .measure(Method::POST, "/api/articles", 201, asked)
        .await;

    let favorite = "/api/articles/:slug/favorite";
    for method in [Method::POST, Method::DELETE] {
        let paths = slugs("/api/articles/", "/favorite");
        let asked = Asked {
            paths,
            token,
            ..Asked::default()
        };
        meter.measure(method, favorite, 200, asked).await;
    }

    let change = || json!({ "article": { "body": "Another text" } });
    let asked = Asked {
        paths: slugs("/api/articles/", ""),
        token,
        bodies: Some([change(), change()]),
        ..Asked::default()
    };
    meter.measure(Method::PUT, route, 200, asked).await;

    let paths = slugs("/api/articles/", "");
    let asked = Asked {
        paths,
        token,
        ..Asked::default()
    };
    meter.measure(Method::DELETE, route, 204, asked).await;
}
