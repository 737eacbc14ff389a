//! How the databases carry out what the functions ask: along indexes, whatever a table holds. The
//! statements are those that requests really made.

use std::collections::BTreeSet;

use jenny_test::{Store, TestApp, TestRequest};
use serde_json::json;

use crate::articles::{draft, register, slug_of};
use crate::dataset;

/// The tables that grow. `totals` has a row for each kind of thing.
const TABLES: [&str; 7] = [
    "articles",
    "article_tags",
    "comments",
    "favorites",
    "follows",
    "tags",
    "users",
];

/// Every statement that the hot requests of the sample domain make.
async fn hot_statements(app: &TestApp) -> BTreeSet<String> {
    let token = register(app, "jacob").await;
    let slug = slug_of(app, &token, draft("Of Jacob's")).await;
    dataset::fill(app).await;
    let reader = dataset::reader(app, "reader", 50).await;
    app.clear_calls();

    for path in [
        "/api/articles",
        "/api/articles?limit=7&offset=40",
        "/api/articles?tag=tag-7",
        "/api/articles?tag=common&offset=40",
        "/api/articles?author=user-7",
        "/api/articles?favorited=user-0",
        "/api/articles?tag=common&author=user-7",
        "/api/articles?tag=common&favorited=user-0",
        "/api/articles?author=user-7&favorited=user-0",
        "/api/articles?tag=tag-7&author=user-7&favorited=user-0",
        "/api/articles?offset=9000",
        "/api/articles/article-7",
        "/api/articles/article-0/comments",
        "/api/profiles/user-7",
        "/api/tags",
    ] {
        for token in [None, Some(&reader)] {
            let request = app.get(path);
            let request = match token {
                Some(token) => request.bearer(token),
                None => request,
            };
            answered(request).await;
        }
    }
    for path in [
        "/api/articles/feed",
        "/api/articles/feed?limit=7&offset=40",
        "/api/articles/feed?offset=400",
        "/api/user",
    ] {
        answered(app.get(path).bearer(&reader)).await;
    }
    // A cursor comes from the page before.
    let page = app.get("/api/articles?limit=3").send().await;
    let link = page
        .header("link")
        .expect("a page says where the next one is");
    let next = link.split(['<', '>']).nth(1).expect("a link");
    answered(app.get(next)).await;
    writes(app, &token, &slug).await;

    let statements = app.calls().statements().into_iter();
    statements
        .filter(|statement| is_about_data(statement))
        .collect()
}

async fn writes(app: &TestApp, token: &str, slug: &str) {
    let article = format!("/api/articles/{slug}");
    let comments = format!("{article}/comments");
    let comment = app
        .post(&comments)
        .bearer(token)
        .json(&json!({ "comment": { "body": "A remark" } }))
        .send()
        .await;
    let number = comment.json()["comment"]["id"].to_string();
    for (method, path, body) in [
        ("POST", "/api/profiles/user-7/follow", None),
        ("DELETE", "/api/profiles/user-7/follow", None),
        ("POST", &*format!("{article}/favorite"), None),
        ("DELETE", &*format!("{article}/favorite"), None),
        (
            "PUT",
            &*article,
            Some(json!({ "article": { "title": "Other" } })),
        ),
        (
            "PUT",
            "/api/articles/other",
            Some(json!({ "article": { "tagList": ["other"] } })),
        ),
        (
            "PUT",
            "/api/user",
            Some(json!({ "user": { "bio": "Writes" } })),
        ),
    ] {
        let request = app
            .request(method.parse().expect("a method"), path)
            .bearer(token);
        answered(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await;
    }
    // Where the new title has put it.
    answered(
        app.delete(&format!("/api/articles/other/comments/{number}"))
            .bearer(token),
    )
    .await;
    answered(app.delete("/api/articles/other").bearer(token)).await;
}

async fn answered(request: TestRequest<'_>) {
    let response = request.send().await;
    assert!(response.status.is_success(), "{response:?}");
}

fn is_about_data(statement: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]
        .iter()
        .any(|verb| statement.starts_with(verb))
        && !statement.contains("schema_migrations")
        && !statement.contains("set_config")
        && !statement.contains("pg_advisory")
}

#[tokio::test]
async fn no_hot_statement_reads_a_whole_table() {
    let app = crate::app().build().await;
    let statements = hot_statements(&app).await;
    assert!(statements.len() > 25, "{statements:#?}");

    let mut faults = Vec::new();
    let session = app.connect().await;
    if crate::STORE == Store::Postgres {
        session.sql("ANALYZE").await;
        session
            .sql("SET plan_cache_mode = force_generic_plan")
            .await;
    }
    for statement in &statements {
        faults.extend(match crate::STORE {
            Store::Sqlite => sqlite::faults(&session, statement).await,
            Store::Postgres => postgres::faults(&session, statement).await,
        });
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// `EXPLAIN QUERY PLAN`: <https://sqlite.org/eqp.html>.
mod sqlite {
    use jenny_test::Session;
    use serde_json::Value;

    use super::TABLES;

    /// What a plan does that costs with the size of a table.
    pub(super) async fn faults(session: &Session, statement: &str) -> Vec<String> {
        let plan = session
            .sql(&format!("EXPLAIN QUERY PLAN {}", with_values(statement)))
            .await;
        let lines: Vec<Line> = plan.iter().map(|row| Line::of(row)).collect();
        let shown: Vec<&str> = lines.iter().map(|line| &*line.detail).collect();
        let told = |what: &str| format!("{what}: {statement}\n  {}", shown.join("\n  "));

        let mut faults = Vec::new();
        for line in &lines {
            if scans(line, statement) {
                faults.push(told("reads a whole table"));
            }
            if line.detail == "USE TEMP B-TREE FOR ORDER BY"
                && !is_of_a_page(line, &lines, statement)
            {
                faults.push(told("sorts what may be much"));
            }
        }
        faults
    }

    struct Line {
        id: i64,
        parent: i64,
        detail: String,
    }

    impl Line {
        fn of(row: &[Value]) -> Self {
            Self {
                id: row[0].as_i64().expect("an id"),
                parent: row[1].as_i64().expect("a parent"),
                detail: row[3].as_str().expect("a detail").to_owned(),
            }
        }
    }

    /// The plan does not depend on the values, but there have to be some. A text that is a number
    /// suits every place.
    fn with_values(statement: &str) -> String {
        let mut parts = statement.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text.push_str("'1'");
            text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        text
    }

    /// `SCAN a` for `articles AS a`. What is scanned by another name is a list of values, or a
    /// subquery, which has lines of its own.
    fn scans(line: &Line, statement: &str) -> bool {
        let Some(rest) = line.detail.strip_prefix("SCAN ") else {
            return false;
        };
        let name = rest.split(' ').next().unwrap_or(rest);
        TABLES.contains(&name)
            || TABLES.iter().any(|table| {
                let alias = format!("{table} AS {name}");
                statement.match_indices(&alias).any(|(at, _)| {
                    let after = statement[at + alias.len()..].chars().next();
                    !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            })
    }

    /// The rows of a page, of which there are a hundred at most, may be sorted, and so may the tags of
    /// one article, of which there are 32, and what a feed merges, which is a page of each followed
    /// author's.
    fn is_of_a_page(line: &Line, lines: &[Line], statement: &str) -> bool {
        let inside_subquery = lines.iter().any(|parent| {
            parent.id == line.parent
                && (parent.detail.starts_with("CO-ROUTINE")
                    || parent.detail.starts_with("MATERIALIZE"))
        });
        let sorts_a_page = lines
            .iter()
            .any(|scan| scan.parent == line.parent && scan.detail == "SCAN page");
        if inside_subquery && !sorts_a_page {
            return statement.contains("FROM follows AS f CROSS JOIN articles AS b");
        }
        statement.contains("WHERE t.article_id = $1 AND n.id = t.tag_id")
            || lines.iter().any(|scan| scan.detail == "SCAN page")
    }
}

/// `EXPLAIN`: <https://www.postgresql.org/docs/current/using-explain.html>.
mod postgres {
    use jenny_test::Session;

    use super::TABLES;

    /// What a plan does that costs with the size of a table. The plan is the one for any values, which
    /// is also what a statement gets that is prepared and used often.
    pub(super) async fn faults(session: &Session, statement: &str) -> Vec<String> {
        session.sql(&format!("PREPARE hot AS {statement}")).await;
        let values = vec!["NULL"; parameters(statement)].join(", ");
        let values = if values.is_empty() {
            values
        } else {
            format!("({values})")
        };
        let rows = session.sql(&format!("EXPLAIN EXECUTE hot{values}")).await;
        session.sql("DEALLOCATE hot").await;
        let plan: Vec<&str> = rows
            .iter()
            .map(|row| row[0].as_str().expect("a line"))
            .collect();
        let scanned = plan.iter().filter_map(|line| scanned(line));
        scanned
            .map(|table| format!("reads all of {table}: {statement}\n  {}", plan.join("\n  ")))
            .collect()
    }

    /// The table of `->  Seq Scan on articles a  (cost=…)`, if it is one that grows. Some hundred tags
    /// are a page or two, which are read at once.
    fn scanned(line: &str) -> Option<&str> {
        let (_, rest) = line.split_once("Seq Scan on ")?;
        let table = rest.split(' ').next()?;
        (TABLES.contains(&table) && table != "tags").then_some(table)
    }

    fn parameters(statement: &str) -> usize {
        let numbers = statement.split('$').skip(1).filter_map(|part| {
            let digits = part.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        });
        numbers.max().unwrap_or(0)
    }
}
